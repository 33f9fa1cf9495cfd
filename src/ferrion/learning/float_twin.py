"""The float twin: the same network and order of samples, plain SGD in float32, from the weights the chip would start from
if its full scale did not cut them."""

import numpy as np
from numpy.typing import NDArray

from ferrion.core.compiled import compiled
from ferrion.core.noise import permutation
from ferrion.learning.epoch import Scratch, scratch, signals
from ferrion.learning.network import Memory, blank, initial_weights, layout, no_counts
from ferrion.learning.products import transpose
from ferrion.learning.training import Plan

F4 = np.float32


class FloatTwin:
    """Plain SGD with the step schedule of the plan's rule, batch 1."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.net = layout(plan.sizes, plan.rule.full_scale)
        self.memory: Memory = blank(self.net)
        self.memory.analogue[:] = initial_weights(self.net, plan.seed)
        self.step = 0
        self.losses: list[float] = []
        self._work: Scratch = scratch(self.net)
        transpose(self.net, self.memory.analogue, self.memory.transposed)

    def epoch(self, inputs: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
        """Learn one epoch; returns its mean loss [nat]."""
        epoch = len(self.losses)
        order = permutation(self.plan.seed, epoch, len(labels))
        rate = F4(self.plan.rule.rate(epoch, self.plan.epochs))
        counts = no_counts(len(self.plan.sizes) - 1)
        loss = _learn(self.net, self.memory, rate, inputs, labels, order, self._work, counts)
        self.losses.append(loss / len(labels))
        return self.losses[-1]


@compiled
def _learn(net, memory, rate, inputs, labels, order, work, counts):
    loss = 0.0
    for s in order:
        loss += signals(np.uint64(0), np.uint64(0), net, memory, F4(0), inputs[s], labels[s], work, counts)
        for layer in range(net.sizes.size - 1):
            n, m = net.sizes[layer], net.sizes[layer + 1]
            first = net.units[layer]
            errors = work.errors[net.units[layer + 1] : net.units[layer + 1] + m]
            weights = memory.analogue[net.weights[layer] : net.weights[layer + 1]]
            for k in range(work.active_counts[layer]):
                bias = k == work.active_counts[layer] - 1
                row = n if bias else np.int64(work.active[first + layer + k])
                scale = rate if bias else rate * work.units[first + row]
                descend(weights[row * m : row * m + m], scale, errors)
            if layer > 0:
                turned = memory.transposed[net.weights[layer] - net.weights[1] :]
                for j in range(m):
                    descend(turned[j * n : j * n + n], rate * errors[j], work.units[first : first + n])
    return loss


@compiled
def descend(weights, scale, direction):
    """weights -= scale * direction."""
    for j in range(direction.size):
        weights[j] -= scale * direction[j]
