"""A seed is one network on any number of threads."""

import numpy as np
import pytest
import torch

from ferrion.workloads import models
from ferrion.workloads.data import DataSet
from ferrion.workloads.digital import network
from ferrion.workloads.digital.network import Recipe
from ferrion.workloads.one_thread import one_thread

DRAWN = np.random.default_rng(0)
PICTURES, LABELS = DRAWN.random((256, 6, 34, 34), np.float32), DRAWN.integers(0, 10, 256)


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def weights(net):
    return torch.cat([own.detach().flatten() for own in net.parameters()])


def digital():
    return network.fit(PICTURES, LABELS, 10, Recipe((64,), channels=(16, 32), epochs=1), 0)


def of_the_lab():
    data = DataSet("pictures", PICTURES[:, 0].reshape(256, -1), LABELS, PICTURES[:10, 0].reshape(10, -1), LABELS[:10], 10)
    torch.manual_seed(0)
    model = models.conv_net(data)
    models.fit_digital(model, data, 1, 0)
    return model


@pytest.mark.parametrize("made", [digital, of_the_lab])
def test_a_network_does_not_depend_on_the_number_of_threads(threads, made):
    threads(1)
    alone = weights(made())
    threads(2)
    assert torch.equal(weights(made()), alone)
    assert torch.get_num_threads() == 2


@one_thread()
def broken():
    raise ValueError(f"{torch.get_num_threads()} thread")


def test_the_number_of_threads_comes_back_after_a_problem(threads):
    threads(2)
    with pytest.raises(ValueError, match=r"1 thread"):
        broken()
    assert torch.get_num_threads() == 2
