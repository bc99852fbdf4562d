"""`fivefold fit`: train one family and keep the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fivefold.cli import options
from fivefold.cli.faults import keep
from fivefold.cli.output import outline, print_json
from fivefold.cli.progress import shown


@options.verb(
    "fivefold fit people.csv --family diffusion --out model --minutes 2\n"
    "fivefold fit people.csv --family diffusion --out model --resume\n"
    "fivefold fit smiles.csv --kind molecule --family autoregressive --out model\n"
    "fivefold fit pictures/ --out painter --picture-size 32\n"
    "fivefold fit letters/ --start model --lora 8 --minutes 5 --out mine\n"
    "torchrun --nproc-per-node 2 -m fivefold fit letters/ --shard --out large"
)
@options.table("data")
@click.option(
    "--family",
    type=click.Choice(options.FAMILIES),
    help="The principle to train; autoregressive for sequences and else diffusion if not given.",
)
@click.option("--out", type=options.FOLDER, help="Folder for the model.")
@click.option("--minutes", type=options.POSITIVE, metavar="N", help="Budget of processor time.")
@click.option("--epochs", type=options.POSITIVE, metavar="N", help="Passes over the data.")
@click.option(
    "--size",
    type=options.POSITIVE,
    metavar="N",
    default=1.0,
    show_default=True,
    help="Scale of the network.",
)
@click.option(
    "--net",
    type=click.Choice(("transformer", "rnn", "lstm", "gru", "unet", "dit")),
    help="transformer, rnn, lstm, gru for sequences symbol by symbol; unet, dit for diffusion of grids.",
)
@click.option(
    "--start", type=options.KNOWN_FOLDER, metavar="MODEL", help="A model to train further."
)
@click.option(
    "--lora",
    type=click.IntRange(min=1),
    metavar="RANK",
    help="Leave the matrices of --start as they are and learn others of this rank beside them.",
)
@click.option("--resume", is_flag=True, help="Go on with an interrupted training.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, in what time and memory.")
@options.reading
@options.schema
@options.seed
@options.threads
@click.option("--device", metavar="NAME", help="cpu, cuda, cuda:1, mps; the best if not given.")
@options.encoding
@click.option(
    "--shard",
    is_flag=True,
    help="Each process that torchrun starts keeps a slice of the weights (as FSDP2 does).",
)
@options.as_json
def fit(data: str, out: Path | None, dry_run: bool, as_json: bool, **settings: Any) -> None:
    """Train one family on DATA and write a model folder.

    DATA is a table, texts, code, molecules, proteins, an event log, log lines, music, pictures or series: a file, a
    folder, a URL. The folder holds the weights, the codec, the evidence and a model card; of pictures and series also
    samples, renewed while the training goes. A training that was interrupted goes on with `--resume` and ends in the
    same bits as one that was not.
    """
    if out is None and not dry_run:
        raise click.UsageError("--out MODEL is missing: where should the model be kept?")
    from fivefold.estimators import fit as run
    from fivefold.estimators import plan as foresee

    if dry_run:
        plan = foresee(data, out=out, **settings)
        print_json(plan) if as_json else click.echo("\n".join(outline(plan)))
        return
    keep(f"the checkpoint in {out} is kept: the same command with --resume goes on from there")
    from fivefold.training.team import leads, leave

    with shown() as on_progress:
        model = run(data, out=out, on_progress=on_progress, **settings)
    if leads() and as_json:
        print_json(model.describe())
    elif leads():
        click.echo(f"model: {out}")
    leave()
