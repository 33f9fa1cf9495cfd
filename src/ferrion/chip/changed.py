"""The same chip with other numbers in its cards."""

from collections.abc import Mapping

from ferrion.chip.chip import Chip
from ferrion.core.errors import ConfigError
from ferrion.params.edit import assumed, edited

OWN = "chip"
"""The role of a chip's own card."""


def changed(chip: Chip, values: Mapping[str, float | str], why: str) -> Chip:
    """`chip` with the numbers at "ROLE.SECTION.KEY" (role "chip": its own card) replaced, in the card's unit or as text with a unit.

    What is replaced counts as assumed, because of `why`. Raises ConfigError for a place that is none, CardError for a section or key the card does not have.
    """
    cards = {OWN: chip.card, **chip.parts}
    for role, own in _by_role(cards, values).items():
        numbers = {(section, key): assumed(cards[role], section, key, value, why) for (section, key), value in own.items()}
        cards[role] = edited(cards[role], numbers, cards[role].title)
    card = cards.pop(OWN)
    return Chip.of(card, cards, chip.transfer_spread, chip.read_spread)


def unit_of(chip: Chip, place: str) -> str:
    """The unit that the number at "ROLE.SECTION.KEY" has in its card; "" where there is no such place."""
    role, section, key = (*place.split(".", 2), "", "")[:3]
    cards = {OWN: chip.card, **chip.parts}
    rows = cards[role].sections.get(section, {}) if role in cards else {}
    return rows[key].unit if key in rows else ""


def _by_role(cards: Mapping[str, object], values: Mapping[str, float | str]) -> dict[str, dict[tuple[str, str], float | str]]:
    found: dict[str, dict[tuple[str, str], float | str]] = {}
    for place, value in values.items():
        role, _, rest = place.partition(".")
        section, _, key = rest.partition(".")
        if role not in cards or not key:
            raise ConfigError(f"{place}: write ROLE.SECTION.KEY with one of the roles {', '.join(cards)}, e.g. memristor.filament.read_noise (see ferrion cards)")
        if role == OWN and not float(value).is_integer():
            raise ConfigError(f"{place} = {value}: lines, devices and columns are counted; give a whole number")
        found.setdefault(role, {})[section, key] = value
    return found
