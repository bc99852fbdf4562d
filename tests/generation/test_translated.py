"""CTranslate2 writes what our own engine writes, and refuses what it cannot do."""

import sys
from importlib.util import find_spec

import pyarrow as pa
import pytest
import torch

from fivefold.codecs.sequences import SequenceCodec
from fivefold.errors import InputError, MissingExtraError
from fivefold.families import Autoregressive, Diffusion
from fivefold.generation import TranslatedEngine, generate

CODEC = SequenceCodec(alphabet="bytes", length=64).fit(pa.table({"text": ["to be or not"]}))
PROMPTS = ["to be", "", "whether 'tis", "q", "é是"]
LAYOUTS = {
    "qwen3": {"heads": 2},
    "llama": {"heads": 2, "qk_norm": False},
    "grouped": {"heads": 4, "groups": 2},
    "wide heads": {"heads": 2, "head": 48, "groups": 1, "theta": 1e5, "epsilon": 1e-5},
    "tied": {"heads": 2, "tied": True},
}
needed = pytest.mark.skipif(
    find_spec("ctranslate2") is None, reason="the extra ctranslate2 is not installed"
)


def model(**config) -> Autoregressive:
    torch.manual_seed(0)
    made = Autoregressive(CODEC.space, width=64, depth=2, **config).requires_grad_(False)
    for p in made.parameters():
        if p.dim() == 2:
            torch.nn.init.normal_(p, std=1.5 * p.shape[1] ** -0.5)
        else:
            torch.nn.init.uniform_(p, 0.5, 1.5)
    return made


@needed
@pytest.mark.parametrize("layout", LAYOUTS)
def test_greedy_texts_are_those_of_our_own_engine(layout) -> None:
    family = model(**LAYOUTS[layout])
    how = {"max_symbols": 30, "temperature": 0.0, "stop": "\u0012"}
    found = generate(family, CODEC, PROMPTS, engine="ctranslate2", **how)
    assert found == generate(family, CODEC, PROMPTS, **how)


@needed
@pytest.mark.parametrize("engine", ["ctranslate2", "ctranslate2-int8"])
def test_the_same_seed_gives_the_same_texts(engine) -> None:
    def written(seed: int) -> list[str]:
        found = generate(MODEL, CODEC, PROMPTS, engine=engine, max_symbols=20, seed=seed)
        return [one.text for one in found]

    assert written(1) == written(1) != written(2)


@needed
def test_symbols_come_as_often_as_the_model_says() -> None:
    found = generate(MODEL, CODEC, ["to"] * 4_000, engine="ctranslate2", max_symbols=1)
    c = CODEC.prompts(["to"])
    with torch.no_grad():
        wanted = MODEL.conditionals.logits(c.values, dtype=torch.float32)[0, 2].softmax(-1)
    counts = torch.bincount(torch.tensor([(g.symbols or [0])[0] for g in found]), minlength=257)
    deviation = (counts - 4_000 * wanted) / (4_000 * wanted * (1 - wanted) + 1).sqrt()
    assert deviation.abs().max() < 5


@needed
@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"regex": "a+"}, "under a constraint"),
        ({"min_p": 0.1}, "min_p"),
        ({"log_probs": True}, "log-probabilities"),
        ({"speculate": True}, "guess ahead"),
        ({"max_symbols": 63}, "more than 51 symbols"),
    ],
)
def test_what_it_cannot_do_is_refused(how, said) -> None:
    with pytest.raises(InputError, match=said):
        generate(MODEL, CODEC, PROMPTS, engine="ctranslate2", **how)


@needed
def test_models_that_are_no_language_models_are_refused() -> None:
    with pytest.raises(InputError, match="diffusion"):
        TranslatedEngine(Diffusion(CODEC.space, width=64, depth=1), CODEC)


def test_unknown_engines_and_missing_packages_are_named(monkeypatch) -> None:
    with pytest.raises(InputError, match="unknown engine 'vllm'"):
        generate(MODEL, CODEC, [""], engine="vllm")
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    with pytest.raises(MissingExtraError, match=r"fivefold\[ctranslate2\]"):
        generate(MODEL, CODEC, [""], engine="ctranslate2")


MODEL = model(heads=2)
