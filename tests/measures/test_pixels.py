"""Pictures of any source in one form."""

import numpy as np
import pyarrow as pa
import pytest

from fivefold.codecs.pictures.listings import tensors
from fivefold.errors import InputError
from fivefold.measures.pixels import form_of, pictures_of, smaller, table_of

DRAW = np.random.default_rng(0)


def some(*shape: int) -> np.ndarray:
    return DRAW.integers(0, 256, shape).astype(np.uint8)


@pytest.mark.parametrize(
    ("real", "made", "shape"),
    [
        ((9, 8, 8), (9, 8, 8, 1), (1, 8, 8)),
        ((9, 8, 12, 3), (9, 4, 6, 3), (3, 4, 6)),
        ((9, 8, 8), (9, 8, 8, 3), (3, 8, 8)),
        ((9, 200, 100, 3), (9, 200, 100, 3), (3, 64, 32)),
    ],
)
def test_both_sides_are_brought_to_one_form(real, made, shape):
    tables = table_of(some(*real), "real"), table_of(some(*made), "made")
    form = form_of(*tables)
    assert form.shape == shape
    for table in tables:
        assert pictures_of(table, form, np.random.default_rng(0)).levels.shape[1:] == shape


def test_pictures_keep_their_levels_their_classes_and_their_order():
    levels = some(30, 6, 5, 3)
    words = [None if k % 7 == 0 else "ab"[k % 2] for k in range(30)]
    table = pa.table({"picture": tensors(levels), "class": pa.array(words)})
    found = pictures_of(table, form_of(table), np.random.default_rng(0))
    assert np.array_equal(found.levels, levels.transpose(0, 3, 1, 2))
    assert found.classes == words
    assert found.rows.tolist() == list(range(30))
    assert len(set(found.digests.tolist())) == 30
    assert np.array_equal(found.small, found.levels.reshape(30, -1))


def test_equal_pictures_have_equal_digests():
    found = pictures_of(
        table_of(np.repeat(some(1, 5, 5), 4, 0), "real"),
        form_of(table_of(some(2, 5, 5), "real")),
        np.random.default_rng(0),
    )
    assert len(set(found.digests.tolist())) == 1


def test_small_copies_are_means():
    levels = np.zeros((1, 1, 32, 32), np.uint8)
    levels[..., :2, :2] = [[0, 100], [200, 100]]
    assert smaller(levels).shape == (1, 256)
    assert smaller(levels)[0, :2].tolist() == [100, 0]


@pytest.mark.parametrize("data", [np.zeros((3, 4, 4)), np.zeros((3, 4), np.uint8), pa.table({})])
def test_what_holds_no_pictures_is_refused(data):
    with pytest.raises(InputError):
        table_of(data, "real")
