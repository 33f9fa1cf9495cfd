import pytest

from ferrion.core.errors import CardError
from ferrion.core.units import pretty, to_si


def test_units_convert():
    assert to_si(24, "uC/cm^2", "C/m^2") == pytest.approx(0.24)
    assert to_si(67, "uA", "A") == pytest.approx(67e-6)
    assert to_si(3, "", "1") == 3


@pytest.mark.parametrize("unit", ["ohm", "volts per", "parsnip"])
def test_a_wrong_unit_is_refused(unit):
    with pytest.raises(CardError, match="cannot be read as 'V'"):
        to_si(1, unit, "V")


def test_pretty_prefixes():
    assert pretty(38.2e-9, "J") == "38.2 nJ"
    assert pretty(0, "J") == "0 J"
    assert pretty(1234.0, "s") == "1.23 ks"
    assert pretty(9.999e-7, "J") == "1 µJ"
