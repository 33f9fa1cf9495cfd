"""The learning rules. All run on the same hardware: hidden integers, transfer of sign and three bits, batch 1."""

from dataclasses import dataclass

from ferrion.arrays.words import STEPS_PER_LEVEL
from ferrion.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How hidden weights are updated and transferred."""

    name: str
    source: str
    step: float
    """Learning rate of plain stochastic gradient descent."""
    full_scale: float
    """Largest weight, in standard deviations sqrt(2 / inputs) of He's initialisation: the gain of the array's converters."""
    decay: tuple[float, ...]
    """Factors of `step` along the run, each for an equal share of the epochs: a schedule of the Bernoulli probability."""
    offset: int
    """Where the controller flips the sign of the stored magnitude: added to the magnitude before its bits are cut. 0
    truncates towards zero, half a level rounds to the nearest level."""
    only_changed: bool
    """Program a memristor pair only when its level changed since its last transfer."""

    def rate(self, epoch: int, epochs: int) -> float:
        """Learning rate of epoch `epoch` of `epochs`."""
        return self.step * self.decay[min(epoch * len(self.decay) // max(epochs, 1), len(self.decay) - 1)]


PUBLISHED = Rule(
    name="published",
    source="Martemucci2025: SGD at every sample, integer updates under a Bernoulli mask, all weights transferred every k samples",
    step=0.0025,
    full_scale=0.75,
    decay=(1.0,),
    offset=0,
    only_changed=False,
)
"""The rule as far as it is published. Step and full scale are not: at this step the float twin comes to the published 98.1 %,
and the full scale is the one that comes nearest to both the published accuracy and the published wear of the most-written
FeCAP, 0.22 writes a sample (docs/fidelity.md shows both against it)."""

REFINED = Rule(
    name="refined",
    source="ferrion: the same hardware with another controller programme",
    step=0.005,
    full_scale=2.5,
    decay=(1.0, 1.0, 0.8, 0.65, 0.5, 0.4, 0.3, 0.2, 0.12, 0.06),
    offset=STEPS_PER_LEVEL // 2,
    only_changed=True,
)
"""A wider full scale, rounding instead of truncation, a decaying probability, and pairs left alone whose level stands."""

RULES = {rule.name: rule for rule in (PUBLISHED, REFINED)}


def rule_of(name: str) -> Rule:
    """The rule called `name`; raises ConfigError for any other."""
    if name not in RULES:
        raise ConfigError(f"rule {name!r}: there are {', '.join(RULES)}")
    return RULES[name]
