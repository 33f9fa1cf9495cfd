"""Heart beats of patients held out from the training: what a twin tells in steps of its own and in shorter ones, and what the chip tells, neurons alike and nothing noisy.

python benchmarks/twin_steps.py      # some minutes; needs the recordings of `ferrion spiking ecg`
"""

from dataclasses import replace

from held_out import without

from ferrion.learning.spiking.network import SpikingNetwork
from ferrion.workloads.event_sets import load_events
from ferrion.workloads.spiking import accuracy
from ferrion.workloads.spiking_seed import tested
from ferrion.workloads.spiking_tasks import TASKS, trained_twin

task, events = TASKS["ecg"], without(load_events("ecg"), most=300)
for fine in (0, task.course.fine):
    twin, _ = trained_twin(replace(task, course=replace(task.course, fine=fine)), events, 0)
    network = SpikingNetwork(twin.chip, twin.wiring, noise=False)
    twin.deploy(network)
    network.state.somata.shift[:] = 0.0
    for tile, share in enumerate(twin.shares):
        network.weights(tile)[:] = twin.held(share).detach().numpy()
    told = []
    for dt in (2.5e-3, 1e-3, 0.5e-3, 0.1e-3):
        twin.step(dt)
        told.append(f"{100 * accuracy(twin, events.test, events):.0f} % in steps of {1e3 * dt:g} ms")
    print(f"{fine} epochs in fine steps: the twin {', '.join(told)}; the chip {100 * tested(network, events, events.test)['accuracy']:.0f} %", flush=True)
