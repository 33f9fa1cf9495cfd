"""Rewards, comparators, frozen tiles and smaller steps: rules against their equations, and what they can learn."""

import numpy as np
import pytest

from ferrion.arrays.words import FULL_SCALE
from ferrion.chip.spiking import SpikingChip
from ferrion.core.errors import CheckpointError, ConfigError
from ferrion.core.ledger import Action
from ferrion.learning.spiking.budget import ledger_of
from ferrion.learning.spiking.checkpoint import restore, save
from ferrion.learning.spiking.fabric import fabric, no_counts, synapses, traces
from ferrion.learning.spiking.network import SpikingNetwork, Wiring
from ferrion.learning.spiking.plasticity import after_event, after_spike, fired, present, rewarded
from ferrion.learning.spiking.rules import Balance, Stdp, Teacher

CHIP = SpikingChip.from_card()
SEED, OFFSET, CELLS = np.uint64(3), np.int16(32), 4000
RULE = Stdp(a_plus=0.004, a_minus=0.003, tau_plus=0.015, tau_minus=0.03, tau_e=0.5)


@pytest.mark.parametrize(("gap", "delay", "value"), [(0.01, 0.2, 1.0), (-0.01, 0.2, 1.0), (0.01, 1.5, -2.0), (0.01, 30.0, 1.0)])
def test_a_reward_changes_weights_by_what_is_left_of_the_eligibility(gap, delay, value):
    """Izhikevich (2007): dc/dt = -c / tau_c + STDP, dw = d c."""
    columns = 1 if gap > 0 else CELLS
    net = fabric([columns], [(-1, 0, CELLS // columns)], [0.1], [True])
    memory, trace, counts, words = synapses(net, True), traces(net), no_counts(1), np.empty(CELLS + 16, np.uint32)
    if gap > 0:
        for row in range(CELLS):
            after_event(SEED, net, 0, row, 1.0, RULE, OFFSET, memory, trace, counts, words)
        after_spike(SEED, net, 0, 0, 1.0 + gap, RULE, OFFSET, memory, trace, counts, words)
    else:
        for cell in range(CELLS):
            fired(trace, cell, 1.0 + gap, RULE)
        after_event(SEED, net, 0, 0, 1.0, RULE, OFFSET, memory, trace, counts, words)
    assert not memory.hidden.any()
    at = max(1.0, 1.0 + gap) + delay
    present(memory, at, RULE.tau_e)
    rewarded(SEED, net, 0, value, OFFSET, memory, counts, words, np.empty(CELLS + 16, np.uint32))
    window = 0.004 * np.exp(-gap / 0.015) if gap > 0 else -0.003 * np.exp(gap / 0.03)
    expected = value * window * np.exp(-delay / 0.5)
    change = memory.hidden / FULL_SCALE
    assert change.mean() == pytest.approx(expected, abs=4 * max(change.std(), 1e-9) / np.sqrt(CELLS) + 1e-12)


def rewarding(**more):
    net = SpikingNetwork(CHIP, Wiring(inputs=40, cells=(2,), swing=(0.3,)), rule=Stdp(a_plus=0.02, a_minus=0.0, tau_e=0.3, **more), balance=Balance(inhibition=0.5), seed=1)
    net.program([np.random.default_rng(2).uniform(0.1, 0.4, (40, 2))])
    return net


def test_reward_makes_the_rewarded_answer_likelier():
    """Cell 0 is to speak more than cell 1 when the first rows do, and the other way round; only a number says whether it was right."""
    net, drawn = rewarding(), np.random.default_rng(0)

    def show(kind, learn):
        rows = drawn.integers(20 * kind, 20 * kind + 20, 60)
        fired = net.run(net.now + np.sort(drawn.uniform(0, 0.1, 60)), rows, net.now + 0.12, learn=learn).counts(0, 2)
        net.rest()
        return fired

    def right():
        found = [show(kind, False) for kind in (0, 1) for _ in range(30)]
        return np.mean([fired[k // 30] > fired[1 - k // 30] for k, fired in enumerate(found)])

    before = right()
    for trial in range(240):
        kind = trial % 2
        fired = show(kind, True)
        net.reward(0.3 * np.sign(float(fired[kind]) - float(fired[1 - kind])))
    after = right()
    assert after > 0.85
    assert after > before + 0.2


def test_a_run_with_eligibilities_is_kept_and_goes_on(tmp_path):
    drawn = np.random.default_rng(1)
    rows = drawn.integers(0, 40, 400)
    times = np.sort(drawn.uniform(0.0, 1.0, 400))
    whole, half = rewarding(a_minus3=0.0), rewarding(a_minus3=0.0)
    whole.run(times[:200], rows[:200], float(times[199]), learn=True)
    half.run(times[:200], rows[:200], float(times[199]), learn=True)
    save(half, tmp_path / "half.safetensors")
    other = rewarding(a_minus3=0.0)
    restore(other, tmp_path / "half.safetensors")
    for net in (whole, other):
        net.run(times[200:], rows[200:], 1.0, learn=True)
        net.reward(1.0)
    assert np.abs(whole.state.synapses.waiting).max() > 0
    np.testing.assert_array_equal(whole.state.synapses.hidden, other.state.synapses.hidden)


def test_eligibilities_survive_a_long_pause():
    net = rewarding(a_minus3=0.01)
    drawn = np.random.default_rng(3)
    for start in (0.0, 300.0):
        net.run(start + np.sort(drawn.uniform(0, 0.2, 200)), drawn.integers(0, 40, 200), start + 0.3, learn=True)
        assert np.isfinite(net.state.synapses.waiting).all()
        assert np.abs(net.state.synapses.waiting).max() > 0


def test_a_state_of_another_rate_is_refused(tmp_path):
    net = taught()
    net.relearn(1e-4)
    save(net, tmp_path / "state.safetensors")
    with pytest.raises(CheckpointError, match="other cards, wiring, rule"):
        restore(taught(), tmp_path / "state.safetensors")
    other = taught()
    other.relearn(1e-4)
    restore(other, tmp_path / "state.safetensors")


def taught(**more):
    net = SpikingNetwork(CHIP, Wiring(inputs=60, cells=(12, 3), swing=(0.2, 0.3)), rule=Teacher(rate=5e-3, margin=1.0, above=0.9, below=0.5), seed=4, **more)
    drawn = np.random.default_rng(5)
    net.program([drawn.uniform(-0.3, 0.6, (60, 12)), drawn.uniform(-0.3, 0.3, (12, 3))])
    return net


def lessons(net, count, learn=True):
    drawn, right = np.random.default_rng(7), 0
    for trial in range(count):
        label = trial % 3
        rows = 20 * label + drawn.integers(0, 20, 150)
        fired = net.run(net.now + np.sort(drawn.uniform(0, 0.1, 150)), rows, net.now + 0.12, label=label if learn else -1, learn=learn).counts(1, 3)
        right += fired.argmax() == label and fired.max() > 0
        net.rest()
    return right / count


def test_comparators_at_the_nodes_teach_two_layers():
    net = taught()
    before = lessons(net, 30, learn=False)
    lessons(net, 90)
    after = lessons(net, 30, learn=False)
    assert before < 0.6
    assert after > 0.9
    assert net.state.counts.compared[1] > 0
    assert net.state.counts.compared[0] == 0
    assert sum(count for _, action, count in ledger_of(net) if action is Action.ADC_SAMPLE) >= net.state.counts.compared.sum()


def test_a_frozen_tile_stays_as_it_is():
    net = taught(frozen=(0,))
    before = [net.weights(k).copy() for k in range(2)]
    lessons(net, 30)
    np.testing.assert_array_equal(net.weights(0), before[0])
    assert (net.weights(1) != before[1]).any()


def test_smaller_steps_change_less():
    moved = []
    for rate in (5e-3, 1e-4):
        net = taught()
        net.relearn(rate)
        before = net.state.synapses.hidden.copy()
        lessons(net, 6)
        moved.append(np.abs(net.state.synapses.hidden.astype(int) - before).sum())
    assert moved[1] < 0.2 * moved[0]


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ConfigError, match="nothing waits for it"):
        taught().reward(1.0)
    with pytest.raises(ConfigError, match="finite number"):
        rewarding().reward(float("nan"))
    with pytest.raises(ConfigError, match="rule=Teacher"):
        rewarding().relearn(1e-3)
    with pytest.raises(ConfigError, match="above 0"):
        taught().relearn(0.0)
    with pytest.raises(ConfigError, match=r"tiles 0\.\.1"):
        taught(frozen=(2,))
    with pytest.raises(ConfigError, match="two voltages in order"):
        SpikingNetwork(CHIP, Wiring(inputs=2, cells=(2,), swing=(0.1,)), rule=Teacher(rate=1e-3, above=0.5, below=0.9))
