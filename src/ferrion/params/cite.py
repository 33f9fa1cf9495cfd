"""The bibliography: every source a number may name."""

import re
from dataclasses import dataclass
from functools import lru_cache

from ferrion.params.card import DATA, Card

ENTRY = re.compile(r"@\w+\{(?P<key>[^,]+),(?P<body>.*?)\n\}", re.DOTALL)
FIELD = re.compile(r"^\s*(\w+)\s*=\s*\{(.*)\},?\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """One entry of `data/references.bib`."""

    key: str
    fields: dict[str, str]
    bibtex: str

    @property
    def link(self) -> str:
        """Where to read it: the DOI if there is one, else the address, else nothing."""
        doi = self.fields.get("doi")
        return f"https://doi.org/{doi}" if doi else self.fields.get("url", "")

    @property
    def short(self) -> str:
        """One line for a reader."""
        fields = self.fields
        place = fields.get("journal") or fields.get("booktitle") or fields.get("howpublished", "")
        return f"{fields.get('author', '')} ({fields.get('year', 'n.d.')}). {fields.get('title', '')}. {place}".strip()


@lru_cache(maxsize=1)
def bibliography() -> dict[str, Source]:
    """Every source, by key."""
    text = (DATA / "references.bib").read_text(encoding="utf-8")
    found = (Source(match["key"].strip(), {name.lower(): value for name, value in FIELD.findall(match["body"])}, match[0]) for match in ENTRY.finditer(text))
    return {source.key: source for source in found}


def sources(cards: list[Card]) -> list[Source]:
    """The sources the numbers of `cards` rest on, in order of first use."""
    keys = dict.fromkeys(number.source for card in cards for _, _, number in card.numbers())
    return [bibliography().get(key, Source(key, {}, f"% {key} is named by a card and not in the bibliography")) for key in keys]
