"""One stack, two devices: a ferroelectric capacitor until it is formed, a memristor ever after."""

from ferrion.core.errors import StateError
from ferrion.devices.fecap import FeCap
from ferrion.devices.memristor import Memristor
from ferrion.params.card import Card


class Stack:
    """N devices of the Si:HfO2/Ti stack of Martemucci et al. 2025. Forming is one step and cannot be undone."""

    def __init__(self, count: int, fecap: Card, memristor: Card, seed: int) -> None:
        self._memristor_card = memristor
        self._seed = seed
        self._device: FeCap | Memristor = FeCap(count, fecap, seed)

    @property
    def formed(self) -> bool:
        """Whether the stack is a memristor."""
        return isinstance(self._device, Memristor)

    def form(self) -> None:
        """Grow a filament through the film; raises StateError when there is one already."""
        if isinstance(self._device, Memristor):
            raise StateError("this stack has been formed already, and a filament cannot be formed twice; make a new Stack")
        self._device = Memristor(self._device.up.size, self._memristor_card, self._seed)

    @property
    def fecap(self) -> FeCap:
        """The capacitors; raises StateError once formed: a film with a filament through it keeps no polarisation."""
        if isinstance(self._device, Memristor):
            raise StateError("this stack has been formed: it is a memristor and cannot become a ferroelectric capacitor again; make a new Stack")
        return self._device

    @property
    def memristor(self) -> Memristor:
        """The memristors; raises StateError before forming."""
        if isinstance(self._device, FeCap):
            raise StateError("this stack is still a ferroelectric capacitor; call form() first")
        return self._device
