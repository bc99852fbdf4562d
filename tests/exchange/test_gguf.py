"""GGUF files of our models: what is written comes back, and llama.cpp computes what our model computes."""

import pytest
import torch

from fivefold.errors import InputError
from fivefold.exchange import gguf
from fivefold.spaces import Batch

pytest.importorskip("gguf")
pytest.importorskip("tokenizers")
SENTENCE = "Full fathom five: 1234 是 ÄÖ lies\n"
LAYOUTS = {
    "llama": {"qk_norm": False, "tied": False},
    "llama, tied": {"qk_norm": False, "tied": True, "theta": 5e4},
    "qwen3": {"qk_norm": True, "tied": False},
}


def logits(family, symbols: list[int]) -> torch.Tensor:
    batch = Batch(torch.zeros(1, 0), torch.tensor([symbols]))
    return family.conditionals.logits(batch, dtype=torch.float32)[0]


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_is_written_comes_back(name, made, tmp_path) -> None:
    family, codec = made("bpe", **LAYOUTS[name])
    path = gguf.write(family, codec.alphabet, tmp_path / "m.gguf", template="{{ messages }}")
    again, alphabet, template = gguf.read(path)
    symbols = [0, *alphabet.encode(SENTENCE)]
    assert symbols[1:] == codec.alphabet.encode(SENTENCE)
    assert torch.equal(logits(again, symbols), logits(family, symbols))
    assert template == "{{ messages }}"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("packing", "most"), [("F16", 0.05), ("Q8_0", 0.6)])
def test_packed_weights_are_near(packing, most, made, tmp_path) -> None:
    family, codec = made("bpe", qk_norm=False)
    path = gguf.write(family, codec.alphabet, tmp_path / "m.gguf", packing=packing)
    again, _, _ = gguf.read(path)
    symbols = [0, 9, 8, 7, 6]
    gap = (logits(again, symbols) - logits(family, symbols)).abs().max()
    assert 0 < gap < most


@pytest.mark.parametrize("alphabet", ["bytes", "bpe"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_llama_cpp_gives_the_same_logits(name, alphabet, made, tmp_path) -> None:
    llama_cpp = pytest.importorskip("llama_cpp")
    family, codec = made(alphabet, **LAYOUTS[name])
    path = gguf.write(family, codec.alphabet, tmp_path / "m.gguf")
    theirs = llama_cpp.Llama(str(path), n_ctx=64, n_threads=1, logits_all=True, verbose=False)
    symbols = theirs.tokenize(SENTENCE.encode(), add_bos=True)
    assert symbols == [0, *codec.alphabet.encode(SENTENCE)]
    theirs.eval(symbols)
    found = torch.from_numpy(theirs.scores[: len(symbols)].copy())
    theirs.close()
    assert (found - logits(family, symbols)).abs().max() < 2e-2


def test_an_alphabet_without_a_form_is_refused(made, tmp_path) -> None:
    family, codec = made("characters")
    with pytest.raises(InputError, match="no form in GGUF"):
        gguf.write(family, codec.alphabet, tmp_path / "m.gguf")
    assert list(tmp_path.iterdir()) == []
