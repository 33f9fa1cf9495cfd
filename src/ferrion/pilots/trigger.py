"""The trigger pilot: pulses of three units in the noise of an electrode are found by a comparator, held, and sorted by two-memory arrays that learned them on the chip."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.outlet import Outlet
from ferrion.chip.spiking import SpikingChip
from ferrion.circuits.trigger import LENGTH
from ferrion.core.ledger import Action
from ferrion.core.noise import fork
from ferrion.core.progress import Tell
from ferrion.pilots.array_costs import by_action, costs, kept, worn
from ferrion.pilots.load import Load, copies, loads
from ferrion.pilots.race import CENTRE, Race, race
from ferrion.pilots.sorter import TRANSFER_EVERY
from ferrion.pilots.sorters import CLASSES, DEVICES, FILTERS, INT8, Heard, Sorters, heard, sorters
from ferrion.pilots.table import Columns, merged
from ferrion.pilots.trigger_costs import chip_numbers, filter_numbers, int8_numbers
from ferrion.workloads.digital.costs import as_bytes, sent, until_next
from ferrion.workloads.pulses import NO_UNIT, NOISE, NOISES, RATE, judged, recorded
from ferrion.workloads.verdicts import confusion, roc

NOTE = "Pulses of three units in the noise of an electrode at 24 kHz (synthetic, with their truth; noise of 5 to 20 % of a pulse's height), found, held and sorted"
DRIFT = (-0.4, 0.0, 0.3)
"""By which share the heights of the units change in a recording with drift."""
CALIBRATION, SHORT_CALIBRATION, WATCHED, SHORT_WATCHED = 20.0, 10.0, 60.0, 20.0
"""Seconds that are learned from, with their truth (of an instrument: test pulses), and seconds that are sorted."""
LATE = 2.0 / 3.0
"""Share of a recording after which drift is judged."""
EACH, CENTRES = 64, (0.60, 0.65, 0.70, CENTRE, 0.80, 0.85)
"""Ion neurons a class in the race, and the volts at which it is tried how fast and how right it is."""
SHOWN = 0.1
"""Seconds of signal that are drawn."""
COMPARED = ("chip", INT8, FILTERS)
"""Whose curves are drawn."""
Votes = dict[str, NDArray[np.float64]]


def run(seed: int, short: bool, _folder: Path, tell: Tell) -> dict[str, Any]:
    """One seed: an electrode of each noise, each sorted by a chip of its own and by everybody it is compared with."""
    columns: Columns = {}
    drawn: dict[str, Any] = {}
    for noise in (NOISE,) if short else NOISES:
        tell(f"seed {seed}: noise of {100 * noise:.0f} % of a pulse")
        first = heard(recorded(noise, SHORT_CALIBRATION if short else CALIBRATION, fork(seed, 0)))
        watched = heard(recorded(noise, SHORT_WATCHED if short else WATCHED, fork(seed, 1)), first.level)
        own = sorters(first, seed, short)
        votes = own.votes(watched)
        found = {"comparator": {f"found, {noise}": right(watched, watched.true)}, **{name: {f"right, {noise}": right(watched, given.argmax(1))} for name, given in votes.items()}}
        if noise == NOISE:
            more, drawn = told(own, first, watched, votes, seed)
            found = merged(found, more)
        columns = merged(columns, found)
    return {"seed": seed, "columns": columns, **drawn}


def right(watched: Heard, decided: NDArray[np.int64]) -> float:
    """Share of pulses that were sorted rightly."""
    return judged(watched.recording, watched.true, decided).right


def told(own: Sorters, first: Heard, watched: Heard, votes: Votes, seed: int) -> tuple[Columns, dict[str, Any]]:
    """At `NOISE`: what everybody takes, how a chip of many electrodes keeps up, a race of ion neurons, drift; and what is drawn."""
    chip, seconds = SpikingChip.from_card(), len(watched.recording.signal) / RATE
    decided = costs(own.chip.model, digital_inputs=False)
    prices, numbers = chip.memory.prices, chip_numbers(own, decided, len(watched.true))
    streams = loads(numbers["seconds"], chip.router, seed)
    races = {centre: race(chip.neuron, votes["chip"], EACH, fork(seed, 2), centre) for centre in CENTRES}
    columns: Columns = {
        "comparator": {"false": float((watched.true == NO_UNIT).sum() / seconds)},
        "chip": {**numbers, **shared(numbers["seconds"], streams), **kept(float(own.calibration * LENGTH))},
        DEVICES: worn(own.devices.model, own.calibration, TRANSFER_EVERY, digital_inputs=False),
        "chip and a race": {f"right, {NOISE}": right(watched, races[CENTRE].decided), "joules": numbers["joules"] + prices.energy[Action.ION_SPIKE][0], **lasting(races[CENTRE])},
        **{name: int8_numbers(net, own.front(watched.lines), prices) for name, net in own.int8.items()},
        **{name: filter_numbers(prices) for name in own.filters},
    }
    for told_by in ("chip", *own.int8, *own.filters):
        columns[told_by] |= until_next(columns[told_by], seconds / len(watched.true)) | left(
            votes[told_by].argmax(1), first.lines if told_by in own.int8 else None, own.calibration
        )
    moved = heard(recorded(NOISE, seconds, fork(seed, 1), DRIFT), watched.level)
    drifted = {name: {"right, drifted": at_the_end(moved, given.argmax(1))} for name, given in own.votes(moved).items()}
    return merged(columns, drifted), {
        "learned": own.right,
        "roc": {name: roc(votes[name], watched.true) for name in COMPARED},
        "confusion": {name: confusion(votes[name].argmax(1), watched.true, CLASSES) for name in COMPARED},
        "races": [{"centre": centre, "seconds": float(np.median(found.seconds)), "right": right(watched, found.decided)} for centre, found in races.items()],
        "actions": {"sorted": by_action(decided, len(watched.true)), "learned": by_action(own.learned, own.calibration)},
        "digital": {"sorted": {name: columns[name]["joules"] for name in (INT8, FILTERS)}, "converted": columns[INT8]["converted"]},
        "load": {name: {"within": load.within, "lost": load.dropped} for name, load in streams.items()},
        "stretch": stretch(watched, votes["chip"].argmax(1)),
    }


def left(decided: NDArray[np.int64], lines: NDArray[np.float64] | None, calibration: int) -> dict[str, float]:
    """What has left: units; and, of who learns elsewhere, the lines of its calibration, a byte a sample, by radio (filters are taken to be learned where they are)."""
    outlet = Outlet()
    outlet.tell(decided)
    if lines is not None:
        outlet.lend(as_bytes(lines.astype(np.float32)))
    return sent(outlet, calibration)


def shared(seconds: float, streams: dict[str, Load]) -> dict[str, float]:
    """What a chip of enough copies makes of a million pulses a second from many electrodes."""
    found = {"copies": float(copies(seconds)), "pulses": 1.0 / seconds}
    for name, load in streams.items():
        found |= {f"waited, {name}": load.median, f"waited, {name}, late": load.late, f"lost, {name}": load.dropped}
    return found


def lasting(found: Race) -> dict[str, float]:
    """How long a race takes."""
    return {"race": float(np.median(found.seconds)), "race, late": float(np.quantile(found.seconds, 0.99))}


def at_the_end(moved: Heard, decided: NDArray[np.int64]) -> float:
    """Share of the pulses of the last third that were sorted rightly."""
    start = LATE * len(moved.recording.signal)
    pulses, found = moved.recording.peaks >= start, moved.peaks >= start
    part = moved.recording._replace(peaks=moved.recording.peaks[pulses], units=moved.recording.units[pulses])
    return judged(part, moved.true[found], decided[found]).right


def stretch(watched: Heard, decided: NDArray[np.int64]) -> dict[str, Any]:
    """The first `SHOWN` seconds, and what was decided in them."""
    end = round(SHOWN * RATE)
    some = watched.peaks < end
    return {
        "signal": watched.recording.signal[:end].round(4).tolist(),
        "level": watched.level,
        "peaks": watched.peaks[some].tolist(),
        "decided": decided[some].tolist(),
        "true": watched.true[some].tolist(),
    }
