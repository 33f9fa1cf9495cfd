"""Tables of measurements: names, units, what is missing, and what is no table."""

import numpy as np
import pandas as pd
import pytest

from ferrion.core.errors import DataError, MissingDataError
from ferrion.lab.table import read_table

WANTED = {"time": "s", "conductance": "S", "cycles": "1"}
FRAME = pd.DataFrame({"t [ms]": [1.0, 2.0, np.nan], "conductance (uS)": [3.0, 4.0, 5.0], "cycles": [1, 10, 100], "die": ["a", "b", "b"]})


def test_the_same_table_from_csv_xlsx_and_npz(tmp_path):
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    FRAME.to_excel(tmp_path / "t.xlsx", index=False)
    np.savez(tmp_path / "t.npz", **{name: FRAME[name].to_numpy() for name in FRAME.columns[:3]}, picture=np.zeros((2, 2)))
    for file in ("t.csv", "t.xlsx", "t.npz"):
        found = read_table(tmp_path / file, WANTED, {"time": "t"}, None)
        np.testing.assert_allclose(found.columns["time"], [1e-3, 2e-3])
        np.testing.assert_allclose(found.columns["conductance"], [3e-6, 4e-6])
        assert (len(found), found.dropped, list(found.group)) == (2, 1, [0, 1])


def test_cycles_are_numbers_and_rows_without_a_group_are_counted(tmp_path):
    """pint takes a cycle for a full turn."""
    pd.DataFrame({"N [cycles]": [1.0, 10.0, 100.0], "die": ["a", None, "b"]}).to_csv(tmp_path / "t.csv", index=False)
    found = read_table(tmp_path / "t.csv", {"cycles": "1"}, {"cycles": "N"}, "die")
    assert list(found.columns["cycles"]) == [1.0, 100.0]
    assert (list(found.group), found.dropped) == ([0, 1], 1)


def test_two_headers_of_one_name_are_told_apart(tmp_path):
    pd.DataFrame({"t [s]": [1.0], "t [ms]": [1000.0]}).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(DataError, match="2 columns called 't'"):
        read_table(tmp_path / "t.csv", {"time": "s"}, {"time": "t"}, None)
    assert read_table(tmp_path / "t.csv", {"time": "s"}, {"time": "t [ms]"}, None).columns["time"] == [1.0]


def test_groups_are_numbered_by_their_labels(tmp_path):
    FRAME.fillna(1.0).to_csv(tmp_path / "t.csv", index=False)
    assert list(read_table(tmp_path / "t.csv", WANTED, {"time": "t"}, "die").group) == [0, 1, 1]


@pytest.mark.parametrize(
    ("chosen", "group", "words"),
    [
        ({}, None, "there is none; this|column 'time' for time: there is none"),
        ({"time": "tt"}, None, r"did you mean 't'\?.*write --column time=NAME:UNIT"),
        ({"time": "t:uS"}, None, "cannot be read as 's'"),
        ({"tmie": "t"}, None, "did you mean 'time'"),
        ({"time": "die:s"}, None, "holds what is no number"),
        ({"time": "cycles"}, None, r"has no unit: write --column time=cycles:s"),
        ({"time": "t"}, "dye", "did you mean 'die'"),
    ],
)
def test_columns_that_cannot_be_had_are_named(tmp_path, chosen, group, words):
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(DataError, match=words):
        read_table(tmp_path / "t.csv", WANTED, chosen, group)


def test_what_is_no_table_is_refused(tmp_path):
    with pytest.raises(MissingDataError, match="no file"):
        read_table(tmp_path / "none.csv", WANTED, {}, None)
    (tmp_path / "t.txt").write_text("1,2")
    (tmp_path / "t.npz").write_text("no archive")
    (tmp_path / "empty.csv").write_text("")
    for file, words in (("t.txt", "ends in .csv, .xlsx or .npz"), ("t.npz", "cannot be read as a table"), ("empty.csv", "cannot be read as a table")):
        with pytest.raises(DataError, match=words):
            read_table(tmp_path / file, WANTED, {}, None)
    (tmp_path / "zero.npz").write_bytes(b"")
    np.save(tmp_path / "one.npy", np.zeros(3))
    (tmp_path / "one.npy").rename(tmp_path / "one.npz")
    np.savez(tmp_path / "zip.npz", a=np.zeros(3))
    (tmp_path / "zip.npz").rename(tmp_path / "zip.xlsx")
    for file, words in (("zero.npz", "cannot be read"), ("one.npz", "one array and no table"), ("zip.xlsx", "cannot be read")):
        with pytest.raises(DataError, match=words):
            read_table(tmp_path / file, WANTED, {}, None)
    FRAME.assign(**{"t [ms]": np.nan}).to_csv(tmp_path / "nan.csv", index=False)
    with pytest.raises(DataError, match="no row in which time, conductance, cycles are all numbers"):
        read_table(tmp_path / "nan.csv", WANTED, {"time": "t"}, None)
