"""The two calls: whole texts, or pieces as they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from fivefold.codecs.sequences import SequenceCodec
from fivefold.errors import InputError
from fivefold.families import Family
from fivefold.generation.constraints import Constraint
from fivefold.generation.engine import Engine, Piece, Settings
from fivefold.generation.rows import Generation
from fivefold.generation.translated import TranslatedEngine
from fivefold.nets.choices import Choice

ENGINES: dict[str, Callable[[Family, SequenceCodec], Engine | TranslatedEngine]] = {
    "fivefold": Engine,
    "ctranslate2": TranslatedEngine,
    "ctranslate2-int8": partial(TranslatedEngine, precision="int8"),
}
"""What writes whole texts: our own engine, and a library that is faster for few rows and can do less."""


def generate(
    family: Family,
    codec: SequenceCodec,
    prompts: Sequence[str],
    *,
    engine: str = "fivefold",
    **how: Any,
) -> list[Generation]:
    """What a model writes after each prompt.

    Arguments:
        family: an autoregressive model or a flow over sequences.
        codec: what its symbols mean.
        prompts: texts to go on from; "" begins anew.
        engine: what writes, of `ENGINES`.
        how: `max_symbols`, `temperature`, `top_k`, `top_p`, `min_p`, `repetition_penalty`, `stop`, `schema` or `regex`
            or `grammar`, `seed`, `speculate`, `log_probs`: see `Settings`, `Choice` and `Constraint`.

    Returns:
        One generation a prompt, in their order; an InputError where a prompt is longer than the context.

    Example:
        >>> import pyarrow as pa
        >>> from fivefold.codecs.sequences import SequenceCodec
        >>> from fivefold.families import Autoregressive
        >>> codec = SequenceCodec(alphabet="bytes").fit(pa.table({"text": ["to be or not"]}))
        >>> family = Autoregressive(codec.space, width=64, depth=1)
        >>> [one] = generate(family, codec, ["to "], max_symbols=4, temperature=0.8, seed=1)
        >>> len(one.symbols), one.finished
        (4, 'length')
    """
    return engine_of(engine)(family, codec).generate(prompts, settings(**how))


def engine_of(name: str) -> Callable[[Family, SequenceCodec], Engine | TranslatedEngine]:
    """What makes the engine of this name, of `ENGINES`."""
    if name not in ENGINES:
        known = ", ".join(ENGINES)
        raise InputError(f"unknown engine {name!r}", hint=f"one of: {known}", code="engine")
    return ENGINES[name]


def stream(
    family: Family, codec: SequenceCodec, prompts: Sequence[str], **how: Any
) -> Iterator[Piece]:
    """What a model writes after each prompt, piece by piece; joined, the pieces are what `generate` gives.

    Arguments:
        family: as in `generate`.
        codec: as in `generate`.
        prompts: as in `generate`.
        how: as in `generate`.
    """
    return Engine(family, codec).stream(prompts, settings(**how))


def settings(
    *,
    max_symbols: int | None = None,
    stop: str | Sequence[str] = (),
    seed: int = 0,
    schema: Mapping[str, Any] | str | None = None,
    regex: str | None = None,
    grammar: str | None = None,
    speculate: bool = False,
    log_probs: bool = False,
    **choice: Any,
) -> Settings:
    """Settings from plain values, as a command line or a server has them."""
    constraints = [
        *([] if schema is None else [Constraint.schema(schema)]),
        *([] if regex is None else [Constraint("regex", regex)]),
        *([] if grammar is None else [Constraint("grammar", grammar)]),
    ]
    if len(constraints) > 1:
        raise InputError(
            "more than one constraint", hint="give a schema, a regex or a grammar", code="choice"
        )
    return Settings(
        max_symbols=max_symbols,
        choice=Choice(**choice),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        seed=seed,
        constraint=constraints[0] if constraints else None,
        speculate=speculate,
        log_probs=log_probs,
    )
