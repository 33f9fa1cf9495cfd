"""Real recordings of devices as tables for `ferrion.lab`."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np

from ferrion.core.errors import ConfigError, DataError
from ferrion.lab.table import Table, read_table
from ferrion.workloads.data import find

JUMP = 1.3
"""Rise of a loop's 2 P_r from one record to the next from which on the capacitor has broken down: what flows then is leakage."""


def relaxation() -> Table:
    """48,613 writes of a foundry's 1T1R cells, each read at once and eight times within 10 s (Wei et al., write_verify_relaxation)."""
    with np.load(find("rram_1t1r_arrays", ("write_verify_relaxation.npz",)) / "write_verify_relaxation.npz") as held:
        siemens, time = 1.0 / held["r"].astype(np.float64), held["t"].astype(np.float64)
    later = siemens.shape[1] - 1
    columns = {"time": time[:, 1:].ravel(), "programmed": np.repeat(siemens[:, 0], later), "conductance": siemens[:, 1:].ravel()}
    return Table("rram_1t1r_arrays/write_verify_relaxation.npz", columns, np.repeat(np.arange(len(siemens)), later))


def cycling() -> Table:
    """53 capacitors of 10 nm HZO, their loops' 2 P_r before breakdown (Blom, endurance); leakage is in it."""
    with np.load(find("fecap_hzo_inas", ("endurance.npz",)) / "endurance.npz") as held:
        offset, two_pr, cycles = held["offset"], held["two_pr_loop_uC_cm2"].astype(np.float64) * 1e-2, held["cycles"].astype(np.float64)
    sound = np.zeros(len(two_pr), bool)
    for first, last in pairwise(offset):
        jumped = np.flatnonzero(two_pr[first + 1 : last] > JUMP * two_pr[first : last - 1])
        sound[first : first + 1 + jumped[0] if jumped.size else last] = True
    return Table("fecap_hzo_inas/endurance.npz", {"cycles": cycles[sound], "two_pr": two_pr[sound]}, np.repeat(np.arange(len(offset) - 1), np.diff(offset))[sound])


def loops() -> Table:
    """Eleven P-V loops of one doped-HfO2 capacitor at 4 V, 100 Hz to 1 kHz (Rochester Institute of Technology, H9 die (9,4))."""
    with np.load(find("hfo2_ferroelectric_rit", ("ferro_rit.npz",)) / "ferro_rit.npz") as held:
        tables = [held[name].astype(np.float64) for name in sorted(held.files) if "_freq|" in name and "Hz 4V" in name and " 0Hz" not in name]
    number = np.repeat(np.arange(len(tables)), [len(table) for table in tables])
    whole = np.concatenate(tables)
    columns = {"loop": number.astype(np.float64), "time": whole[:, 0], "voltage": whole[:, 1], "polarisation": 1e-2 * whole[:, 4]}
    return Table("hfo2_ferroelectric_rit/ferro_rit.npz", columns, number)


RECORDINGS: dict[str, Callable[[], Table]] = {"rram-relaxation": relaxation, "fecap-cycling": cycling, "fecap-loops": loops}


def measured(name: str, wanted: Mapping[str, str], chosen: Mapping[str, str], group: str | None, together: str | None) -> Table:
    """One of `RECORDINGS`, or a file (`lab.table.read_table`) whose rows belong together by `group` or, without it, by the wanted column `together`.

    Raises DataError when a recording lacks the columns, ConfigError when it is asked to rename any."""
    if name not in RECORDINGS:
        table = read_table(Path(name), wanted, chosen, group)
        return table if group or not together else table.grouped(together)
    if chosen or group:
        raise ConfigError(f"{name} is a recording whose columns and groups are known: leave out --column and --group")
    table = RECORDINGS[name]()
    if set(table.columns) != set(wanted):
        raise DataError(f"{name} holds {', '.join(table.columns)}; this model takes {', '.join(wanted)}: choose another --model")
    return table
