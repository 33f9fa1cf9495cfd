"""`ferrion cards` and `ferrion cite`: every number, and what it rests on."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from ferrion.cli.console import print_json, screen

JsonFlag = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


def cards(
    name: Annotated[str | None, typer.Argument(help="A card's name or the path of a TOML file, which is then checked.")] = None,
    json: JsonFlag = False,
) -> None:
    """List the cards, or show every number of one with its unit, source and how it is known."""
    from ferrion.params.card import load, shipped

    if name is None:
        titles = {each: load(each).title for each in shipped()}
        if json:
            print_json({"cards": titles})
        for shown, title in ({} if json else titles).items():
            screen.print(Text(shown, "bold"), title, sep="  ")
        return
    card = load(name)
    rows = [(section, key, number) for section, key, number in card.numbers()]
    if json:
        fields = [{"section": s, "key": k, "value": n.value, "unit": n.unit, "source": n.source, "where": n.where, "how": n.how.value, "note": n.note} for s, k, n in rows]
        print_json({"name": card.name, "title": card.title, "parts": card.parts, "numbers": fields})
        return
    table = Table(title=card.title, show_lines=False)
    for column in ("number", "value", "how", "source", "note"):
        table.add_column(column, overflow="fold")
    for section, key, n in rows:
        table.add_row(f"{section}.{key}", f"{n.value:g} {n.unit}", n.how.value, f"{n.source}, {n.where}", n.note)
    screen.print(table)


def cite(
    chip: Annotated[str, typer.Argument(help="A chip card.")] = "leti-2025",
    json: JsonFlag = False,
) -> None:
    """Print the sources that a chip's numbers rest on, as BibTeX."""
    from ferrion.chip.chip import Chip
    from ferrion.params.cite import sources

    found = sources(Chip.from_card(chip).cards)
    if json:
        print_json({"chip": chip, "sources": [{"key": s.key, "text": s.short, "link": s.link, "bibtex": s.bibtex} for s in found]})
        return
    for source in found:
        screen.print(source.bibtex, markup=False)
