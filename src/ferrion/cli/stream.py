"""`ferrion stream`: events from a file, a pipe or a socket into the spiking chip."""

from pathlib import Path
from typing import Annotated

import typer

from ferrion.cli.console import alone_in, bar, tell

SWING = 0.05


def stream(
    source: Annotated[str, typer.Argument(help="A file (EVT 2.0, EVT 3.0, DAT, N-MNIST .bin, AEDAT4, Event Stream, HDF5), - for standard input, or tcp://host:port.")],
    width: Annotated[int, typer.Option(min=1, help="Pixels of the sensor.")] = 640,
    height: Annotated[int, typer.Option(min=1, help="Pixels of the sensor.")] = 480,
    pool: Annotated[int, typer.Option(min=1, help="So many by so many pixels share a row of the chip.")] = 20,
    cells: Annotated[int, typer.Option(min=1, help="Ion neurons.")] = 10,
    swing: Annotated[float, typer.Option(help="Volts that an event adds to a node through the largest weight.")] = SWING,
    learn: Annotated[bool, typer.Option("--learn", help="Pair STDP on the chip, with inhibition between the neurons.")] = False,
    seed: Annotated[int, typer.Option(help="One seed is one chip.")] = 0,
    silence: Annotated[float, typer.Option(help="Seconds without a byte after which a peer counts as dead.")] = 10.0,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for result.json and the state: a stream that was stopped goes on, a file or pipe given again from its start, a socket with what comes next."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Run a stream of events through the chip in bounded memory: what was delivered, queued, dropped, late or outside, latency, joules and spikes."""
    import json as writer
    import time
    from contextlib import nullcontext

    from ferrion.chip.spiking import SpikingChip
    from ferrion.core.files import write_text
    from ferrion.core.memory import peak
    from ferrion.workloads.streams.feed import Sensor
    from ferrion.workloads.streams.live import LIVE, network_for, run_stream

    sensor, start = Sensor(width, height, pool), time.perf_counter()
    network = network_for(SpikingChip.from_card(), sensor, cells, swing, learn, seed)
    with alone_in(out) if out else nullcontext(), bar(f"{source} into {cells} neurons behind {sensor.rows} rows") as progress:
        task = progress.add_task("events", total=None)
        result, broke = run_stream(network, source, sensor, learn, silence, out / LIVE if out else None, lambda fed: progress.update(task, completed=fed.events))
        result |= {"source": source, "broke": str(broke) if broke else None, "wall_s": time.perf_counter() - start, "peak_MB": peak()}
        if out:
            write_text(out / "result.json", writer.dumps(result, indent=1) + "\n")
    lines = [f"{key}: {value}" for key, value in result.items() if key != "parts"]
    lines += [f"{part['part']}: {part['joules']:.3g} J, {_worked(part['busy'])}{1e12 * part['area']:,.0f} um2, leaks {part['leakage']:.2g} W" for part in result["parts"]]
    tell(result, json, lines, "kept in:" if out else "nothing was kept (give --out)", *([out / "result.json"] if out else []))
    if broke:
        raise broke


def _worked(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3g} s of work, "
