"""The commands on pictures and series: models that were hardly trained, everything around them."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image
from sklearn.datasets import load_digits

from fivefold.cli import main
from fivefold.codecs.reading import read_table
from fivefold.codecs.writing import write_table
from fivefold.intake import Reading
from fivefold.model import Model
from fivefold.preparation import build


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def refused(*words: object) -> str:
    """What a wrong use is told: code 2, one line, no traceback."""
    done = run(*words)
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    return done.output


def untrained(data: object, folder: Path, family: str = "diffusion", **reading: object) -> Path:
    codec, table = Reading(**reading).open(data)
    codec.fit(table)
    torch.manual_seed(0)
    return Model(build(family, codec.space, size=0.25).eval(), codec, {}).save(folder)


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("grids")


@pytest.fixture(scope="module")
def pictures(place) -> Path:
    found = load_digits()
    folder = place / "digits"
    for i, (x, y) in enumerate(zip(found.images[:120], found.target, strict=False)):
        (folder / str(y)).mkdir(parents=True, exist_ok=True)
        Image.fromarray((15.9 * x).astype(np.uint8)).save(folder / str(y) / f"{i:03}.png")
    return folder


@pytest.fixture(scope="module")
def painter(pictures, place) -> Path:
    return untrained(pictures, place / "painter")


@pytest.fixture(scope="module")
def plain(place) -> Path:
    """A model of pictures without classes."""
    x = np.random.default_rng(0).integers(0, 255, (40, 8, 8)).astype(np.uint8)
    return untrained(x, place / "plain")


@pytest.fixture(scope="module")
def mask(place) -> Path:
    hole = np.zeros((8, 8), np.uint8)
    hole[:, 4:] = 255
    Image.fromarray(hole).save(place / "mask.png")
    return place / "mask.png"


@pytest.fixture(scope="module")
def weather(place) -> Path:
    n = 400
    hours = np.datetime64("2024-01-01T00", "h") + np.arange(n)
    warm = np.round(10 + 5 * np.sin(2 * np.pi * np.arange(n) / 24), 1)
    table = pa.table({"time": pa.array(hours.astype("datetime64[s]")), "warm": warm})
    write_table(table, place / "weather.csv")
    return place / "weather.csv"


@pytest.fixture(scope="module")
def prophet(weather, place) -> Path:
    return untrained(weather, place / "prophet", kind="series", length=24)


def test_pictures_are_fitted_with_a_sheet_that_is_renewed(pictures, tmp_path):
    folder = tmp_path / "model"
    words = ("--picture-size", "4", "--channels", "1", "--crop", "stretch", "--size", "0.25")
    done = run("fit", pictures, "--out", folder, "--epochs", "1", *words)
    assert done.exit_code == 0, done.output
    with Image.open(folder / "samples.png") as sheet:
        assert sheet.size == (6 * 6 - 2, 6 * 6 - 2), "36 pictures of 4 x 4 with gaps of 2"
    told = json.loads(run("inspect", folder, "--json").stdout)
    assert (told["kind"], told["size"], told["classes"]) == ("image", "4 x 4", 10)


def test_data_can_be_inspected_before_anything_is_trained(pictures, weather, tmp_path):
    told = json.loads(run("inspect", pictures, "--json").stdout)
    assert (told["kind"], told["rows"], told["size"]) == ("image", 120, "8 x 8")
    told = json.loads(run("inspect", weather, "--kind", "series", "--json").stdout)
    assert (told["kind"], told["variables"]) == ("series", ["warm"])


def test_damaged_pictures_are_named_or_left_out(pictures, tmp_path):
    (tmp_path / "a").mkdir()
    for i in range(6):
        Image.fromarray(np.full((4, 4), 9 * i, np.uint8)).save(tmp_path / "a" / f"{i}.png")
    whole = (tmp_path / "a" / "3.png").read_bytes()
    (tmp_path / "a" / "3.png").write_bytes(whole[: len(whole) // 2])
    assert "3.png" in refused("inspect", tmp_path / "a")
    told = json.loads(run("inspect", tmp_path / "a", "--skip-bad", "--json").stdout)
    assert told["data"] == 5
    assert any("3.png" in notice for notice in told["notices"])


@pytest.mark.parametrize("name", ["sheet.png", "arrays.npz", "folder"])
def test_pictures_are_written_as_a_sheet_as_arrays_or_into_a_folder(painter, tmp_path, name):
    out = tmp_path / name
    done = run(
        *("sample", painter, "--count", 4, "--class", 7, "--guidance", 2, "--steps", 2),
        *("--out", out, "--quiet"),
    )
    assert done.exit_code == 0, done.output
    if name == "sheet.png":
        with Image.open(out) as sheet:
            assert sheet.size == (18, 18)
    elif name == "arrays.npz":
        with np.load(out) as arrays:
            assert arrays["x"].shape == (4, 8, 8, 1)
            assert set(arrays["y"]) == {"7"}
    else:
        assert len(list((out / "7").glob("*.png"))) == 4


def test_the_same_seed_draws_the_same_pictures(painter, tmp_path):
    for name in ("a.png", "b.png"):
        assert run("sample", painter, "--count", 3, "--steps", 2, "--out", tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--class", "77"), "no class '77'"),
        (("--where", "hour=6"), "the class can be asked for"),
        (("--prompt", "a"), "--prompt is for models of sequences"),
        (("--top-k", "5"), "--top-k is for models of sequences"),
        (("--balance", "class"), "--balance is for models of tables"),
        (("--avoid", "x.csv"), "--avoid is for models of tables and sequences"),
        (("--temperature", "0.5"), "--temperature is nothing that the diffusion family"),
        (("--guidance", "nan"), "nan is no number"),
        (("--guidance", "inf"), "inf is no number"),
        (("--class", "7", "--where", "class=3"), "given twice"),
    ],
)
def test_what_a_model_of_pictures_has_no_use_for_is_refused(painter, tmp_path, words, said):
    assert said in refused("sample", painter, "--count", 2, "--out", tmp_path / "x.png", *words)
    assert not (tmp_path / "x.png").exists()


def test_pictures_need_a_place_and_an_ending(painter, tmp_path):
    assert "--out" in refused("sample", painter, "--count", 2)
    assert ".png" in refused("sample", painter, "--count", 2, "--out", tmp_path / "x.gif")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "old.png").touch()
    many = ("sample", painter, "--count", 10**9, "--out")
    assert "is there already" in refused(*many, tmp_path / "full"), "before anything is drawn"
    assert "a sheet of 1,000,000,000" in refused(*many, tmp_path / "x.png")


def test_guidance_needs_classes(plain, tmp_path):
    out = ("--count", 2, "--out", tmp_path / "x.png")
    assert "trained without any" in refused("sample", plain, *out, "--guidance", 2)
    assert "there are no classes" in refused("sample", plain, *out, "--class", "a")


def test_a_part_of_a_picture_is_filled_and_the_rest_stays(painter, pictures, mask, tmp_path):
    picture = next((pictures / "3").glob("*.png"))
    done = run(
        *("fill", picture, "--mask", mask, "--model", painter, "--count", 2, "--steps", 2),
        *("--out", tmp_path / "x.npz"),
    )
    assert done.exit_code == 0, done.output
    with np.load(tmp_path / "x.npz") as arrays, Image.open(picture) as before:
        known = np.asarray(before)[:, :4]
        assert (arrays["x"][..., 0][:, :, :4] == known).all()
        assert (arrays["x"][0] != arrays["x"][1]).any()


def test_what_cannot_be_filled_is_told(painter, prophet, pictures, mask, weather, tmp_path):
    picture, out = next((pictures / "3").glob("*.png")), ("--out", tmp_path / "x.png")
    given = ("--model", painter, *out)
    Image.fromarray(np.full((5, 5), 255, np.uint8)).save(tmp_path / "other.png")
    assert "5 x 5" in refused("fill", picture, "--mask", tmp_path / "other.png", *given)
    assert "no picture" in refused("fill", weather, "--mask", mask, *given)
    assert "does not exist" in refused("fill", picture, "--mask", tmp_path / "none.png", *given)
    assert "does not exist" in refused("fill", tmp_path / "none.png", "--mask", mask, *given)
    assert "--mask FILE" in refused("fill", picture, *given)
    assert "--blank does not apply" in refused("fill", picture, "--blank", "_", *given)
    assert "--mask does not apply" in refused("fill", weather, "--model", prophet, "--mask", mask)
    assert "give MODEL" in refused("fill", painter)


def test_between_two_pictures_lie_others(pictures, place, tmp_path):
    coded = untrained(pictures, place / "coded", family="variational")
    ends = [next((pictures / name).glob("*.png")) for name in ("1", "8")]
    done = run("interpolate", coded, *ends, "--steps", 5, "--out", tmp_path / "strip.png")
    assert done.exit_code == 0, done.output
    with Image.open(tmp_path / "strip.png") as strip:
        assert strip.size == (5 * 8 + 4 * 2, 8)


def test_a_family_without_codes_has_no_way_between(prophet, pictures, place, tmp_path):
    ends = [next((pictures / name).glob("*.png")) for name in ("1", "8")]
    out = ("--out", tmp_path / "x.png")
    assert "has no pictures" in refused("interpolate", prophet, *ends, *out)
    plain = untrained(pictures, place / "uncoded", family="autoregressive")
    assert "no codes" in refused("interpolate", plain, *ends, *out)


def test_series_begin_when_they_are_asked_to(prophet, tmp_path):
    out = tmp_path / "rows.csv"
    done = run("sample", prophet, "--count", 3, "--where", "hour=6", "--steps", 2, "--out", out)
    assert done.exit_code == 0, done.output
    table = read_table(out)
    firsts = [table["time"].to_pylist()[i] for i in range(0, 72, 24)]
    assert len(table) == 72
    assert all("T06" in str(time) or " 06" in str(time) for time in firsts)


def test_a_day_that_no_calendar_has_cannot_be_asked_for(prophet, tmp_path):
    out = ("--count", 1, "--out", tmp_path / "rows.csv")
    assert "is no time" in refused("sample", prophet, *out, "--where", "time=2023-02-29T06:00")


def test_series_are_forecast_with_quantiles_draws_and_a_chart(prophet, weather, tmp_path):
    out, paths, chart = (tmp_path / name for name in ("q.csv", "p.csv", "fan.svg"))
    done = run(
        *("forecast", prophet, weather, "--horizon", 8, "--draws", 5, "--steps", 2),
        *("--out", out, "--paths", paths, "--chart", chart),
    )
    assert done.exit_code == 0, done.output
    table = read_table(out)
    assert table.column_names == ["time", *(f"warm_q{q}" for q in ("05", "25", "50", "75", "95"))]
    assert len(table) == 8
    assert "2024-01-17" in str(table["time"][0]), "goes on after the last row"
    assert len(read_table(paths)) == 40
    assert chart.read_text().startswith('<svg xmlns="http://www.w3.org/2000/svg"')


def test_a_forecast_is_judged_by_what_came(prophet, weather, tmp_path):
    table = read_table(weather)
    past, came = tmp_path / "past.csv", tmp_path / "came.csv"
    write_table(table.slice(0, 300), past)
    write_table(table.slice(300), came)
    words = ("--horizon", 8, "--draws", 20, "--steps", 2, "--out", tmp_path / "q.csv")
    done = run("forecast", prophet, past, *words, "--truth", came)
    assert done.exit_code == 0, done.output
    assert "Forecast error (CRPS)" in done.stdout
    assert "Skill over a seasonal-naive forecast" in done.stdout
    assert "nothing of it lies" in refused("forecast", prophet, past, *words, "--truth", past)


def test_what_cannot_be_forecast_is_told(prophet, painter, weather, pictures, tmp_path):
    assert "--length" in refused("forecast", prophet, weather, "--horizon", 24)
    assert "forecasts nothing" in refused("forecast", painter, weather, "--horizon", 4)
    assert "kind series" in refused("forecast", prophet, pictures, "--horizon", 4)
    chart = ("--chart", tmp_path / "x.pdf")
    assert ".svg" in refused("forecast", prophet, weather, "--horizon", 4, *chart)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("time,cold\n{time},3\n", "no column 'warm'"),
        ("time,warm\n{time},lots\n", "'lots' is no"),
        ("time,warm\nsoon,3\n", "'soon' is no"),
    ],
)
def test_what_came_is_checked_before_anything_is_forecast(
    prophet, weather, tmp_path, content, said
):
    time = weather.read_text().splitlines()[1].split(",")[0]
    (tmp_path / "came.csv").write_text(content.format(time=time))
    words = ("--horizon", 4, "--truth", tmp_path / "came.csv", "--out", tmp_path / "q.csv")
    assert said in refused("forecast", prophet, weather, *words)
    assert ".csv" in refused("forecast", prophet, weather, "--horizon", 4, "--out", "q.xyz")


def test_gaps_of_a_series_are_filled_in_place(prophet, weather, tmp_path):
    table = read_table(weather)
    values = table["warm"].to_pylist()
    values[50:53] = [None] * 3
    gappy = table.set_column(1, "warm", pa.array(values)).take(
        pa.array([i for i in range(len(table)) if i not in (100, 101)])
    )
    write_table(gappy, tmp_path / "gaps.csv")
    done = run("fill", tmp_path / "gaps.csv", "--model", prophet, "--out", tmp_path / "whole.csv")
    assert done.exit_code == 0, done.output
    whole = read_table(tmp_path / "whole.csv")
    assert len(whole) == len(table)
    assert whole["time"].to_pylist() == read_table(weather)["time"].to_pylist()
    assert whole["warm"].null_count == 0
    kept = [i for i in range(len(table)) if i not in (50, 51, 52, 100, 101)]
    assert [whole["warm"][i].as_py() for i in kept] == [values[i] for i in kept]
    several = run("fill", tmp_path / "gaps.csv", "--model", prophet, "--count", 2, "--quiet")
    assert several.stdout.splitlines()[0].endswith("draw")
    assert len(several.stdout.splitlines()) == 1 + 2 * 5
    assert "nothing is missing" in refused("fill", weather, "--model", prophet)
