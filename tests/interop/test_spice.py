"""The netlist in ngspice does what the device level does without noise."""

import re
import shutil
import subprocess

import numpy as np
import pytest

from ferrion.circuits.drive import pulses, step
from ferrion.circuits.neuron import Neuron
from ferrion.interop.spice import neuron_netlist

NEEDS_NGSPICE = pytest.mark.skipif(
    shutil.which("ngspice") is None,
    reason="compares with the program ngspice, which pip cannot install (Debian: apt-get install ngspice; .ci/run does as root). What the netlist says is tested without it",
)


def test_the_netlist_says_what_card_and_drive_say():
    """Every parameter of the card by its value, and the drive's points: this needs no ngspice."""
    neuron, drive = Neuron.from_card("zhao-2025"), pulses(0.8, 1e-3, 2e-3, 4e-3)
    text = neuron_netlist(neuron, drive, 1e-6, 5e-7, "traces.dat")
    values = {key: float(value) for key, value in re.findall(r"(\w+)=([-\d.e+]+)", text.split(".param ")[1].splitlines()[0])}
    p = neuron.memristor
    assert values["VT"] == pytest.approx(8.617333e-5 * 300)
    pairs = {"VN": p.v_n, "KAPPA": p.kappa, "SUPPLY": p.supply, "SUPPLYR": p.supply_residue, "CHI": p.chi, "GAMMA": p.gamma, "REMNANT": p.remnant}
    pairs |= {"GAMMAM": p.gamma_m, "VHOLD": p.v_hold, "TFORM": p.t_form, "TDISS": p.t_dissolve, "GON": p.g_on, "GOFF": p.g_off}
    assert {key: values[key] for key in pairs} == pytest.approx(pairs)
    points = list(map(float, text.split("PWL(")[1].split(")")[0].split()))
    assert np.interp([0.5e-3, 1.5e-3, 2.5e-3, 3.5e-3], points[::2], points[1::2]) == pytest.approx([0.8, 0.0, 0.8, 0.0])
    for line in ("Cg g 0 1e-11 IC=0", "Rc g 0 250000000", "Rl d vdd 47000", "kp=0.00075"):
        assert line in text


@NEEDS_NGSPICE
def test_ngspice_agrees_on_gate_voltage_and_spike_times(tmp_path):
    """Spike times within 0.5 % of an interval; gate voltage within 1 % of its peak, root mean square and in 99 of 100 samples."""
    neuron, drive, dt = Neuron.from_card("zhao-2025"), step(1.0, 12e-3), 1e-6
    netlist = tmp_path / "neuron.cir"
    netlist.write_text(neuron_netlist(neuron, drive, dt, 5e-7, str(tmp_path / "traces.dat")))
    subprocess.run(["ngspice", "-b", str(netlist)], check=True, capture_output=True, timeout=300)
    time, gate, _, _, latch = np.loadtxt(tmp_path / "traces.dat").T
    nucleated = latch > 0.5
    theirs = time[1:][nucleated[1:] & ~nucleated[:-1]]
    found = neuron.run(drive, dt, noise=False)
    ours = found["spike_time"].to_numpy()[0]
    assert len(ours) == len(theirs) >= 3
    assert abs(ours - theirs).max() < 0.005 * np.diff(ours).mean()
    voltage = found["v_gate"].to_numpy()[0]
    error = abs(np.interp(found["time"].to_numpy(), time, gate) - voltage) / voltage.max()
    assert np.sqrt(np.mean(error**2)) < 0.01
    assert np.mean(error < 0.01) > 0.99
