"""Inference on the analogue weights of a trained chip."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ferrion.core.compiled import compiled
from ferrion.core.noise import Stream, fill_words
from ferrion.learning.epoch import scratch
from ferrion.learning.network import Layout
from ferrion.learning.products import forward

INFERENCE_STEP = np.uint64(1) << np.uint64(50)
"""Step numbers of inferences begin here, so that their read noise is never that of a training sample."""


class Answer(NamedTuple):
    """Outputs (samples, classes) before the softmax, and the mean number of rows driven in each layer."""

    outputs: NDArray[np.float32]
    rows: NDArray[np.float64]


def infer(net: Layout, analogue: NDArray[np.float32], inputs: NDArray[np.float32], sigma: np.float32, seed: int, asked: int) -> Answer:
    """Run `inputs` (samples, features) through the chip; one read noise draw per output and sample.

    `asked`: how often this chip was asked before, so that no two rounds of questions share their noise.
    """
    work = scratch(net)
    outputs = np.empty((len(inputs), int(net.sizes[-1])), np.float32)
    rows = np.zeros(len(net.sizes) - 1, np.int64)
    _infer(np.uint64(seed), INFERENCE_STEP + (np.uint64(asked) << np.uint64(32)), net, analogue, sigma, inputs, work, outputs, rows)
    return Answer(outputs, rows / max(len(inputs), 1))


@compiled
def _infer(seed, first, net, analogue, sigma, inputs, work, outputs, rows):
    layers = net.sizes.size - 1
    for s in range(len(inputs)):
        work.units[: net.sizes[0]] = inputs[s]
        if sigma > np.float32(0):
            fill_words(seed, np.uint64(Stream.READ), first + np.uint64(s), work.read_words)
        forward(net, analogue, sigma, work.read_words, work.units, work.active, work.active_counts)
        outputs[s] = work.units[net.units[layers] :]
        rows += work.active_counts
