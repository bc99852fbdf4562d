"""Pictures as grids and back: the form, the scale, the classes, conditions, files."""

import io
import json
import math
import resource
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fivefold.codecs import CODECS, read_data, write_table
from fivefold.codecs.image import ImageCodec
from fivefold.codecs.pictures.arrays import table_of
from fivefold.codecs.pictures.files import png
from fivefold.codecs.pictures.sheets import folder_names, sheet
from fivefold.errors import InputError, NotFittedError
from fivefold.intake import Reading
from fivefold.model import codec_from
from fivefold.spaces import Batch

Image = pytest.importorskip("PIL.Image")


def noise(n=8, channels=1, height=6, width=5, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, channels, height, width), np.uint8)


def listing(array, classes=None):
    """A table of pictures (N, C, H, W)."""
    words = None if classes is None else np.array(classes)
    return table_of(array.transpose(0, 2, 3, 1), words, "", 1 << 28)


def files(*contents, **columns):
    return pa.table({"picture": pa.array(contents, pa.large_binary()), **columns})


def packed(array, form="PNG", **how):
    kept = io.BytesIO()
    Image.fromarray(array).save(kept, form, **how)
    return kept.getvalue()


def flat(width=8, height=8, level=7, mode="RGB"):
    kept = io.BytesIO()
    Image.new("RGB", (width, height), (level, 0, 255 - level)).convert(mode).save(kept, "PNG")
    return kept.getvalue()


DIGITS = listing(noise(20), [str(n % 10) for n in range(20)])


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(
        np.uint8,
        st.tuples(
            st.integers(2, 5), st.sampled_from([1, 3, 4]), st.integers(1, 9), st.integers(1, 9)
        ),
    )
)
def test_decode_undoes_encode_on_pictures_of_the_form_s_size(array):
    for table in (listing(array), files(*[png(picture) for picture in array])):
        codec = ImageCodec(channels=array.shape[1]).fit(table)
        x = codec.encode(table)
        assert (x.array == array).all()
        back = codec.decode(x[: len(x)])
        assert (
            np.stack(back["picture"].combine_chunks().to_numpy_ndarray()).reshape(
                array.transpose(0, 2, 3, 1).shape
            )
            == array.transpose(0, 2, 3, 1)
        ).all()


def test_numbers_have_zero_mean_and_unit_variance_as_a_whole_and_one_quantum():
    array = noise(50, 3)
    array[:, 1] //= 4
    codec = ImageCodec().fit(listing(array))
    x = codec.encode(listing(array))[:50].continuous
    assert x.mean((0, 2, 3)).abs().max() < 1e-5
    assert x.var((0, 2, 3), correction=0).mean() == pytest.approx(1, abs=1e-4)
    steps = x.diff(dim=3) / codec.space.quantum
    assert (steps - steps.round()).abs().max() < 1e-3


def test_pictures_that_are_all_alike_are_not_divided_by_zero():
    table = listing(np.full((4, 3, 4, 4), 9, np.uint8))
    codec = ImageCodec().fit(table)
    assert codec.encode(table)[:4].continuous.abs().max() == 0
    assert codec.space.quantum == 1


def test_bits_per_dimension_are_those_of_levels():
    codec = ImageCodec().fit(DIGITS)
    x = codec.encode(DIGITS)[:3]
    dimensions, width = codec.space.dimensions, 256 * codec.space.quantum
    log_prob = torch.full((3,), -dimensions * math.log(width))  # alike over all levels
    bits = -(log_prob + codec.log_volume(x)) / (dimensions * math.log(2))
    assert bits.tolist() == pytest.approx([8.0] * 3)


# form


@pytest.mark.parametrize(
    ("sizes", "wanted"),
    [
        ([(28, 28)] * 3, (28, 28)),
        ([(20, 30)] * 9 + [(8, 8)], (20, 30)),
        ([(178, 218)] * 3, (52, 64)),
        ([(300, 200), (100, 180), (90, 90)], (64, 64)),
        ([(30, 20), (10, 18), (9, 12)], (10, 10)),
        ([(2_000, 1)] * 2, (64, 4)),
    ],
)
def test_the_size_suits_most_pictures_and_is_at_most_64(sizes, wanted):
    table = files(*[flat(*size) for size in sizes])
    codec = ImageCodec().fit(table)
    assert codec.space.extent == wanted[::-1]
    changed = sum(size != wanted for size in sizes)
    said = [notice for notice in codec.notices if "from other sizes" in notice]
    assert bool(said) == bool(changed)
    if changed:
        assert said[0].startswith(f"{changed:,} of {len(sizes):,} pictures")
        assert f"to {wanted[0]} x {wanted[1]}" in said[0]


@pytest.mark.parametrize(
    ("size", "wanted"), [(100, (100, 100)), ("64x48", (48, 64)), ((9, 7), (7, 9))]
)
def test_any_size_can_be_asked_for(size, wanted):
    assert ImageCodec(size).fit(files(flat(), flat())).space.extent == wanted


@pytest.mark.parametrize(
    "size", [0, -1, 5_000, "x", "1x2x3", (1, 2, 3), 1.5j, (None, 2), True + 0.5]
)
def test_no_size_of_a_picture(size):
    with pytest.raises(InputError, match="size"):
        ImageCodec(size)


def test_other_options_that_there_are_not():
    with pytest.raises(InputError, match="crop"):
        ImageCodec(crop="left")
    with pytest.raises(InputError, match="2 channels"):
        ImageCodec(channels=2)
    with pytest.raises(NotFittedError):
        _ = ImageCodec().space


def test_one_odd_size_among_thousands_is_brought_to_the_others():
    table = files(*[flat(12, 12)] * 2_000, flat(30, 10))
    codec = ImageCodec().fit(table)
    assert codec.space.extent == (12, 12)
    assert codec.encode(table).array.shape == (2_001, 3, 12, 12)
    assert codec.notices[0].startswith("1 of 2,001 pictures are brought from other sizes")


@pytest.mark.parametrize(
    ("modes", "channels"),
    [
        (["L", "L", "RGB"], 1),
        (["RGB", "RGB", "L"], 3),
        (["RGBA", "RGBA", "RGB"], 3),
        (["P", "P", "L"], 3),
    ],
)
def test_channels_are_those_of_most(modes, channels):
    codec = ImageCodec().fit(files(*[flat(mode=mode) for mode in modes]))
    assert codec.space.channels == channels


def test_transparency_is_kept_where_it_is_used():
    used = noise(3, 4)
    assert ImageCodec().fit(listing(used)).space.channels == 4
    used[:, 3] = 255
    codec = ImageCodec().fit(listing(used))
    assert codec.space.channels == 3
    assert (codec.encode(listing(used)).array == used[:, :3]).all()


def test_grey_that_was_saved_as_colour_is_grey():
    grey = noise(3).repeat(3, axis=1)
    codec = ImageCodec().fit(listing(grey))
    assert codec.space.channels == 1
    assert (codec.encode(listing(grey)).array == grey[:, :1]).all()
    assert codec.notices == ["3 of 3 pictures are brought to grey"]
    assert ImageCodec(channels=3).fit(listing(grey)).space.channels == 3


def test_animations_are_counted():
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    kept = io.BytesIO()
    first.save(kept, "GIF", save_all=True, append_images=[second])
    codec = ImageCodec().fit(files(kept.getvalue(), flat()))
    assert "1 picture moves: the first frame is taken" in codec.notices


def test_stretched_pictures_keep_their_edges():
    picture = np.zeros((8, 32), np.uint8)
    picture[:, 24:] = 255
    table = files(packed(picture), packed(picture))
    cut = ImageCodec(8, "centre").fit(table)
    bent = ImageCodec(8, "stretch").fit(table)
    assert cut.encode(table).array.max() == 0
    assert bent.encode(table).array.max() == 255
    assert "bent" in bent.notices[0]


# damaged pictures


BAD = (b"", flat()[:50], b"to be or not to be")


@pytest.mark.parametrize("bad", BAD)
def test_a_damaged_picture_is_an_error_that_names_it(bad):
    table = files(flat(), flat(), bad, flat(), name=["a.png", "b.png", "c.png", "d.png"])
    codec = ImageCodec()
    with pytest.raises(InputError) as fault:
        codec.fit(table).encode(table)
    assert "c.png" in fault.value.where
    assert "--skip-bad" in str(fault.value)


def test_damaged_pictures_are_left_out_counted_and_their_labels_with_them():
    array = noise(6, 3)
    contents = [png(picture) for picture in array]
    contents[2:2] = BAD
    contents.append(None)
    names = [f"{n}.png" for n in range(10)]
    table = files(*contents, name=names, **{"class": list("aabbbaabba")})
    codec = ImageCodec(skip_bad=True).fit(table)
    x = codec.encode(table)
    assert (x.array == array).all()
    assert [codec.classes[n] for n in x.labels[:, 0].tolist()] == list("aaaabb")[:2] + list("aabb")
    damage = [notice for notice in codec.notices if "damaged" in notice]
    assert len(damage) == 1
    assert damage[0].startswith("4 damaged pictures were left out: 2.png")
    assert damage[0].endswith("and 1 more")
    again = codec.encode(table.slice(5))
    assert len(again) == 4
    assert [notice for notice in codec.notices if "damaged" in notice] == damage


def test_a_row_without_a_name_is_named_by_its_number():
    table = files(*[flat()] * 5, flat()[:-30])
    with pytest.raises(InputError, match="row 6"):
        ImageCodec().fit(table)


def test_nothing_but_damage_is_an_error():
    for bad in BAD:
        with pytest.raises(InputError, match="no picture that can be read"):
            ImageCodec(skip_bad=True).fit(files(bad, bad))


def test_wrong_channel_counts_are_named():
    tensors = pa.FixedShapeTensorArray.from_numpy_ndarray(np.zeros((4, 8, 9, 2), np.uint8))
    with pytest.raises(InputError, match="2 channels"):
        ImageCodec().fit(pa.table({"picture": tensors}))


def test_other_tables_are_refused():
    with pytest.raises(InputError, match="no column 'picture'"):
        ImageCodec().fit(pa.table({"age": [1, 2]}))


def test_more_than_the_disk_holds_is_refused(monkeypatch):
    codec = ImageCodec().fit(DIGITS)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Disk", (), {"free": 599})())
    with pytest.raises(InputError, match="GB unpacked"):
        codec.encode(DIGITS, memory=599)
    assert len(codec.encode(DIGITS, memory=600)) == 20


def test_pixels_beyond_the_limit_of_memory_are_mapped():
    codec = ImageCodec().fit(DIGITS)
    x = codec.encode(DIGITS, memory=100)
    held = codec.encode(DIGITS)
    assert isinstance(x.array.base, np.memmap) or isinstance(x.array, np.memmap)
    assert x.digest() == held.digest()


# classes


def test_classes_are_labels_with_their_names():
    table = listing(noise(6), ["10", "9", "x", "10", "9", "x"])
    codec = ImageCodec().fit(table)
    assert codec.classes == ["9", "10", "x"]
    assert codec.space.discrete == (3,)
    x = codec.encode(table)
    assert x.labels[:, 0].tolist() == [1, 0, 2] * 2
    assert codec.decode(x[:6])["class"].to_pylist() == table["class"].to_pylist()


def test_to_have_no_class_is_a_class_of_its_own():
    table = files(*[flat()] * 5, **{"class": ["a", "a", None, " ", "a"]})
    codec = ImageCodec().fit(table)
    assert codec.classes == ["a", None]
    assert "2 of 5 pictures have no class" in codec.notices
    assert codec.decode(codec.encode(table)[:5])["class"].to_pylist() == [
        "a",
        "a",
        None,
        None,
        "a",
    ]
    other = files(flat(), **{"class": ["b"]})
    assert codec.encode(other).labels.tolist() == [[1]]


@pytest.mark.parametrize("classes", [["a"] * 4, ["a", "b", "c", "d"], [None] * 4])
def test_classes_that_tell_nothing_are_no_labels(classes):
    codec = ImageCodec().fit(files(*[flat()] * 4, **{"class": pa.array(classes, pa.string())}))
    assert codec.space.discrete == ()
    assert codec.encode(files(flat())).labels.shape == (1, 0)


def test_an_unknown_class_is_an_error_that_lists_those_there_are():
    codec = ImageCodec().fit(DIGITS)
    for asked in ("12", 12, None):
        with pytest.raises(InputError, match="there are: 0, 1, 2, 3"):
            codec.condition({"class": asked}, 2)
    with pytest.raises(InputError, match="'cat'"):
        codec.encode(files(flat(5, 6), **{"class": ["cat"]}))
    with pytest.raises(InputError, match="has no class"):
        codec.encode(files(flat(5, 6)))


def test_a_class_written_otherwise_is_the_same_class():
    table = files(*[flat()] * 4, **{"class": ["cafe\u0301", "café", "b", "b"]})
    codec = ImageCodec().fit(table)
    assert codec.classes == ["b", "café"]
    assert codec.condition({"class": "cafe\u0301"}, 1).values.discrete.tolist() == [[1]]


# conditions


def test_a_class_is_a_datum_seen_in_part():
    codec = ImageCodec().fit(DIGITS)
    c = codec.condition({"class": "7"}, 3)
    assert c.values.discrete.tolist() == [[7]] * 3
    assert (c.discrete.tolist(), c.continuous.any().item(), c.seen) == ([True], False, 1)
    assert c.continuous.shape == codec.space.shape
    assert codec.condition({}, 3).seen == 0
    assert codec.condition({"class": 7}, 1).values.discrete.tolist() == [[7]]
    with pytest.raises(InputError, match="'size'"):
        codec.condition({"size": 3}, 1)


def test_a_damaged_picture_is_seen_where_its_mask_is_black():
    codec = ImageCodec().fit(DIGITS)
    picture, mask = noise(1)[0, 0], np.zeros((6, 5), np.uint8)
    mask[:3] = 255
    for given_, hole in ((picture, mask), (packed(picture), packed(mask, "BMP"))):
        c = codec.damaged(given_, hole, 2, where={"class": "3"})
        assert c.continuous[0, :, 0].tolist() == [False] * 3 + [True] * 3
        x = c.impose(Batch(torch.zeros(2, 1, 6, 5), torch.zeros(2, 1, dtype=torch.int64)))
        back = codec.decode(x)
        assert (np.array(back["picture"][1].as_py()).reshape(6, 5)[3:] == picture[3:]).all()
        assert back["class"].to_pylist() == ["3", "3"]


def test_what_a_mask_touches_is_filled_when_both_are_made_smaller():
    codec = ImageCodec(8).fit(files(flat(), flat()))
    mask = np.zeros((64, 64), np.uint8)
    mask[16:27, 40:41] = 255
    seen = codec.damaged(np.full((64, 64, 3), 9, np.uint8), mask, 1).continuous
    assert not seen[:, 2, 5].any()
    assert seen[:, 6, 1].all()


def test_masks_that_do_not_fit(tmp_path):
    codec = ImageCodec().fit(DIGITS)
    picture = noise(1)[0, 0]
    with pytest.raises(InputError, match="mask has 3 x 4 pixels, the picture 5 x 6"):
        codec.damaged(picture, np.zeros((4, 3), np.uint8), 1)
    with pytest.raises(InputError, match="nothing"):
        codec.damaged(picture, np.zeros((6, 5), np.uint8), 1)
    with pytest.raises(InputError, match="float64"):
        codec.damaged(picture.astype(float), picture, 1)
    with pytest.raises(InputError, match=r"gone\.png"):
        codec.damaged(tmp_path / "gone.png", picture, 1)


# files


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_sheet_shows_all_pictures_with_gaps(tmp_path, channels):
    array = noise(7, channels, 6, 5)
    codec = ImageCodec(channels=channels).fit(listing(array))
    codec.write(listing(array), tmp_path / "in" / "sheet.png")
    found = np.asarray(Image.open(tmp_path / "in" / "sheet.png"))
    assert (found == sheet(array).transpose(1, 2, 0).squeeze()).all()
    assert found.shape[:2] == (22, 19)
    assert (found[:6, :5].reshape(6, 5, -1) == array[0].transpose(1, 2, 0)).all()


def test_one_picture_is_written_as_it_is(tmp_path):
    codec = ImageCodec().fit(DIGITS)
    codec.write(codec.decode(codec.encode(DIGITS)[:1]), tmp_path / "one.png")
    assert (np.asarray(Image.open(tmp_path / "one.png")) == noise(20)[0, 0]).all()


def test_a_folder_of_pictures_is_read_back_with_its_classes(tmp_path):
    codec = ImageCodec().fit(DIGITS)
    drawn = codec.decode(codec.encode(DIGITS)[:20])
    codec.write(drawn, tmp_path / "out")
    kind, table = read_data(tmp_path / "out")
    assert (kind, len(table)) == ("image", 20)
    back = CODECS["image"]().fit(table)
    assert back.classes == [str(n) for n in range(10)]
    order = np.argsort([n % 10 for n in range(20)], kind="stable")
    assert (back.encode(table).array == noise(20)[order]).all()
    with pytest.raises(InputError, match="not empty"):
        codec.write(drawn, tmp_path / "out")


def test_arrays_are_read_back_with_their_classes(tmp_path):
    codec = ImageCodec().fit(DIGITS)
    codec.write(DIGITS, tmp_path / "out.npz")
    table = read_data(tmp_path / "out.npz")[1]
    assert table["class"].to_pylist() == DIGITS["class"].to_pylist()
    assert (codec.encode(table).array == noise(20)).all()


def test_a_table_of_pictures_goes_through_parquet(tmp_path):
    codec = ImageCodec().fit(DIGITS)
    write_table(codec.decode(codec.encode(DIGITS)[:20]), tmp_path / "out.parquet")
    assert "picture" in pq.read_schema(tmp_path / "out.parquet").names
    kind, table = read_data(tmp_path / "out.parquet")
    assert (kind, codec.encode(table).digest()) == ("image", codec.encode(DIGITS).digest())


def test_files_of_other_forms_are_refused(tmp_path):
    codec = ImageCodec().fit(DIGITS)
    for name in ("a.jpg", "a.csv"):
        with pytest.raises(InputError, match="names no form"):
            codec.write(DIGITS, tmp_path / name)
    with pytest.raises(InputError, match="no pictures"):
        codec.write(DIGITS.slice(0, 0), tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_a_sheet_beyond_the_limit_is_refused():
    with pytest.raises(InputError, match="limit"):
        sheet(np.broadcast_to(np.uint8(0), (70_000, 1, 64, 64)))


@given(st.lists(st.text(max_size=80), unique=True, max_size=20))
def test_folders_by_class_lie_in_the_folder_and_apart(words):
    names = folder_names(words)
    assert len({name.lower() for name in names.values()}) == len(words)
    for name in names.values():
        assert name.strip(". ")
        assert not set(name) & set('/\\:*?"<>|\0\n')
        assert len(name.encode()) <= 255


# description


def test_a_description_comes_back():
    table = files(*[flat()] * 5, **{"class": ["a", "a", None, "b", "b"]})
    codec = ImageCodec("8x6", "stretch", skip_bad=True).fit(table)
    state = json.loads(json.dumps({"kind": "image", **codec.to_dict()}))
    back = codec_from(state)
    assert back.to_dict() == codec.to_dict()
    assert back.space == codec.space
    assert back.encode(table).digest() == codec.encode(table).digest()
    assert back.describe() == {"kind": "image", "size": "8 x 6", "channels": 3, "classes": 3}


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": [0, 8]},
        {"size": [8]},
        {"size": [10**9, 8]},
        {"channels": 2},
        {"channels": None},
        {"crop": "left"},
        {"scale": {"mean": [1], "deviation": 0}},
        {"scale": {"mean": [float("nan")], "deviation": 3}},
        {"scale": {"mean": [1, 2], "deviation": 3}},
        {"classes": ["a", "a"]},
        {"classes": 7},
        {"notices": None},
    ],
)
def test_a_damaged_description_is_refused(wrong):
    state = ImageCodec().fit(DIGITS).to_dict()
    with pytest.raises(InputError, match=r"codec\.json"):
        ImageCodec.from_dict({**state, **wrong})


def test_readings_take_the_options_of_pictures(tmp_path):
    (tmp_path / "a.png").write_bytes(flat(30, 20))
    (tmp_path / "b.png").write_bytes(b"no picture")
    reading = Reading(picture_size=9, crop="stretch", channels=1, skip_bad=True)
    codec, table = reading.open(tmp_path)
    assert codec.fit(table).space.shape == (1, 9, 9)
    assert len(codec.encode(table)) == 1
    with pytest.raises(InputError, match="--picture-size does not apply"):
        Reading(picture_size=9).open({"age": [1, 2, 3]})


# at length


def emoji(folder, n):
    """n small colour pictures with transparency in ten folders."""
    rng = np.random.default_rng(0)
    contents = [packed(rng.integers(0, 256, (16, 16, 4), np.uint8)) for _ in range(50)]
    for number in range(10):
        (folder / str(number)).mkdir()
    for number in range(n):
        (folder / str(number % 10) / f"{number}.png").write_bytes(contents[number % 50])


@pytest.mark.slow
def test_memory_stays_flat_over_a_hundred_thousand_pictures(tmp_path):
    emoji(tmp_path, 100_000)
    _, table = read_data(tmp_path)
    codec = ImageCodec().fit(table)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.process_time()
    x = codec.encode(table, memory=1 << 22)
    assert time.process_time() - begun < 120
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000
    assert x.array.shape == (100_000, 4, 16, 16)
