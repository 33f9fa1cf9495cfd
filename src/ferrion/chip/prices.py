"""What an action costs: joules and seconds from a price card, kept apart from the counts."""

from dataclasses import dataclass

from ferrion.core.errors import CardError
from ferrion.core.ledger import Action, Ledger
from ferrion.core.units import to_si
from ferrion.params.card import Card
from ferrion.params.number import Number

TIMED = ("fecap_write", "fecap_read", "memristor_program", "memristor_read", "adc_sample")
AREAS = ("fecap", "memristor")


@dataclass(frozen=True)
class Bill:
    """One priced row of a ledger."""

    place: str
    action: Action
    count: int
    joules: float
    number: Number
    """The price, with its source."""


@dataclass(frozen=True)
class Prices:
    """Energy, time and area of every action, from one card."""

    energy: dict[Action, tuple[float, Number]]
    seconds: dict[Action, float]
    area: dict[str, float]
    """Area [m^2] of a cell, by device."""

    @classmethod
    def of(cls, card: Card) -> "Prices":
        """Read a price card; raises CardError when an action has no energy."""
        energies = card.section("energy")
        missing = [action.value for action in Action if _key(action) not in energies]
        if missing:
            raise CardError(f"card {card.name}: [energy] has no price for {', '.join(missing)}; add {', '.join(map(_key_of, missing))}")
        for section, needed in (("time", TIMED), ("area", AREAS)):
            absent = [key for key in needed if key not in card.section(section)]
            if absent:
                raise CardError(f"card {card.name}: [{section}] lacks {', '.join(absent)}; add each with value, unit, source, where, how")
        return cls(
            energy={action: (to_si(energies[_key(action)].value, energies[_key(action)].unit, "J"), energies[_key(action)]) for action in Action},
            seconds={
                action: to_si(card.section("time")[_key(action)].value, card.section("time")[_key(action)].unit, "s") for action in Action if _key(action) in card.section("time")
            },
            area={device: to_si(number.value, number.unit, "m^2") for device, number in card.section("area").items()},
        )

    def bills(self, ledger: Ledger) -> list[Bill]:
        """Every row of `ledger` with its joules."""
        return [Bill(place, action, count, count * self.energy[action][0], self.energy[action][1]) for place, action, count in ledger]

    def joules(self, ledger: Ledger) -> float:
        """The total."""
        return sum(bill.joules for bill in self.bills(ledger))

    def provenance(self, ledger: Ledger) -> dict[str, float]:
        """Joules by how their price is known: measured, derived, assumed."""
        shares: dict[str, float] = {}
        for bill in self.bills(ledger):
            shares[bill.number.provenance] = shares.get(bill.number.provenance, 0.0) + bill.joules
        return shares


def _key(action: Action) -> str:
    return _key_of(action.value)


def _key_of(name: str) -> str:
    return name.replace(" ", "_")
