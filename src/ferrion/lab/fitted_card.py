"""A card with fitted numbers in it: each says from which rows of which file it comes, and how well it is known."""

import re

from ferrion.lab.fit import Fit, Fitter, Known
from ferrion.lab.table import Table
from ferrion.params.card import Card
from ferrion.params.edit import edited
from ferrion.params.number import How, Number, Provenance

KEY = re.compile(r"[^A-Za-z0-9]+")


def fitted_card(fitter: Fitter, found: Fit, table: Table, title: str) -> Card:
    """The card the fit began from, with the fitted numbers (`how` "data", spread half the 95 % interval / 1.96) and those fixed by hand.

    Numbers that were neither stay as they were, with their sources.
    """
    source, places = KEY.sub("_", table.source), fitter.places()
    numbers = {(own.section, own.name): _measured(own, found.fitted, source, table.source) for own in found.known}
    for key, value in fitter.fixed.items():
        section, unit = places[key]
        numbers[section, key] = Number(
            value=value, unit=_unit(unit), source=source, where="--fix", how=How.TYPICAL, note="given by hand for this fit", provenance=Provenance.ASSUMED
        )
    return edited(fitter.card, numbers, title)


def _measured(own: Known, rows: int, source: str, where: str) -> Number:
    note = f"maximum likelihood of {rows} rows; 95 % interval {own.low:.6g} to {own.high:.6g}"
    spread = (own.high - own.low) / 3.92
    return Number(value=own.value, unit=_unit(own.unit), source=source, where=where, how=How.DATA, spread=spread, note=note, provenance=Provenance.MEASURED)


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit
