"""What grids are asked for: ways between pictures, the live sheet, what a sampler can be told."""

import numpy as np
import pyarrow as pa
import pytest
import torch

from fivefold.codecs.image import ImageCodec
from fivefold.codecs.pictures.arrays import table_of
from fivefold.drawing.interpolating import arc, interpolate, way
from fivefold.drawing.live import SHARE, LiveSheet, live_sheet
from fivefold.drawing.restoring import fill_picture, merged
from fivefold.drawing.sampling import sample, taken
from fivefold.drawing.strips import levels, rows_of, write_strip
from fivefold.errors import InputError
from fivefold.families import FAMILIES
from fivefold.intake import Reading
from fivefold.model import Model
from fivefold.preparation import build
from fivefold.spaces import Space


def noise(count: int) -> pa.Table:
    x = np.random.default_rng(0).integers(0, 255, (count, 6, 6)).astype(np.uint8)
    return table_of(x, np.arange(count) % 3, "noise", 1 << 20)


@pytest.fixture(scope="module")
def codec():
    return ImageCodec().fit(noise(30))


def model_of(codec, family: str) -> Model:
    torch.manual_seed(0)
    made = build(family, codec.space, size=0.25)
    made.prepare(codec.encode(noise(30)), torch.Generator().manual_seed(0))
    return Model(made.requires_grad_(False).eval(), codec, {})


def picture(codec, seed: int):
    x = np.random.default_rng(seed).integers(0, 255, (1, 6, 6)).astype(np.uint8)
    return codec.encode(table_of(x, np.array([seed % 3]), "one", 1 << 20))[:]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_draws_pictures_and_fills_them(codec, family):
    model = model_of(codec, family)
    assert levels(sample(model, 3, where={"class": "1"})).shape == (3, 1, 6, 6)
    known, hole = np.full((6, 6), 77, np.uint8), np.zeros((6, 6), np.uint8)
    hole[:3] = 255
    made = levels(fill_picture(model, known, hole, count=2))
    assert (made[:, 0, 3:] == 77).all()


def test_an_arc_keeps_the_length_and_begins_and_ends_where_it_should():
    g = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 50, generator=g)
    path = arc(a, b, torch.linspace(0, 1, 9))
    assert torch.allclose(path[[0, -1]], torch.stack([a, b]), atol=1e-5)
    ends = (float(a.norm()), float(b.norm()))
    assert 0.95 * min(ends) < float(path.norm(dim=1).min())
    assert torch.allclose(arc(a, 2 * a, torch.tensor([0.5])), 1.5 * a[None], atol=1e-5)


@pytest.mark.parametrize("family", ["diffusion", "flow"])
def test_the_ends_of_a_way_are_what_the_model_gives_back(codec, family):
    model = model_of(codec, family)
    first, second = picture(codec, 4), picture(codec, 8)
    found = way(model, first, second, steps=3)
    assert found.discrete[:, 0].tolist()[::2] == [1, 2]
    for end, row in ((first, 0), (second, -1)):
        assert float((found.continuous[row] - end.continuous[0]).abs().mean()) < 0.1
    assert float((found.continuous[1] - found.continuous[0]).abs().mean()) > 0.1


def test_a_model_of_a_table_has_no_pictures_to_go_between():
    codec, table = Reading().open({"a": ["x", "y"] * 20})
    codec.fit(table)
    model = Model(build("flow", codec.space, size=0.25), codec, {})
    with pytest.raises(InputError, match="no pictures"):
        interpolate(model, "a.png", "b.png")


def test_the_live_sheet_is_renewed_but_takes_little_time(codec, tmp_path, monkeypatch):
    model = model_of(codec, "diffusion")
    live = live_sheet(codec, tmp_path)
    assert isinstance(live, LiveSheet)
    live(model.family, {"seconds": 1.0})
    first = (tmp_path / "samples.png").read_bytes()
    assert first.startswith(b"\x89PNG")
    live.spent = 1.0
    (tmp_path / "samples.png").unlink()
    live(model.family, {"seconds": 0.99 / SHARE})
    assert not (tmp_path / "samples.png").exists(), "it has had its share"
    live(model.family, {"seconds": 1.01 / SHARE})
    assert (tmp_path / "samples.png").read_bytes() == first, "always from the same noise"


def test_tables_and_texts_have_no_live_sheet(tmp_path, codec):
    own, table = Reading().open({"a": ["x", "y"] * 20})
    assert live_sheet(own.fit(table), tmp_path) is None
    assert live_sheet(codec, None) is None


def test_what_a_sampler_can_be_told_depends_on_family_and_data():
    grid = Space.grid(1, (4, 4), (2,))
    assert {"steps", "guidance"} <= set(taken(build("diffusion", grid, size=0.25)))
    assert "temperature" not in taken(build("diffusion", grid, size=0.25))
    assert "temperature" in taken(build("variational", grid, size=0.25))
    columns = taken(build("diffusion", Space((2,), (3,)), size=0.25))
    assert "steps" in columns
    assert "guidance" not in columns


def test_a_strip_is_one_row(codec, tmp_path):
    pictures = np.zeros((3, 1, 6, 6), np.uint8)
    assert rows_of(pictures, 3).shape == (4, 6, 22)
    assert rows_of(pictures, 3)[3, :, 6].max() == 0, "gaps are transparent"
    write_strip(sample(model_of(codec, "flow"), 3), tmp_path / "made.npz")
    with np.load(tmp_path / "made.npz") as arrays:
        assert arrays["x"].shape == (3, 6, 6, 1)


def test_filled_rows_take_their_places_by_entity_and_time():
    table = pa.table(
        {
            "day": [3, 1, 2, 1, 3, *range(4, 60)],
            "who": ["b", "a", "a", "b", "a"] + ["b"] * 56,
            "x": [3.0, 1.0, None, 5.0, 6.0] + [0.5 * n for n in range(56)],
            "note": ["n"] * 61,
        }
    )
    codec, table = Reading(kind="series", length=8, column="time=day,entity=who").open(table)
    codec.fit(table)
    rows = pa.table({"day": [2, 2], "who": ["a", "b"], "x": [1.5, 4.0]})
    found = merged(codec, table, rows.select([n for n in table.column_names if n != "note"]))
    assert found["day"].to_pylist()[:6] == [1, 2, 3, 4, 5, 6]
    assert found.filter(pa.compute.equal(found["who"], "a"))["x"].to_pylist() == [1.0, 1.5, 6.0]
    assert len(found) == 62
    assert found["note"].null_count == 1, "a new row has no note"
