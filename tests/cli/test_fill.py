"""`fivefold fill`: fillings on stdout, wrong use in words."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
import torch
from click.testing import CliRunner

from fivefold.cli.faults import Verbs
from fivefold.cli.fill import fill
from fivefold.codecs.text import TextCodec
from fivefold.families.diffusion import Diffusion
from fivefold.model import Model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    codec = TextCodec(alphabet="characters").fit(pa.table({"text": ["to be or not to be"] * 20}))
    torch.manual_seed(0)
    family = Diffusion(codec.space, width=64, depth=1)
    return Model(family, codec, {}).save(tmp_path_factory.mktemp("model") / "model")


def test_fillings_are_printed_with_their_probability(folder: Path) -> None:
    found = CliRunner().invoke(fill, [str(folder), "to b___", "--symbols", "1", "--count", "3"])
    assert found.exit_code == 0, found.output
    head, *rows = found.output.splitlines()
    assert head.split() == ["text", "probability", "a", "symbol"]
    assert len(rows) == 3
    assert all(row.startswith("to b") for row in rows)


def test_json_is_the_same_in_full_and_the_same_seed_gives_it_again(folder: Path) -> None:
    first, second = (
        CliRunner().invoke(fill, [str(folder), "t___be", "--count", "4", "--json"]).stdout
        for _ in range(2)
    )
    assert first == second
    rows = json.loads(first)
    assert len(rows) == 4
    for row in rows:
        assert row["text"] == f"t{row['filled'][0]}be"
        assert 0 < row["probability"] <= row["each"] <= 1


def test_a_text_without_a_blank_is_wrong_use(folder: Path) -> None:
    group = Verbs(commands={"fill": fill})
    found = CliRunner().invoke(group, ["fill", str(folder), "to be"])
    assert found.exit_code == 2
    assert "no blank" in found.output
