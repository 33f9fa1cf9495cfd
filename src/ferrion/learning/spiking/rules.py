"""Local learning rules: every update uses what is known at the synapse's row, at its column, and one broadcast number.

All act on the hidden integers: an update of s steps becomes a whole number of them by a dither, right on average, and the
memristors follow at the next transfer.
"""

from typing import Annotated, NamedTuple

from ferrion.core.errors import ConfigError


class Stdp(NamedTuple):
    """Spike-timing-dependent plasticity, pairs and triplets, all to all (Pfister and Gerstner, J. Neurosci. 26, 9673 (2006), eqs. 2-4).

    An event of the row: w -= y1 (a_minus + a_minus3 x2); a spike of the column: w += x1 (a_plus + a_plus3 y2). Traces x1, x2 of the row and y1, y2
    of the column rise by 1 with each event or spike, after they have been used, and decay. Amplitudes are shares of the full scale.

    With tau_e, reward-modulated (Izhikevich, Cerebral Cortex 17, 2443 (2007), eqs. 1 and 2): changes are not made but added to an eligibility of each
    synapse, which decays with tau_e, and a reward d (`SpikingNetwork.reward`) changes the weights by d times what is left of it.
    """

    a_plus: Annotated[float, "1"] = 0.0
    a_minus: Annotated[float, "1"] = 0.0
    a_plus3: Annotated[float, "1"] = 0.0
    a_minus3: Annotated[float, "1"] = 0.0
    tau_plus: Annotated[float, "s"] = 0.02
    tau_minus: Annotated[float, "s"] = 0.02
    tau_x: Annotated[float, "s"] = 0.1
    tau_y: Annotated[float, "s"] = 0.1
    tau_e: Annotated[float, "s"] = 0.0

    @property
    def pairs_only(self) -> bool:
        """Whether it needs no second traces."""
        return self.a_plus3 == self.a_minus3 == 0.0


class Teacher(NamedTuple):
    """The three-factor rule of a neuron with escape noise: w += rate * error of the column * trace of the row, at every tick of the teacher's clock.

    Output cells: the error is the number of spikes wanted less that fired, the gradient of the likelihood of the wanted train (Pfister, Toyoizumi,
    Barber and Gerstner, Neural Computation 18, 1318 (2006)). Cells before them: the errors of the cells they feed, read backwards through the tile
    between, where the node lies within `window` of the threshold: e-prop for a neuron whose eligibility is its row's trace (Bellec et al.,
    Nature Communications 11, 3625 (2020)).
    """

    rate: Annotated[float, "1"] = 0.0
    """Steps of the weight, as a share of the full scale, for an error of one spike and a trace of one event."""
    tick: Annotated[float, "s"] = 0.01
    """Of its clock; infinite: it has none, and speaks when it is told to, as after a recording (`SpikingNetwork.teach`)."""
    tau: Annotated[float, "s"] = 0.02
    """Of the row's trace: that of the node."""
    wanted: Annotated[float, "1/s"] = 60.0
    """Rate of the cell of the right class; the others are to be silent."""
    window: Annotated[float, "V"] = 0.4
    margin: Annotated[float, "1"] = 0.5
    """Share of the right class's votes by which it must lead; while it does, nothing is learned (error-triggered: Payvand et al., IEEE AICAS 2020)."""
    votes: Annotated[float, "s"] = 0.1
    """Time in which votes fade."""
    above: Annotated[float, "V"] = 0.0
    """Where two comparators look at the nodes of output cells instead of counting spikes: the node of the right class is to lie above this voltage at every tick, ..."""
    below: Annotated[float, "V"] = 0.0
    """... those of the others below this one; an error is 1, 0 or -1 (the delta rule with a margin: Widrow and Hoff 1960). Both 0: spikes are counted."""
    rival: bool = False
    """Whether, instead, the error is 1 for the right class and -1 for the other with the most votes, 0 for all else: the perceptron of many classes (Crammer and
    Singer, J. Machine Learning Research 3, 951 (2003)). What one column gains another loses, so a net that was trained elsewhere keeps its rates."""


def afterwards(rate: float, seconds: float, margin: float) -> Teacher:
    """One without a clock, who speaks after a recording of so many seconds, where the votes of all of it do not put the right class ahead by `margin`, against its rival."""
    return Teacher(rate=rate, tau=seconds, tick=float("inf"), votes=seconds, margin=margin, rival=True)


class Balance(NamedTuple):
    """What keeps a population in balance."""

    inhibition: Annotated[float, "V"] = 0.0
    """By how much a spike lowers the nodes of the others: winner takes all, if large."""
    homeostasis: Annotated[float, "V"] = 0.0
    """By how much a threshold moves for each spike more, or less, than the target in a tick."""
    target: Annotated[float, "1/s"] = 10.0
    """Rate at which the threshold rests."""


SHARES = ("a_plus", "a_minus", "a_plus3", "a_minus3", "rate", "wanted", "margin", "window", "tau_e", "above", "below", "rival")


def checked(rule: Stdp | Teacher) -> Stdp | Teacher:
    """`rule`, if its numbers are in range; raises ConfigError otherwise."""
    for name, value in rule._asdict().items():
        least = 0.0 if name in SHARES else 1e-9
        if not least <= value < 1e6 and not (name == "tick" and value == float("inf")):
            raise ConfigError(f"{name} = {value}: give {'0 or more' if name in SHARES else 'seconds above 0'}")
    if isinstance(rule, Teacher) and rule.rival and rule.above > 0.0:
        raise ConfigError(f"rival=True and above = {rule.above} V: errors are of votes or of voltages; give one of them")
    if isinstance(rule, Teacher) and rule.tick == float("inf") and not (rule.rival or rule.above > 0.0):
        raise ConfigError(f"tick = inf, wanted = {rule.wanted} 1/s: without a clock no number of spikes can be wanted of a tick; give rival=True, or `above` and `below`")
    if isinstance(rule, Teacher) and rule.below > rule.above:
        raise ConfigError(f"below = {rule.below} V lies above `above` = {rule.above} V: give two voltages in order, e.g. above=0.85, below=0.55")
    return rule


def checked_balance(balance: Balance) -> Balance:
    """`balance`, if its numbers are in range; raises ConfigError otherwise."""
    for name, value in balance._asdict().items():
        if not 0.0 <= value < 1e6:
            raise ConfigError(f"{name} = {value}: give 0 or more")
    return balance
