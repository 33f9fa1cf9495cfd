"""The ecg-loop pilot: hearts are watched whole, beats are found and told as they come, and ectopy is answered by a stimulus under a rule of safety."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.chip import Chip
from ferrion.chip.outlet import Outlet
from ferrion.chip.stimulator import ARROWS
from ferrion.core.noise import fork
from ferrion.core.progress import Tell
from ferrion.learning.training import Fidelity
from ferrion.pilots.anew import best_net, best_trees, network, trees
from ferrion.pilots.array_costs import kept, worn
from ferrion.pilots.continual_costs import asked
from ferrion.pilots.ecg_costs import BEAT, amplifier, converter, counted, int8_numbers
from ferrion.pilots.ecg_course import Course
from ferrion.pilots.ecg_fronts import Bank, converted
from ferrion.pilots.ecg_hearts import FIRST, Given, stimulated
from ferrion.pilots.ecg_score import V
from ferrion.pilots.learners import METAPLASTICITY, Learner, in_float, on_chip
from ferrion.pilots.personal import personal
from ferrion.pilots.table import Columns, merged
from ferrion.workloads.changing import Stage
from ferrion.workloads.digital.costs import as_bytes, sent, until_next
from ferrion.workloads.digital.network import Recipe
from ferrion.workloads.digital.trees import tree_numbers
from ferrion.workloads.holter import I8, RATE

NOTE = "Four hearts watched for half an hour each (MIT-BIH 100, 106, 119, 208): the first five minutes are learned, frequent ectopy in the rest is answered by a stimulus"
TELLERS = ("chip", "chip, device level", "bio-voltage", "float32", "int8", "classical")
ONCE = "chip, personal in one pass"
ORDER = ["chip", "chip, personal", ONCE, *(name + more for name in TELLERS[1:] for more in ("", ", personal")), "int8, linear, personal", "annotators", "sense amplifier"]
"""Of the columns."""
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
        spent = {**asked(own, [inputs.others]), **worn(own.model, own.learned // own.shape.passes, own.shape.transfer_every)}
        firsts = [inputs.first(heart, k) for k, heart in enumerate(course.hearts)]
        again = sum(len(first.labels) for first in firsts) / len(firsts) if own.shape.passes > 1 else 0.0
        columns |= {name: spent, f"{name}, personal": {"learned on chip": sum(one.joules - own.joules for one in adapted), **kept(again * own.shape.inputs)}}
        votes |= voted(name, own, adapted, inputs)
        if front is bank:
            columns[name]["joules"] += counted(bank)
            columns[f"{name}, personal"]["learned on chip"] += counted(bank) * sum(len(first.labels) for first in firsts)
        if name == "chip":
            curve, named = course.adapting(own, adapted, inputs), firsts
            votes[ONCE] = [personal(own.briefly(), first).votes(x) for first, x in zip(firsts, inputs.hearts, strict=True)]
            rivals, numbers = compared(course, inputs, tell)
            votes, columns = votes | rivals, columns | numbers
    ways = {name: Outlet() for name in votes}
    classes = {name: [ways[name].tell(one.argmax(1)) for one in hearts] for name, hearts in votes.items()}
    for name in set(ways) & set(columns):
        columns[name] |= left(ways[name], columns[name], named if name.endswith("personal") else [])
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


def left(outlet: Outlet, column: dict[str, Any], firsts: list[Stage]) -> dict[str, float]:
    """What has left with decisions, and with the samples of the first beats, which somebody has to see to give their label, whoever learns them; joules of a beat learned."""
    if not firsts:
        return {"sent_decided": outlet.leaving(0)["sent_decided"]}
    beats = sum(len(first.labels) for first in firsts)
    for first in firsts:
        outlet.lend(as_bytes(first.inputs))
    found = sent(outlet, beats)
    learning = column.get("learned on chip", 0.0) / beats
    return {**found, "learned": found["learned"] + learning, **({"learned on chip": learning} if learning else {})}


def voted(name: str, own: Learner, adapted: list[Learner], inputs: Given) -> dict[str, list[Votes]]:
    """For every beat of each heart, before and after its first minutes."""
    return {name: [own.votes(x) for x in inputs.hearts], f"{name}, personal": [one.votes(x) for one, x in zip(adapted, inputs.hearts, strict=True)]}


def compared(course: Course, inputs: Given, tell: Tell) -> tuple[dict[str, list[Votes]], Columns]:
    """The same network in float32, an int8 network that was taught other patients, and boosted trees, grown anew for each heart with its first beats; and their costs."""
    tell(f"seed {course.seed}: float32, int8 and trees: other patients, then each heart")
    own = in_float(course.shape(inputs), fork(course.seed, 0) % 2**62)
    found = voted("float32", own, course.adapted(own, inputs), inputs)
    x, y, firsts = inputs.known, inputs.labels, [inputs.first(heart, k) for k, heart in enumerate(course.hearts)]
    recipe, growth = best_net(x, y, inputs.patient, course.seed, course.short), best_trees(x, y, inputs.patient, course.seed, course.short)
    net, general = network(x, y, None, course.seed, recipe), trees(x, y, None, course.seed, growth)
    anew = {"int8, personal": recipe, "int8, linear, personal": Recipe(())}
    nets = {name: [network(x, y, first, course.seed, own) for first in firsts] for name, own in anew.items()}
    grown = [trees(x, y, first, course.seed, growth) for first in firsts]
    votes: dict[str, list[Votes]] = {
        **found,
        "int8": [net.values(x) for x in inputs.hearts],
        **{name: [one.values(x) for one, x in zip(nets[name], inputs.hearts, strict=True)] for name in nets},
        "classical": [general.predict_proba(x) for x in inputs.hearts],
        "classical, personal": [one.predict_proba(x) for one, x in zip(grown, inputs.hearts, strict=True)],
    }
    prices, costs = Chip.from_card("leti-2025").prices, {name: int8_numbers(own, x) for name, own in {"int8": [net], **nets}.items()}
    return votes, {**costs, "classical": tree_numbers([general], prices), "classical, personal": tree_numbers(grown, prices)}


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
