"""Queues: events are conserved, waits are those of theory, and what the controller may do is what is drawn."""

import numpy as np
import pytest

from ferrion.chip.controller import ARROWS, NEXT, Phase, Trigger, controllers, dot, take
from ferrion.chip.router import deliver, hold, latencies, links, next_departure, send


def carry(times, service, depth):
    """Events through one link."""
    queue, waits = links(1, depth), []
    for n, t in enumerate(times):
        while next_departure(queue, 0) <= t:
            waits.append(float(next_departure(queue, 0)) - times[deliver(queue, 0)])
        send(queue, 0, t, n, service)
    return queue, np.array(waits)


@pytest.mark.parametrize("load", [0.3, 0.8, 3.0])
def test_events_are_delivered_queued_or_dropped_and_counted(load):
    times = np.cumsum(np.random.default_rng(0).exponential(1.0, 5000)) / load
    queue, _ = carry(times, 1.0, 16)
    assert queue.arrived[0] == 5000 == queue.delivered[0] + queue.queued[0] + queue.dropped[0]
    assert queue.longest[0] <= 16
    assert (queue.dropped[0] > 1000) == (load > 1)
    assert queue.latency.sum() == queue.delivered[0]


def test_poisson_arrivals_wait_as_in_a_queue_with_constant_service():
    """Mean wait rho / (2 (1 - rho)) services (Pollaczek 1930, Khinchin 1932); 4 standard errors of batches."""
    load = 0.7
    times = np.cumsum(np.random.default_rng(1).exponential(1.0, 200_000)) / load
    _, waits = carry(times, 1.0, 1 << 16)
    batches = np.array([batch.mean() for batch in np.array_split(waits - 1.0, 50)])
    assert batches.mean() == pytest.approx(load / (2 * (1 - load)), abs=4 * batches.std() / np.sqrt(50))


def test_a_saturated_link_carries_its_bandwidth():
    times = np.cumsum(np.random.default_rng(2).exponential(0.2, 20_000))
    queue, waits = carry(times, 1.0, 8)
    assert queue.delivered[0] == pytest.approx(times[-1], rel=0.01)
    assert waits.max() <= 8.0 + 1e-9


def test_a_busy_tile_delays_what_is_queued_and_loses_nothing():
    queue = links(1, 4)
    for n in range(3):
        send(queue, 0, 0.0, n, 1.0)
    hold(queue, 0, 0.5, 10.0)
    assert [float(next_departure(queue, 0))] == [11.0]
    assert [int(deliver(queue, 0)) for _ in range(3)] == [0, 1, 2]
    assert queue.free[0] == 13.0


def test_quantiles_of_latency_are_edges_of_their_bins():
    queue, _waits = carry(np.arange(100.0), 0.5, 4)
    assert latencies(queue.latency[0], (0.5, 1.0))[0] == pytest.approx(0.5, rel=0.13)
    assert np.isnan(latencies(np.zeros(10, np.int64), (0.5,))[0])


def test_the_controller_takes_the_arrows_that_are_drawn_and_no_other():
    for source in Phase:
        for trigger in Trigger:
            machine = controllers(1)
            machine.phase[0] = source
            if any((a.source, a.trigger) == (source, trigger) for a in ARROWS):
                take(machine, 0, int(trigger), 1.5)
                assert machine.phase[0] == NEXT[source, trigger]
                assert machine.busy[0, machine.phase[0]] == 1.5
            else:
                with pytest.raises(RuntimeError, match="no such arrow"):
                    take(machine, 0, int(trigger), 0.0)
    assert dot().count("->") == len(ARROWS)


def test_every_phase_can_be_reached_and_left():
    assert {a.source for a in ARROWS} == {a.target for a in ARROWS} == set(Phase)
