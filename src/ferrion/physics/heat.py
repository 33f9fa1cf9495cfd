"""Thermal activation."""

from ferrion.core.constants import BOLTZMANN_EV
from ferrion.core.maths import exp


def arrhenius(activation, temperature, reference):
    """Factor by which a rate of `activation` [eV] at `temperature` [K] exceeds its value at `reference` [K]."""
    return exp(activation / BOLTZMANN_EV * (1.0 / reference - 1.0 / temperature))
