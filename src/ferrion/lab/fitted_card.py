"""A card with fitted numbers in it: each says from which rows of which file it comes, and how well it is known."""

import json
import re

from ferrion.lab.fit import Fit, Fitter
from ferrion.lab.table import Table
from ferrion.params.card import Card, shipped
from ferrion.params.number import How, Number

KEY = re.compile(r"[^A-Za-z0-9]+")


def card_text(fitter: Fitter, found: Fit, table: Table, title: str) -> str:
    """TOML of the card the fit began from, with the fitted numbers (`how` "data", spread half the 95 % interval / 1.96) and those fixed by hand.

    Numbers that were neither stay as they were, with their sources.
    """
    places = fitter.places()
    known = {(own.section, own.name): own for own in found.known}
    lines = ["[card]", f"title = {_text(title)}"]
    if fitter.card.parts:
        lines.append("parts = {" + ", ".join(f"{role} = {_text(_part(fitter.card, name))}" for role, name in fitter.card.parts.items()) + "}")
    section = ""
    for own_section, key, number in fitter.card.numbers():
        if own_section != section:
            section = own_section
            lines += ["", f"[{section}]"]
        if (section, key) in known:
            own = known[section, key]
            note = f"maximum likelihood of {found.fitted} rows; 95 % interval {own.low:.6g} to {own.high:.6g}"
            fields = {"value": own.value, "unit": _unit(own.unit), "source": KEY.sub("_", table.source), "where": table.source, "how": How.DATA.value}
            fields |= {"spread": (own.high - own.low) / 3.92, "note": note}
        elif key in fitter.fixed and places[key][0] == section:
            fields = {"value": fitter.fixed[key], "unit": _unit(places[key][1]), "source": KEY.sub("_", table.source), "where": "--fix", "how": How.TYPICAL.value}
            fields |= {"note": "given by hand for this fit"}
        else:
            fields = _fields(number)
        lines.append(f"{key} = {{{', '.join(f'{name} = {_text(value)}' for name, value in fields.items())}}}")
    return "\n".join(lines) + "\n"


def _text(value: object) -> str:
    """A value as TOML: that of JSON, but for the one character that JSON leaves as it is."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _part(card: Card, name: str) -> str:
    """A card's part, by the path of a file beside it, or as it is named."""
    beside = card.folder / (name if name.endswith(".toml") else f"{name}.toml")
    return str(beside.resolve()) if beside.is_file() and name not in shipped() else name


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit


def _fields(number: Number) -> dict[str, object]:
    fields: dict[str, object] = {"value": number.value, "unit": number.unit, "source": number.source, "where": number.where, "how": number.how.value}
    if number.spread is not None:
        fields["spread"] = number.spread
    return fields | ({"note": number.note, "provenance": number.provenance.value} if number.note else {})
