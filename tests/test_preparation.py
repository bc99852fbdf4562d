"""From data to a training that could begin."""

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from fivefold.codecs import read_data
from fivefold.errors import InputError
from fivefold.intake import OPTIONS, Reading
from fivefold.preparation import describe_source, prepare, suited

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


@pytest.fixture
def pictures(tmp_path):
    files = pytest.importorskip("fivefold.codecs.pictures.files")
    pytest.importorskip("PIL")

    def write(name: str, *levels: int):
        (tmp_path / name).mkdir()
        for number, level in enumerate(levels):
            picture = np.full((1, 4, 4), level, np.uint8)
            (tmp_path / name / f"{number}.png").write_bytes(files.png(picture))
        return tmp_path / name

    return write


def digest_of(source) -> str:
    return describe_source(source, read_data(source)[1])["sha256"]


def test_files_are_the_same_data_wherever_they_lie(pictures) -> None:
    first, second, other = pictures("a", 1, 2), pictures("b", 1, 2), pictures("c", 1, 3)
    assert digest_of(first) == digest_of(second) != digest_of(other)


def test_a_file_that_a_table_only_names_is_not_opened(tmp_path) -> None:
    named = tmp_path / "named.txt"
    named.write_text("one")
    table = pa.table({"picture": [str(named)] * 2, "age": [3, 4]})
    before = describe_source("a.csv", table)["sha256"]
    named.write_text("two")
    assert describe_source("a.csv", table)["sha256"] == before


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_a_model_to_start_from_has_its_own_way_of_reading(name) -> None:
    before = SimpleNamespace(codec=SimpleNamespace(kind="image"))
    with pytest.raises(InputError, match=f"--{name.replace('_', '-')} does not go with"):
        suited(Reading(**{name: 8}), before)
