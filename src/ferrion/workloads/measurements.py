"""Real recordings of devices as tables for `ferrion.lab`."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ferrion.core.errors import ConfigError, DataError
from ferrion.lab.table import Table, read_table
from ferrion.workloads.data import find

Floats = NDArray[np.float64]
ARRAYS = "nirram_characterisation.npz"
JUMP, COMPLIANCE = 2.5, 1.1e-5
"""A capacitor has broken down where its loop's 2 P_r is so many times its median and its current [A] is at the compliance: what flows then is leakage."""
SERIES = 200
"""Reads of a series: short beside the drift of their mean."""
TRAIN, PULSE_END = 50, 0.1
"""Pulses of a train, and the time [s] at which a pulse on the switch ends."""
LEAKING = (31, 79, 127)
"""Temperatures [°C]; at 179 °C the sample had changed."""


def relaxation() -> Table:
    """48,613 writes of a foundry's 1T1R cells, each read at once and eight times within 10 s (Wei et al., write_verify_relaxation)."""
    with np.load(find("rram_1t1r_arrays", ("write_verify_relaxation.npz",)) / "write_verify_relaxation.npz") as held:
        siemens, time = 1.0 / held["r"].astype(np.float64), held["t"].astype(np.float64)
    later = siemens.shape[1] - 1
    columns = {"time": time[:, 1:].ravel(), "programmed": np.repeat(siemens[:, 0], later), "conductance": siemens[:, 1:].ravel()}
    return Table("rram_1t1r_arrays/write_verify_relaxation.npz", columns, np.repeat(np.arange(len(siemens)), later))


def _endurance() -> tuple[NDArray[np.int64], Floats, Floats, NDArray[np.int64]]:
    """Offsets of the devices, cycles, 2 P_r [C/m^2], and the row from which on each device has broken down (its end, if it has not)."""
    with np.load(find("fecap_hzo_inas", ("endurance.npz",)) / "endurance.npz") as held:
        offset, two_pr, cycles = held["offset"].astype(np.int64), held["two_pr_loop_uC_cm2"].astype(np.float64) * 1e-2, held["cycles"].astype(np.float64)
        limited = np.abs(held["i"]).max(axis=1) > COMPLIANCE
    broken = []
    for first, last in pairwise(offset):
        gone = np.flatnonzero(limited[first:last] & (two_pr[first:last] > JUMP * np.median(two_pr[first:last])))
        broken.append(first + gone[0] if gone.size else last)
    return offset, cycles, two_pr, np.array(broken)


def cycling() -> Table:
    """53 capacitors of 10 nm HZO, their loops' 2 P_r before breakdown (Blom, endurance); leakage is in it."""
    offset, cycles, two_pr, broken = _endurance()
    rows = np.concatenate([np.arange(first, end) for first, end in zip(offset[:-1], broken, strict=True)])
    return Table("fecap_hzo_inas/endurance.npz", {"cycles": cycles[rows], "two_pr": two_pr[rows]}, np.repeat(np.arange(len(broken)), broken - offset[:-1]))


def lives() -> Table:
    """The same 53 capacitors: cycles to breakdown, or to the last loop of those that outlived the measurement.

    A breakdown is dated to the geometric mean of the last loop before it and the first after.
    """
    offset, cycles, _, broken = _endurance()
    failed = broken < offset[1:]
    after = cycles[np.minimum(broken, offset[1:] - 1)]
    found = np.where(failed, np.sqrt(cycles[np.maximum(broken - 1, offset[:-1])] * after), cycles[offset[1:] - 1])
    return Table("fecap_hzo_inas/endurance.npz", {"cycles": found, "failed": failed.astype(np.float64)}, np.arange(len(found)))


def pulses() -> Table:
    """PUND of 90 capacitors of 10 nm HZO at 2, 2.5 and 3 V (Blom): P less U along the rising edge, as charge that has flowed."""
    with np.load(find("fecap_hzo_inas", ("pund.npz",)) / "pund.npz") as held:
        time, volts, current = (held[name].astype(np.float64) for name in ("t", "v", "i"))
        area = np.pi * (held["radius_um"].astype(np.float64) * 1e-6) ** 2
    step, pulse = float(time[1] - time[0]), volts.shape[1] // 5
    switched = -np.cumsum(current[:, 3 * pulse : 4 * pulse] - current[:, 4 * pulse :], axis=1) * step / area[:, None]
    rising = slice(3 * pulse, 3 * pulse + pulse // 2)
    count, size = len(volts), pulse // 2
    columns = {
        "pulse": np.repeat(np.arange(float(count)), size),
        "time": np.tile(step * (np.arange(size) + 1.0), count),
        "voltage": np.abs(volts[:, rising]).ravel(),
        "charge": switched[:, :size].ravel(),
    }
    return Table("fecap_hzo_inas/pund.npz", columns, np.repeat(np.arange(count), size))


def loops() -> Table:
    """Eleven P-V loops of one doped-HfO2 capacitor at 4 V, 100 Hz to 1 kHz (Rochester Institute of Technology, H9 die (9,4))."""
    with np.load(find("hfo2_ferroelectric_rit", ("ferro_rit.npz",)) / "ferro_rit.npz") as held:
        tables = [held[name].astype(np.float64) for name in sorted(held.files) if "_freq|" in name and "Hz 4V" in name and " 0Hz" not in name]
    number = np.repeat(np.arange(len(tables)), [len(table) for table in tables])
    whole = np.concatenate(tables)
    columns = {"loop": number.astype(np.float64), "time": whole[:, 0], "voltage": whole[:, 1], "polarisation": 1e-2 * whole[:, 4]}
    return Table("hfo2_ferroelectric_rit/ferro_rit.npz", columns, number)


def set_map() -> Table:
    """32,768 foundry 1T1R cells, one SET pulse each (Levy and others): those with a gate of 0.9 V and a voltage of 1.5 V or more, from a high resistance."""
    with np.load(find("rram_1t1r_arrays", (ARRAYS,)) / ARRAYS) as held:
        width, gate, volts, before, after = (held[f"set_sweep_{name}"].astype(np.float64) for name in ("pw", "vwl", "vbsl", "r_pre", "r_post"))
    rows = (gate > 0.85) & (volts > 1.45) & (before > 1 / 60e-6)
    columns = {"width": width[rows], "gate": gate[rows], "voltage": volts[rows], "conductance": 1 / after[rows]}
    return Table(f"rram_1t1r_arrays/{ARRAYS}", columns, np.arange(int(rows.sum())))


def retention() -> Table:
    """16,292 cells of the same arrays, read after programming and up to 1e5 s later (Levy and others, model C); not every cell at every time."""
    with np.load(find("rram_1t1r_arrays", (ARRAYS,)) / ARRAYS) as held:
        cell, time, siemens = held["modelC_addr"].astype(np.int64), held["modelC_timept"].astype(np.float64), held["modelC_g"].astype(np.float64)
    begun = np.full(int(cell.max()) + 1, np.nan)
    begun[cell[time == 0]] = siemens[time == 0]
    rows = (time > 0) & np.isfinite(begun[cell])
    columns = {"time": time[rows], "programmed": begun[cell[rows]], "conductance": siemens[rows]}
    return Table(f"rram_1t1r_arrays/{ARRAYS}", columns, cell[rows])


def reads() -> Table:
    """One 1T1R cell read 10,000 times in 467 s (Levy and others), in series of 200."""
    with np.load(find("rram_1t1r_arrays", (ARRAYS,)) / ARRAYS) as held:
        siemens = 1 / held["read_noise_r"].astype(np.float64)
    series = np.arange(siemens.size) // SERIES
    return Table(f"rram_1t1r_arrays/{ARRAYS}", {"series": series.astype(np.float64), "conductance": siemens}, series)


def leakage() -> Table:
    """Leakage of one doped-HfO2 capacitor at 31, 79 and 127 °C, 1 to 3 V, rising and falling (Rochester Institute of Technology, S3).

    The archive has the numbers of 31 °C under 27 °C as well: that temperature is known to 4 K only.
    """
    with np.load(find("hfo2_ferroelectric_rit", ("ferro_rit.npz",)) / "ferro_rit.npz") as held:
        tables = {int(name.split("S3 ")[1].split("C")[0]): held[name].astype(np.float64) for name in held.files if "tempslkg" in name}
    volts, kelvin, density = [], [], []
    for celsius in LEAKING:
        table = tables[celsius]
        rows = (table[:, 0] >= 0.95) & (np.arange(len(table)) <= len(table) // 2)
        volts.append(table[rows, 0])
        kelvin.append(np.full(int(rows.sum()), celsius + 273.15))
        density.append(1e-2 * np.abs(table[rows, 1]))
    columns = {"voltage": np.concatenate(volts), "temperature": np.concatenate(kelvin), "current_density": np.concatenate(density)}
    return Table("hfo2_ferroelectric_rit/ferro_rit.npz", columns, np.arange(columns["voltage"].size))


def recovery() -> Table:
    """Resistance of a VO2 switch after pulses of 70 down to 10 mA, seven traces (Galloni et al., relaxation_timescales, slow, in the order of the archive's column headers)."""
    with np.load(find("vo2_volatile_memristor", ("vo2.npz",)) / "vo2.npz") as held:
        table = held["relaxation_timescales|slow"].astype(np.float64)[1:]
    time, ohms = table[:, 1] - PULSE_END, table[:, 2:]
    rows = (time > 5e-4)[:, None] & np.isfinite(ohms) & (ohms > 0)
    trace = np.broadcast_to(np.arange(ohms.shape[1]), ohms.shape)
    columns = {
        "trace": trace.T[rows.T].astype(np.float64),
        "time": np.broadcast_to(time[:, None], ohms.shape).T[rows.T],
        "current": 1e-2 * (ohms.shape[1] - trace.T[rows.T]),
        "resistance": ohms.T[rows.T],
    }
    return Table("vo2_volatile_memristor/vo2.npz", columns, trace.T[rows.T].astype(np.int64))


def trains() -> Table:
    """1,000 pulses up and 1,000 down on one ReRAM (Gong et al.), cut into trains of 50."""
    up_and_down = np.loadtxt(find("reram_gong_pulses", ("gong_et_al.csv",)) / "gong_et_al.csv", delimiter=",")
    train = np.arange(up_and_down.size) // TRAIN
    columns = {"train": train.astype(np.float64), "direction": np.repeat([1.0, -1.0], len(up_and_down)), "weight": up_and_down.T.ravel()}
    return Table("reram_gong_pulses/gong_et_al.csv", columns, train)


RECORDINGS: dict[str, Callable[[], Table]] = {
    "rram-relaxation": relaxation,
    "rram-retention": retention,
    "rram-set": set_map,
    "rram-reads": reads,
    "fecap-cycling": cycling,
    "fecap-lives": lives,
    "fecap-pulses": pulses,
    "fecap-loops": loops,
    "fecap-leakage": leakage,
    "reram-pulses": trains,
    "vo2-recovery": recovery,
}


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
