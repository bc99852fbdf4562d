"""From a model to samples: rows of a table, or texts that are drawn whole or written on from a prompt.

Every family draws from its own distribution. What changes the distribution (a temperature, a stop string, a schema)
is said symbol by symbol and needs a family that writes so: the autoregressive one, and the flow.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from fivefold.codecs.reading import read_data
from fivefold.codecs.sequences import SequenceCodec
from fivefold.codecs.writing import open_writer, write_table
from fivefold.errors import InputError
from fivefold.families.writing import writer
from fivefold.model import Model, load
from fivefold.seeds import seed_of
from fivefold.training import Progress

Report = Callable[[Progress], None]
STDOUT = "-"
CHOICES = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty")
RULES = ("max_symbols", "stop", "schema", "regex", "grammar", "engine")
TOGETHER = 1_024


def sample(
    model: Model | Path | str,
    rows: int,
    *,
    out: Path | str | None = None,
    where: Mapping[str, object] | None = None,
    prompt: str | None = None,
    balance: str | None = None,
    seed: int = 0,
    avoid: Any = None,
    on_progress: Report | None = None,
    **how: Any,
) -> pa.Table | Path:
    """Draw rows of a table, or texts, molecules, cases, ..., from a model.

    Arguments:
        model: a model or its folder.
        rows: how many.
        out: the file to write, `-` for standard output; rows are written as they are drawn, so that memory stays
            constant.
        where: columns and the values that every row shall have; tables only.
        prompt: what every text shall begin with; sequences only.
        balance: a column whose values shall be equally frequent; tables only.
        seed: the same seed gives the same rows.
        avoid: data of which none must be reproduced.
        on_progress: called after every chunk.
        how: of sequences and families that write symbol by symbol: `temperature`, `top_k`, `top_p`, `min_p`,
            `repetition_penalty`, `max_symbols`, `stop`, `schema`, `regex`, `grammar`, `engine` (what writes, of
            `fivefold.generation.ENGINES`).

    Returns:
        The table, or the path where `out` was given.

    Raises:
        InputError: where an option does not apply to the model.
    """
    model = model if isinstance(model, Model) else load(model)
    how = {name: value for name, value in how.items() if value is not None and value != ()}
    check(model, where, prompt, balance, how)
    known = None if avoid is None else read_data(avoid, kind=model.codec.kind)[1]
    if any(name in RULES for name in how):
        if known is not None:
            raise InputError("--avoid does not go with rules of writing", code="option")
        chunks = write(model, prompt or "", rows, seed=seed, **how)
    else:
        given = {"prompt": prompt} if prompt is not None else where
        chunks = model.sample(rows, where=given, balance=balance, seed=seed, avoid=known, **how)
    watched = _watched(chunks, rows, on_progress)
    if out is None:
        return pa.concat_tables(watched)
    if isinstance(model.codec, SequenceCodec):
        return _write_texts(model.codec, watched, out)
    first = next(watched)
    with open_writer(out, first.schema) as writer:
        writer.write(first)
        for chunk in watched:
            writer.write(chunk)
    return Path(out)


def write(
    model: Model,
    prompt: str,
    count: int,
    *,
    seed: int = 0,
    engine: str = "fivefold",
    **how: Any,
) -> Iterator[pa.Table]:
    """Texts that go on from a prompt under rules, the prompt included, in chunks.

    Arguments:
        model: a model of sequences that writes symbol by symbol.
        prompt: what each begins with.
        count: how many.
        seed: the same seed gives the same texts.
        engine: what writes them, of `fivefold.generation.ENGINES`.
        how: options of `fivefold.generation.generate`.
    """
    from fivefold.generation.requests import engine_of, settings

    assert isinstance(model.codec, SequenceCodec)
    made = engine_of(engine)(model.family, model.codec)
    for start in range(0, count, TOGETHER):
        own = seed if start == 0 else seed_of("write", seed, start)
        prompts = [prompt] * min(TOGETHER, count - start)
        found = made.generate(prompts, settings(seed=own, **how))
        yield pa.table({model.codec.column: [prompt + text.text for text in found]})


def check(
    model: Model,
    where: Mapping[str, object] | None,
    prompt: str | None,
    balance: str | None,
    how: Mapping[str, Any],
) -> None:
    """Refuse options that the model has no use for.

    Raises:
        InputError: naming the option, and what to give in its place.
    """
    kind, family = model.codec.kind, model.family
    unknown = [name for name in how if name not in (*CHOICES, *RULES)]
    if unknown and family.space.sort == "sequence":
        known = ", ".join((*CHOICES, *RULES))
        raise InputError(f"unknown option {unknown[0]!r}", hint=f"one of: {known}", code="option")
    if family.space.sort == "columns":
        given = (
            "prompt"
            if prompt is not None
            else next((n for n in how if n in (*CHOICES, *RULES)), "")
        )
        if given:
            raise InputError(
                f"--{given.replace('_', '-')} is for models of sequences, and this is one of a table",
                hint="give the values that rows shall have with --where COLUMN=VALUE",
                code="option",
            )
        return
    if where or balance is not None:
        raise InputError(
            f"{'--where' if where else '--balance'} is for models of tables, and this is one of {kind} data",
            hint="give the beginning that texts shall have with --prompt TEXT",
            code="option",
        )
    if how and writer(family) is None:
        raise InputError(
            f"--{next(iter(how)).replace('_', '-')} needs a family that writes symbol by symbol, "
            f"and this model is of the {family.name} family",
            hint="fit one with --family autoregressive, or leave the option out",
            code="option",
        )


def _write_texts(codec: SequenceCodec, chunks: Iterator[pa.Table], out: Path | str) -> Path:
    """Texts in the form of their kind, as a table where the ending names one, or on standard output."""
    if str(out) == STDOUT:
        _print_texts(chunks)
        return Path(out)
    table = pa.concat_tables(chunks)
    try:
        codec.write(table, out)
    except InputError as fault:
        if fault.code != "format":
            raise
        write_table(table, out)
    return Path(out)


def _print_texts(chunks: Iterator[pa.Table]) -> None:
    """A text a line; with a blank line between them where the first ones have several lines."""
    apart: bool | None = None
    for chunk in chunks:
        texts: Sequence[str] = chunk.column(0).to_pylist()
        first = apart is None
        if apart is None:
            apart = any("\n" in text for text in texts)
        for i, text in enumerate(texts):
            between = "\n" if apart and not (first and i == 0) else ""
            sys.stdout.write(between + text + ("" if text.endswith("\n") else "\n"))


def _watched(
    chunks: Iterator[pa.Table], rows: int, on_progress: Report | None
) -> Iterator[pa.Table]:
    done, clock = 0, datetime.now(UTC)
    for chunk in chunks:
        yield chunk
        done += len(chunk)
        if on_progress is not None:
            spent = (datetime.now(UTC) - clock).total_seconds()
            left = spent / done * (rows - done)
            on_progress(Progress("sample", done / rows, left, f"{done:,} rows"))
