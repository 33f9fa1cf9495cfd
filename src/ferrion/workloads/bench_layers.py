"""`ferrion bench layers`: layers for torch on two-memory arrays beside plain torch and aihwkit, one thread, in one run."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ferrion.core.progress import Tell
from ferrion.workloads.bench import BENCH_PYTHON, ONE_THREAD, RUNS, LeftOutError, Timing, asked, skipped, timing

if TYPE_CHECKING:
    import torch

BATCH, STEPS = 64, 40
READ, LEARN = "forward and backward", "training step"
NOISE, WIRES = "read noise, drivers and converters", "the same with wires, effective matrices renewed at every transfer"
PEERS = {"pulsed": "SoftBounds device, pulsed update", "mixed": "mixed precision, SoftBounds device, transfer every 100"}


def layers(tell: Tell) -> list[Timing]:
    """Samples a second through 784-256-10 at batch 64, dense random input."""
    tell("ferrion and torch")
    done = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, check=True, env={**os.environ, **ONE_THREAD})
    mine: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    rows = []
    for part, work in (("read", READ), ("learn", LEARN)):
        title = f"784-256-10, batch {BATCH}, {work}"
        ours = mine[NOISE][part]
        rows.append(timing(title, ours, NOISE))
        rows.append(timing(title, mine[WIRES][part], WIRES))
        plain = mine["torch"][part]
        rows.append(timing(title, plain, tool="torch, nn.Linear", release=mine["version"], ratio=statistics.median(ours) / statistics.median(plain)))
        for peer, what in PEERS.items():
            tell(f"{title}: aihwkit, {peer}")
            rows.append(_peer(title, peer, what, part, statistics.median(ours)))
    return rows


def _peer(title: str, peer: str, what: str, part: str, mine: float) -> Timing:
    try:
        found = asked("aihwkit_layers", BENCH_PYTHON, peer, str(BATCH), str(STEPS), str(RUNS))
    except LeftOutError as why:
        return skipped(title, "aihwkit", str(why))
    return replace(timing(title, found[part], what, tool=found["tool"], release=found["version"]), ours_over_theirs=mine / statistics.median(found[part]))


def main() -> None:
    """Ours and plain torch, block by block in turn: what `ferrion bench layers` runs apart, on one thread."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    inputs, labels = torch.rand(STEPS, BATCH, 784), torch.randint(10, (STEPS, BATCH))
    models = dict(_models())
    found: dict[str, dict[str, list[float]]] = {name: {"read": [], "learn": []} for name in models}
    for run in range(RUNS + 1):
        for name, (model, optimiser) in models.items():
            both, read = 0.0, 0.0
            for x, y in zip(inputs, labels, strict=True):
                optimiser.zero_grad()
                start = time.perf_counter()
                torch.nn.functional.cross_entropy(model(x), y).backward()
                read += time.perf_counter() - start
                optimiser.step()
                both += time.perf_counter() - start
            if run:
                found[name]["read"].append(STEPS * BATCH / read)
                found[name]["learn"].append(STEPS * BATCH / both)
    sys.stdout.write(json.dumps({**found, "version": torch.__version__}) + "\n")


def _models() -> "Iterator[tuple[str, tuple[torch.nn.Module, torch.optim.Optimizer]]]":
    """Each contestant and its optimiser."""
    import torch

    from ferrion.chip.chip import Chip
    from ferrion.learning.descent import TwoMemorySGD
    from ferrion.learning.layers import TwoMemoryLinear

    plain = torch.nn.Sequential(torch.nn.Linear(784, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10))
    yield "torch", (plain, torch.optim.SGD(plain.parameters(), lr=0.05))
    chip = Chip.from_card()
    for name, readout in ((NOISE, replace(chip.readout, wires=None)), (WIRES, chip.readout)):
        model = torch.nn.Sequential(TwoMemoryLinear(784, 256, chip, readout=readout), torch.nn.ReLU(), TwoMemoryLinear(256, 10, chip, readout=readout))
        yield name, (model, TwoMemorySGD(model, lr=0.05, transfer_every=100))


if __name__ == "__main__":
    main()
