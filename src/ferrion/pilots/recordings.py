"""Pilots on labelled recordings: what is decided, and who is asked beside the chip."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from ferrion.core.progress import Tell
from ferrion.pilots import personal
from ferrion.pilots.opponents import FIRM, SOFT, STIFF, Method, Opponents, quick
from ferrion.pilots.table import Columns
from ferrion.workloads.digital.inputs import binned, heartbeats, pictured
from ferrion.workloads.digital.network import Recipe, fit, of
from ferrion.workloads.digital.trees import GROWTHS
from ferrion.workloads.event_sets import BEATS, HANDS, SENSOR, TAXELS, EventSet
from ferrion.workloads.streams.feed import Sensor


@dataclass(frozen=True)
class Labelled:
    """What is piloted."""

    note: str
    task: str
    sensor: Sensor
    """Whose pixels are the rows of the set."""
    opponents: Opponents
    folder: str
    """Of the recordings."""
    bins: int
    """Equal parts of a recording in which arrays are given counts of its events."""
    camera: bool = False
    streamed: int = 100
    """Recordings of a stream with faults."""
    further: Callable[[EventSet, int, bool, Tell], tuple[Columns, dict[str, Any]]] = lambda *_: ({}, {})
    """More columns, of others on the same set, and what is drawn of them."""


LOGISTIC: tuple[Method, ...] = tuple(partial(LogisticRegression, C=penalty, max_iter=3000) for penalty in (0.01, 0.001, 0.1, 1.0))
TREES: tuple[Method, ...] = tuple(partial(HistGradientBoostingClassifier, **growth) for growth in GROWTHS)
WIDE, DEEP, PRUNED = Recipe((64,)), Recipe((128, 64), epochs=60), Recipe((128,), sparsity=0.75)
SHRUNK = replace(WIDE, decay=0.01)
SEEN = Recipe((64,), channels=(16, 32), dropout=0.1)


def collapsed(events: EventSet, seed: int, short: bool, _tell: Tell) -> tuple[Columns, dict[str, Any]]:
    """A network on the counts of whole recordings, which is all that a picture keeps."""
    training, test = pictured(1, SENSOR)(events)
    net = of(fit(training, events.training.labels, events.classes, quick(SEEN) if short else SEEN, seed))
    return {"int8, one picture": {"accuracy": float((net.decide(test) == events.test.labels).mean())}}, {}


LABELLED = {
    "event-vision": Labelled(
        "Digits before an event camera that makes three saccades (N-MNIST: 1,000 recordings to learn from, 100 to decide)",
        "nmnist",
        Sensor(SENSOR, SENSOR),
        Opponents(
            ((pictured(3, SENSOR), SEEN), (pictured(1, SENSOR), SEEN), (binned(3), WIDE), (binned(3), SHRUNK), (binned(3), STIFF), (binned(3), PRUNED), (binned(3), DEEP)),
            (binned(3),),
            ("logistic regression on counts in three bins", binned(3), LOGISTIC),
        ),
        folder="nmnist_small",
        bins=3,
        camera=True,
    ),
    "event-order": Labelled(
        "Which way in time: an event camera as it was, and with every saccade backwards (N-MNIST: 1,000 recordings both ways to learn from, 50 both ways to decide)",
        "nmnist-order",
        Sensor(SENSOR, SENSOR),
        Opponents(
            ((pictured(6, SENSOR), SEEN), (binned(6), STIFF), (binned(3), WIDE), (binned(6), PRUNED)),
            (binned(6), binned(3)),
            ("logistic regression on counts in three bins", binned(3), LOGISTIC),
        ),
        folder="nmnist_small",
        bins=6,
        camera=True,
        streamed=20,
        further=collapsed,
    ),
    "event-gestures": Labelled(
        "Hand gestures before an event camera: ten recordings, one of each gesture, told apart by a later half second (DVS128, 0.1 s at a time: 80 to learn from, 50 to decide)",
        "gestures",
        Sensor(128, 128, 128 // HANDS),
        Opponents(
            ((pictured(1, HANDS), SEEN), (pictured(3, HANDS), SEEN), (binned(1), STIFF), (binned(3), WIDE), (binned(1), SHRUNK), (binned(1), PRUNED)),
            (binned(1), binned(3)),
            ("logistic regression on counts in three bins", binned(3), LOGISTIC),
        ),
        folder="dvs128_samples",
        bins=1,
        camera=True,
        streamed=20,
    ),
    "tactile": Labelled(
        "Braille letters under a robot's fingertip of twelve taxels (27 letters; a fifth of 5,400 recordings held out)",
        "braille",
        Sensor(TAXELS, 1),
        Opponents(
            ((binned(20), WIDE), (binned(10), WIDE), (binned(20), SHRUNK), (binned(10), SOFT), (binned(20), DEEP), (binned(10), PRUNED)),
            (binned(10), binned(20)),
            ("gradient-boosted trees on counts in ten bins", binned(10), TREES),
        ),
        folder="braille_tactile",
        bins=10,
    ),
    "ecg": Labelled(
        "Heart beats N, S, V and F of patients that nothing was trained on (MIT-BIH, DS1 to learn from, 2,000 beats of DS2 to decide)",
        "ecg",
        Sensor(1 + len(BEATS) // 2, 1),
        Opponents(
            ((binned(10), SHRUNK), (binned(10), WIDE), (binned(10), FIRM), (binned(10), PRUNED), (heartbeats, SHRUNK), (heartbeats, WIDE), (heartbeats, FIRM), (heartbeats, DEEP)),
            (binned(10), heartbeats),
            ("gradient-boosted trees on the samples of a beat", heartbeats, TREES),
        ),
        folder="ecg_mitbih",
        bins=10,
        further=personal.columns,
    ),
}
