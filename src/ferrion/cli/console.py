"""Standard output for results, standard error for everything else."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from filelock import FileLock, Timeout
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ferrion.core.errors import ConfigError

BAD_ARGUMENTS = 2
errors = Console(stderr=True, highlight=False)
screen = Console(highlight=False, markup=False)


def print_json(value: object) -> None:
    """One JSON object on standard output and nothing else there."""
    sys.stdout.write(json.dumps(value, allow_nan=False) + "\n")


def tell(result: object, json: bool, lines: Iterable[str], what: str, *paths: Path) -> None:
    """The result as JSON, or line by line with the files it lies in; `what` they are goes to standard error."""
    if json:
        print_json(result)
        return
    for line in lines:
        screen.print(line)
    errors.print(what)
    screen.print("\n".join(map(str, paths)), soft_wrap=True)


def fail(problem: Exception, code: int) -> NoReturn:
    """Say what is wrong on standard error and leave."""
    errors.print(f"[bold red]error:[/] {escape(str(problem).strip())}", soft_wrap=True)
    raise SystemExit(code)


@contextmanager
def bar(what: str) -> Iterator[Progress]:
    """A progress bar on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=not errors.is_terminal, disable=not errors.is_terminal) as progress:
        errors.print(escape(what))
        yield progress


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process; raises ConfigError when another run is writing there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as problem:
        raise ConfigError(f"--out {folder}: a file stands there; give a folder") from problem
    try:
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout as problem:
        raise ConfigError(f"another run is writing to {folder}; wait for it, or give another --out") from problem
