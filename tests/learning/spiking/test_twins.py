"""Twins off the chip: what is deployed is what was trained, and a chip does what its twin does."""

import numpy as np
import pytest
import torch

from ferrion.chip.spiking import SpikingChip
from ferrion.core.errors import CardError
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.twins import ChipTwin, FloatTwin

CHIP = SpikingChip.from_card()
WIRING = Wiring(inputs=30, cells=(24, 4), swing=(0.3, 0.4), recurrent=(0.1, 0.0), each=2)


def test_levels_deployed_are_those_rehearsed_within_their_spread():
    torch.manual_seed(0)
    twin = ChipTwin(CHIP, WIRING, 1e-3, 2.0, spread=0.5)
    network = SpikingNetwork(CHIP, WIRING, seed=1)
    twin.deploy(network)
    twin.eval()
    for k, share in enumerate(twin.shares):
        wanted, found = twin.held(share).detach().numpy(), network.weights(k)
        level = np.abs(wanted)
        spread = np.interp(level, *CHIP.memory.levels)
        assert np.abs((found - wanted) / spread).max() < 4.0
        assert np.mean(((found - wanted) / spread) ** 2) == pytest.approx(1.0, abs=5 * np.sqrt(2 / share.numel()))


def test_a_chip_fires_as_its_twin_does():
    """Spikes of sixty samples at up to 300 a second, but for the spread of neurons: totals within 8 % at steps of a quarter of a millisecond (the error goes with the step)."""
    torch.manual_seed(1)
    twin = ChipTwin(CHIP, WIRING, 0.25e-3, 2.0, spread=0.3)
    network = SpikingNetwork(CHIP, WIRING, seed=2)
    twin.deploy(network)
    with torch.no_grad():
        for k, share in enumerate(twin.shares):
            share.copy_(torch.from_numpy(network.weights(k)))
    twin.held = lambda share: share
    network.state.somata.shift[:] = 0.0
    drawn, samples = np.random.default_rng(0), 60
    frames, fired = torch.zeros(800, samples, 30), np.zeros((samples, 24))
    for n in range(samples):
        times, rows = np.sort(drawn.uniform(0, 0.2, 300)), drawn.integers(0, 30, 300)
        np.add.at(frames.numpy(), ((times * 4e3).astype(int), n, rows), 1.0)
        fired[n] = network.run(network.now + times, rows, network.now + 0.2).counts(0, 24)
        network.rest()
    mine = twin(frames)[0].sum(0).detach().numpy()
    assert fired.sum() > 1000
    assert mine.sum() == pytest.approx(fired.sum(), rel=0.08)
    assert np.corrcoef(mine.ravel(), fired.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("kind", ["chip", "float"])
def test_twins_learn_which_rows_speak(kind):
    torch.manual_seed(0)
    twin = ChipTwin(CHIP, WIRING, 2e-3, 2.0, spread=0.3) if kind == "chip" else FloatTwin(WIRING, 0.02, 2e-3, 4.0)
    labels = torch.arange(40) % 2
    frames = (torch.rand(60, 40, 30) < torch.where(labels[:, None] == (torch.arange(30) < 15), 0.3, 0.05)).float()
    optimizer = torch.optim.Adam([p for p in twin.parameters() if p.requires_grad], 1e-2)
    twin.train()
    for _ in range(40):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(0.5 * twin.votes(frames), labels).backward()
        optimizer.step()
    twin.eval()
    assert (twin.votes(frames).argmax(1) == labels).float().mean() > 0.9
    assert twin.votes(frames).shape == (40, 2)


def test_a_node_of_another_time_constant():
    other = CHIP.with_node(0.05)
    assert other.soma.tau == pytest.approx(0.05)
    assert CHIP.soma.tau == pytest.approx(0.02)
    assert "chosen for a task" in other.card.text
    with pytest.raises(CardError):
        CHIP.with_node(-1.0)
