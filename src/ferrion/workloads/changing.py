"""Inputs that change while a device learns on: the same task in one stage after another, of which the earlier ones do not come back."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.core.noise import fork, permutation
from ferrion.workloads.data import find, load
from ferrion.workloads.ecg import read_arrays

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
SIDE, PIXELS, DIGITS = 28, 784, 10
DIM, GLARE, UNDER_GLARE = 0.3, 0.25, 0.6
"""Share of the light on a dim day; what a low sun adds at the bright side, and the share of contrast that it leaves."""
ORDERS, TESTED = 4, 2000
"""Orders of the pixels; digits to test a stage."""
GESTURES, SUBJECTS, SESSIONS, ELECTRODES = 7, 6, 3, 8
WINDOW = 50
"""Samples at 200 Hz that are decided at once: a quarter of a second."""
LAST_REPETITION = 3
"""Of each gesture and session, its test."""
STEEP = 4.0
"""Standard deviations of a feature that are the range of a driver."""


@dataclass(frozen=True)
class Stage:
    """Inputs (samples, features) and labels, to learn and to test."""

    name: str
    inputs: F4
    labels: NDArray[np.int64]
    test_inputs: F4
    test_labels: NDArray[np.int64]


def orders(seed: int, samples: int) -> list[Stage]:
    """MNIST, then with its pixels in another order, and another, drawn by `seed`: a sensor that is wired anew (permuted MNIST). Raises MissingDataError without MNIST."""
    drawn = [np.arange(PIXELS), *(permutation(fork(seed, 0), k, PIXELS) for k in range(1, ORDERS))]
    return [_digits(f"order {k}", partial(_wired, own), fork(seed, 1), k, samples) for k, own in enumerate(drawn)]


def _wired(order: NDArray[np.int64], x: F4) -> F4:
    return x[:, order]


def lights(seed: int, samples: int) -> list[Stage]:
    """MNIST in full light, then on a dim day, then with a low sun from the right. Raises MissingDataError without MNIST."""
    sun = np.tile(np.linspace(0.0, GLARE, SIDE, dtype=np.float32), SIDE)
    changes: dict[str, Callable[[F4], F4]] = {
        "full light": lambda x: x,
        "dim": lambda x: np.float32(DIM) * x,
        "low sun": lambda x: np.minimum(np.float32(UNDER_GLARE) * x + sun, np.float32(1.0)),
    }
    return [_digits(name, change, fork(seed, 1), k, samples) for k, (name, change) in enumerate(changes.items())]


def _digits(name: str, change: Callable[[F4], F4], seed: int, k: int, samples: int) -> Stage:
    """So many digits, drawn anew for each stage, so that of 8,000 some thousand were seen in the one before, in another guise; the test always has the same."""
    inputs, labels, test, answers = load("mnist").arrays
    chosen = permutation(seed, k, len(inputs))[:samples]
    return Stage(name, change(inputs[chosen]), labels[chosen], change(test[:TESTED]), answers[:TESTED])


class Front:
    """Features of an armband's windows as drivers take them: standardised by a first session."""

    def __init__(self, windows: F8) -> None:
        """windows: (windows, samples, electrodes) of that session."""
        found = described(windows)
        self.mean, self.range = found.mean(axis=0), STEEP * found.std(axis=0)

    def __call__(self, windows: F8) -> F4:
        """(windows, features), within -1..1."""
        return np.clip((described(windows) - self.mean) / self.range, -1.0, 1.0).astype(np.float32)


class Segment(NamedTuple):
    """A gesture that is held for some seconds."""

    subject: int
    gesture: int
    session: int
    repetition: int
    emg: F8
    """(samples at 200 Hz, electrodes)."""

    @property
    def windows(self) -> F8:
        """(windows, samples, electrodes)."""
        return self.emg[: len(self.emg) // WINDOW * WINDOW].reshape(-1, WINDOW, ELECTRODES)


@lru_cache(maxsize=1)
def armband() -> tuple[Segment, ...]:
    """Seven gestures of six subjects in three sessions, four times each, by eight electrodes on the forearm. Raises MissingDataError without the recordings."""
    keys = ("subject", "gesture", "session", "repetition")
    kept = read_arrays(find("emg_myo", ("myo_gestures.npz",)) / "myo_gestures.npz", ("emg", "offset", *keys))
    parts = pairwise(kept["offset"])
    return tuple(Segment(**{key: int(kept[key][k]) for key in keys}, emg=kept["emg"][a:b].astype(np.float64)) for k, (a, b) in enumerate(parts))


def front(subject: int) -> Front:
    """By what is learned of a subject's first session."""
    return Front(np.concatenate([own.windows for own in armband() if own.subject == subject and own.session == 0 and own.repetition < LAST_REPETITION]))


def sessions(subject: int, wearer: int | None = None) -> list[Stage]:
    """Of one subject, each in the order in which it was recorded; the armband was taken off in between. wearer: for whom the front end was set, where not for the subject.

    Raises MissingDataError without the recordings.
    """
    own, scaled = [segment for segment in armband() if segment.subject == subject], front(subject if wearer is None else wearer)

    def part(session: int, tested: bool) -> tuple[F4, NDArray[np.int64]]:
        some = [segment for segment in own if segment.session == session and (segment.repetition == LAST_REPETITION) == tested]
        return np.concatenate([scaled(segment.windows) for segment in some]), np.repeat([segment.gesture for segment in some], [len(segment.windows) for segment in some])

    return [Stage(f"session {session}", *part(session, False), *part(session, True)) for session in range(SESSIONS)]


def described(windows: F8) -> F8:
    """Of each electrode the logarithms of its mean magnitude and its mean slope, (windows, 2 electrodes): two of Hudgins' features (IEEE TBME 40, 82 (1993))."""
    magnitude, slope = np.abs(windows).mean(axis=1), np.abs(np.diff(windows, axis=1)).mean(axis=1)
    found: F8 = np.log1p(np.concatenate([magnitude, slope], axis=1))
    return found
