"""From data to a training that could begin."""

import pyarrow as pa
import pytest

from fivefold.errors import InputError
from fivefold.intake import Reading
from fivefold.preparation import prepare

LINES = pa.table({"text": ["ab" * n for n in [3] * 4_000 + [40] * 40]})


def test_a_step_has_as_many_symbols_whether_data_are_short_or_long() -> None:
    task = prepare(LINES, reading=Reading(kind="text", alphabet="characters"))
    mean = float(task.x.lengths.float().mean())
    assert mean < task.codec.space.positions / 5
    recipe = task.family.recipe
    assert task.plan.batch * mean == pytest.approx(recipe.batch * recipe.length, rel=0.05)


def test_one_process_does_not_share_its_weights() -> None:
    with pytest.raises(InputError, match="no other to share"):
        prepare(LINES, shard=True)
