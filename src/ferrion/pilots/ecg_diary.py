"""What a stimulator that is started anew must not have forgotten: the stimuli of the last hour, by the clock of the wall, in a file."""

import json
import math
import time
from pathlib import Path

from ferrion.chip.stimulator import HOUR
from ferrion.core.errors import DataError
from ferrion.core.files import write_text

FILE = "stimuli.json"


class Diary:
    """Of the stimuli that a live stream was answered with from a folder."""

    def __init__(self, folder: Path) -> None:
        """Raises DataError for a file that is no diary: better none is given than one too many."""
        self.path = folder / FILE
        try:
            found = json.loads(self.path.read_text(encoding="utf-8")) if self.path.is_file() else []
        except ValueError as problem:
            raise self._none(str(problem)) from problem
        if not isinstance(found, list) or not all(type(then) in (int, float) and math.isfinite(then) for then in found):
            raise self._none(f"{found!r:.60}")
        self._times: list[float] = found

    def _none(self, why: str) -> DataError:
        return DataError(f"{self.path} is no list of times ({why}): it says when stimuli were given; once an hour has passed since the last of them, delete it")

    @property
    def ages(self) -> list[float]:
        """Seconds since each stimulus of the last hour; one of the future, as a clock that was set back makes it, counts as given now."""
        now = time.time()
        return [max(now - then, 0.0) for then in self._times if now - then < HOUR]

    def note(self) -> None:
        """A stimulus is given now: it is on the disk before anybody is told."""
        now = time.time()
        self._times = [*(then for then in self._times if now - then < HOUR), now]
        write_text(self.path, json.dumps(self._times) + "\n")
