"""Every set of pictures as a listing; every fault of one with its words."""

import gzip
import io
import json
import os
import struct
import tarfile
import tracemalloc
import unicodedata
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from fivefold.codecs import read_data
from fivefold.codecs.pictures.files import png
from fivefold.codecs.pictures.listings import read
from fivefold.codecs.places import NOTICES
from fivefold.codecs.sources import Limits
from fivefold.errors import InputError

pytest.importorskip("PIL")


def picture(level=0, width=8, height=8):
    return png(np.full((3, height, width), level, np.uint8))


def notices(table):
    return json.loads((table.schema.metadata or {}).get(NOTICES, b"[]"))


@pytest.fixture
def put(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def idx(array):
    return (
        struct.pack(">BBBB", 0, 0, 8, array.ndim)
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.tobytes()
    )


def npz(packed=True, **arrays):
    kept = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(kept, **arrays)
    return kept.getvalue()


def tar(*members):
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return kept.getvalue()


GREY = np.arange(3 * 8 * 8, dtype=np.uint8).reshape(3, 8, 8)


def levels(table, row=0):
    """The pixels of a row, with shape (H, W, C)."""
    found = table["picture"][row].as_py()
    shape = getattr(table["picture"].type, "shape", None)
    return np.array(found, np.uint8).reshape(shape)


# folders


def test_a_folder_s_pictures_come_in_the_order_of_their_names(put, tmp_path):
    for name in ("b.png", "a.JPG", "c.webp"):
        put(name, picture())
    kind, table = read_data(tmp_path)
    assert kind == "image"
    assert table["name"].to_pylist() == ["a.JPG", "b.png", "c.webp"]
    assert table["picture"].to_pylist()[0] == str(tmp_path / "a.JPG")
    assert table.column_names == ["picture", "name"]


def test_the_first_folder_is_the_class(put, tmp_path):
    for name in ("cat/1.png", "cat/more/2.png", "dog/1.png"):
        put(name, picture())
    assert read_data(tmp_path)[1]["class"].to_pylist() == ["cat", "cat", "dog"]


def test_folders_that_part_the_data_are_no_classes(put, tmp_path):
    for name in ("all/train/cat/1.png", "all/train/dog/1.png", "all/test/cat/1.png"):
        put(name, picture())
    table = read_data(tmp_path)[1]
    assert table["class"].to_pylist() == ["cat", "cat", "dog"]
    assert "test, train are taken together" in notices(table)[0]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_folders_in_any_script_are_classes(put, tmp_path, form):
    for word in ("猫", "кот", "café 🐈"):
        put(unicodedata.normalize(form, f"{word}/1.png"), picture())
    assert len(set(read_data(tmp_path)[1]["class"].to_pylist())) == 3


def test_a_name_that_is_no_unicode_is_left_out_and_named(tmp_path):
    (tmp_path / "a.png").write_bytes(picture())
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")).write_bytes(picture())
    table = read_data(tmp_path)[1]
    assert table["name"].to_pylist() == ["a.png"]
    assert r"first: \udcff.png" in notices(table)[0]


def test_a_folder_of_mixed_types_is_of_pictures_where_most_files_are(put, tmp_path):
    for number in range(3):
        put(f"{number}.png", picture())
    put("notes.txt", "to be or not to be")
    put(".hidden", "x")
    kind, table = read_data(tmp_path)
    assert (kind, len(table)) == ("image", 3)
    assert notices(table) == ["1 file is no picture by name and left out (first: notes.txt)"]


def test_a_folder_of_texts_with_a_picture_is_of_texts_unless_pictures_are_asked_for(put, tmp_path):
    put("a.png", picture())
    for number in range(3):
        put(f"{number}.txt", "To be or not to be.\n\nThat is the question.\n")
    assert read_data(tmp_path)[0] == "text"
    kind, table = read_data(tmp_path, kind="image")
    assert (kind, len(table)) == ("image", 1)
    assert "3 files are no pictures" in notices(table)[0]


def test_links_to_folders_are_not_followed_and_pipes_not_opened(put, tmp_path):
    put("in/a.png", picture())
    (tmp_path / "in" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "in" / "gone.png").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "in" / "pipe.png")
    assert read_data(tmp_path / "in")[1]["name"].to_pylist() == ["a.png"]


def test_folders_that_cannot_be_looked_into_are_left_out_and_named(put, tmp_path, monkeypatch):
    put("a.png", picture())
    put("locked/b.png", picture())
    scan = os.scandir

    def refuse(place):
        if "locked" in str(place):
            raise PermissionError(13, "Permission denied")
        return scan(place)

    monkeypatch.setattr(os, "scandir", refuse)
    table = read_data(tmp_path, kind="image")[1]
    assert table["name"].to_pylist() == ["a.png"]
    assert "first: locked/" in notices(table)[0]


def test_a_folder_without_pictures_says_so(put, tmp_path):
    put("a.bin", bytes(99))
    with pytest.raises(InputError, match="no file of kind image"):
        read_data(tmp_path, kind="image")


def test_a_deep_folder_is_walked(tmp_path):
    place = tmp_path
    for _ in range(200):
        place = place / "d"
    place.mkdir(parents=True)
    (place / "a.png").write_bytes(picture())
    assert len(read_data(tmp_path)[1]) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "metadata.jsonl",
            '{"file_name": "x/a.png", "text": "one"}\n\n{"file_name": "gone.png"}\n',
        ),
        ("metadata.csv", "file_name,caption\nx/a.png,one\n"),
        ("captions.json", '{"x/a.png": "one", "gone.png": "two"}'),
        ("captions.json", '[{"image": "x\\\\a.png", "caption": "one"}, 7]'),
    ],
)
def test_captions_beside_pictures_are_a_column(put, tmp_path, name, content):
    put("x/a.png", picture())
    put("b.png", picture())
    put(name, content)
    table = read_data(tmp_path)[1]
    assert dict(zip(table["name"].to_pylist(), table["caption"].to_pylist(), strict=True)) == {
        "x/a.png": "one",
        "b.png": None,
    }
    assert notices(table) == []


def test_classes_are_told_beside_pictures_where_folders_do_not(put, tmp_path):
    put("a.png", picture())
    put("b.png", picture())
    put("metadata.csv", "file_name,label\na.png,3\nb.png,4\n")
    assert read_data(tmp_path)[1]["class"].to_pylist() == ["3", "4"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("metadata.jsonl", "{"), ("captions.json", "[" * 100_000), ("metadata.csv", b"\xff\xfe\0a")],
)
def test_damaged_captions_are_named(put, tmp_path, name, content):
    put("a.png", picture())
    put(name, content)
    with pytest.raises(InputError, match="captions") as fault:
        read_data(tmp_path)
    assert fault.value.where == str(tmp_path / name)


def test_one_picture_is_a_set(put):
    path = put("a.png", picture())
    kind, table = read_data(path)
    assert kind == "image"
    assert table.to_pydict() == {"picture": [str(path)], "name": ["a.png"]}


def test_a_picture_under_another_name_is_kept_as_its_bytes(put):
    path = put("a.dat", picture())
    kind, table = read_data(path)
    assert kind == "image"
    assert table["picture"].to_pylist() == [picture()]


# arrays


def test_idx_with_its_labels(put):
    path = put("train-images-idx3-ubyte", idx(GREY))
    put("train-labels-idx1-ubyte", idx(np.array([5, 0, 4], np.uint8)))
    kind, table = read_data(path)
    assert kind == "image"
    assert (levels(table, 1)[..., 0] == GREY[1]).all()
    assert table["class"].to_pylist() == ["5", "0", "4"]


@pytest.mark.parametrize("labels", ["t-labels.idx1-ubyte.gz", "t-labels.idx1-ubyte"])
def test_packed_idx_with_its_labels(put, labels):
    path = put("t-images.idx3-ubyte.gz", gzip.compress(idx(GREY)))
    content = idx(np.array([5, 0, 4], np.uint8))
    put(labels, gzip.compress(content) if labels.endswith("gz") else content)
    assert read_data(path)[1]["class"].to_pylist() == ["5", "0", "4"]


def test_a_folder_of_idx_files_is_taken_together(put, tmp_path):
    for part in ("train", "t10k"):
        put(f"{part}-images-idx3-ubyte", idx(GREY))
        put(f"{part}-labels-idx1-ubyte", idx(np.array([5, 0, 4], np.uint8)))
    kind, table = read_data(tmp_path)
    assert (kind, len(table), table["class"].to_pylist()) == ("image", 6, ["5", "0", "4"] * 2)


@pytest.mark.parametrize("shape", [(4_000_000_000, 28, 28), (4, 8, 8), (2**32 - 1,) * 3])
def test_idx_that_promises_more_than_there_is(put, shape):
    path = put("images-idx3-ubyte", struct.pack(">BBBB3I", 0, 0, 8, 3, *shape) + GREY.tobytes())
    with pytest.raises(InputError, match="promises") as fault:
        read_data(path)
    assert fault.value.code == "damaged"


@pytest.mark.parametrize("head", [b"\0\0\x08\x03", b"\0\0\x08\x03" + bytes(12), b"\0\0\x08\x04\1"])
def test_idx_that_is_cut_off(put, head):
    with pytest.raises(InputError):
        read_data(put("images-idx3-ubyte", head), kind="image")


def test_idx_labels_of_other_pictures_are_refused(put):
    path = put("images-idx3-ubyte", idx(GREY))
    put("labels-idx1-ubyte", idx(np.zeros(4, np.uint8)))
    with pytest.raises(InputError, match="3 pictures"):
        read_data(path)


@pytest.mark.parametrize(
    ("array", "shape"),
    [
        (np.zeros((5, 8, 9), np.uint8), [8, 9, 1]),
        (np.zeros((5, 8, 9, 3), np.uint8), [8, 9, 3]),
        (np.zeros((5, 4, 8, 9), np.uint8), [8, 9, 4]),
        (np.asfortranarray(np.zeros((5, 8, 9), np.uint8)), [8, 9, 1]),
    ],
)
@pytest.mark.parametrize("form", ["npy", "npz"])
def test_arrays_of_any_layout(put, array, shape, form):
    content = npz(x=array)
    if form == "npy":
        kept = io.BytesIO()
        np.save(kept, array)
        content = kept.getvalue()
    kind, table = read_data(put(f"a.{form}", content))
    assert (kind, len(table), list(table["picture"].type.shape)) == ("image", 5, shape)


@pytest.mark.parametrize(
    ("array", "wanted"),
    [
        (np.array([False, True]), [0, 255]),
        (np.array([0, 255], np.int64), [0, 255]),
        (np.array([0, 65_535], np.uint16), [0, 255]),
        (np.array([0.0, 0.5, 1.0], np.float32), [0, 128, 255]),
        (np.array([-1.0, 0.0, 1.0]), [0, 128, 255]),
        (np.array([0.0, 200.4]), [0, 200]),
    ],
)
def test_numbers_of_any_type_become_levels(put, array, wanted):
    table = read_data(put("a.npz", npz(x=array.reshape(1, 1, -1))))[1]
    assert levels(table).reshape(-1).tolist() == wanted


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.full((1, 2, 2), np.nan), "no levels"),
        (np.full((1, 2, 2), -7), "no levels"),
        (np.zeros((1, 2, 2), np.complex64), "complex64"),
        (np.zeros((1, 2, 2), "S3"), "S3"),
        (np.zeros((2, 2, 5, 2), np.uint8), r"no array of pictures"),
        (np.zeros((0, 2, 2), np.uint8), r"no array of pictures"),
    ],
)
def test_what_is_no_levels_is_refused(put, array, said):
    with pytest.raises(InputError, match=said):
        read_data(put("a.npz", npz(x=array)))


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (("x_train", "y_train"), [5, 0, 4]),
        (("images", "labels"), [[5], [0], [4]]),
        (("arr_0", "arr_1"), [5.0, 0.0, 4.0]),
    ],
)
def test_npz_with_classes(put, names, labels):
    arrays = {names[0]: GREY, "x_test": GREY[:1], names[1]: np.array(labels)}
    table = read_data(put("a.npz", npz(**arrays)))[1]
    assert len(table) == 3
    assert table["class"].to_pylist() == ["5", "0", "4"]
    assert "not kept: x_test" in notices(table)[-1]


def test_objects_are_never_unpickled(put):
    arrays = np.empty(2, object)
    arrays[:] = [np.zeros((2, 2)), np.zeros((3, 3))]
    kept = io.BytesIO()
    np.save(kept, arrays, allow_pickle=True)
    for name, content in (("a.npz", npz(x=arrays)), ("a.npy", kept.getvalue())):
        with pytest.raises(InputError, match="never unpickled") as fault:
            read_data(put(name, content))
        assert fault.value.code == "objects"


def bomb(shape, size, inside=b""):
    """An npz whose member says that it has a shape and unpacks to so many zeros."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "|u1", "fortran_order": False, "shape": shape}
    )
    kept = io.BytesIO()
    with (
        zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("x.npy", "w", force_zip64=True) as member,
    ):
        member.write(inside or head.getvalue())
        for _ in range(size >> 20):
            member.write(bytes(1 << 20))
    return kept.getvalue()


def test_an_npz_bomb_is_refused_before_it_is_unpacked(put):
    path = put("bomb.npz", bomb((64, 1024, 1024), 64 << 20))
    tracemalloc.start()
    with pytest.raises(InputError, match="more than the limit") as fault:
        read_data(path, limits=Limits(size=1 << 24))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert fault.value.code == "too-large"
    assert peak < 8 << 20


@pytest.mark.parametrize("shape", [(10**9, 1000, 1000), (3, 8, 8)])
def test_an_npz_that_holds_more_or_less_than_it_says(put, shape):
    path = put("a.npz", bomb(shape, 64 << 20))
    tracemalloc.start()
    if shape[0] > 3:
        with pytest.raises(InputError, match=r"limit|promises"):
            read_data(path)
    else:
        assert len(read_data(path)[1]) == 3
    assert tracemalloc.get_traced_memory()[1] < 24 << 20
    tracemalloc.stop()


def test_a_head_of_an_array_that_is_itself_a_bomb(put):
    head = b"\x93NUMPY\x02\x00" + struct.pack("<I", 60 << 20)
    path = put("a.npz", bomb((), 64 << 20, head))
    tracemalloc.start()
    with pytest.raises(InputError):
        read_data(path)
    assert tracemalloc.get_traced_memory()[1] < 24 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("form", ["npz", "npy", "idx", "tar", "parquet"])
def test_files_cut_anywhere_are_read_or_refused(put, form):
    kept = io.BytesIO()
    np.save(kept, GREY)
    sheet = io.BytesIO()
    pq.write_table(pa.table({"image": [picture()], "label": [1]}), sheet)
    content = {
        "npz": npz(x=GREY),
        "npy": kept.getvalue(),
        "idx": idx(GREY),
        "tar": tar(("1.png", picture()), ("1.cls", b"7")),
        "parquet": sheet.getvalue(),
    }[form]
    named = set()
    for share in np.linspace(0.05, 0.95, 19):
        path = put(f"a.{form}", content[: int(share * len(content))])
        try:
            assert len(read_data(path, kind="image")[1]) >= 1
        except InputError as fault:
            named.add(fault.where)
    assert named
    assert all(str(path) in where for where in named)


@pytest.mark.parametrize("wrong", [b"\x7f", b"(", b"-1", b"L", b"'"])
def test_a_head_of_an_array_that_is_no_head(put, wrong):
    kept = io.BytesIO()
    np.save(kept, GREY)
    content = kept.getvalue().replace(b"(3, 8, 8)", (b"(3, 8, " + wrong).ljust(9))
    with pytest.raises(InputError, match="no file of arrays") as fault:
        read_data(put("a.npy", content))
    assert fault.value.code == "damaged"


def test_a_zip_is_no_set(put):
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("a.png", picture())
    with pytest.raises(InputError, match="ZIP archive"):
        read_data(put("a.zip", kept.getvalue()), kind="image")


# memory


@pytest.mark.parametrize(
    "source",
    [
        GREY,
        list(GREY),
        torch.from_numpy(GREY),
        torch.from_numpy(GREY / 255.0).requires_grad_(),
        {"x": GREY},
        {"images": GREY, "labels": ["a", "b", "a"]},
        {"x": GREY, "y": [1, 2], "z": np.zeros(7)},
        pa.table({"picture": [png(GREY[:1])] * 3}),
        [{"image": png(GREY[:1]), "label": 3}] * 3,
    ],
)
def test_pictures_in_memory(source):
    kind, table = read_data(source)
    assert (kind, len(table)) == ("image", 3)
    assert table["picture"].type != pa.string()


def test_arrays_of_several_sizes_become_files():
    table = read_data([np.zeros((8, 8, 3), np.uint8), np.full((5, 9), 1.0)])[1]
    found = [read(content, "") for content in table["picture"].to_pylist()]
    assert [array.shape for array in found] == [(3, 8, 8), (1, 5, 9)]
    assert found[1].min() == 255


def test_paths_in_memory_are_pictures_where_these_are_asked_for(put):
    path = put("a.png", picture())
    assert read_data([str(path)])[0] == "text"
    assert read_data([path], kind="image")[1]["picture"].to_pylist() == [str(path)]
    frame = {"picture": [str(path)], "label": [4]}
    table = read_data(frame, kind="image")[1]
    assert table.to_pydict() == {"picture": [str(path)], "class": ["4"]}


def test_numbers_in_columns_stay_a_table():
    assert read_data({"x": np.arange(9), "y": np.arange(9)})[0] == "table"
    assert read_data({"x": np.zeros((4, 8, 8), np.uint8), "y": np.arange(4)})[0] == "image"


# tables


def test_a_parquet_in_the_form_of_hugging_face(put, tmp_path):
    rows = pa.table(
        {
            "image": [
                {"bytes": picture(), "path": "/home/me/a.png"},
                {"bytes": None, "path": "/etc/passwd"},
            ],
            "label": [1, 0],
            "text": ["one", "two"],
            "width": [8, 8],
        }
    )
    features = {"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}
    path = tmp_path / "a.parquet"
    pq.write_table(rows.replace_schema_metadata({"huggingface": json.dumps(features)}), path)
    kind, table = read_data(path)
    assert kind == "image"
    assert table.to_pydict() == {
        "picture": [picture(), None],
        "name": ["a.png", "passwd"],
        "class": ["dog", "cat"],
        "caption": ["one", "two"],
    }
    assert "not kept: width" in notices(table)[0]


def test_a_parquet_larger_than_memory_is_read_in_parts(tmp_path):
    path = tmp_path / "a.parquet"
    noise = np.random.default_rng(0).integers(0, 256, (300, 1, 16, 16), np.uint8)
    pq.write_table(pa.table({"image": [png(x) for x in noise], "label": range(300)}), path)
    kind, table = read_data(path, memory=10_000)
    assert kind == "image"
    assert (read(table["picture"][299].as_py(), "") == noise[299]).all()
    assert table["class"].to_pylist()[-1] == "299"


def test_a_folder_of_parquet_shards(tmp_path):
    for shard in range(2):
        rows = pa.table(
            {"image": [{"bytes": picture(), "path": f"{shard}.png"}], "label": [shard]}
        )
        pq.write_table(rows, tmp_path / f"{shard}.parquet")
    for kind in (None, "image"):
        found, table = read_data(tmp_path, kind=kind)
        assert (found, table["class"].to_pylist()) == ("image", ["0", "1"])


@pytest.mark.parametrize("form", ["tar", "parquet"])
def test_shards_together_do_not_fill_memory(put, tmp_path, form):
    noise = np.random.default_rng(0).integers(0, 256, (8, 1, 512, 512), np.uint8)
    contents = [png(array) for array in noise]
    for shard in range(6):
        sheet = io.BytesIO()
        pq.write_table(pa.table({"image": contents}), sheet)
        members = [(f"{number}.png", content) for number, content in enumerate(contents)]
        put(f"{shard}.{form}", tar(*members) if form == "tar" else sheet.getvalue())
    before = pa.total_allocated_bytes()
    table = read_data(tmp_path, memory=1 << 21)[1]
    assert len(table) == 48
    assert table["picture"][47].as_py() == contents[7]
    assert table.nbytes > 12 << 20
    assert pa.total_allocated_bytes() - before < 6 << 20


def test_a_path_in_a_file_is_never_opened(put):
    path = put("a.png", picture())
    listed = put("list.csv", f"picture,label\n{path},1\n{path},2\n")
    with pytest.raises(InputError, match="holds no pictures but string"):
        read_data(listed, kind="image")


def test_a_table_without_pictures_lists_its_columns(people):
    with pytest.raises(InputError, match=r"no column holds pictures.*age \(int64\)"):
        read_data(people, kind="image")


def test_a_column_of_tensors_is_pictures():
    tensors = pa.FixedShapeTensorArray.from_numpy_ndarray(np.zeros((4, 8, 9), np.uint8))
    kind, table = read_data(pa.table({"x": tensors}))
    assert kind == "image"
    assert list(table["picture"].type.shape) == [8, 9, 1]


# tar


def test_a_webdataset(put):
    content = tar(
        ("a/1.cls", b"7\n"),
        ("a/1.png", picture()),
        ("a/1.seg.png", picture()),
        ("a/1.txt", b"eine Katze"),
        ("a/2.json", b'{"label": 3, "caption": "two"}'),
        ("a/2.jpg", picture()),
        ("a/3.json", b"{" * 9),
        ("a/3.png", picture()),
        ("a/4.cls", b"9"),
    )
    for path in (put("a.tar", content), put("a.tar.gz", gzip.compress(content))):
        kind, table = read_data(path)
        assert kind == "image"
        assert table["name"].to_pylist() == ["a/1.png", "a/2.jpg", "a/3.png"]
        assert table["class"].to_pylist() == ["7", "3", None]
        assert table["caption"].to_pylist() == ["eine Katze", "two", None]
        assert "first: a/1.seg.png" in notices(table)[0]


def test_a_tar_of_folders(put):
    path = put("a.tar", tar(("cat/1.png", picture()), ("dog/1.png", picture())))
    assert read_data(path)[1]["class"].to_pylist() == ["cat", "dog"]


def test_tricks_of_names_and_links_are_only_words(put, tmp_path):
    secret = put("secret.png", picture(9))
    path = put(
        "in/a.tar",
        tar(
            ("../../evil.png", picture()),
            ("/etc/evil.png", picture()),
            ("link.png", str(secret)),
            ("ok.png", picture()),
        ),
    )
    before = sorted(tmp_path.rglob("*"))
    table = read_data(path)[1]
    assert table["name"].to_pylist() == ["../../evil.png", "/etc/evil.png", "ok.png"]
    assert picture(9) not in table["picture"].to_pylist()
    assert sorted(tmp_path.rglob("*")) == before


def test_a_tar_that_goes_backwards_ends(put):
    info = tarfile.TarInfo("a.png")
    info.size = 10
    head = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    head[124:136] = b"\xff" * 8 + struct.pack(">i", -512)
    head[148:156] = b"        "
    head[148:156] = f"{sum(head[:512]):06o}\0 ".encode()
    with pytest.raises(InputError, match="damaged tar"):
        read_data(put("a.tar", bytes(head) + bytes(2048)), kind="image")


def test_a_tar_of_other_things_is_no_set(put):
    with pytest.raises(InputError, match="no picture"):
        read_data(put("a.tar", tar(("a.txt", b"to be"))), kind="image")


def test_a_text_named_like_a_picture_is_taken_for_a_damaged_one(put):
    kind, table = read_data(put("a.png", "to be or not to be\n"))
    assert (kind, len(table)) == ("image", 1)
