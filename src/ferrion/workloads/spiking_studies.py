"""What `ferrion spiking` can do: six tasks, few examples, loads beyond saturation, decisions under load, what NeuroBench counts; over seeds, each kept when done."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ferrion.chip.spiking import SpikingChip
from ferrion.core.errors import ConfigError
from ferrion.core.kept import digest, kept, timed
from ferrion.core.progress import Tell
from ferrion.workloads import bursts, few_shot, hot_pixel, neurobench, rules_compared, spiking_seed
from ferrion.workloads.spiking_tasks import TASKS

Rows = list[dict[str, Any]]


class Study(NamedTuple):
    """One seed of it, and the rows over all seeds."""

    note: str
    run: Callable[[int, bool, Tell], dict[str, Any]]
    table: Callable[[list[dict[str, Any]]], Rows]


def _loaded(seed: int, short: bool, tell: Tell) -> dict[str, Any]:
    return {"seed": seed, **bursts.summary(bursts.loads(seed, short, tell))}


STUDIES: dict[str, Study] = {
    **{name: Study(f"{name}: trained off the chip and deployed, tuned on it; learned on it alone", partial(spiking_seed.learned, name), spiking_seed.table) for name in TASKS},
    "new-class": Study("N-MNIST without one digit, which is then learned on the chip from few examples", few_shot.new_class, few_shot.table),
    "new-user": Study("spoken digits without one speaker, whose voice is then learned on the chip from few examples", few_shot.new_user, few_shot.table),
    "bursts": Study("router latency, losses and energy under Poisson, bursty and recorded streams", _loaded, bursts.table),
    "hot-pixel": Study("N-MNIST decided while one pixel of the camera is hot: accuracy, latency and energy of a decision against its rate", hot_pixel.hot_pixel, hot_pixel.table),
    "rules": Study("hand gestures learned by each local rule on a chip of its own: accuracy, writes and joules", rules_compared.compared, rules_compared.table),
    "neurobench": Study("what NeuroBench's own package counts of the nets that are deployed on the chip", neurobench.counted, neurobench.table),
}


def study(name: str, seeds: int, short: bool, folder: Path, tell: Tell) -> dict[str, Any]:
    """Seeds from 0 on, kept in `folder` and not run again. Raises ConfigError for a name or number that is none, MissingDataError without the recordings."""
    if name not in STUDIES:
        raise ConfigError(f"{name!r} is no study: give {', '.join(STUDIES)}")
    if seeds < 1:
        raise ConfigError(f"seeds = {seeds}: give 1 or more")
    own = STUDIES[name]
    mark = digest((name, short, [card.text for card in SpikingChip.from_card().cards]))[:12]
    runs = [kept(folder / f"seed-{seed}-{mark}.json", partial(timed, partial(own.run, seed, short, tell))) for seed in range(seeds)]
    return {"study": name, "note": own.note, "short": short, "seeds": seeds, "table": own.table(runs), "runs": runs}
