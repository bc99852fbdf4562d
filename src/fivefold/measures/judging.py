"""Judge anything synthetic by its kind: tables by columns, sequences by units, grids by what they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from fivefold.codecs.schema import Schema
from fivefold.errors import InputError, MissingExtraError
from fivefold.measures.figure import Figure
from fivefold.measures.sequences import measure_sequences
from fivefold.measures.table import measure
from fivefold.measures.units import texts_of

Texts = Sequence[str]


def judge(
    real: Any,
    synthetic: Any,
    *,
    kind: str = "table",
    holdout: Any = None,
    target: str | None = None,
    schema: Schema | None = None,
    seed: int = 0,
    most: int | None = None,
    cache: Path | None = None,
) -> list[Figure]:
    """Every figure of synthetic data of any kind.

    Arguments:
        real: what the generator learned from: a table, a table of one column of strings, a listing of pictures,
            a table of series.
        synthetic: what is to be judged.
        kind: `table`, or the kind of sequence.
        holdout: real data that it did not learn from.
        target: the column whose prediction is the utility; tables only.
        schema: kinds of columns that are given; tables only.
        seed: of every draw.
        most: how many real sequences the kind's own measures look at; None for all.
        cache: a folder for nets that are trained to compare pictures in; None to train them anew.

    Raises:
        InputError: where an option does not apply to the kind.

    Example:
        >>> found = judge(["CCO", "CCN"] * 30, ["CCO", "CCC"] * 30, kind="text")
        >>> found[0].name
        'column_shape_error'
    """
    if kind == "table":
        return measure(real, synthetic, holdout=holdout, target=target, schema=schema, seed=seed)
    for name, value in (("target", target), ("schema", schema)):
        if value is not None:
            raise InputError(
                f"--{name} does not apply to data of kind {kind!r}",
                hint="leave it out: it is for tables",
                code="option",
            )
    if kind in GRIDS:
        return GRIDS[kind](kind, real, synthetic, holdout, seed, cache)
    figures = measure_sequences(real, synthetic, kind=kind, holdout=holdout, seed=seed)
    if kind in OWN:
        learned, made = texts_of(real, "real"), texts_of(synthetic, "synthetic")
        held = None if holdout is None else _some(texts_of(holdout, "holdout"), most, seed)
        with suppress(MissingExtraError):
            figures += OWN[kind](_some(learned, most, seed), made, held, seed)
    return list({figure.name: figure for figure in figures}.values())


def _some(texts: Texts, most: int | None, seed: int) -> Texts:
    if most is None or len(texts) <= most:
        return texts
    return [texts[k] for k in np.random.default_rng(seed).permutation(len(texts))[:most]]


def _molecules(real: Texts, made: Texts, held: Texts | None, seed: int) -> list[Figure]:
    """The figures of MOSES, against the holdout, or against a half of the real molecules where there is none."""
    from fivefold.measures.molecules import measure_molecules

    test = real[: max(1, len(real) // 2)] if held is None else held
    fcd = find_spec("fcd_torch") is not None
    return measure_molecules(real, made, test, fcd=fcd, floors=False, seed=seed)


def _proteins(real: Texts, made: Texts, held: Texts | None, seed: int) -> list[Figure]:
    from fivefold.measures.proteins import measure_proteins

    return measure_proteins(real, made, holdout=held, seed=seed)


def _traces(real: Texts, made: Texts, held: Texts | None, seed: int) -> list[Figure]:
    from fivefold.measures.traces import measure_traces

    return measure_traces(real, made, holdout=held, seed=seed)


def _pictures(
    kind: str, real: Any, synthetic: Any, holdout: Any, seed: int, cache: Path | None
) -> list[Figure]:
    from fivefold.measures.pictures import measure_pictures

    return measure_pictures(real, synthetic, holdout=holdout, seed=seed, cache=cache)


def _sounds(
    kind: str, real: Any, synthetic: Any, holdout: Any, seed: int, cache: Path | None
) -> list[Figure]:
    from fivefold.measures.sound import measure_sounds

    return measure_sounds(real, synthetic, holdout=holdout, seed=seed, cache=cache)


def _series(
    kind: str, real: Any, synthetic: Any, holdout: Any, seed: int, cache: Path | None
) -> list[Figure]:
    from fivefold.measures.series import measure_series

    return measure_series(real, synthetic, kind=kind, holdout=holdout, seed=seed)


GRIDS: dict[str, Callable[[str, Any, Any, Any, int, Path | None], list[Figure]]] = {
    "image": _pictures,
    "series": _series,
    "sound": _sounds,
    "track": _series,
}
"""Data that are judged as grids."""

OWN: dict[str, Callable[[Texts, Texts, Texts | None, int], list[Figure]]] = {
    "molecule": _molecules,
    "protein": _proteins,
    "events": _traces,
}
"""What only one kind can be asked."""
