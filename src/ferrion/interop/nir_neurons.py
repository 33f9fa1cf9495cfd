"""NIR's neurons, solved exactly over a step in which the input is constant: state, one step, rest."""

from collections.abc import Callable
from typing import Any

import nir
import numpy as np
import torch
from torch import Tensor

from ferrion.core.errors import ConfigError


def _number(value: Any) -> Tensor:
    return torch.as_tensor(np.asarray(value), dtype=torch.float64)


class Firing:
    """What a node sends: spikes where its voltage lies above a threshold, and the reset after them; or the voltage itself, where it has no threshold."""

    def __init__(self, node: Any) -> None:
        self.threshold = _number(node.v_threshold) if hasattr(node, "v_threshold") else None
        self.reset = _number(getattr(node, "v_reset", 0.0))

    def __call__(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """Of a voltage what is sent, and the voltage after."""
        if self.threshold is None:
            return v.float(), v
        fired = v > self.threshold
        return fired.float(), torch.where(fired, self.reset, v)


class Leaky:
    """tau dv/dt = v_leak - v + r I, with a threshold (LIF) or without (LI)."""

    def __init__(self, node: Any, dt: float) -> None:
        self.keep = torch.exp(-dt / _number(node.tau))
        self.r, self.v_leak = _number(node.r), _number(node.v_leak)
        self.fire = Firing(node)
        self.rest()

    def rest(self) -> None:
        """At the leak voltage."""
        self.v = self.v_leak

    def step(self, current: Tensor) -> Tensor:
        """Spikes, or the voltage of a node without a threshold."""
        final = self.v_leak + self.r * current.double()
        self.v = final + (self.v - final) * self.keep
        sent, self.v = self.fire(self.v)
        return sent


class Current:
    """tau_syn di/dt = w_in I - i, tau_mem dv/dt = v_leak - v + r i, with a threshold (CubaLIF) or without (CubaLI)."""

    def __init__(self, node: Any, dt: float) -> None:
        self.keep_i, self.keep_v = torch.exp(-dt / _number(node.tau_syn)), torch.exp(-dt / _number(node.tau_mem))
        share = _number(node.tau_syn) / (_number(node.tau_syn) - _number(node.tau_mem))
        same = dt / _number(node.tau_mem) * self.keep_v
        self.passed = torch.where(torch.isfinite(share), share * (self.keep_i - self.keep_v), same)
        self.r, self.v_leak, self.w_in = _number(node.r), _number(node.v_leak), _number(node.w_in)
        self.fire = Firing(node)
        self.rest()

    def rest(self) -> None:
        """No current, at the leak voltage."""
        self.i, self.v = torch.zeros(()).double(), self.v_leak

    def step(self, current: Tensor) -> Tensor:
        """As `Leaky.step`; the part of i that decays passes through to v in closed form."""
        settled = self.w_in * current.double()
        final = self.v_leak + self.r * settled
        self.v = final + (self.v - final) * self.keep_v + self.r * (self.i - settled) * self.passed
        self.i = settled + (self.i - settled) * self.keep_i
        sent, self.v = self.fire(self.v)
        return sent


class Integrating:
    """dv/dt = r I, with a threshold (IF) or without (I)."""

    def __init__(self, node: Any, dt: float) -> None:
        self.gain = _number(node.r) * dt
        self.fire = Firing(node)
        self.rest()

    def rest(self) -> None:
        """At 0."""
        self.v = torch.zeros(()).double()

    def step(self, current: Tensor) -> Tensor:
        """As `Leaky.step`."""
        self.v = self.v + self.gain * current.double()
        sent, self.v = self.fire(self.v)
        return sent


class Above:
    """1 where the input lies above a threshold, without memory."""

    def __init__(self, node: Any, _dt: float) -> None:
        self.threshold = _number(node.threshold)

    def rest(self) -> None:
        """Nothing to forget."""

    def step(self, current: Tensor) -> Tensor:
        """0 or 1."""
        return (current > self.threshold).float()


class Late:
    """What came a delay earlier, in whole steps."""

    def __init__(self, node: Any, dt: float) -> None:
        delays = np.rint(np.asarray(node.delay, np.float64) / dt)
        if delays.min() != delays.max() or delays.min() < 0:
            raise ConfigError(f"delays of {np.min(node.delay):g} to {np.max(node.delay):g} s in one node: ferrion delays all of a node alike, by 0 or more steps of {dt:g} s")
        self.steps = int(delays.max())
        self.rest()

    def rest(self) -> None:
        """Nothing on its way."""
        self.line: list[Tensor] = []

    def step(self, current: Tensor) -> Tensor:
        """0 until the first has arrived."""
        self.line.append(current)
        return self.line.pop(0) if len(self.line) > self.steps else torch.zeros_like(current)


_BY_NAME = {"LIF": Leaky, "LI": Leaky, "CubaLIF": Current, "CubaLI": Current, "IF": Integrating, "I": Integrating, "Threshold": Above, "Delay": Late}
NEURONS: dict[type[Any], Callable[[Any, float], Any]] = {getattr(nir, name): neuron for name, neuron in _BY_NAME.items() if hasattr(nir, name)}
"""Nodes with a state, as far as this version of nir has them, and what runs them."""
