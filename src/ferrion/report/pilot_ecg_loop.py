"""Pictures of a heart that is answered: a stretch of it, who answered how soon, who was taken for whom, and what the stimulator did."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from ferrion.pilots.ecg_costs import BEAT
from ferrion.report import controller, plots
from ferrion.report.controller import Drawn
from ferrion.reproduce.figure import Curve, Panel
from ferrion.workloads.holter import RATE

Run = Mapping[str, Any]
PLACES = {"watching": (0.0, 0.0), "armed": (3.6, 2.2), "refractory": (7.2, 0.0), "spent": (3.6, -2.2)}
PRICED = ("chip", "bio-voltage", "int8", "int8, linear, personal")
BELOW, APART = 0.3, 0.3
"""Millivolts under the signal at which beats are marked, and between the marks."""


def stretch(run: Run) -> Panel:
    """The lead, and marks under beats that were told, ventricular ones and stimuli."""
    own = run["heart"]["stretch"]
    signal = own["signal"]
    level = min(signal) - BELOW
    beats, ventricular = np.array(own["beats"]), np.array(own["ventricular"], bool)
    marks = (("told ventricular", beats[ventricular]), ("told otherwise", beats[~ventricular]), ("stimulus", np.array(own["stimuli"])))
    curves = [Curve(f"lead of record {own['name']}", tuple(k / RATE for k in range(len(signal))), tuple(signal))]
    curves += [Curve(name, tuple(at), (level - APART * k,) * len(at), points=True) for k, (name, at) in enumerate(marks)]
    return Panel("Watching a heart, and answering it", "s", "mV", tuple(curves))


def waits(run: Run) -> Panel:
    """Share of the answered episodes, by the time from onset to stimulus."""
    curves = []
    for name, own in run["heart"]["waits"].items():
        if own:
            curves.append(Curve(name, tuple(own), tuple(100.0 * (k + 1) / len(own) for k in range(len(own)))))
    return Panel("How soon ectopy is answered", "from its onset to the stimulus [s]", "of the answered episodes [%]", tuple(curves), log_x=True)


def adapting(run: Run) -> Panel:
    """Of ventricular beats, and of episodes of frequent ectopy, what is told and answered after more and more of the first minutes."""
    found = run["heart"]["adapting"]
    names = {"V found": "ventricular beats found", "V precise": "beats told ventricular that are", "episodes": "episodes answered"}
    beats = tuple(own["beats"] for own in found)
    curves = [Curve(name, beats, tuple(100.0 * own[key] for own in found)) for key, name in names.items()]
    return Panel("Adapting to a heart: arrays", "first beats of a heart that were learned, mean", "%", tuple(curves))


def detected(run: Run) -> Panel:
    """Ventricular beats against all else, by how far their class leads in the votes."""
    curves = [Curve(f"{name}, area {own['area']:.3f}", tuple(own["false"]), tuple(own["true"])) for name, own in run["heart"]["roc"].items()]
    return Panel("Ventricular beats told from all else", "of all else, told ventricular", "of ventricular beats that were found, told", tuple(curves), log_x=True)


def energy(run: Run) -> tuple[str, str]:
    """What a beat takes to be heard and told, every `BEAT` seconds; nothing of a radio."""
    columns, seconds = run["columns"], BEAT
    parts = {
        "amplifier": lambda own: own["amplified"] * seconds,
        "samples or spikes of it": lambda own: own["converted, watts"] * seconds,
        "telling the beat": lambda own: own["joules"],
    }
    nanojoules = np.array([[1e9 * part(columns[name]) for name in PRICED] for part in parts.values()])
    return f"Energy of a beat, heard and told, at {60.0 / BEAT:.0f} beats a minute", plots.energy_bars(PRICED, list(parts), nanojoules, "energy [nJ]")


def confusions(run: Run) -> list[tuple[str, str]]:
    """Later beats: N, S, V and F are 0 to 3."""
    return [(f"Which beat (N S V F) was taken for which: {name}", plots.confusion(name, np.array(table))) for name, table in run["heart"]["confusion"].items()]


def machine(run: Run) -> tuple[str, str]:
    """The stimulator's states, and how often those of all hearts took each arrow."""
    arrows = [Drawn(source, cause, target, count) for source, cause, target, count in run["heart"]["arrows"]]
    return "The rule of safety, and how often each arrow was taken", base64.b64encode(controller.machine(PLACES, arrows)).decode()
