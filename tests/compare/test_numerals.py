import math

from hypothesis import given
from hypothesis import strategies as st

from fivefold.compare.numerals import bare, interval, number, seconds, short
from fivefold.measures.figure import Figure

UNITS = st.sampled_from(
    ["share", "AUC", "s", "bytes", "rows/s", "nats", "J", "exponent", "score", ""]
)


@given(st.floats(allow_nan=True, allow_infinity=True), UNITS)
def test_any_value_is_written_short(value, unit):
    written = number(value, unit)
    assert written
    assert "e+" not in written or abs(value) > 1e15
    assert (written == "–") == (not math.isfinite(value))


@given(st.floats(0.001, 1e12))
def test_short_keeps_two_digits(value):
    head, _, prefix = short(value).partition(" ")
    scale = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}[prefix]
    assert math.isclose(float(head) * scale, value, rel_tol=0.06)


def test_rounding_never_shows_sixty_seconds():
    assert seconds(179.9) == "3 min"
    assert seconds(119.96) == "120 s"


def test_an_interval_names_its_unit_once():
    assert interval(Figure("a", "A", 0.02, 0.01, 0.03)) == "1.00 to 3.00%"
    assert interval(Figure("a", "A", 2.0, 1.0, 3.0, unit="s")) == "1 to 3 s"
    assert interval(Figure("a", "A", 2.0, None, 3.0)) == ""


def test_a_minus_sign_is_a_minus_sign():
    assert bare(-31.25, "nats").startswith("−")
