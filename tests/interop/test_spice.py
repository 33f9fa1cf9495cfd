"""The netlist in ngspice does what the device level does without noise."""

import shutil
import subprocess

import numpy as np
import pytest

from ferrion.circuits.drive import step
from ferrion.circuits.neuron import Neuron
from ferrion.interop.spice import neuron_netlist


@pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed (Debian: apt-get install ngspice)")
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
