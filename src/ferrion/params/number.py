"""One number from the literature: its value, its unit, and how it is known."""

import math
from dataclasses import dataclass
from enum import StrEnum

from ferrion.core.errors import CardError


class How(StrEnum):
    """How a number is known, from best to worst."""

    PAPER = "paper"
    PAPER_SECOND_HAND = "paper-2nd"
    ABSTRACT = "abstract"
    DATA = "data"
    DERIVED = "derived"
    TYPICAL = "typical"


class Provenance(StrEnum):
    """The three classes in which a report adds up joules."""

    MEASURED = "measured"
    DERIVED = "derived"
    ASSUMED = "assumed"


PROVENANCE = {
    How.PAPER: Provenance.MEASURED,
    How.PAPER_SECOND_HAND: Provenance.MEASURED,
    How.ABSTRACT: Provenance.MEASURED,
    How.DATA: Provenance.MEASURED,
    How.DERIVED: Provenance.DERIVED,
    How.TYPICAL: Provenance.ASSUMED,
}
REQUIRED = ("value", "unit", "source", "where", "how")
OPTIONAL = ("spread", "note", "provenance")


@dataclass(frozen=True, kw_only=True)
class Number:
    """A value with unit, source (a key of the bibliography), place in the source, and how it is known.

    `spread` is a standard deviation in the same unit. A `typical` number, and one whose `provenance` is set by hand
    (the authors assumed it too), must say why in `note`.
    """

    value: float
    unit: str
    source: str
    where: str
    how: How
    spread: float | None = None
    note: str = ""
    provenance: Provenance

    @classmethod
    def read(cls, key: str, entry: object) -> "Number":
        """Build from a TOML inline table; raises CardError naming what is missing or unknown."""
        if not isinstance(entry, dict):
            raise CardError(f"{key} = {entry!r} has no source; write {key} = {{value = …, unit = …, source = …, where = …, how = …}}")
        missing = [field for field in REQUIRED if field not in entry]
        if missing:
            raise CardError(f"{key} lacks {', '.join(missing)}; every number needs {', '.join(REQUIRED)}")
        unknown = sorted(set(entry) - {*REQUIRED, *OPTIONAL})
        if unknown:
            raise CardError(f"{key} has unknown fields {', '.join(unknown)}; allowed are {', '.join((*REQUIRED, *OPTIONAL))}")
        if isinstance(entry["value"], bool) or not isinstance(entry["value"], int | float):
            raise CardError(f"{key}: value = {entry['value']!r} is not a number")
        if not math.isfinite(entry["value"]):
            raise CardError(f"{key}: value = {entry['value']} is not finite; give a number, or leave the card's own")
        for field in ("unit", "source", "where", "note"):
            if not isinstance(entry.get(field, ""), str):
                raise CardError(f"{key}: {field} = {entry[field]!r}; write it as text")
        if not entry["source"].strip() or not entry["where"].strip():
            raise CardError(f"{key}: source and where must say something; give a key of your bibliography and the figure, table or file")
        try:
            how = How(entry["how"])
        except ValueError as problem:
            allowed = ", ".join(How)
            raise CardError(f"{key}: how = {entry['how']!r}; allowed are {allowed} (a number from memory is not)") from problem
        if (how is How.TYPICAL or "provenance" in entry) and not entry.get("note"):
            raise CardError(f"{key}: how = {how.value!r} needs a note that says why this value was taken")
        provenance = entry.get("provenance", PROVENANCE[how].value)
        if provenance not in list(Provenance):
            raise CardError(f"{key}: provenance = {provenance!r}; allowed are {', '.join(Provenance)}")
        return cls(
            value=float(entry["value"]),
            unit=entry["unit"],
            source=entry["source"],
            where=entry["where"],
            how=how,
            spread=entry.get("spread"),
            note=entry.get("note", ""),
            provenance=Provenance(provenance),
        )
