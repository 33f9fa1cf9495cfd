"""Cards: TOML files of sourced numbers, read into NamedTuples of SI floats."""

import difflib
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from ferrion.core.errors import CardError
from ferrion.core.units import to_si
from ferrion.params.number import Number

DATA = Path(str(files("ferrion.params") / "data"))
Filled = TypeVar("Filled", bound=tuple[Any, ...])


@dataclass(frozen=True)
class Card:
    """One device, circuit, chip or price list as one source describes it."""

    name: str
    title: str
    parts: dict[str, str]
    """Names of the cards this one builds on, by role."""
    sections: dict[str, dict[str, Number]]
    text: str
    """The file as written, for the record of a run."""
    folder: Path
    """Where it stands: the cards it names may stand beside it."""

    def fill(self, section: str, parameters: type[Filled]) -> Filled:
        """The numbers of `section` as a `parameters` NamedTuple in SI floats; its annotations state the units.

        Raises CardError on a missing or unknown key (with the nearest name) and on a unit of the wrong dimension.
        """
        numbers = self.section(section)
        hints = {key: hint.__metadata__[0] for key, hint in get_type_hints(parameters, include_extras=True).items()}
        for key in numbers:
            if key not in hints:
                near = difflib.get_close_matches(key, hints, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(hints)}"
                raise CardError(f"card {self.name}: [{section}] has no {key!r}; {hint}")
        missing = [key for key in hints if key not in numbers]
        if missing:
            raise CardError(f"card {self.name}: [{section}] lacks {', '.join(missing)}; add each with value, unit, source, where, how")
        try:
            return parameters(*_floats(numbers, hints))
        except CardError as problem:
            raise CardError(f"card {self.name}, section {section}: {problem}") from problem

    def part(self, role: str) -> "Card":
        """The card this one names for `role`: a file beside it, or a shipped card."""
        name = self.parts[role]
        beside = self.folder / (name if name.endswith(".toml") else f"{name}.toml")
        return load(beside if beside.is_file() else name)

    def section(self, name: str) -> dict[str, Number]:
        """The numbers of one section; raises CardError when the card has none of that name."""
        if name not in self.sections:
            raise CardError(f"card {self.name} has no section [{name}]; it has {', '.join(self.sections)}")
        return self.sections[name]

    def numbers(self) -> list[tuple[str, str, Number]]:
        """Every (section, key, number) of the card."""
        return [(section, key, number) for section, rows in self.sections.items() for key, number in rows.items()]


def _floats(numbers: dict[str, Number], units: dict[str, str]) -> list[Any]:
    """Numbers in the order and the SI units of `units`."""
    return [to_si(numbers[key].value, numbers[key].unit, unit) for key, unit in units.items()]


def shipped() -> dict[str, Path]:
    """The cards that come with ferrion, by name."""
    return {path.stem: path for path in sorted(DATA.glob("*/*.toml"))}


def load(name_or_path: str | Path) -> Card:
    """A card by the name of a shipped one or by the path of a TOML file.

    Raises CardError when there is none, when the file is no TOML, or when a number in it lacks its source.
    """
    path = shipped().get(str(name_or_path), Path(name_or_path))
    if not path.is_file():
        near = difflib.get_close_matches(str(name_or_path), shipped(), 1)
        hint = f"did you mean {near[0]!r}?" if near else f"shipped cards: {', '.join(shipped())}; or give the path of a TOML file"
        raise CardError(f"no card {str(name_or_path)!r}: {hint}")
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _read(path: Path, _stamp: int) -> Card:
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise CardError(f"{path.name} is not TOML: {problem}") from problem
    head = raw.pop("card", {})
    if not isinstance(head, dict) or "title" not in head:
        raise CardError(f'{path.name} has no [card] section with a title; begin the file with [card] and title = "…"')
    parts = head.get("parts", {})
    if not isinstance(parts, dict) or not all(isinstance(name, str) for name in parts.values()):
        raise CardError(f'{path.name}: parts = {parts!r}; write parts = {{role = "card", …}}')
    stray = [key for key, rows in raw.items() if not isinstance(rows, dict)]
    if stray:
        raise CardError(f"{path.name}: {', '.join(stray)} stand outside any section; write [section] above them")
    sections = {section: {key: Number.read(f"{section}.{key}", entry) for key, entry in rows.items()} for section, rows in raw.items()}
    return Card(name=path.stem, title=head["title"], parts=dict(parts), sections=sections, text=text, folder=path.parent)
