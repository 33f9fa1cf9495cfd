"""The laws that can be fitted, by the name the command line calls them."""

from ferrion.core.errors import ConfigError
from ferrion.lab.cycling import Cycling
from ferrion.lab.hysteresis import Hysteresis
from ferrion.lab.law import Law
from ferrion.lab.relaxation import Relaxation

LAWS: dict[str, Law] = {"memristor-relaxation": Relaxation(), "fecap-cycling": Cycling(), "fecap-loop": Hysteresis()}


def law_of(name: str) -> Law:
    """The law of that name; raises ConfigError when there is none."""
    if name not in LAWS:
        raise ConfigError(f"--model {name}: give one of {', '.join(LAWS)}")
    return LAWS[name]
