"""What `ferrion pilot` can do, over seeds, each kept when it is done."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ferrion.chip.cmos import CARD as CMOS
from ferrion.chip.spiking import SpikingChip
from ferrion.core.errors import ConfigError
from ferrion.core.kept import digest, kept, timed
from ferrion.core.progress import Tell
from ferrion.params.card import load
from ferrion.pilots import continual, continual_live, ecg_live, ecg_loop, labelled, machine, trigger, trigger_live
from ferrion.pilots.ecg_costs import FRONT_END
from ferrion.pilots.recordings import LABELLED
from ferrion.pilots.table import table
from ferrion.workloads.data import contents
from ferrion.workloads.digital.costs import CARDS
from ferrion.workloads.one_thread import one_thread


class Pilot(NamedTuple):
    """One seed of it, and a stream with faults."""

    note: str
    run: Callable[[int, bool, Path, Tell], dict[str, Any]]
    faulty: Callable[[bool, Path, Tell], list[dict[str, Any]]]
    live: Callable[[str, float, bool, Path], Iterator[tuple[str, dict[str, Any]]]]
    """Of a source, the seconds after which it is dead, short or not, and a folder: what is decided, in words, and all so far."""
    folders: tuple[str, ...] = ()
    """Of the recordings."""
    beside: Callable[[int, bool], str] | None = None
    """The name of a file that a seed leaves beside its results, without which it is run again."""


PILOTS = {
    **{
        name: Pilot(own.note, partial(labelled.run, name), partial(labelled.faulty, name), partial(labelled.live, name), (own.folder,), labelled.chip_file)
        for name, own in LABELLED.items()
    },
    "ecg-loop": Pilot(ecg_loop.NOTE, ecg_loop.run, ecg_live.faulty, ecg_live.live, ("ecg_mitbih",)),
    "machine": Pilot(machine.NOTE, machine.run, machine.faulty, machine.live, ("skab", "whut_pipeline", "nab")),
    "trigger": Pilot(trigger.NOTE, trigger.run, trigger_live.faulty, trigger_live.live),
    "continual": Pilot(continual.NOTE, continual.run, continual_live.faulty, continual_live.live, ("mnist", "emg_myo")),
}


def known(name: str) -> None:
    """Raises ConfigError for a name of no pilot."""
    if name not in PILOTS:
        raise ConfigError(f"{name!r} is no pilot: give {', '.join(PILOTS)}")


def marked(name: str, short: bool) -> str:
    """What decides a pilot's results: its code, cards and recordings."""
    cards = [*SpikingChip.from_card().cards, *map(load, (*CARDS, CMOS, FRONT_END, "fu-2025", "nanowire-fu2025"))]
    return digest((name, short, [card.text for card in cards], contents(PILOTS[name].folders)))[:12]


def one_seed(pilot: Pilot, seed: int, short: bool, folder: Path, mark: str, tell: Tell) -> dict[str, Any]:
    """What a seed gave, kept or run."""
    beside = [folder / pilot.beside(seed, short)] if pilot.beside else []
    return kept(folder / f"seed-{seed}-{mark}.json", partial(timed, partial(pilot.run, seed, short, folder, tell)), *beside)


@one_thread()
def study(name: str, seeds: int, short: bool, folder: Path, tell: Tell) -> dict[str, Any]:
    """Seeds from 0 on, kept in `folder` and not run again on the same recordings. Raises ConfigError for a name or number that is none, MissingDataError without the recordings."""
    known(name)
    if seeds < 1:
        raise ConfigError(f"seeds = {seeds}: give 1 or more")
    pilot, mark = PILOTS[name], marked(name, short)
    runs = [one_seed(pilot, seed, short, folder, mark, tell) for seed in range(seeds)]
    faults = kept(folder / f"faults-{mark}.json", lambda: {"rows": pilot.faulty(short, folder, tell)})["rows"]
    return {"pilot": name, "note": pilot.note, "short": short, "seeds": seeds, "table": table(runs), "faults": faults, "runs": runs}
