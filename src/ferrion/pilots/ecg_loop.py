"""The ecg-loop pilot: hearts are watched whole, beats are found and told as they come, and ectopy is answered by a stimulus under a rule of safety."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.chip import Chip
from ferrion.chip.stimulator import ARROWS
from ferrion.core.noise import fork
from ferrion.learning.training import Fidelity
from ferrion.pilots.anew import linear, trees, untouched
from ferrion.pilots.array_costs import worn
from ferrion.pilots.continual import asked
from ferrion.pilots.ecg_costs import BEAT, amplifier, converter, int8_numbers, sent_numbers
from ferrion.pilots.ecg_course import Course
from ferrion.pilots.ecg_fronts import AFTER, BEFORE, DECIMATE, Bank, converted
from ferrion.pilots.ecg_hearts import FIRST, Given, stimulated
from ferrion.pilots.ecg_score import V
from ferrion.pilots.learners import METAPLASTICITY, Learner, in_float, on_chip
from ferrion.pilots.table import Columns, merged
from ferrion.workloads.digital.costs import until_next
from ferrion.workloads.digital.trees import tree_numbers
from ferrion.workloads.holter import I8, RATE
from ferrion.workloads.spiking_tasks import Tell

NOTE = "Four hearts watched for half an hour each (MIT-BIH 100, 106, 119, 208): the first five minutes are learned, frequent ectopy in the rest is answered by a stimulus"
TELLERS = ("chip", "chip, device level", "bio-voltage", "float32", "int8", "classical")
ORDER = [*(name + more for name in TELLERS for more in ("", ", personal")), "int8, linear, personal", "annotators", "sense amplifier"]
"""Of the columns."""
L2 = 1.0
"""Of the trees: without it, a heart with few ventricular beats at first was told full of them on two of five orders of the others' beats."""
SAMPLES = (BEFORE + AFTER) // DECIMATE + 1
"""Bytes of a beat that leave whoever learns it, as a cardiologist has to see it to give its label."""
CURVES = ("chip", "chip, personal", "bio-voltage, personal", "int8, linear, personal", "classical, personal")
"""Whose detection of ventricular beats is drawn."""
Votes = NDArray[np.floating]
"""(beats, classes)."""
SHOWN = 12.0
"""Seconds that are drawn."""


def run(seed: int, short: bool, _folder: Path, tell: Tell) -> dict[str, Any]:
    """One seed. Raises MissingDataError without the recordings, ConfigError without wfdb."""
    course, bank = Course(seed, short), Bank(fork(seed, 2))
    columns: Columns = {}
    votes: dict[str, list[Votes]] = {}
    curve: list[dict[str, float]] = []
    plain, devices = Fidelity
    for name, front, fidelity in (("chip", converted, plain), ("chip, device level", converted, devices), ("bio-voltage", bank, plain)):
        tell(f"seed {seed}: {name}: other patients, then each heart")
        inputs = course.given(front)
        own = on_chip(course.shape(inputs), fork(seed, 0), METAPLASTICITY, fidelity)
        adapted = course.adapted(own, inputs)
        spent = {**asked(own, inputs.others), **worn(own.model, own.learned // own.shape.passes, own.shape.transfer_every, own.shape.inputs)}
        beats = sum(len(inputs.first(heart, k).labels) for k, heart in enumerate(course.hearts))
        del spent["sent_learned"]
        columns |= {name: spent, f"{name}, personal": {"learned": sum(one.joules - own.joules for one in adapted) / beats, "sent_learned": float(SAMPLES), "sent_decided": 1.0}}
        votes |= voted(name, own, adapted, inputs)
        if name == "chip":
            curve = course.adapting(own, adapted, inputs)
            rivals, numbers = compared(course, inputs, tell)
            votes, columns = votes | rivals, columns | numbers
    classes = {name: [one.argmax(1) for one in hearts] for name, hearts in votes.items()}
    for name in ("chip", "chip, device level", "classical", "classical, personal"):
        columns[name] |= {"amplified": amplifier(), "converted, watts": converter()}
    columns["bio-voltage"] |= {"amplified": amplifier(), "converted, watts": bank.joules / bank.seconds}
    for priced in columns.values():
        if "leaked" in priced:
            priced |= until_next(priced, BEAT)
    columns = merged(columns, {name: course.told(own) for name, own in classes.items()})
    columns["sense amplifier"] = course.found()
    columns["annotators"] = course.told([heart.own for heart in course.hearts])
    columns = {name: columns[name] for name in sorted(columns, key=ORDER.index)}
    curves = {name: course.roc(votes[name]) for name in CURVES}
    return {"seed": seed, "columns": columns, "heart": {**drawn(course, classes), "roc": curves, "adapting": curve}}


def voted(name: str, own: Learner, adapted: list[Learner], inputs: Given) -> dict[str, list[Votes]]:
    """For every beat of each heart, before and after its first minutes."""
    return {name: [own.votes(x) for x in inputs.hearts], f"{name}, personal": [one.votes(x) for one, x in zip(adapted, inputs.hearts, strict=True)]}


def compared(course: Course, inputs: Given, tell: Tell) -> tuple[dict[str, list[Votes]], Columns]:
    """The same network in float32, an int8 network that was taught other patients, and boosted trees, grown anew for each heart with its first beats; and their costs."""
    tell(f"seed {course.seed}: float32, int8 and trees: other patients, then each heart")
    own = in_float(course.shape(inputs), fork(course.seed, 0) % 2**62)
    found = voted("float32", own, course.adapted(own, inputs), inputs)
    x, y, firsts = inputs.known, inputs.labels, [inputs.first(heart, k) for k, heart in enumerate(course.hearts)]
    net, general = untouched(x, y, inputs.patient, course.seed, course.short), trees(x, y, None, course.seed, L2)
    small, grown = [linear(x, y, first, course.seed) for first in firsts], [trees(x, y, first, course.seed, L2) for first in firsts]
    votes: dict[str, list[Votes]] = {
        **found,
        "int8": [net.values(x) for x in inputs.hearts],
        "int8, linear, personal": [one.values(x) for one, x in zip(small, inputs.hearts, strict=True)],
        "classical": [general.predict_proba(x) for x in inputs.hearts],
        "classical, personal": [one.predict_proba(x) for one, x in zip(grown, inputs.hearts, strict=True)],
    }
    prices, sent = Chip.from_card("leti-2025").prices, sent_numbers(x.shape[1])
    costs = {"int8": int8_numbers([net], x), "int8, linear, personal": int8_numbers(small, x)}
    return votes, {**costs, "classical": tree_numbers([general], prices) | sent, "classical, personal": tree_numbers(grown, prices) | sent}


def drawn(course: Course, classes: dict[str, list[I8]]) -> dict[str, Any]:
    """Of the chip that has adapted: `SHOWN` seconds of the last heart, around its first stimulus; who answered when; beats by class; arrows that its stimulators took."""
    heart, own = course.hearts[-1], classes["chip, personal"]
    stimulators = [stimulated(one, told == V) for one, told in zip(course.hearts, own, strict=True)]
    start = max(round((stimulators[-1].stimuli[0] - 0.6 * SHOWN) * RATE), 0) if stimulators[-1].stimuli else round(FIRST * RATE)
    end = start + round(SHOWN * RATE)
    here = (heart.moments >= start) & (heart.moments < end)
    stretch = {
        "signal": heart.holter.signal[start:end].tolist(),
        "beats": ((heart.moments[here] - start) / RATE).tolist(),
        "ventricular": (own[-1][here] == V).tolist(),
        "stimuli": [t - start / RATE for t in stimulators[-1].stimuli if start / RATE <= t < end / RATE],
        "name": heart.holter.name,
    }
    taken = {arrow: sum(one.taken.get(arrow, 0) for one in stimulators) for arrow in ARROWS}
    arrows = [[arrow.source.value, arrow.cause.value, arrow.target.value, count] for arrow, count in taken.items()]
    confusion = {name: course.confusion(classes[name]) for name in ("chip", "chip, personal", "bio-voltage, personal", "int8, linear, personal")}
    return {"stretch": stretch, "waits": {name: sorted(course.waits(told)) for name, told in classes.items()}, "confusion": confusion, "arrows": arrows}
