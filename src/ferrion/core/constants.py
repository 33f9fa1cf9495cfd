"""Physical constants, SI, CODATA 2022 (exact since the 2019 redefinition of the SI)."""

from typing import Annotated, Final

BOLTZMANN: Final[Annotated[float, "J/K"]] = 1.380649e-23
CHARGE: Final[Annotated[float, "C"]] = 1.602176634e-19
BOLTZMANN_EV: Final[Annotated[float, "eV/K"]] = BOLTZMANN / CHARGE
VOLTS_PER_KELVIN: Final[Annotated[float, "V/K"]] = BOLTZMANN / CHARGE
SECONDS_PER_YEAR: Final[Annotated[float, "s"]] = 365.25 * 86400.0
