"""One spec, every backend: numba and torch agree with the plain equation."""

import numpy as np
import pytest
import torch

from ferrion.core.errors import BindError
from ferrion.kernels.bind import bind
from ferrion.kernels.cpu import scalar
from ferrion.kernels.reference import reference
from ferrion.params.card import load
from ferrion.physics import ageing, diffusive, ferroelectric, filament, mosfet, nucleation, threshold, transistor

FECAP, MEMRISTOR, TRANSFER = load("fecap-martemucci2025"), load("memristor-martemucci2025"), load("transfer-martemucci2025")
STAGE = load("zhao-2025").fill("stage", mosfet.Stage)
NUCLEATION = load("diffusive-zhao2025-low").fill("nucleation", nucleation.Nucleation)
SWITCH = load("relaxation-reference").fill("switch", threshold.Switch)
DIFFUSIVE = load("diffusive-zhao2025-table1").fill("diffusive", diffusive.Diffusive)
N = 500
RNG = np.random.default_rng(0)
NORMAL, UNIT = RNG.normal(size=N), RNG.random(N)
CASES = [
    (ferroelectric.switched_fraction, (10 ** (-9 + 4 * UNIT), 1 + 4 * RNG.random(N), 0.3 * UNIT), FECAP.fill("switching", ferroelectric.Switching)),
    (ferroelectric.domain_switched, (10 ** (-9 + 4 * UNIT), 5 * NORMAL), FECAP.fill("switching", ferroelectric.Switching)),
    (ferroelectric.line_voltage, (1e-14 * UNIT,), FECAP.fill("capacitor", ferroelectric.Capacitor)),
    (ageing.wake_up, (1e4 * UNIT,), FECAP.fill("ageing", ageing.Ageing)),
    (ageing.fatigue, (1e9 * UNIT,), FECAP.fill("ageing", ageing.Ageing)),
    (ageing.retention, (10 ** (8 * UNIT),), FECAP.fill("ageing", ageing.Ageing)),
    (ageing.imprint, (10 ** (8 * UNIT),), FECAP.fill("ageing", ageing.Ageing)),
    (filament.programmed, (1e-4 * UNIT, NORMAL), MEMRISTOR.fill("filament", filament.Filament)),
    (filament.equivalent, (10 ** (6 * RNG.random(N)), 300 + 100 * RNG.random(N)), MEMRISTOR.fill("filament", filament.Filament)),
    (filament.relaxed, (1e-4 * UNIT, NORMAL, 10 ** (6 * RNG.random(N))), MEMRISTOR.fill("filament", filament.Filament)),
    (filament.reset_conductance, (NORMAL,), MEMRISTOR.fill("filament", filament.Filament)),
    (filament.read_current, (1e-4 * UNIT, UNIT, NORMAL), MEMRISTOR.fill("filament", filament.Filament)),
    (transistor.compliance, (1.2 * UNIT, 0.01 * NORMAL), TRANSFER.fill("access", transistor.Transistor)),
    (mosfet.drain_current, (UNIT,), STAGE),
    (nucleation.nucleation_rate, (1.2 * NORMAL, 3 * UNIT, 300 + 100 * RNG.random(N)), NUCLEATION),
    (nucleation.residue_rate, (UNIT, NORMAL), NUCLEATION),
    (nucleation.conductance, (UNIT,), NUCLEATION),
    (diffusive.filament_rate, (UNIT, UNIT, NORMAL), DIFFUSIVE),
    (diffusive.resistance, (1.5 * NORMAL,), DIFFUSIVE),
    (threshold.conductance, (UNIT,), SWITCH),
    (threshold.path_rate, (0.5 * NORMAL, UNIT), SWITCH),
]


@pytest.mark.parametrize(("equation", "arguments", "parameters"), CASES, ids=lambda x: getattr(x, "__name__", ""))
def test_backends_agree_with_the_reference(equation, arguments, parameters):
    truth = reference(equation)(*map(torch.from_numpy, arguments), parameters).numpy()
    assert truth.dtype == np.float64
    compiled = scalar(equation)
    cells = np.array([compiled(*map(float, cell), parameters) for cell in zip(*arguments, strict=True)])
    np.testing.assert_allclose(cells, truth, rtol=1e-12, atol=1e-15 * np.abs(truth).max())
    np.testing.assert_allclose(equation(*arguments, parameters), truth, rtol=1e-12, atol=1e-15 * np.abs(truth).max())


def test_the_reference_has_gradients_that_finite_differences_confirm():
    p = FECAP.fill("switching", ferroelectric.Switching)
    fraction = reference(ferroelectric.switched_fraction)
    v = torch.linspace(2.0, 5.0, 7, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(fraction(1e-7, v, 0.0, p).sum(), v)
    h = 1e-6
    with torch.no_grad():
        difference = (fraction(1e-7, v + h, 0.0, p) - fraction(1e-7, v - h, 0.0, p)) / (2 * h)
    torch.testing.assert_close(slope, difference, rtol=1e-6, atol=1e-9)


def test_a_maths_name_the_backend_lacks_is_an_error():
    with pytest.raises(BindError, match="'arctan'"):
        bind(ferroelectric.switched_fraction, {"log": np.log, "abs": abs, "maximum": max})


def test_editing_an_equation_changes_the_cache_folder(tmp_path, monkeypatch):
    from ferrion.core import compiled

    source = tmp_path / "core" / "a.py"
    source.parent.mkdir()
    source.write_text("x = 1")
    monkeypatch.setattr(compiled, "__file__", str(source))
    before = compiled._digest()
    source.write_text("x = 2")
    assert compiled._digest() != before
