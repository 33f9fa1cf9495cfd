"""Every number has a source; every way of leaving it out is refused."""

import pytest

from ferrion.core.errors import CardError
from ferrion.params.card import load, shipped
from ferrion.params.cite import bibliography, sources
from ferrion.physics.transistor import Transistor

GOOD = '[card]\ntitle = "a transistor"\n[access]\n' + "\n".join(
    f'{key} = {{value = {value}, unit = "{unit}", source = "ferrion", where = "here", how = "typical", note = "a test"}}'
    for key, value, unit in (("v_th", 500, "mV"), ("v_full", 1.2, "V"), ("i_full", 67, "uA"), ("alpha", 1.3, ""))
)


def card(tmp_path, text):
    path = tmp_path / "card.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", shipped())
def test_every_number_of_a_shipped_card_has_a_source_in_the_bibliography(name):
    for section, key, number in load(name).numbers():
        assert number.source in bibliography(), f"{name}: {section}.{key}"
        assert number.where


def test_a_card_fills_in_si(tmp_path):
    assert load(card(tmp_path, GOOD)).fill("access", Transistor) == Transistor(0.5, 1.2, pytest.approx(67e-6), 1.3)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (', source = "ferrion"', "", "lacks source"),
        (', where = "here"', "", "lacks where"),
        ('how = "typical"', 'how = "recall"', "allowed are"),
        (', note = "a test"', "", "needs a note"),
        ('unit = "mV"', 'unit = "ohm"', "cannot be read as 'V'"),
        ("v_th =", "v_tth =", "did you mean 'v_th'"),
        ("value = 500", 'value = "500"', "is not a number"),
        ("value = 500", "value = 500, colour = 1", "unknown fields colour"),
        ('unit = "mV"', "unit = 3", "write it as text"),
        ('where = "here"', 'where = " "', "must say something"),
        ('title = "a transistor"', 'title = "a transistor"\nparts = 3', "parts = 3"),
        ('[card]\ntitle = "a transistor"', "", "no \\[card\\] section"),
        ("v_th = {", "v_th = {{", "is not TOML"),
    ],
)
def test_a_card_out_of_order_is_refused(tmp_path, old, new, message):
    with pytest.raises(CardError, match=message):
        load(card(tmp_path, GOOD.replace(old, new, 1))).fill("access", Transistor)


def test_a_card_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "card.toml"
    path.write_bytes(GOOD.replace("transistor", "r\u00e9sistance").encode("latin-1"))
    with pytest.raises(CardError, match="is not TOML"):
        load(path)


def test_an_unknown_card_names_the_nearest():
    with pytest.raises(CardError, match="did you mean 'leti-2025'"):
        load("letti-2025")


def test_sources_are_those_of_the_numbers():
    assert "Wan2022" in {source.key for source in sources([load("memristor-martemucci2025")])}
