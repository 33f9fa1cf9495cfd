"""What `ferrion pilot` can do, over seeds, each kept when it is done."""

from functools import partial
from pathlib import Path
from typing import Any

from ferrion.chip.spiking import SpikingChip
from ferrion.core.errors import ConfigError
from ferrion.core.kept import digest, kept
from ferrion.pilots.labelled import LABELLED, faulty, run
from ferrion.pilots.table import table
from ferrion.workloads.spiking_tasks import Tell

PILOTS = {name: pilot.note for name, pilot in LABELLED.items()}


def study(name: str, seeds: int, short: bool, folder: Path, tell: Tell) -> dict[str, Any]:
    """Seeds from 0 on, kept in `folder` and not run again. Raises ConfigError for a name or number that is none, MissingDataError without the recordings."""
    if name not in PILOTS:
        raise ConfigError(f"{name!r} is no pilot: give {', '.join(PILOTS)}")
    if seeds < 1:
        raise ConfigError(f"seeds = {seeds}: give 1 or more")
    mark = digest((name, short, [card.text for card in SpikingChip.from_card().cards]))[:12]
    runs = [kept(folder / f"seed-{seed}-{mark}.json", partial(run, name, seed, short, folder, tell)) for seed in range(seeds)]
    faults = kept(folder / f"faults-{mark}.json", lambda: {"rows": faulty(name, short, folder, tell)})["rows"]
    return {"pilot": name, "note": PILOTS[name], "short": short, "seeds": seeds, "table": table(runs), "faults": faults, "runs": runs}
