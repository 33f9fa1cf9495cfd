"""The way out of a chip, where bytes are counted: outside nobody knows more than what has passed here."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ferrion.core.errors import ConfigError

NONE = 255
"""The byte that says that nothing was decided (-1)."""


class Outlet:
    """Of one chip, or of one digital part."""

    def __init__(self) -> None:
        """Nothing has left."""
        self.told, self.lent, self.decisions = 0, 0, 0
        """Bytes of decisions; bytes of examples that are learned elsewhere, or seen by whoever gives their label; and decisions."""

    def tell(self, decided: ArrayLike) -> NDArray[np.int64]:
        """Classes, -1 for none, as they are read outside: a byte each. Raises ConfigError for one that no byte says."""
        classes = np.atleast_1d(np.asarray(decided, np.int64))
        if classes.size and not -1 <= classes.min() <= classes.max() < NONE:
            raise ConfigError(f"classes {classes.min()} to {classes.max()}: a decision leaves the chip as a byte; give -1 (none) to {NONE - 1}")
        sent = np.where(classes < 0, NONE, classes).astype(np.uint8).tobytes()
        self.told, self.decisions = self.told + len(sent), self.decisions + classes.size
        read = np.frombuffer(sent, np.uint8).astype(np.int64)
        return np.where(read == NONE, -1, read)

    def lend(self, examples: NDArray[np.generic]) -> None:
        """Examples leave, as many bytes as this array has."""
        self.lent += examples.nbytes

    def leaving(self, examples: int) -> dict[str, float]:
        """Bytes for each of so many examples learned, and for a decision, if any was told."""
        decided = {"sent_decided": self.told / self.decisions} if self.decisions else {}
        return {"sent_learned": self.lent / max(examples, 1), **decided}
