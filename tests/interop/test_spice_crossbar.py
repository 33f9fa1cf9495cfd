"""The netlist of a crossbar in ngspice gives the solver's currents."""

import subprocess

import numpy as np
import pytest
from tests.interop.test_spice import NEEDS_NGSPICE

from ferrion.arrays.crossbar import Crossbar
from ferrion.arrays.nodal import Wires
from ferrion.core.errors import ConfigError
from ferrion.interop.spice_crossbar import crossbar_netlist

RNG = np.random.default_rng(0)


@NEEDS_NGSPICE
@pytest.mark.parametrize(
    ("shape", "wires"), [((6, 9), Wires(row=2.0, column=3.0, driver=100.0, sense=20.0, access=500.0)), ((16, 4), Wires(row=0.5, column=0.5, driver=0.0, sense=0.0, access=0.0))]
)
def test_ngspice_reads_what_the_solver_reads(tmp_path, shape, wires):
    """Rectangular, an open and a short among the devices."""
    devices = RNG.uniform(1e-6, 2e-4, shape)
    devices[1, 2], devices[3, 1] = 0.0, 1e-2
    bar, volts = Crossbar(devices, wires), RNG.uniform(-0.2, 0.2, shape[0])
    (tmp_path / "array.cir").write_text(crossbar_netlist(bar, volts, "currents.txt"))
    done = subprocess.run(["ngspice", "-b", "array.cir"], cwd=tmp_path, capture_output=True, text=True, check=True)
    found = np.loadtxt(next(tmp_path.glob("currents*")))
    currents = np.atleast_1d(found)[1:]
    expected = bar.read(volts).currents
    assert np.abs(currents - expected).max() < 1e-6 * np.abs(expected).max(), done.stdout[-500:]


def test_the_netlist_has_every_part_once():
    bar = Crossbar(np.array([[1e-4, 0.0], [2e-4, 3e-4]]), Wires(row=1.0, column=2.0, driver=3.0, sense=4.0, access=1000.0))
    lines = crossbar_netlist(bar, [0.1, -0.2], "x").splitlines()
    resistors = {words[0]: float(words[3]) for words in map(str.split, lines) if words[0].startswith("R")}
    assert resistors == pytest.approx(
        {"Rd0": 4.0, "Rd1": 4.0, "Ra0_0": 1.0, "Ra1_0": 1.0, "Rb0_0": 2.0, "Rb0_1": 2.0, "Rs0": 6.0, "Rs1": 6.0, "Rg0_0": 1.1e4, "Rg1_0": 6e3, "Rg1_1": 1e3 + 1e4 / 3}
    )


def test_volts_that_do_not_fit_are_refused():
    with pytest.raises(ConfigError, match=r"\(2,\)"):
        crossbar_netlist(Crossbar(np.ones((2, 2)) * 1e-5, Wires(1.0, 1.0, 0.0, 0.0, 0.0)), [0.1], "x")
