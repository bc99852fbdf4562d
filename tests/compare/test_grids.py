"""Trials of pictures and series: parts that share nothing, figures, what is shown, humble models."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from sklearn.datasets import load_digits

from fivefold.compare.bootstrap import SeasonalBootstrap
from fivefold.compare.components import Components
from fivefold.compare.images import ImageTrial
from fivefold.compare.parts import Parts
from fivefold.compare.rhythm import autocorrelation, spectrum
from fivefold.compare.sketches import sketch
from fivefold.compare.sounds import SoundTrial
from fivefold.compare.timelines import SeriesTrial, stretches_of
from fivefold.compare.trials import trial_of
from fivefold.errors import InputError
from fivefold.families import FAMILIES
from fivefold.intake import Reading
from fivefold.model import Model
from fivefold.preparation import build
from fivefold.seeds import seeded
from fivefold.spaces import Batch, Space


@pytest.fixture(scope="module")
def digits():
    found = load_digits()
    x, y = (found.images[:400] * 15.9).astype(np.uint8), found.target[:400]
    codec, table = Reading().open({"x": x, "y": y})
    return ImageTrial.split(codec, table, seed=0)


@pytest.fixture(scope="module")
def series():
    rng = np.random.default_rng(0)
    n = 960
    hours = np.datetime64("2024-01-01T00", "h") + np.arange(n)
    swing = np.sin(2 * np.pi * np.arange(n) / 24)
    table = pa.table(
        {
            "time": pa.array(hours.astype("datetime64[s]")),
            "warm": np.round(10 + 5 * swing + rng.normal(0, 0.5, n), 2),
            "wet": np.round(60 - 9 * swing + rng.normal(0, 2, n), 1),
        }
    )
    codec, table = Reading(kind="series", length=24).open(table)
    return SeriesTrial.split(codec, table, seed=0)


def trained(parts: Parts, family: str = "diffusion") -> Model:
    model = build(family, parts.codec.space, size=0.25)
    model.prepare(parts.codec.encode(parts.train, seed=0), seeded(torch.device("cpu"), "t"))
    return Model(model.requires_grad_(False).eval(), parts.codec, {})


def test_every_kind_of_grid_has_a_trial():
    assert trial_of("image") is ImageTrial
    assert trial_of("series") is trial_of("track") is SeriesTrial


def test_pictures_are_parted_without_a_picture_twice(digits):
    sizes = [len(part) for part in (digits.train, digits.validation, digits.holdout)]
    assert sum(sizes) == 400
    assert sizes[2] == 80
    assert len(set(digits.holdout["class"].to_pylist()[:40])) > 5, "in no order"


def test_parts_of_pictures_are_read_as_they_were_written(digits, tmp_path):
    digits.write(tmp_path)
    again = Parts.read(tmp_path)
    assert again.train.equals(digits.train)
    assert again.codec.space == digits.codec.space
    assert again.folder == tmp_path


def test_damaged_pictures_are_left_out_of_all_parts_or_stop_the_comparison(tmp_path):
    from PIL import Image

    for i in range(120):
        Image.fromarray(np.full((8, 8), i, np.uint8)).save(tmp_path / f"{i:03}.png")
    (tmp_path / "050.png").write_bytes((tmp_path / "050.png").read_bytes()[:50])
    codec, table = Reading(skip_bad=True).open(tmp_path)
    parts = ImageTrial.split(codec, table, 0)
    assert len(parts.train) + len(parts.validation) + len(parts.holdout) == 119
    assert any("050.png" in notice for notice in parts.notices)
    codec, table = Reading().open(tmp_path)
    with pytest.raises(InputError, match=r"050\.png"):
        ImageTrial.split(codec, table, 0)


def test_too_few_pictures_are_refused():
    codec, table = Reading().open(np.zeros((20, 8, 8), np.uint8))
    with pytest.raises(InputError, match="20 pictures"):
        ImageTrial.split(codec, table, 0)


def test_pictures_are_judged_and_shown(digits, tmp_path):
    digits.write(tmp_path)
    trial = ImageTrial(Parts.read(tmp_path), effort=0.1)
    trial.ready(tmp_path)
    assert list(tmp_path.glob("features-*.safetensors"))
    model = trained(digits)
    made = pa.concat_tables(model.sample(64, seed=1, steps=2))
    figures = {figure.name: figure for figure in trial.figures(made, None, 0)}
    assert {"frechet_distance", "precision", "recall", "coverage"} <= figures.keys()
    floor = {figure.name: figure for figure in trial.floor(None, 0)}
    assert floor["frechet_distance"].value < figures["frechet_distance"].value
    shown = trial.exhibits(model, made, 0)
    assert [e.part for e in shown][:2] == ["samples", "neighbours"]
    assert "steps" in [e.part for e in shown]
    assert all(e.content.startswith("data:image/png;base64,") for e in shown)
    assert trial.real()[0].part == "samples"


def test_likelihoods_are_bits_per_dimension(digits):
    trial = ImageTrial(digits, effort=0.01)
    found = {figure.name: figure for figure in trial.likelihood(trained(digits), 0)}
    assert found["bits_per_dimension"].unit == "bits/dim"
    assert found["bits_per_dimension"].value > 1
    assert "likelihood_membership_auc" in found


def test_what_is_simple_to_say_of_pictures_is_a_table(digits):
    table = sketch(digits.codec, digits.holdout)
    assert table.column_names == [
        "brightness",
        "contrast",
        "edges, across",
        "edges, down",
        "class",
    ]
    assert len(table) == len(digits.holdout)


def test_grids_grow_for_the_measure_of_scale(digits):
    sizes = [(count, x.continuous.shape, space) for count, x, space in ImageTrial(digits).scaled()]
    assert [count for count, _, _ in sizes] == [16, 64, 256]
    assert all(shape[1:] == space.shape for _, shape, space in sizes)


def test_stretches_of_a_series_are_held_out_whole(series):
    times = [
        set(part["time"].to_pylist()) for part in (series.train, series.validation, series.holdout)
    ]
    assert not times[0] & times[2]
    assert not times[0] & times[1]
    assert sum(map(len, times)) == 960
    owners = stretches_of(series.codec, series.holdout)
    assert len(owners) == len(series.holdout)


def test_a_short_series_is_refused():
    table = pa.table({"t": list(range(100)), "x": [n % 7 for n in range(100)]})
    codec, table = Reading(kind="series", length=24).open(table)
    with pytest.raises(InputError, match=r"100 rows are 1 stretches.*--length"):
        SeriesTrial.split(codec, table, 0)


def test_series_are_judged_forecast_and_shown(series):
    trial = SeriesTrial(series, effort=0.1)
    model = trained(series)
    made = pa.concat_tables(model.sample(40, seed=1))
    figures = {figure.name: figure for figure in trial.figures(made, None, 0)}
    assert {
        "column_shape_error",
        "pair_trend_error",
        "detection_auc",
        "coverage",
    } <= figures.keys()
    judged = {figure.name for figure in trial.likelihood(model, 0)}
    assert {"log_prob", "forecast_crps", "forecast_skill_naive"} <= judged
    shown = trial.exhibits(model, made, 0)
    assert [e.part for e in shown] == ["samples", "spectrum", "forecast"]
    assert all(e.content.startswith("<svg") for e in (*shown, *trial.real()))
    assert trial.floor(None, 0)[0].value < figures["column_shape_error"].value


def test_components_have_the_moments_of_the_data():
    g = torch.Generator().manual_seed(0)
    shape = torch.randn(3, 64, generator=g)
    z = torch.randn(4_000, 3, generator=g) @ shape + 0.1 * torch.randn(4_000, 64, generator=g)
    x = Batch(z.reshape(-1, 1, 8, 8), torch.zeros(4_000, 0).long())
    model = Components(Space.grid(1, (8, 8)), components=3, classes=1)
    model.prepare(x, g)
    made = model.sample(4_000, generator=g).continuous.flatten(1)
    off = (made.T.cov() - z.T.cov()).abs().max()
    assert off < 0.15 * z.T.cov().max(), "six standard errors of the largest entry"
    assert abs(float(model.rest.sqrt()) - 0.1) < 0.01
    covariance = shape.T @ shape + 0.01 * torch.eye(64)
    exact = torch.distributions.MultivariateNormal(torch.zeros(64), covariance).log_prob(z[:50])
    assert (model.log_prob(x[:50]) - exact).abs().max() < 4


def test_the_bootstrap_keeps_to_the_season_and_repeats_no_window():
    g = torch.Generator().manual_seed(0)
    labels = torch.arange(90)[:, None] % 3
    x = Batch(labels[:, :, None] + torch.rand(90, 1, 8, generator=g), labels)
    model = SeasonalBootstrap(Space.grid(1, (8,), (3,)))
    model.prepare(x, g)
    made = model.sample(50, generator=g)
    assert bool((made.continuous.floor()[:, 0].long() == made.discrete).all())
    known = {tuple(row) for row in x.continuous[:, 0].tolist()}
    assert sum(tuple(row) in known for row in made.continuous[:, 0].tolist()) < 5


def test_rhythm_finds_period_and_lag():
    wave = np.sin(2 * np.pi * np.arange(48) / 12)[None].repeat(3, 0)
    assert spectrum(wave).argmax() + 1 == 4
    assert autocorrelation(wave)[12] > 0.7 > 0 > autocorrelation(wave)[6]
    wave[0, 5] = np.nan
    assert np.isfinite(spectrum(wave)).all()


def test_families_without_a_likelihood_say_so(digits):
    quiet = next(name for name, kind in FAMILIES.items() if kind.likelihood == "none")
    found = ImageTrial(digits, effort=0.01).likelihood(trained(digits, quiet), 0)
    assert [figure.value for figure in found] == [None]
    assert "no likelihood" in found[0].note


def test_a_target_is_for_tables(digits):
    with pytest.raises(InputError, match="--target"):
        ImageTrial(digits).check("class")


def test_sounds_are_judged_shown_and_played(tmp_path):
    pytest.importorskip("soundfile")
    rng = np.random.default_rng(0)
    pitch = np.repeat([0.2, 0.5], 60)[:, None]
    x = np.sin(np.arange(1_600) * pitch + rng.uniform(0, 6, (120, 1))).astype(np.float32)
    data = {"x": 0.5 * x, "rate": np.array(8_000), "y": np.repeat(["low", "high"], 60)}
    np.savez(tmp_path / "tones.npz", **data)
    codec, table = Reading(kind="sound").open(tmp_path / "tones.npz")
    SoundTrial.split(codec, table, seed=0).write(tmp_path)
    trial = trial_of("sound")(Parts.read(tmp_path), 0.01)
    trial.ready(tmp_path)
    model = trained(trial.parts, "variational")
    made = pa.concat_tables(model.sample(20, seed=1))
    figures = {figure.name: figure for figure in trial.figures(made, None, 0)}
    assert {"frechet_distance", "recall", "log_spectral_distance"} <= figures.keys()
    shown = trial.exhibits(model, made, 0)
    assert [e.part for e in shown] == ["samples", *["sounds"] * 4, "neighbours"]
    assert shown[1].content.startswith("data:audio/wav;base64,")
    columns, _ = trial.portrait({"variational": made})
    assert [c.name for c in columns][:2] == ["loudness", "middle band"]
