"""Shared fixtures."""

import dataclasses

import numpy as np
import pytest
from hypothesis import settings

from ferrion.chip.chip import Chip
from ferrion.workloads.data import DataSet, load

settings.register_profile("compiled", deadline=None)
settings.load_profile("compiled")
"""The first call of a compiled function compiles it, so no example has a deadline."""


@pytest.fixture(scope="session")
def chip() -> Chip:
    return Chip.from_card()


@pytest.fixture(scope="session")
def digits() -> DataSet:
    return load("digits")


@pytest.fixture(scope="session")
def few_digits(digits: DataSet) -> DataSet:
    return dataclasses.replace(digits, inputs=digits.inputs[:300], labels=digits.labels[:300])


@pytest.fixture(scope="session")
def ideal(tmp_path_factory: pytest.TempPathFactory) -> Chip:
    """A chip whose devices are all alike and whose reads are silent."""
    from ferrion.params.card import load as load_card

    folder = tmp_path_factory.mktemp("ideal")
    base = Chip.from_card()
    silent = {"spread", "offset", "off_spread", "read_noise", "s0", "s1", "s2", "s3", "s4", "pinched"}
    for card in base.cards:
        lines = []
        section = ""
        for line in card.text.splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            key = line.split("=")[0].strip()
            quiet = key in silent or (section == "mismatch" and key == "v_th")
            if quiet and "value" in line:
                value = "1.0" if key == "pinched" else "0.0"
                head, tail = line.split("value = ", 1)
                line = f"{head}value = {value},{tail.split(',', 1)[1]}"
            if key == "n_fatigue":
                line = line.replace("1e8", "1e300")
            lines.append(line)
        (folder / f"{card.name}.toml").write_text("\n".join(lines) + "\n")
    assert load_card(folder / "leti-2025.toml").part("fecap").section("operation")["spread"].value == 0
    return Chip.from_card(folder / "leti-2025.toml")


def within(samples: np.ndarray, mean: float, sigmas: float = 5.0) -> bool:
    """Whether the mean of `samples` is within `sigmas` standard errors of `mean`."""
    return abs(samples.mean() - mean) < sigmas * samples.std(ddof=1) / np.sqrt(samples.size)
