"""Local rules side by side: each learns the same hand gestures, event by event, on a chip of its own; what it makes of them, and what it costs.

Rates and swings were tried on seed 5, a handful a rule, its test in sight.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.spiking import SpikingChip
from ferrion.core.noise import permutation
from ferrion.core.progress import Tell
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.rules import Balance, Stdp, Teacher, afterwards
from ferrion.workloads.event_sets import EventSet, Samples, load_events
from ferrion.workloads.over_seeds import row
from ferrion.workloads.spiking import Answer, present
from ferrion.workloads.spiking_account import since, spent

SET, TAU, CROWD, HIDDEN = "gestures", 0.02, 40, 64
"""What is learned; of the nodes [s]; cells that compete without a teacher; cells before the last in the deep net."""
WATCHFUL = Teacher(rate=5e-4, margin=1.0, above=1.05, below=0.6)
"""Comparators look at the nodes at every tick."""


class Contender(NamedTuple):
    """Who learns."""

    rule: Stdp | Teacher
    passes: int
    cells: tuple[int, ...] = ()
    """Populations before the last, which is one cell a class where somebody teaches or rewards."""
    swing: tuple[float, ...] = (0.05,)
    recurrent: float = 0.0
    balance: Balance = Balance()
    frozen: tuple[int, ...] = ()

    @property
    def alone(self) -> bool:
        """Whether it is told nothing: its cells are named afterwards, each by the class it answers most."""
        return isinstance(self.rule, Stdp) and self.rule.tau_e == 0.0


APART = Balance(inhibition=0.5)
DEEP = (HIDDEN,), (0.1, 0.2), 0.05
CONTENDERS = {
    "nothing learned": Contender(Stdp(), 0, swing=(0.1,), balance=APART),
    "pair STDP, winner takes all": Contender(Stdp(a_plus=5e-3, a_minus=5e-3), 2, swing=(0.1,), balance=APART),
    "triplet STDP, winner takes all": Contender(Stdp(a_minus=5e-3, a_plus3=5e-3), 2, swing=(0.1,), balance=APART),
    "pair STDP, homeostasis": Contender(Stdp(a_plus=5e-3, a_minus=5e-3), 2, swing=(0.1,), balance=Balance(inhibition=0.5, homeostasis=0.05, target=20.0)),
    "reward-modulated STDP": Contender(Stdp(a_plus=2e-3, a_minus=1e-3, tau_e=0.3), 4),
    "three-factor, at every tick": Contender(WATCHFUL._replace(rate=2e-3), 4),
    "three-factor, after a recording": Contender(afterwards(0.02, 0.1, 0.1), 4, swing=(0.02,)),
    "e-prop, hidden cells and their loops": Contender(WATCHFUL, 4, *DEEP),
    "the same, hidden tiles frozen": Contender(WATCHFUL, 4, *DEEP, frozen=(0, 2)),
}
TOLD = {
    "accuracy": ("accuracy [%]", 100.0),
    "learned": ("a learned recording [uJ]", 1e6),
    "writes": ("FeCAP writes an event", 1.0),
    "updates": ("hidden weights rewritten, an event", 1.0),
    "pairs": ("pairs of memristors programmed, an event", 1.0),
    "traces": ("traces read or rewritten, an event", 1.0),
    "spikes": ("spikes a recording", 1.0),
}
"""What they are called, and how many of it one of the number is."""


def compared(seed: int, short: bool, tell: Tell) -> dict[str, Any]:
    """One seed of everybody. Raises MissingDataError without the recordings."""
    events, rows = load_events(SET), {}
    for name, own in CONTENDERS.items():
        tell(f"seed {seed}: {name}")
        rows[name] = raced(own._replace(passes=min(own.passes, 1)) if short else own, events, seed)
    return {"seed": seed, "rows": rows}


def raced(own: Contender, events: EventSet, seed: int) -> dict[str, float | None]:
    """What one contender makes of the set; costs are means over all passes, without what is asked afterwards."""
    last = CROWD if own.alone else events.classes
    wiring = Wiring(inputs=events.rows, cells=(*own.cells, last), swing=own.swing, recurrent=(own.recurrent,) * len(own.cells) + (0.0,))
    network = SpikingNetwork(SpikingChip.from_card().with_node(TAU), wiring, rule=own.rule, balance=own.balance, frozen=own.frozen, seed=seed)
    before, counts, delivered = spent(network), _counts(network), int(network.state.links.delivered[0])
    for step in range(own.passes):
        for sample in permutation(seed, step, len(events.training)):
            learned(network, events, int(sample))
    shown, heard = own.passes * len(events.training), int(network.state.links.delivered[0]) - delivered
    costs = {key: (value - counts[key]) / heard if heard else None for key, value in _counts(network).items()}
    joules = sum(since(before, network, shown).values()) if shown else None
    told = asked(network, events, events.test)
    votes = np.array([answer.votes for answer in told], np.float64)
    if own.alone:
        votes = votes @ named(asked(network, events, events.training), events)
    right = votes.argmax(1) == events.test.labels
    return {"accuracy": float(right.mean()), "learned": joules, **costs, "spikes": float(np.mean([answer.spikes for answer in told]))}


def learned(network: SpikingNetwork, events: EventSet, sample: int) -> None:
    """Show one recording of the training set; a teacher is told its class, a reward says whether the answer was right."""
    label = int(events.training.labels[sample])
    answer = present(network, events, events.training, sample, label=label if isinstance(network.rule, Teacher) else -1, learn=True)
    if isinstance(network.rule, Stdp) and network.rule.tau_e > 0.0:
        network.reward(1.0 if answer.decided == label else -1.0 / (events.classes - 1))


def asked(network: SpikingNetwork, events: EventSet, samples: Samples) -> list[Answer]:
    """Answers, nothing learned."""
    return [present(network, events, samples, k) for k in range(len(samples))]


def named(answers: list[Answer], events: EventSet) -> NDArray[np.float64]:
    """Shares (cells, classes) of a class's vote that each cell has: cells are given to the class of the training set that they answer most (Diehl and Cook 2015)."""
    votes, labels = np.array([answer.votes for answer in answers], np.float64), events.training.labels
    means = np.array([votes[labels == own].mean(axis=0) for own in range(events.classes)])
    mine = means.argmax(axis=0)[:, None] == np.arange(events.classes)
    shares: NDArray[np.float64] = mine / np.maximum(mine.sum(axis=0), 1)
    return shares


def _counts(network: SpikingNetwork) -> dict[str, int]:
    counts = network.state.counts
    kinds = {"writes": counts.fecap_writes, "updates": counts.updates, "pairs": counts.programmed, "traces": counts.traces}
    return {key: int(value.sum()) for key, value in kinds.items()}


def table(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Over seeds, of every contender."""
    return [
        row(f"{name}: {told}", [None if run["rows"][name][key] is None else factor * run["rows"][name][key] for run in runs])
        for name in runs[0]["rows"]
        for key, (told, factor) in TOLD.items()
    ]
