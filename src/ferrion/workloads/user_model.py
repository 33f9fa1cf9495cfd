"""Models of users: from a Python file, or a file of a graph (ONNX, NIR)."""

import importlib.util
import sys
import traceback
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_model
from torch import nn

from ferrion.core.errors import ConfigError

READERS = {".onnx": ("ferrion.interop.onnx_graph", "read_onnx"), ".nir": ("ferrion.interop.nir_graph", "read_nir")}
"""Where files of graphs are read, by suffix; imported when needed, for they need packages of their own."""


def model_from(place: str, weights: Path | None) -> nn.Module:
    """The model of FILE.onnx or FILE.nir, or the one FILE.py:FUNCTION returns, with `weights` (safetensors) loaded. Raises ConfigError saying what is missing."""
    model = _read(Path(place)) if Path(place).suffix in READERS else _built(place)
    if weights is not None:
        load_weights(model, weights)
    return model


def code_of(place: str) -> str:
    """The code of the model at `place`, by which it is told from another of the same weights; none of a file that holds a graph."""
    return "" if Path(place).suffix in READERS else Path(place.rpartition(":")[0]).read_text(encoding="utf-8")


def _read(path: Path) -> nn.Module:
    """A graph from a file. Raises ConfigError when the package for it is not installed."""
    module, function = READERS[path.suffix]
    try:
        reader = getattr(importlib.import_module(module), function)
    except ImportError as problem:
        raise ConfigError(f"{path} needs a package that is not installed ({problem.name}): pip install 'ferrion[{path.suffix[1:]}]'") from problem
    model: nn.Module = reader(path)
    return model


def _built(place: str) -> nn.Module:
    file, _, name = place.rpartition(":")
    path = Path(file)
    if not file or path.suffix != ".py" or not path.is_file():
        raise ConfigError(f"model {place!r}: give FILE.onnx, FILE.nir, or FILE.py:FUNCTION, a file that is there and a function in it that returns a torch.nn.Module")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    try:
        spec.loader.exec_module(module)
        build = getattr(module, name, None)
        model = build() if callable(build) else None
    except (Exception, SystemExit) as problem:
        raise ConfigError(f"{place} does not run: {_where(problem, path)}") from problem
    if not callable(build):
        raise ConfigError(f"{path} has no function {name!r}")
    if not isinstance(model, nn.Module):
        raise ConfigError(f"{place} returned {type(model).__name__}; it must return a torch.nn.Module")
    return model


def load_weights(model: nn.Module, path: Path) -> None:
    """Load a safetensors file; raises ConfigError when it is none, or of another model."""
    try:
        load_model(model, path)
    except (OSError, SafetensorError, RuntimeError) as problem:
        raise ConfigError(f"weights {path}: {problem}") from problem


def _where(problem: BaseException, path: Path) -> str:
    """What went wrong in the file `path`, and in which line."""
    lines = [frame.lineno for frame in traceback.extract_tb(problem.__traceback__) if Path(frame.filename).resolve() == path.resolve()]
    line = problem.lineno if isinstance(problem, SyntaxError) else lines[-1] if lines else None
    return f"{type(problem).__name__}: {problem}" + (f" (line {line})" if line else "")
