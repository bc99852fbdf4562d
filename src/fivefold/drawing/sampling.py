"""From a model to samples: rows of a table, texts drawn whole or written on from a prompt, pictures, series.

Every family draws from its own distribution. What changes the distribution of texts (a temperature, a stop string, a
schema) is said symbol by symbol and needs a family that writes so: the autoregressive one, and the flow. What a family
over grids can be told is what its `sample` names: steps, guidance, temperature.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from fivefold.codecs.image import ImageCodec
from fivefold.codecs.pictures.sheets import check_folder, laid_out
from fivefold.codecs.reading import read_data
from fivefold.codecs.sequences import SequenceCodec
from fivefold.codecs.sound import SoundCodec
from fivefold.codecs.writing import check_place as check_table
from fivefold.codecs.writing import open_writer, write_table
from fivefold.errors import InputError
from fivefold.families import Diffusion, Family
from fivefold.families.writing import writer
from fivefold.model import Model, chunk_of, load
from fivefold.seeds import seed_of
from fivefold.training import Progress

Report = Callable[[Progress], None]
STDOUT = "-"
CHOICES = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty")
RULES = ("max_symbols", "stop", "schema", "regex", "grammar", "engine")
TOGETHER = 1_024
FORMS = {"image": (".png", ".npz"), "sound": (".wav", ".npz")}
"""The endings of files of a kind that is not written as it is drawn; no ending is a folder."""
WITHOUT = {"columns": ("guidance", "temperature"), "grid": ("temperature",)}
"""What a diffusion names that means nothing for a sort of space: numbers have no temperature."""


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
    """Draw rows of a table, or texts, molecules, cases, pictures, stretches of a series, ..., from a model.

    Arguments:
        model: a model or its folder.
        rows: how many.
        out: the file to write, `-` for standard output; rows are written as they are drawn, so that memory stays
            constant. Of pictures `.png` for one sheet, `.npz` for arrays, no ending for a folder.
        where: columns and the values that every row shall have; of pictures `class`; of series the entity, the time or
            a label of the calendar.
        prompt: what every text shall begin with; sequences only.
        balance: a column whose values shall be equally frequent; tables only.
        seed: the same seed gives the same rows.
        avoid: data of which none must be reproduced.
        on_progress: called after every chunk.
        how: of sequences and families that write symbol by symbol: `temperature`, `top_k`, `top_p`, `min_p`,
            `repetition_penalty`, `max_symbols`, `stop`, `schema`, `regex`, `grammar`, `engine` (what writes, of
            `fivefold.generation.ENGINES`). Of pictures and series what the family knows of `steps`, `guidance` and
            `temperature`.

    Returns:
        The table, or the path where `out` was given.

    Raises:
        InputError: where an option does not apply to the model.
    """
    model = model if isinstance(model, Model) else load(model)
    how = {name: value for name, value in how.items() if value is not None and value != ()}
    check(model, where, prompt, balance, how)
    if avoid is not None and model.family.space.sort == "grid":
        raise _apart("avoid", "tables and sequences", model, "leave it out: no two are equal")
    if out is not None:
        check_place(model, out, rows)
    known = None if avoid is None else read_data(avoid, kind=model.codec.kind)[1]
    size = chunk_of(model.family.space)
    if any(name in RULES for name in how):
        size = TOGETHER
        if known is not None:
            raise InputError("--avoid does not go with rules of writing", code="option")
        chunks = write(model, prompt or "", rows, seed=seed, **how)
    else:
        given = {"prompt": prompt} if prompt is not None else where
        chunks = model.sample(rows, where=given, balance=balance, seed=seed, avoid=known, **how)
    watched = _watched(chunks, rows, size, on_progress)
    return pa.concat_tables(watched) if out is None else written(model, watched, out)


def written(model: Model, chunks: Iterator[pa.Table], out: Path | str) -> Path:
    """Write what was drawn: tables and series as it comes, texts and pictures in the form of their kind.

    Arguments:
        model: whose samples they are.
        chunks: at least one.
        out: as in `sample`.
    """
    codec = model.codec
    if isinstance(codec, SequenceCodec):
        return _write_texts(codec, chunks, out)
    if isinstance(codec, ImageCodec | SoundCodec):
        codec.write(pa.concat_tables(chunks), out)
        return Path(out)
    first = next(chunks)
    with open_writer(out, first.schema) as writer:
        writer.write(first)
        for chunk in chunks:
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


def check_place(model: Model, out: Path | str, count: int) -> None:
    """Refuse a place that what a model draws cannot be written to, before anything is drawn.

    Raises:
        InputError: where the ending is that of another form, something is there already, or a sheet would be too large.
    """
    kind, ending = model.codec.kind, Path(out).suffix.lower()
    if isinstance(model.codec, SequenceCodec):
        return
    if kind not in FORMS:
        check_table(out)
    elif str(out) != STDOUT and not ending:
        check_folder(Path(out))
    elif ending == ".png" and ending in FORMS[kind]:
        laid_out(count, *model.codec.space.extent)
    elif str(out) == STDOUT or ending not in FORMS[kind]:
        raise InputError(
            f"data of kind {kind} are not written to {'standard output' if str(out) == STDOUT else ending}",
            hint=f"give --out with a name that ends with {' or '.join(FORMS[kind])}, or a folder",
            code="format",
        )


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
    sort = model.family.space.sort
    if sort == "sequence":
        _check_sequences(model, where, balance, how)
        return
    given = [name for name in how if name in (*CHOICES, *RULES)]
    given = given if sort == "columns" else [name for name in given if name != "temperature"]
    if prompt is not None or given:
        name = "prompt" if prompt is not None else given[0]
        hint = "give the values that rows shall have with --where COLUMN=VALUE"
        raise _apart(
            name, "sequences", model, hint if sort == "columns" else "say --help for what there is"
        )
    if sort == "grid" and balance is not None:
        raise _apart("balance", "tables", model, "draw as many of each with --class or --where")
    _check_taken(model.family, how)


def _check_sequences(
    model: Model,
    where: Mapping[str, object] | None,
    balance: str | None,
    how: Mapping[str, Any],
) -> None:
    unknown = [name for name in how if name not in (*CHOICES, *RULES)]
    if unknown:
        known = ", ".join((*CHOICES, *RULES))
        raise InputError(f"unknown option {unknown[0]!r}", hint=f"one of: {known}", code="option")
    if where or balance is not None:
        hint = "give the beginning that texts shall have with --prompt TEXT"
        raise _apart("where" if where else "balance", "tables", model, hint)
    if how and writer(model.family) is None:
        raise InputError(
            f"{_option(next(iter(how)))} needs a family that writes symbol by symbol, "
            f"and this model is of the {model.family.name} family",
            hint="fit one with --family autoregressive, or leave the option out",
            code="option",
        )


def _check_taken(family: Family, how: Mapping[str, Any]) -> None:
    """Refuse what the sampler of a family has no name for, and guidance where there is nothing to be guided by."""
    known = taken(family)
    for name in how:
        if name not in known:
            raise InputError(
                f"{_option(name)} is nothing that the {family.name} family can be told",
                hint=f"it knows {', '.join(map(_option, known))}" if known else "leave it out",
                code="option",
            )
    if "guidance" in how and not family.space.positions:
        raise InputError(
            "--guidance needs classes or other labels, and this model was trained without any",
            hint="leave it out, or fit on data with classes",
            code="option",
        )


def taken(family: Family) -> list[str]:
    """What the sampler of a family can be told: what it names, and what the net that draws for it does.

    Example:
        >>> from fivefold.families import Diffusion
        >>> from fivefold.spaces import Space
        >>> "steps" in taken(Diffusion(Space((1,)), width=16))
        True
    """
    parts: list[Any] = [family.sample]
    parts += [part.draw for part in family.children() if hasattr(part, "draw")]
    named = {
        parameter.name: None
        for part in parts
        for parameter in inspect.signature(part).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name != "generator"
    }
    without = WITHOUT.get(family.space.sort, ()) if isinstance(family, Diffusion) else ()
    return [name for name in named if name not in without]


def _apart(option: str, what: str, model: Model, hint: str) -> InputError:
    kind = model.codec.kind
    own = "one of a table" if kind == "table" else f"one of {kind} data"
    return InputError(
        f"{_option(option)} is for models of {what}, and this is {own}", hint=hint, code="option"
    )


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


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
    chunks: Iterator[pa.Table], rows: int, size: int, on_progress: Report | None
) -> Iterator[pa.Table]:
    clock = datetime.now(UTC)
    for number, chunk in enumerate(chunks, 1):
        yield chunk
        done = min(rows, number * size)
        if on_progress is not None:
            spent = (datetime.now(UTC) - clock).total_seconds()
            left = spent / done * (rows - done)
            on_progress(Progress("sample", done / rows, left, f"{done:,} drawn"))
