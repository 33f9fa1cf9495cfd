"""Measurements as columns of SI floats: from csv, xlsx or npz files, by name and unit."""

import difflib
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferrion.core.errors import CardError, DataError, MissingDataError
from ferrion.core.units import to_si

Floats = NDArray[np.float64]
HEADER = re.compile(r"^\s*(?P<name>.*?)\s*[\[(](?P<unit>[^\])]*)[\])]\s*$")
"""A header with its unit, as in "t [ms]" or "t (ms)"."""


@dataclass(frozen=True)
class Table:
    """Columns (rows,) of SI floats by name; `group` (rows,) numbers what was measured together (one device, say), which halves and bootstraps keep together."""

    source: str
    columns: Mapping[str, Floats]
    group: NDArray[np.int64]
    dropped: int = 0
    """Rows left out because a number in them, or the name of their group, was missing."""

    def __len__(self) -> int:
        return len(self.group)

    def demand(self, name: str, allowed: NDArray[np.bool_], what: str) -> None:
        """Raises DataError unless all values of a column are `allowed` (rows,)."""
        if not allowed.all():
            first = float(self.columns[name][~allowed][0])
            raise DataError(
                f"{self.source}: {int((~allowed).sum())} rows have a {name} that is not {what} ({first:g} is the first): leave them out, or look at the column's unit and sign"
            )

    def grouped(self, column: str) -> "Table":
        """The same rows, those of one value of a column together."""
        return Table(self.source, self.columns, np.unique(self.columns[column], return_inverse=True)[1], self.dropped)

    def arranged(self, column: str | None) -> "Table":
        """The same rows, those of one value of a column in one group next to each other, in their order, and told apart by numbers of their own (None: as they are)."""
        if column is None:
            return self
        return self._told_apart(column, self.group)

    def redrawn(self, column: str | None, draws: Sequence[NDArray[np.int64]]) -> "Table":
        """Rows drawn with replacement, one entry of `draws` after the other; what a column tells apart stays told apart, in every draw anew."""
        found = self.rows(np.concatenate(draws))
        return found if column is None else found._told_apart(column, np.repeat(np.arange(len(draws)), [len(own) for own in draws]))

    def _told_apart(self, column: str, within: NDArray[np.int64]) -> "Table":
        labels = np.unique(np.stack([within.astype(np.float64), self.columns[column]]), axis=1, return_inverse=True)[1].ravel()
        order = np.argsort(labels, kind="stable")
        return Table(self.source, {**self.columns, column: labels.astype(np.float64)}, self.group, self.dropped).rows(order)

    def demand_rising(self, column: str, within: str) -> None:
        """Raises DataError unless a column rises from row to row among the rows that `within` holds together."""
        values, parts = self.columns[column], self.columns[within]
        falls = np.flatnonzero((np.diff(parts) == 0) & (np.diff(values) <= 0))
        if falls.size:
            raise DataError(f"{self.source}: within one {within} {column} does not rise after {values[falls[0]]:g}: sort the rows, or number each {within} apart")

    def rows(self, which: NDArray[np.int64] | NDArray[np.bool_]) -> "Table":
        """Some of the rows, perhaps several times."""
        return Table(self.source, {name: column[which] for name, column in self.columns.items()}, self.group[which], self.dropped)


def read_table(path: Path, wanted: Mapping[str, str], chosen: Mapping[str, str], group: str | None) -> Table:
    """The columns `wanted` (name: SI unit) of a file; `chosen`: name -> "column" or "column:unit" where the file calls them otherwise.

    A unit stands in `chosen`, or in the file's header. Raises MissingDataError for no file, and DataError for a file that is no table, a column
    there is none of (with the nearest), a unit that is missing or of another dimension, and a table without a whole row.
    """
    frame = _frame(path)
    for name in chosen:
        _known(name, wanted, f"--column {name}=…", "this model takes")
    columns = {name: _column(frame, chosen.get(name, name), name, unit) for name, unit in wanted.items()}
    whole = np.all([np.isfinite(column) for column in columns.values()], axis=0)
    labels: NDArray[np.int64] = np.arange(len(frame)) if group is None else pd.factorize(frame[_known(group, frame, f"--group {group}", "the file has")])[0]
    whole &= labels >= 0
    if not whole.any():
        raise DataError(f"{path} holds no row in which {', '.join(wanted)} are all numbers")
    return Table(path.name, {name: column[whole] for name, column in columns.items()}, labels[whole], int((~whole).sum()))


def _frame(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise MissingDataError(f"no file {path}; give a .csv, .xlsx or .npz file")
    try:
        if path.suffix == ".npz":
            held = np.load(path, allow_pickle=False)
            if not isinstance(held, np.lib.npyio.NpzFile):
                raise DataError(f"{path} holds one array and no table: give a .npz with an array for each column (numpy.savez)")
            with held:
                return pd.DataFrame({name: held[name] for name in held.files if held[name].ndim == 1})
        if path.suffix == ".xlsx":
            return pd.read_excel(path)
        if path.suffix == ".csv":
            return pd.read_csv(path)
    except DataError:
        raise
    except (ValueError, OSError, EOFError, KeyError, zlib.error, zipfile.BadZipFile, pd.errors.ParserError, ImportError) as problem:
        raise DataError(f"{path} cannot be read as a table: {problem}") from problem
    raise DataError(f"{path}: give a file that ends in .csv, .xlsx or .npz (one-dimensional arrays of one length)")


def _column(frame: pd.DataFrame, asked: str, name: str, unit: str) -> Floats:
    called, _, given = asked.partition(":")
    bare = [match["name"] if (match := HEADER.match(str(header))) else str(header) for header in frame.columns]
    if called not in frame.columns and bare.count(called) > 1:
        raise DataError(f"the file has {bare.count(called)} columns called {called!r} but for their units: write one header whole, --column '{name}=HEADER:UNIT'")
    headers = {(match["name"] if (match := HEADER.match(str(header))) else str(header)): header for header in frame.columns}
    header = called if called in frame.columns else headers[_known(called, headers, f"column {called!r} for {name}", "the file has", f"; write --column {name}=NAME:UNIT")]
    match = HEADER.match(str(header))
    own = given or (match["unit"] if match else "")
    if not own and unit != "1":
        raise DataError(f"column {called!r} for {name} has no unit: write --column {name}={called}:{unit} (or another unit of that dimension)")
    try:
        values = frame[header].to_numpy(np.float64)
        return values * to_si(1.0, own or "1", unit)
    except CardError as problem:
        raise DataError(f"column {called!r} for {name}: {problem}") from problem
    except (TypeError, ValueError) as problem:
        raise DataError(f"column {called!r} for {name} holds what is no number: {problem}") from problem


def _known(name: str, names: Mapping[str, object] | pd.DataFrame, what: str, where: str, then: str = "") -> str:
    """`name`, if it is one of `names`; raises DataError with the nearest otherwise."""
    known = [str(own) for own in names]
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else ""
    raise DataError(f"{what}: there is none; {hint} {where} {', '.join(known)}{then}".replace(";  ", "; "))
