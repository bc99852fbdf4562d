"""`fivefold import`: a language model from elsewhere becomes one of ours."""

from __future__ import annotations

from pathlib import Path

import click

from fivefold.cli import options
from fivefold.cli.output import print_json


@options.verb(
    "fivefold import SmolLM2-135M-Instruct.Q4_1.gguf --out smollm\n"
    'fivefold sample smollm --prompt "The capital of France is" --count 3'
)
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--out", type=options.FOLDER, required=True, help="Folder for the model.")
@click.option(
    "--length",
    type=click.IntRange(min=3),
    metavar="N",
    help="Longest context; the model's own, at most 2,048, if not given.",
)
@options.as_json
def bring(source: Path, out: Path, length: int | None, as_json: bool) -> None:
    """Make a model of SOURCE, a Hugging Face folder or a GGUF file in the layout of Llama or Qwen3.

    Weights are unpacked to float32 and checked; pickles are never read, and no code of the source is run.
    """
    from fivefold.exchange.models import bring as run

    model = run(source, length=length)
    model.save(out)
    if as_json:
        print_json(model.describe())
        return
    click.echo(f"model: {out}")


bring.name = "import"
