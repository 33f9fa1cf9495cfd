"""One leaky neuron in a NIR file, driven above its threshold: steps between its spikes here and in other tools that read the file."""

import tempfile
from pathlib import Path

import numpy as np

from ferrion.core.progress import Tell
from ferrion.workloads.bench import BENCH_PYTHON, LeftOutError, Timing, asked, skipped, timing

TAU, DRIVE, SECONDS = 0.02, 1.5, 1.0
"""Seconds; thresholds; seconds. The interval is tau ln 3 = 21.97 ms, by the equation."""
STEPS = (1e-3, 1e-4)
"""Seconds of a step. snnTorch reads a file for steps of 0.1 ms, whatever is asked."""
READERS = ("norse", "snntorch", "spikingjelly")


def one_file(tell: Tell) -> list[Timing]:
    """Rows in steps, each tool's beside ours over theirs."""
    try:
        import nir
    except ImportError:
        return [skipped("one NIR file", "ferrion", "nir is not installed: pip install 'ferrion[nir]'")]
    import torch

    from ferrion.interop.nir_spiking import NirNetwork, write_graph

    rows, one = [], np.ones(1, np.float32)
    ends = nir.Input({"input": np.array([1])}), nir.Output({"output": np.array([1])})
    graph = nir.NIRGraph.from_list(ends[0], nir.LIF(TAU * one, one, 0 * one, one, 0 * one), ends[1])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "neuron.nir"
        write_graph(graph, file)
        for dt in STEPS:
            work = f"steps of {1e3 * dt:g} ms between spikes of a neuron in a NIR file, tau {1e3 * TAU:g} ms, {DRIVE:g} thresholds"
            tell(work)
            frames = torch.full((round(SECONDS / dt), 1, 1), DRIVE)
            mine = np.diff(np.flatnonzero(NirNetwork(graph, dt)(frames)[:, 0, 0].detach().numpy())).tolist()
            rows.append(timing(work, mine, f"by the equation {TAU * np.log(3.0) / dt:.1f}", unit="steps"))
            rows += [_theirs(work, tool, file, dt, float(np.median(mine))) for tool in READERS]
    return rows


def _theirs(work: str, tool: str, file: Path, dt: float, mine: float) -> Timing:
    try:
        found = asked("nir_interval", BENCH_PYTHON, tool, str(file), str(dt))
    except LeftOutError as why:
        return skipped(work, tool, str(why))
    if not found["steps"]:
        return skipped(work, tool, f"it fired once or never in {SECONDS:g} s")
    return timing(work, found["steps"], f"nir {found['nir']}", tool=found["tool"], release=found["version"], ratio=mine / float(np.median(found["steps"])), unit="steps")
