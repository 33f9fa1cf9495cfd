"""Drives: what they are at every time, and what is refused."""

import numpy as np
import pytest

from ferrion.circuits import drive
from ferrion.core.errors import ConfigError, DataError


def test_a_train_is_on_for_its_width_and_ends_on_time():
    train = drive.pulses(0.8, 1e-3, 3e-3, 10e-3)
    assert list(train.at([0.0, 0.5e-3, 1.5e-3, 3.1e-3, 9.5e-3])) == [0.8, 0.8, 0.0, 0.8, 0.8]
    assert train.duration == 10e-3


def test_steps_pairs_ramps_and_samples():
    assert list(drive.step(1.0, 1e-3, 1e-3).at([0.5e-3, 1.5e-3])) == [1.0, 0.0]
    assert list(drive.pair(2.0, 1e-3, 2e-3).at([0.5e-3, 2e-3, 3.5e-3])) == [2.0, 0.0, 2.0]
    np.testing.assert_allclose(drive.ramp(1.0, 2e-3).at([0.5e-3, 1e-3, 1.5e-3]), [0.5, 1.0, 0.5])
    assert list(drive.samples([0.1, 0.2], 1e-3).at([0.0, 1e-3])) == [0.1, 0.2]


def test_a_file_of_volts_and_one_of_times_and_volts(tmp_path):
    (tmp_path / "volts.csv").write_text("0.1\n0.2\n")
    (tmp_path / "both.csv").write_text("0,0.1\n0.004,0.2\n")
    assert drive.from_csv(tmp_path / "volts.csv", 1e-3).duration == 2e-3
    assert list(drive.from_csv(tmp_path / "both.csv", 1e-3).at([3e-3, 4.5e-3])) == [0.1, 0.2]
    for bad in ("a,b\n", "", "0.1\nnan\n"):
        (tmp_path / "bad.csv").write_text(bad)
        with pytest.raises(DataError, match="without a heading"):
            drive.from_csv(tmp_path / "bad.csv", 1e-3)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: drive.pulses(1.0, 2e-3, 1e-3, 1.0), ConfigError, "shorter than the period"),
        (lambda: drive.pulses(1.0, 0.0, 1e-3, 1.0), ConfigError, "width = 0.0"),
        (lambda: drive.step(np.nan, 1.0), DataError, "not finite"),
        (lambda: drive.step(1.0, np.inf), ConfigError, "duration = inf"),
        (lambda: drive.samples([], 1e-3), DataError, "row of volts"),
        (lambda: drive.Drive.pieces([0.0, 2.0, 1.0], [1.0, 1.0]), DataError, "increase"),
        (lambda: drive.Drive.pieces([0.0, 1.0], [1.0, 1.0]), DataError, "2 edges and 2 values"),
    ],
)
def test_a_drive_out_of_order_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
