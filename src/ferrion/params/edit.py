"""A card with other numbers in it, and any card as TOML."""

import difflib
import json
import math
from collections.abc import Mapping
from dataclasses import replace

from ferrion.core.errors import CardError
from ferrion.core.units import from_text
from ferrion.params.card import Card, shipped
from ferrion.params.number import How, Number, Provenance


def edited(card: Card, numbers: Mapping[tuple[str, str], Number], title: str) -> Card:
    """`card` with `numbers` in place of those it has there, by section and key; all others stay as they were, with their sources."""
    sections = {section: {key: numbers.get((section, key), own) for key, own in rows.items()} for section, rows in card.sections.items()}
    bare = replace(card, title=title, sections=sections)
    return replace(bare, text=card_text(bare))


def assumed(card: Card, section: str, key: str, value: float | str, why: str) -> Number:
    """The number of that place with another value, in the card's unit or as text with a unit, marked as assumed.

    Raises CardError when there is no such place, and for a value that is not finite, or negative where the card's is not.
    """
    rows = card.section(section)
    if key not in rows:
        near = difflib.get_close_matches(key, rows, 1)
        raise CardError(f"card {card.name}: [{section}] has no {key!r}; {f'did you mean {near[0]!r}?' if near else f'it has {chr(44).join(rows)}'}")
    unit = rows[key].unit
    number = from_text(value, unit or "dimensionless") if isinstance(value, str) else float(value)
    if not math.isfinite(number) or (number < 0 < rows[key].value):
        raise CardError(f"card {card.name}: {section}.{key} = {number:g} {unit}: give a finite number{', 0 or more as the card has it' if rows[key].value > 0 else ''}")
    return replace(
        rows[key], value=number, source=why, where=why, how=How.TYPICAL, spread=None, note=f"{why}; the card's own is {rows[key].value:g}", provenance=Provenance.ASSUMED
    )


def card_text(card: Card) -> str:
    """`card` as TOML that reads back as the same numbers."""
    lines = ["[card]", f"title = {_text(card.title)}"]
    if card.parts:
        lines.append("parts = {" + ", ".join(f"{role} = {_text(_part(card, name))}" for role, name in card.parts.items()) + "}")
    for section, rows in card.sections.items():
        lines += ["", f"[{section}]"]
        for key, number in rows.items():
            lines.append(f"{key} = {{{', '.join(f'{name} = {_text(value)}' for name, value in _fields(number).items())}}}")
    return "\n".join(lines) + "\n"


def _text(value: object) -> str:
    """A value as TOML: that of JSON, but for the one character that JSON leaves as it is."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _part(card: Card, name: str) -> str:
    """A card's part, by the path of a file beside it, or as it is named."""
    beside = card.folder / (name if name.endswith(".toml") else f"{name}.toml")
    return str(beside.resolve()) if beside.is_file() and name not in shipped() else name


def _fields(number: Number) -> dict[str, object]:
    fields: dict[str, object] = {"value": number.value, "unit": number.unit, "source": number.source, "where": number.where, "how": number.how.value}
    if number.spread is not None:
        fields["spread"] = number.spread
    return fields | ({"note": number.note, "provenance": number.provenance.value} if number.note else {})
