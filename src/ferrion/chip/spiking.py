"""A spiking chip: ion neurons behind tiles of two-memory synapses, a router between them. Tiles are added as a network needs them."""

from dataclasses import dataclass
from pathlib import Path

from ferrion.chip.chip import Chip
from ferrion.chip.router import Router
from ferrion.circuits.neuron import Neuron
from ferrion.circuits.soma import Soma
from ferrion.core.errors import CardError
from ferrion.params.card import Card, load
from ferrion.params.edit import assumed, edited

PARTS = ("memory", "neuron")


@dataclass(frozen=True)
class SpikingChip:
    """Build one with `SpikingChip.from_card`."""

    card: Card
    memory: Chip
    neuron: Neuron
    soma: Soma
    router: Router

    @classmethod
    def from_card(cls, name: str | Path = "hybrid-spiking") -> "SpikingChip":
        """The chip of a shipped card or of a TOML file; raises CardError when it, or a card it names, is not in order."""
        return cls.of(load(name))

    @classmethod
    def of(cls, card: Card) -> "SpikingChip":
        """The chip of a card; as `from_card`."""
        missing = [role for role in PARTS if role not in card.parts]
        if missing:
            raise CardError(f'card {card.name} names no {", ".join(missing)}; write parts = {{memory = "leti-2025", neuron = "zhao-2025"}} under [card]')
        soma, router = card.fill("soma", Soma), card.fill("router", Router)
        for section, numbers in (("soma", soma), ("router", router)):
            for key, value in numbers._asdict().items():
                if not value > 0:
                    raise CardError(f"card {card.name}: [{section}] {key} = {value:g}: give a number above 0")
        if router.depth < 1:
            raise CardError(f"card {card.name}: [router] depth = {router.depth:g}: a queue holds one event at least")
        return cls(card, Chip.from_card(card.parts["memory"]), Neuron.from_card(card.parts["neuron"]), soma, router)

    def with_node(self, tau: float) -> "SpikingChip":
        """The same chip with another time constant [s] of its nodes, which is a choice of its designer. Raises CardError unless it is above 0."""
        number = assumed(self.card, "soma", "tau", f"{tau:g} s", "chosen for a task")
        return SpikingChip.of(edited(self.card, {("soma", "tau"): number}, self.card.title))

    @property
    def cards(self) -> list[Card]:
        """The chip's own card and all it rests on."""
        return [self.card, *self.memory.cards, *self.neuron.cards]
