"""The table of a pilot: quantities down, who was compared across, mean and standard deviation over seeds."""

from typing import Any

from ferrion.pilots.watch import DRIFTS
from ferrion.workloads.over_seeds import row
from ferrion.workloads.pulses import NOISE, NOISES

Columns = dict[str, dict[str, Any]]
"""Numbers by who is compared and what they are called in `QUANTITIES`."""
SPIKING = {"seneca": "SENECA", "spinnaker2": "SpiNNaker 2", "loihi": "Loihi", "truenorth": "TrueNorth"}
"""Neuromorphic chips of the card `synaptic-operations`."""
QUANTITIES = {
    "accuracy": ("accuracy", "%", 100.0),
    "balanced": ("accuracy, mean of classes", "%", 100.0),
    "levels": ("recordings decided at both levels", "1", 1.0),
    "accuracy, event level": ("of these, right at the event level", "%", 100.0),
    "accuracy, device level": ("of these, right at the device level", "%", 100.0),
    "agreed": ("of these, the same decision at both levels", "%", 100.0),
    "once": ("accuracy after one pass over the examples", "%", 100.0),
    "early": ("accuracy, stopping early", "%", 100.0),
    "later": ("right of patients' later beats", "%", 100.0),
    "later, balanced": ("right of patients' later beats, mean of classes", "%", 100.0),
    "later, once": ("right of patients' later beats, the first ones learned in one pass", "%", 100.0),
    "V found": ("of their ventricular beats, found", "%", 100.0),
    "V precise": ("of what is told as ventricular, rightly", "%", 100.0),
    "others": ("right of everybody else's later beats", "%", 100.0),
    "beats": ("beats found", "%", 100.0),
    "no beats": ("what is no beat, taken for one, an hour", "1/h", 1.0),
    "episodes": ("episodes of ectopy answered", "%", 100.0),
    "held": ("episodes that began while the stimulator had to rest", "%", 100.0),
    "answered": ("from the onset of an episode to the stimulus, median", "s", 1.0),
    "answered, late": ("from the onset of an episode to the stimulus, 99 %", "s", 1.0),
    "stimuli": ("stimuli an hour", "1/h", 1.0),
    "false stimuli": ("stimuli without ectopy an hour", "1/h", 1.0),
    "off": ("stimulus after the annotated R peak, median", "ms", 1e3),
    "off, far": ("stimuli beyond 60 ms of an annotated beat an hour", "1/h", 1.0),
    "amplified": ("power of the amplifier of a lead on the skin", "nW", 1e9),
    "converted, watts": ("power of what makes samples or spikes of it", "nW", 1e9),
    "f1": ("F1 of rows", "%", 100.0),
    "far": ("false alarms, of normal rows", "%", 100.0),
    "mar": ("missed, of anomalous rows", "%", 100.0),
    "found": ("anomalies told before they end", "%", 100.0),
    "delay": ("delay from onset to alarm, median", "s", 1.0),
    "delay, late": ("delay from onset to alarm, 99 %", "s", 1.0),
    **{
        f"pumps, {key}": (f"another number of pumps: {what}", unit, factor)
        for key, what, unit, factor in (
            ("f1", "F1 of rows", "%", 100.0),
            ("far", "false alarms, of normal rows", "%", 100.0),
            ("mar", "missed, of rows with another number", "%", 100.0),
            ("found", "changes told before they end", "%", 100.0),
            ("delay", "delay to alarm, median", "s", 1.0),
            ("delay, late", "delay to alarm, 99 %", "s", 1.0),
        )
    },
    **{f"f1 after {name}": (f"F1 of rows after {name}", "%", 100.0) for drift in DRIFTS for name in (drift, f"{drift}, refreshed")},
    "nab": ("NAB score, standard profile (silence 0, perfect 100)", "1", 100.0),
    "nab, few false": ("NAB score, false alarms twice as dear", "1", 100.0),
    "nab, few missed": ("NAB score, missed windows twice as dear", "1", 100.0),
    "nab, found": ("NAB: windows with an alarm", "%", 100.0),
    "nab, false": ("NAB: false alarms a series", "1", 1.0),
    **{f"found, {noise}": (f"pulses found, noise {100 * noise:.0f} % of a pulse", "%", 100.0) for noise in NOISES},
    **{
        f"{key}, {change}": (f"{what}: {words}", "%", 100.0)
        for change, words in (("orders", "pixels wired anew"), ("lights", "other light"), ("sessions", "EMG sessions"))
        for key, what in (
            ("end", "right at the end, mean of stages"),
            ("first", "right of the first stage at the end"),
            ("fresh", "right when just learned, mean of stages"),
            ("forgotten", "of that forgotten, mean of earlier stages"),
        )
    },
    "arm": ("right on another's arm, as it was", "%", 100.0),
    "arm, learned": ("right on another's arm, after three repetitions of each gesture, learned once", "%", 100.0),
    "false": (f"crossings without a pulse a second, noise {100 * NOISE:.0f} %", "1/s", 1.0),
    **{f"right, {noise}": (f"pulses found and sorted rightly, noise {100 * noise:.0f} %", "%", 100.0) for noise in NOISES},
    "right, drifted": (f"the same at noise {100 * NOISE:.0f} %, after heights have drifted", "%", 100.0),
    "joules": ("energy a decision", "uJ", 1e6),
    "joules, lights": ("the same, other light", "uJ", 1e6),
    "joules, sessions": ("the same, EMG sessions", "uJ", 1e6),
    "joules, arm": ("the same, another's arm", "uJ", 1e6),
    "joules with leakage": ("energy a decision, and that leakage until the next", "uJ", 1e6),
    "early, joules": ("energy a decision, stopping early", "uJ", 1e6),
    "joules, event level": ("energy of a recording decided at both levels, event level", "uJ", 1e6),
    "joules, device level": ("energy of a recording decided at both levels, device level", "uJ", 1e6),
    "spikes, event level": ("spikes of a recording decided at both levels, event level", "1", 1.0),
    "spikes, device level": ("spikes of a recording decided at both levels, device level", "1", 1.0),
    "spike": ("what a spike takes from its node, creep included, device level", "pJ", 1e12),
    "converted": ("energy of the conversion of what is decided", "uJ", 1e6),
    "joules, stm32u385": ("energy a decision, STM32U385", "uJ", 1e6),
    "joules with sleep, stm32u385": ("energy a decision, STM32U385 and its sleep", "uJ", 1e6),
    "joules, ndp120": ("energy a decision, NDP120", "uJ", 1e6),
    "learned": ("energy a learned example, and of the radio where it has to leave", "uJ", 1e6),
    "learned on chip": ("of that, on the chip", "uJ", 1e6),
    "forecast": ("energy of a row of NAB, told (and learned, where it follows)", "uJ", 1e6),
    "forecast, stm32u385": ("energy of a row of NAB, STM32U385", "uJ", 1e6),
    "forecast, ndp120": ("energy of a row of NAB, NDP120", "uJ", 1e6),
    "median": ("final class ahead for good, after the first event, median", "ms", 1e3),
    "late": ("final class ahead for good, after the first event, 99 %", "ms", 1e3),
    "told": ("answer told, after the first event, at the end of a recording", "ms", 1e3),
    "early, median": ("answer told, after the first event, stopping early, median", "ms", 1e3),
    "early, late": ("answer told, after the first event, stopping early, 99 %", "ms", 1e3),
    "waited, 99 %": ("wait of an event for its tile, 99 %", "us", 1e6),
    "waited, longest": ("wait of an event for its tile, longest (to a bin of a twentieth of a decade)", "us", 1e6),
    "dropped": ("events that found a queue full, a decision", "1", 1.0),
    "late, stm32u385": ("latency, whole recording and STM32U385", "ms", 1e3),
    "late, ndp120": ("latency, whole recording and NDP120", "ms", 1e3),
    "seconds": ("latency of a decision, arrays and converters", "ms", 1e3),
    "seconds, stm32u385": ("latency of a decision, STM32U385", "ms", 1e3),
    "seconds, ndp120": ("latency of a decision, NDP120", "ms", 1e3),
    "race": ("first spike of the race, median", "ms", 1e3),
    "race, late": ("first spike of the race, 99 %", "ms", 1e3),
    "pulses": ("decisions a second", "thousand", 1e-3),
    "copies": ("copies for a million pulses a second", "1", 1.0),
    **{
        f"{key}, {stream}{late}": (f"{what} at a million pulses a second{words}", unit, factor)
        for stream, words in (("poisson", ""), ("bursty", ", in bursts"))
        for key, late, what, unit, factor in (
            ("waited", "", "latency, median,", "us", 1e6),
            ("waited", ", late", "latency, 99 %,", "us", 1e6),
            ("lost", "", "lost", "%", 100.0),
        )
    },
    "operations": ("operations on numbers that are not 0, a decision", "thousand", 1e-3),
    **{f"on {key}": (f"energy of as many operations on {name}", "uJ", 1e6) for key, name in SPIKING.items()},
    "on speck": ("energy of Speck over a recording, at the least power that is published", "uJ", 1e6),
    "area": ("area of arrays and neurons", "mm^2", 1e6),
    "cmos": ("area of queues, controllers, counters and trace memories; digital: of the memory alone", "mm^2", 1e6),
    "leaked": ("leakage of queues, controllers, counters and what holds inputs; digital: of the memory alone", "nW", 1e9),
    "leaked, learning": ("leakage while it learns, trace memories added", "nW", 1e9),
    "memory": ("memory of weights (and activations)", "kB", 1e-3),
    "kept": ("examples that are kept for further passes", "kB", 1e-3),
    "kept, leaks": ("leakage of a memory for them, were it on the chip", "uW", 1e6),
    "wear": ("wear of the busiest FeCAP in a year, an example with all its passes a minute (device level: reads counted)", "%", 100.0),
    "wear, memristor": ("wear of the busiest memristor in a year, the same", "%", 100.0),
    "followed, fecap": ("wear of the busiest FeCAP in a year, following a row a second", "%", 100.0),
    "followed, memristor": ("wear of the busiest memristor in a year, following a row a second", "%", 100.0),
    "forecast, fecap": ("wear of the busiest FeCAP in a year of NAB's rows", "%", 100.0),
    "forecast, memristor": ("wear of the busiest memristor in a year of NAB's rows", "%", 100.0),
    "measured": ("share of the joules from measured prices", "%", 100.0),
    "assumed": ("share of the joules from assumed prices", "%", 100.0),
    "sent_learned": ("bytes that leave to learn an example", "B", 1.0),
    "sent_decided": ("bytes that leave to tell a decision", "B", 1.0),
}
"""What they are called, in which unit, and how many of it one of the SI unit is."""


def merged(columns: Columns, more: Columns) -> Columns:
    """The numbers of both."""
    return {name: {**columns.get(name, {}), **more.get(name, {})} for name in dict.fromkeys([*columns, *more])}


def table(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of {"what", "unit", column: {"mean", "deviation"}}; a column lacks what does not apply to it or is not known."""
    rows = []
    for key, (what, unit, factor) in QUANTITIES.items():
        found = {name: row(what, [_scaled(run["columns"][name].get(key), factor) for run in runs]) for name in runs[0]["columns"]}
        known = {name: {"mean": own["mean"], "deviation": own["deviation"]} for name, own in found.items() if own["mean"] is not None}
        if known:
            rows.append({"what": what, "unit": unit, "columns": known})
    return rows


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
