"""The laws that can be fitted, by the name the command line calls them."""

from ferrion.core.errors import ConfigError
from ferrion.lab.cycling import Cycling
from ferrion.lab.hysteresis import Hysteresis
from ferrion.lab.law import Law
from ferrion.lab.leakage import PooleFrenkel
from ferrion.lab.life import Life
from ferrion.lab.nucleating import SwitchingDelay
from ferrion.lab.programming import SetPulse
from ferrion.lab.reading import ReadNoise
from ferrion.lab.relaxation import Relaxation
from ferrion.lab.switching import PulseSwitching
from ferrion.lab.updating import PulseTrain
from ferrion.lab.volatile import VolatileRecovery

LAWS: dict[str, Law] = {
    "memristor-relaxation": Relaxation(),
    "memristor-set": SetPulse(),
    "memristor-read": ReadNoise(),
    "memristor-pulses": PulseTrain(),
    "fecap-cycling": Cycling(),
    "fecap-loop": Hysteresis(),
    "fecap-pulse": PulseSwitching(),
    "fecap-leakage": PooleFrenkel(),
    "diffusive-delay": SwitchingDelay(),
    "switch-recovery": VolatileRecovery(),
    "life": Life(),
}


def law_of(name: str) -> Law:
    """The law of that name; raises ConfigError when there is none."""
    if name not in LAWS:
        raise ConfigError(f"--model {name}: give one of {', '.join(LAWS)}")
    return LAWS[name]
