"""A crossbar with its wires as a SPICE netlist: every device, segment, driver and amplifier a resistor, every column's current through a source of 0 V."""

import numpy as np
from numpy.typing import ArrayLike

from ferrion.arrays.crossbar import Crossbar
from ferrion.core.errors import ConfigError


def crossbar_netlist(bar: Crossbar, volts: ArrayLike, out: str) -> str:
    """A netlist that reads `bar` with row voltages (rows,) [V] and writes the column currents [A], one line, to the file `out`.

    Nodes: a<i>_<j> on row i, b<i>_<j> on column j. Raises ConfigError on other shapes or NaN. Runs in ngspice; open devices (0 S) are left out.
    """
    drive = np.asarray(volts, np.float64)
    m, n = bar.devices.shape
    if drive.shape != (m,) or not np.isfinite(drive).all():
        raise ConfigError(f"volts of shape {drive.shape}: give finite voltages as ({m},), one a row")
    wires, lines = bar.wires, [f"* crossbar of {m} rows and {n} columns"]
    for i in range(m):
        lines += [f"Vr{i} r{i} 0 DC {drive[i]:.17g}", _resistor(f"d{i}", f"r{i}", f"a{i}_0", wires.driver + wires.row)]
        lines += [_resistor(f"a{i}_{j}", f"a{i}_{j}", f"a{i}_{j + 1}", wires.row) for j in range(n - 1)]
    for j in range(n):
        lines += [_resistor(f"b{i}_{j}", f"b{i}_{j}", f"b{i + 1}_{j}", wires.column) for i in range(m - 1)]
        lines += [_resistor(f"s{j}", f"b{m - 1}_{j}", f"c{j}", wires.column + wires.sense), f"Vc{j} c{j} 0 DC 0"]
    branches = bar.branches
    lines += [_resistor(f"g{i}_{j}", f"a{i}_{j}", f"b{i}_{j}", 1.0 / branches[i, j]) for i in range(m) for j in range(n) if branches[i, j] > 0]
    currents = " ".join(f"i(Vc{j})" for j in range(n))
    return "\n".join(
        [*lines, ".control", "set wr_singlescale", "set numdgt=16", "option reltol=1e-9 abstol=1e-16 gmin=1e-18", "op", f"wrdata {out} {currents}", "quit 0", ".endc", ".end", ""]
    )


def _resistor(name: str, one: str, other: str, ohms: float) -> str:
    return f"R{name} {one} {other} {ohms:.17g}"
