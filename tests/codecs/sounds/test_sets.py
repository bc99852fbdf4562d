"""Every set of sounds as a listing; every fault of one with its words."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fivefold.codecs import read_data
from fivefold.codecs.places import NOTICES, RATE
from fivefold.codecs.sounds.listings import looks, windows
from fivefold.codecs.sounds.records import wav
from fivefold.codecs.sounds.spectra import Form
from fivefold.errors import InputError

pytest.importorskip("soundfile")


def tone(pitch=0.3, size=4_000):
    return (0.5 * np.sin(np.arange(size) * pitch)).astype(np.float32)


@pytest.fixture
def put(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return write


def notices(table):
    return json.loads((table.schema.metadata or {}).get(NOTICES, b"[]"))


def test_a_folder_s_sounds_have_its_folders_as_classes(put, tmp_path):
    for name in ("set/b/2.wav", "set/a/1.wav"):
        put(name, wav(tone(), 8_000))
    put("set/readme.txt", b"two sounds")
    kind, table = read_data(tmp_path / "set")
    assert kind == "sound"
    assert table["name"].to_pylist() == ["a/1.wav", "b/2.wav"]
    assert table["class"].to_pylist() == ["a", "b"]
    assert notices(table) == ["1 file is no sound by name and left out (first: readme.txt)"]


def test_a_folder_of_mixed_types_is_of_sounds_where_they_are_asked_for(put, tmp_path):
    put("set/1.wav", wav(tone(), 8_000))
    for number in range(3):
        put(f"set/{number}.txt", b"To be, or not to be, that is the question. " * 9)
    assert read_data(tmp_path / "set")[0] == "text"
    kind, table = read_data(tmp_path / "set", kind="sound")
    assert (kind, len(table)) == ("sound", 1)


def test_a_folder_without_sounds_says_so(put, tmp_path):
    put("set/1.txt", b"nothing to hear")
    with pytest.raises(InputError, match="no file of kind sound"):
        read_data(tmp_path / "set", kind="sound")


def test_one_sound_is_a_set_and_known_without_an_ending(put):
    named, bare = put("a.wav", wav(tone(), 8_000)), put("a", wav(tone(), 8_000))
    assert read_data(named)[1]["sound"].to_pylist() == [str(named)]
    kind, table = read_data(bare)
    assert kind == "sound"
    assert table["sound"].type == pa.large_binary()


def test_arrays_with_their_rate_and_classes(put, tmp_path):
    path = tmp_path / "a.npz"
    x = np.stack([tone(), tone(0.1)])
    np.savez(path, x=x, rate=16_000, y=["a", "b"], other=np.zeros(3))
    kind, table = read_data(path)
    assert kind == "sound"
    assert table.schema.metadata[RATE] == b"16000"
    assert table["class"].to_pylist() == ["a", "b"]
    assert notices(table) == ["the array x is taken; not kept: other"]
    np.testing.assert_array_equal(np.array(table["sound"].to_pylist(), np.float32), x)


def test_whole_numbers_are_brought_to_one(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.array([[-32_768, 16_384]], np.int16), rate=8_000)
    assert read_data(path)[1]["sound"].to_pylist() == [[-1.0, 0.5]]


@pytest.mark.parametrize("array", [np.zeros((2, 3, 4)), np.zeros((2, 4), bool), np.array(1.0)])
def test_arrays_of_other_things_are_refused(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(InputError, match="holds no sounds"):
        read_data(tmp_path / "a.npy", kind="sound")


@pytest.mark.parametrize("rate", [0, -8_000, np.nan, "fast"])
def test_a_rate_that_is_none_is_refused(tmp_path, rate):
    np.savez(tmp_path / "a.npz", x=np.zeros((2, 8)), rate=rate)
    with pytest.raises(InputError, match="no number of samples a second"):
        read_data(tmp_path / "a.npz")


def test_objects_are_never_unpickled(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([[{}, {}]], object), rate=8_000)
    with pytest.raises(InputError, match="never unpickled"):
        read_data(tmp_path / "a.npz")


def test_samples_without_a_rate_ask_for_it(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, 800), np.float32))
    kind, table = read_data(tmp_path / "a.npy", kind="sound")
    first = next(looks(table))
    assert kind == "sound"
    assert isinstance(first, InputError)
    assert "--rate" in first.hint
    assert next(looks(table, 8_000)).seconds == 0.1


@pytest.mark.parametrize(
    "source", [{"x": np.zeros((2, 80)), "rate": 8_000}, {"audio": np.zeros((2, 80)), "sr": 8_000}]
)
def test_sounds_in_memory(source):
    kind, table = read_data(source)
    assert (kind, len(table)) == ("sound", 2)


def test_sounds_in_memory_where_they_are_asked_for(put):
    path = put("a.wav", wav(tone(), 8_000))
    for source in (np.zeros((2, 80)), [np.zeros(80), np.zeros(90)], [path, path]):
        kind, table = read_data(source, kind="sound")
        assert (kind, len(table)) == ("sound", 2)


def test_a_parquet_in_the_form_of_hugging_face(tmp_path):
    files = [{"bytes": wav(tone(), 8_000), "path": f"/secret/{n}.wav"} for n in range(2)]
    pq.write_table(
        pa.table({"audio": files, "label": [3, 4], "speaker": [1, 1]}), tmp_path / "a.pq"
    )
    kind, table = read_data(tmp_path / "a.pq")
    assert kind == "sound"
    assert table["class"].to_pylist() == ["3", "4"]
    assert table["name"].to_pylist() == ["0.wav", "1.wav"]
    assert notices(table) == ["the column 'audio' is taken as sounds; not kept: speaker"]


def test_a_parquet_of_samples_with_their_rate(tmp_path):
    lists = pa.array([tone().tolist(), tone(0.1, 800).tolist()], pa.list_(pa.float32()))
    pq.write_table(pa.table({"wave": lists, "rate": [8_000, 8_000]}), tmp_path / "a.parquet")
    kind, table = read_data(tmp_path / "a.parquet", kind="sound")
    assert kind == "sound"
    assert [look.seconds for look in looks(table)] == [0.5, 0.1]


def test_samples_of_several_rates_are_refused(tmp_path):
    lists = pa.array([[0.0], [0.0]], pa.list_(pa.float32()))
    pq.write_table(pa.table({"wave": lists, "rate": [8_000, 9_000]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="several rates"):
        read_data(tmp_path / "a.parquet", kind="sound")


def test_a_path_in_a_file_is_never_opened(put, tmp_path):
    secret = put("secret.wav", wav(tone(), 8_000))
    pq.write_table(pa.table({"sound": [str(secret)]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="holds no sounds but string"):
        read_data(tmp_path / "a.parquet", kind="sound")


def test_a_long_sound_is_cut_and_a_short_one_followed_by_silence(put):
    form = Form(8_000, 8)
    for size, count in ((100, 1), (1_280, 1), (1_900, 1), (1_930, 2), (4_000, 3)):
        path = put("a.wav", wav(tone(size=size), 8_000))
        found = next(windows(read_data(path)[1], form))
        assert found.shape == (count, form.samples)
        kept = min(size, found.size)
        np.testing.assert_allclose(found.reshape(-1)[:kept], tone(size=size)[:kept], atol=1e-4)
        assert not found.reshape(-1)[kept:].any()
