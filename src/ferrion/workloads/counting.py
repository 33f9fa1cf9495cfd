"""Events counted by row and part of a recording, and two-memory arrays that learn the counts on the chip, one recording after another: no neurons, no weights from elsewhere.

Only the range of the drivers and the step are chosen, on held-out recordings and by whole courses that nobody is charged for; cells and passes were not varied.
"""

from dataclasses import replace
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.chip.chip import Chip
from ferrion.learning.rules import REFINED
from ferrion.learning.training import Fidelity, Plan
from ferrion.workloads.data import DataSet
from ferrion.workloads.digital.network import set_apart
from ferrion.workloads.trial import accuracy, train

HIDDEN, EPOCHS, TRANSFER_EVERY, SHORT_EPOCHS = (64,), 10, 10, 3
CHOICE = 5000
"""The split that chooses a setting stands apart from others."""


class Setting(NamedTuple):
    """Of the drivers and of learning."""

    cap: int
    """Events at which a driver is at the end of its range."""
    step: float


SETTINGS = [Setting(*both) for both in product((1, 4, 16), (0.005, 0.02, 0.05))]
"""Of which the one with the best accuracy on a held-out fifth of the training set is taken (other patients, if known)."""
SHORT = Setting(4, 0.02)
"""Of the short form."""


def driven(counts: NDArray[np.float32], setting: Setting) -> NDArray[np.float32]:
    """Counts as drivers carry them, 0 to 1."""
    return np.minimum(counts / np.float32(setting.cap), np.float32(1.0))


def plan(data: DataSet, setting: Setting, seed: int, short: bool, fidelity: Fidelity = Fidelity.BEHAVIOURAL) -> Plan:
    """Two layers, learned one recording at a time."""
    return Plan(
        sizes=(data.inputs.shape[1], *HIDDEN, data.classes),
        chip=Chip.from_card("leti-2025"),
        rule=replace(REFINED, step=setting.step),
        epochs=SHORT_EPOCHS if short else EPOCHS,
        transfer_every=TRANSFER_EVERY,
        fidelity=fidelity,
        seed=seed,
    )


def chosen(x: NDArray[np.float32], y: NDArray[np.int64], group: NDArray[np.int64], classes: int, seed: int) -> Setting:
    """The best of `SETTINGS` on recordings that are held out."""
    held, right = set_apart(group, CHOICE + seed), list[float]()
    for setting in SETTINGS:
        inputs = driven(x, setting)
        data = DataSet("held out", inputs[~held], y[~held], inputs[held], y[held], classes)
        training = train(plan(data, setting, seed, False), data)
        right.append(accuracy(training, data, float(training.sigma)))
    return SETTINGS[int(np.argmax(right))]
