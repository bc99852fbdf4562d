"""`fivefold export`: a model in a form that other programs load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fivefold.cli import options


@options.verb(
    "fivefold export model --to hf --out folder\n"
    "fivefold export model --to gguf --out model.gguf --packing Q8_0"
)
@click.argument("model", type=options.KNOWN_FOLDER)
@click.option(
    "--to",
    type=click.Choice(("hf", "gguf")),
    required=True,
    help="hf: a folder for transformers, vLLM, lm-evaluation-harness; gguf: a file for llama.cpp.",
)
@click.option("--out", type=options.FILE, required=True, help="The folder or the file.")
@click.option(
    "--packing",
    type=click.Choice(("F32", "F16", "Q8_0")),
    help="How a GGUF file holds matrices; F32 if not given.",
)
def export(model: Path, to: str, out: Path, packing: str | None) -> None:
    """Write MODEL so that other programs load it.

    An autoregressive model of sequences has the layout of Llama or Qwen3; other families have no such form.
    """
    if packing is not None and to != "gguf":
        raise click.UsageError("--packing goes with --to gguf")
    from fivefold.exchange.models import export as run
    from fivefold.model import load

    given: dict[str, Any] = {} if packing is None else {"packing": packing}
    click.echo(f"{to}: {run(load(model), to, out, **given)}")  # type: ignore[arg-type]
