"""TOML files that people write, checked table by table, with errors that name the place and the nearest name."""

import difflib
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ferrion.core.errors import ConfigError, MissingDataError


class Strict(BaseModel):
    """A table: no unknown keys, no infinities."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Read = TypeVar("Read", bound=Strict)
TAGS = ("list", "mean", "range", "values")
"""Words that pydantic puts between the keys of a file."""


def read_toml(path: Path, model: type[Read], example: str) -> Read:
    """The file at `path`; raises MissingDataError with an `example` of one when there is none, ConfigError naming what is wrong where."""
    if not path.is_file():
        raise MissingDataError(f"no file {path}: give a TOML file with {example}; the documentation shows one")
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{path} is not TOML: {problem}") from problem
    except ValidationError as problem:
        raise ConfigError(f"{path}: {'; '.join(_said(error, model) for error in problem.errors())}") from problem


def _said(error: Any, model: type[Strict]) -> str:
    where = ".".join(str(part) for part in error["loc"] if part not in TAGS)
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), _fields(model, error["loc"][:-1]), 1)
        return f"{where} is unknown{f': did you mean {near[0]}?' if near else ''}"
    given = f" (given: {error['input']!r})" if not isinstance(error["input"], dict) else ""
    return f"{where}: {error['msg'].removeprefix('Value error, ')}{given}" if where else str(error["msg"]).removeprefix("Value error, ")


def _fields(model: type[BaseModel], place: tuple[str | int, ...]) -> list[str]:
    """Keys of the table at `place`; none where that is no table of one kind."""
    for part in place:
        own = model.model_fields.get(str(part))
        if own is None or not (isinstance(own.annotation, type) and issubclass(own.annotation, BaseModel)):
            return []
        model = own.annotation
    return list(model.model_fields)
