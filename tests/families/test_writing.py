"""Who writes one symbol after another, and what follows for the choice of a net."""

import pytest

from fivefold.errors import InputError
from fivefold.families import FAMILIES
from fivefold.families.writing import writer
from fivefold.preparation import build
from fivefold.spaces import Space

TEXT, TABLE = Space.sequence(alphabet=9, length=8), Space((1,), (2, 3))


@pytest.mark.parametrize("name", FAMILIES)
def test_a_net_can_be_chosen_where_symbols_are_written_and_nowhere_else(name) -> None:
    if writer(build(name, TEXT)) is not None:
        assert writer(build(name, TEXT, net="gru")).config["net"] == "gru"
    else:
        with pytest.raises(InputError, match="no choice of net"):
            build(name, TEXT, net="gru")
    with pytest.raises(InputError, match="no choice of net"):
        build(name, TABLE, net="gru")


def test_autoregressive_and_flow_write() -> None:
    assert {name for name in FAMILIES if writer(build(name, TEXT))} == {"autoregressive", "flow"}
