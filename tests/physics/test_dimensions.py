"""Every equation on quantities with units: dimensions fit, and a wrong one is caught."""

import inspect

import pint
import pytest

from ferrion.core.units import registry
from ferrion.kernels.dimensions import dimensional, with_units
from ferrion.params.card import load
from ferrion.physics import (
    ageing,
    between,
    conduction,
    diffusive,
    endurance,
    ferroelectric,
    filament,
    forming,
    heat,
    mosfet,
    nucleation,
    programming,
    recovery,
    silver,
    threshold,
    transistor,
)

Q = registry().Quantity
FECAP, MEMRISTOR, TRANSFER = load("fecap-martemucci2025"), load("memristor-martemucci2025"), load("transfer-martemucci2025")
SWITCHING = with_units(FECAP.fill("switching", ferroelectric.Switching))
CAPACITOR = with_units(FECAP.fill("capacitor", ferroelectric.Capacitor))
AGEING = with_units(FECAP.fill("ageing", ageing.Ageing))
FILAMENT = with_units(MEMRISTOR.fill("filament", filament.Filament))
FORMING = with_units(MEMRISTOR.fill("forming", forming.Forming))
PROGRAMMING = with_units(load("rram-levy2021").fill("programming", programming.Programming))
RECOVERY = with_units(load("switch-galloni2024").fill("recovery", recovery.Recovery))
LEAKAGE = with_units(load("leakage-reference").fill("leakage", conduction.Leakage))
ACCESS = with_units(TRANSFER.fill("access", transistor.Transistor))
STAGE = with_units(load("zhao-2025").fill("stage", mosfet.Stage))
NUCLEATION = with_units(load("diffusive-zhao2025-low").fill("nucleation", nucleation.Nucleation))
DIFFUSIVE = with_units(load("diffusive-zhao2025-table1").fill("diffusive", diffusive.Diffusive))
ENDURANCE = with_units(load("diffusive-zhao2025-low").fill("endurance", endurance.Endurance))
SILVER = with_units(load("silver-wang2017").fill("silver", silver.Silver))
SWITCH = with_units(load("relaxation-reference").fill("switch", threshold.Switch))
V, S, C, K, A, G, ONE = Q(1.0, "V"), Q(1e-6, "s"), Q(1e-15, "C"), Q(350.0, "K"), Q(1e-5, "A"), Q(5e-5, "S"), Q(0.5)

CASES = [
    (heat.arrhenius, (Q(1.0, "eV"), K, K), ""),
    (ferroelectric.log_delay, (V, 0 * V, SWITCHING), ""),
    (ferroelectric.switched_fraction, (S, V, 0 * V, SWITCHING), ""),
    (ferroelectric.exposed_fraction, (ONE, SWITCHING), ""),
    (ferroelectric.domain_switched, (S, ONE, SWITCHING), ""),
    (ferroelectric.released_charge, (ONE, CAPACITOR), "C"),
    (ferroelectric.film_capacitance, (CAPACITOR,), "F"),
    (ferroelectric.line_voltage, (C, CAPACITOR), "V"),
    (ferroelectric.switching_energy, (ONE, V, CAPACITOR), "J"),
    (ageing.wake_up, (Q(10.0), AGEING), ""),
    (ageing.fatigue, (Q(10.0), AGEING), ""),
    (ageing.equivalent, (S, K, AGEING), "s"),
    (ageing.retention, (S, AGEING), ""),
    (ageing.imprint, (S, AGEING), "V"),
    (filament.set_conductance, (A, FILAMENT), "S"),
    (filament.reset_conductance, (ONE, FILAMENT), "S"),
    (filament.share, (G, FILAMENT), ""),
    (filament.spread_early, (ONE, FILAMENT), ""),
    (filament.spread_late, (ONE, FILAMENT), ""),
    (filament.equivalent, (S, K, FILAMENT), "s"),
    (filament.drifting, (ONE, FILAMENT), ""),
    (filament.aged, (S, FILAMENT), ""),
    (filament.programmed, (G, ONE, FILAMENT), "S"),
    (filament.growth, (ONE, Q(10.0, "s"), FILAMENT), ""),
    (filament.loss, (ONE, Q(10.0, "s"), FILAMENT), ""),
    (filament.relaxed, (G, ONE, Q(10.0, "s"), FILAMENT), "S"),
    (filament.read_current, (G, V, ONE, FILAMENT), "A"),
    (forming.forming_voltage, (ONE, Q(2.0, "V/s"), FORMING), "V"),
    (programming.set_by_pulse, (S, V, V, PROGRAMMING), "S"),
    (conduction.poole_frenkel, (V, K, LEAKAGE), "A/m^2"),
    (recovery.recovered, (S, A, RECOVERY), "ohm"),
    (transistor.compliance, (V, 0 * V, ACCESS), "A"),
    (mosfet.drain_current, (V, STAGE), "A"),
    (nucleation.thermal_voltage, (K, NUCLEATION), "V"),
    (nucleation.nucleation_rate, (V, ONE, K, NUCLEATION), "1/s"),
    (nucleation.residue_rate, (ONE, V, NUCLEATION), "1/s"),
    (nucleation.conductance, (ONE, NUCLEATION), "S"),
    (silver.energy, (Q(1.0, "nm"), SILVER), "eV"),
    (silver.pull, (Q(1.0, "nm"), SILVER), "eV/m"),
    (silver.free, (Q(1.0, "nm"), SILVER), ""),
    (silver.repulsion, (Q(1.0, "nm"), Q(2.0, "nm"), SILVER), "eV/m"),
    (silver.tunnel, (Q(1.0, "nm"), SILVER), "ohm"),
    (silver.field, (V, Q(1.0, "nm"), SILVER), "V/m"),
    (silver.moved, (Q(1.0, "nm"), Q(1.0, "eV/m"), K, S, ONE, SILVER), "m"),
    (silver.warming, (V, Q(1.0, "ohm"), K, SILVER), "K/s"),
    (endurance.life, (ONE, ENDURANCE), ""),
    (endurance.worn, (Q(1e7), Q(1e8), ENDURANCE), ""),
    (endurance.threshold_shift, (ONE, V, 0 * V), "V"),
    (between.leak, (Q(1.0, "Mohm"), NUCLEATION), ""),
    (between.residue_fed, (V, V, ONE, ONE, S, NUCLEATION), ""),
    (between.residue_driven, (V, ONE, ONE, S, NUCLEATION), ""),
    (between.conduction, (V, S, NUCLEATION), "s"),
    (diffusive.field, (V, ONE, DIFFUSIVE), "V"),
    (diffusive.filament_rate, (ONE, ONE, V, DIFFUSIVE), "1/s"),
    (diffusive.residue_rate, (ONE, ONE, DIFFUSIVE), "1/s"),
    (diffusive.resistance, (ONE, DIFFUSIVE), "ohm"),
    (threshold.conductance, (ONE, SWITCH), "S"),
    (threshold.path_rate, (V, ONE, SWITCH), "1/s"),
]


@pytest.mark.parametrize(("equation", "arguments", "unit"), CASES, ids=lambda x: getattr(x, "__name__", ""))
def test_an_equation_has_the_right_dimension(equation, arguments, unit):
    assert registry().Quantity(dimensional(equation)(*arguments)).check(registry().Quantity(1, unit).dimensionality)


def test_every_equation_is_among_the_cases():
    here = {equation for equation, _, _ in CASES}
    for module in (heat, ferroelectric, ageing, filament, transistor, mosfet, nucleation, diffusive, threshold, between):
        for name, equation in inspect.getmembers(module, inspect.isfunction):
            if equation.__module__ == module.__name__:
                assert equation in here, f"{module.__name__}.{name} has no case"


def test_a_wrong_unit_is_caught():
    wrong = CAPACITOR._replace(thickness=Q(1.0, "V"))
    with pytest.raises(pint.DimensionalityError):
        dimensional(ferroelectric.line_voltage)(C, wrong)
