"""The ledger: how often which action happened where. It knows no joule and no second; prices live apart."""

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum


class Action(StrEnum):
    """Everything the chip is charged for."""

    FECAP_WRITE = "fecap write"
    FECAP_READ = "fecap read"
    MEMRISTOR_PROGRAM = "memristor program"
    MEMRISTOR_READ = "memristor read"
    LINE_DRIVE = "line drive"
    ADC_SAMPLE = "adc sample"
    DIGITAL_MAC = "digital mac"
    ION_SPIKE = "ion spike"
    ROUTER_HOP = "router hop"
    TRACE_UPDATE = "trace update"
    CONTROLLER_STEP = "controller step"


class Ledger:
    """Counts by (place, action). Adding two ledgers adds their counts; a count never falls."""

    def __init__(self, counts: Mapping[tuple[str, Action], int] | None = None) -> None:
        self._counts: Counter[tuple[str, Action]] = Counter(dict(counts or {}))

    def add(self, place: str, action: Action, count: int) -> None:
        """Record `count` more actions at `place`; raises ValueError when `count` is negative."""
        if count < 0:
            raise ValueError(f"count = {count} of {action} at {place}: an action cannot be undone, give 0 or more")
        if count:
            self._counts[place, action] += int(count)

    def count(self, action: Action, place: str | None = None) -> int:
        """How often `action` happened, at one place or (None) everywhere."""
        return sum(n for (where, what), n in self._counts.items() if what == action and place in (None, where))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ledger) and self._counts == other._counts

    def __iter__(self) -> Iterator[tuple[str, Action, int]]:
        return ((place, action, n) for (place, action), n in sorted(self._counts.items()))

    def rows(self) -> list[list[str | int]]:
        """The counts as rows [place, action, count], sorted, for files."""
        return [[place, str(action), n] for place, action, n in self]

    @classmethod
    def from_rows(cls, rows: list[list[str | int]]) -> "Ledger":
        """The inverse of `rows`."""
        return cls({(str(place), Action(str(action))): int(n) for place, action, n in rows})
