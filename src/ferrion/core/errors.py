"""The error tree.

FerrionError
├── CardError (ValueError)         a card lacks a source, has a wrong unit or an unknown key
├── DataError (ValueError)         data of the wrong shape, range or kind
├── MissingDataError (FileNotFoundError)   a recording is not where it is looked for
├── CheckpointError (ValueError)   a checkpoint is damaged or belongs to another run
├── ConfigError (ValueError)       a setting is out of its allowed range
├── BindError (NameError)          an equation uses a name its backend lacks
├── FitError (ArithmeticError)    measurements do not determine what is to be fitted, or the fit does not converge
└── StateError (RuntimeError)      a device is asked for what its state cannot do

Each subclasses the builtin it resembles, so `except ValueError` keeps working.
"""


class FerrionError(Exception):
    """Base of every error raised on purpose by ferrion."""


class CardError(FerrionError, ValueError):
    """A card lacks a source, has a wrong unit or an unknown key."""


class DataError(FerrionError, ValueError):
    """Data of the wrong shape, range or kind."""


class MissingDataError(FerrionError, FileNotFoundError):
    """A recording is not where it is looked for."""


class CheckpointError(FerrionError, ValueError):
    """A checkpoint is damaged or belongs to another run."""


class ConfigError(FerrionError, ValueError):
    """A setting is out of its allowed range."""


class BindError(FerrionError, NameError):
    """An equation uses a name its backend lacks."""


class StateError(FerrionError, RuntimeError):
    """A device is asked for what its state cannot do."""


class FitError(FerrionError, ArithmeticError):
    """Measurements do not determine what is to be fitted, or the fit does not converge."""
