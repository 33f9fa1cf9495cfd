"""The only maths names an equation may use; `kernels.bind` swaps them for a backend's own."""

from numpy import abs, arctan, exp, log, maximum, minimum, sin, sqrt, where

__all__ = ["abs", "arctan", "exp", "log", "maximum", "minimum", "sin", "sqrt", "where"]
