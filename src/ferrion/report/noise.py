"""Noise as a resource: experiments as rows and panels."""

import numpy as np
import xarray as xr

from ferrion.lab.sp800_22 import LEVEL, TESTS
from ferrion.report.protocols import Shown, distribution, row
from ferrion.reproduce.figure import Curve, Panel

LOUD = 1e-3
"""What stands for no noise on a logarithmic axis."""


def resonance(found: xr.Dataset) -> Shown:
    """How well spikes follow the signal, and how often cells fire."""
    noise, rows = found["noise"].to_numpy(), []
    names = ("without own noise", "with own noise")
    for name, own in zip(names, (False, True), strict=True):
        line = found["correlation"].sel(own=own).to_numpy()
        best = int(line.argmax())
        rows += [row(f"{name}: correlation without added noise", "", float(line[0])), row(f"{name}: greatest correlation", "", float(line[best]))]
        rows += [row(f"{name}: at an added noise of", "V", float(noise[best])), row(f"{name}: correlation at {noise[-1]:g} V", "", float(line[-1]))]
    label = "added noise, standard deviation [V]"

    def curves(what: str) -> tuple[Curve, ...]:
        return tuple(Curve(name, tuple(noise), tuple(found[what].sel(own=own).to_numpy())) for name, own in zip(names, (False, True), strict=True))

    return Shown(
        tuple(rows),
        (
            Panel("How well spikes follow a signal below the threshold", label, "correlation of spike counts with the signal", curves("correlation")),
            Panel("How often a cell fires", label, "spikes a second", curves("rate")),
        ),
    )


def sampling(found: xr.Dataset) -> Shown:
    """Divergence against sweeps, and the shares of all states."""
    after, p = found["after"].to_numpy(), found["exact"].to_numpy()
    floor = (p.size - 1) / (2.0 * after)
    rows = [row(f"{name}: divergence from the exact distribution", "nat", float(found["divergence"].sel(sampler=name)[-1])) for name in found["sampler"].to_numpy()]
    rows.append(row("that of as many independent samples, (states - 1) / (2 sweeps)", "nat", float(floor[-1])))
    curves = [Curve(str(name), tuple(after), tuple(found["divergence"].sel(sampler=name).to_numpy())) for name in found["sampler"].to_numpy()]
    order = np.argsort(p)[::-1]
    ranks = tuple(np.arange(1.0, p.size + 1))
    shares = [Curve(str(name), ranks, tuple(found["share"].sel(sampler=name).to_numpy()[order])) for name in found["sampler"].to_numpy()]
    return Shown(
        tuple(rows),
        (
            Panel(
                "How fast samples come to the distribution",
                "sweeps",
                "divergence [nat]",
                (*curves, Curve("independent samples", tuple(after), tuple(floor))),
                log_x=True,
                log_y=True,
            ),
            Panel("States by their probability", "rank of the state", "share of the samples", (Curve("exact", ranks, tuple(p[order])), *shares)),
        ),
    )


def random_bits(found: xr.Dataset) -> Shown:
    """How many of the tests that apply each way of making bits passes, and which it fails."""
    rows = []
    for name in found["way"].to_numpy():
        own = found.sel(way=name)
        applies = np.isfinite(own["p"].to_numpy())
        failed = [str(test) for test, good in zip(own["test"].to_numpy()[applies], own["passes"].to_numpy()[applies], strict=True) if not good]
        rows.append(row(f"{name}: tests passed{' (failed: ' + ', '.join(failed) + ')' if failed else ''}", f"of {int(applies.sum())} that apply", float(own["passes"].sum())))
        rows.append(row(f"{name}: ones", "%", 100 * float(own["ones"])))
    rows.append(row("of perfect sequences, how many fail one of fifteen tests by chance", "%", 100 * (1 - (1 - LEVEL) ** len(TESTS))))
    rows.append(row("delay of the first spike", "s", float(found.attrs["mean_delay_s"]), float(found.attrs["deviation_s"])))
    delay = distribution("delay", found["delay"].to_numpy())
    tests = tuple(range(1, len(TESTS) + 1))
    least = tuple(Curve(str(name), tests, tuple(np.maximum(found["p"].sel(way=name).to_numpy(), 1e-12))) for name in found["way"].to_numpy())
    return Shown(
        tuple(rows),
        (
            Panel("Delay from the edge to the first spike", "delay [s]", "share of trials below", (delay,)),
            Panel("Least P-value of every test (numbers of SP 800-22, section 2)", "test", "P (1e-12: or less)", least, log_y=True),
        ),
    )


def tolerance(found: xr.Dataset) -> Shown:
    """Accuracy against noise, mean and standard deviation over chips."""
    noise = np.maximum(found["noise"].to_numpy(), LOUD)
    rows, curves = [], []
    for way in found["way"].to_numpy():
        values = 100 * found["accuracy"].sel(way=way).to_numpy()
        curves.append(Curve(str(way), tuple(noise), tuple(values.mean(axis=1)), tuple(values.std(axis=1))))
        rows += [row(f"{way}, noise {at:.3g} of the full scale", "%", float(line.mean()), float(line.std())) for at, line in zip(found["noise"].to_numpy(), values, strict=True)]
    label = f"read noise of a weight over the full scale ({LOUD:g}: none)"
    return Shown(tuple(rows), (Panel("Accuracy against read noise", label, "test accuracy [%]", tuple(curves), log_x=True),))
