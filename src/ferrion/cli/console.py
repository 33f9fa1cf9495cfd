"""Standard output for results, standard error for everything else."""

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ferrion.core.errors import ConfigError

BAD_ARGUMENTS = 2
errors = Console(stderr=True, highlight=False)
screen = Console(highlight=False)


def print_json(value: object) -> None:
    """One JSON object on standard output and nothing else there."""
    sys.stdout.write(json.dumps(value, allow_nan=False) + "\n")


def fail(problem: Exception, code: int) -> NoReturn:
    """Say what is wrong on standard error and leave."""
    errors.print(f"[bold red]error:[/] {str(problem).strip()}", soft_wrap=True)
    raise SystemExit(code)


@contextmanager
def bar(what: str) -> Iterator[Progress]:
    """A progress bar on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=not errors.is_terminal, disable=not errors.is_terminal) as progress:
        errors.print(what)
        yield progress


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process; raises ConfigError when another run is writing there."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            raise ConfigError(f"another run is writing to {folder}; wait for it, or give another --out") from problem
        lock.write(str(os.getpid()))
        yield
