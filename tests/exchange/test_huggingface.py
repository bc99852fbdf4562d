"""Hugging Face folders: transformers computes what our model computes, and what it writes comes back."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from fivefold.errors import InputError
from fivefold.exchange import huggingface
from fivefold.spaces import Batch

pytest.importorskip("tokenizers")
SENTENCE = "Full fathom five: 1234 是 ÄÖ lies\n"
LAYOUTS = {
    "llama": {"qk_norm": False, "tied": False},
    "llama, tied": {"qk_norm": False, "tied": True, "theta": 5e4, "epsilon": 1e-5},
    "qwen3": {"qk_norm": True, "tied": False, "groups": 2},
    "wide heads": {"qk_norm": True, "tied": True, "head": 64},
}


def logits(family, symbols: list[int]) -> torch.Tensor:
    batch = Batch(torch.zeros(1, 0), torch.tensor([symbols]))
    return family.conditionals.logits(batch, dtype=torch.float32)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LAYOUTS)
def test_transformers_gives_the_same_logits(name, made, tmp_path) -> None:
    transformers = pytest.importorskip("transformers")
    family, codec = made("bpe", **LAYOUTS[name])
    huggingface.write(family, codec.alphabet, tmp_path)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    symbols = tokenizer(SENTENCE)["input_ids"]
    assert symbols == [0, *codec.alphabet.encode(SENTENCE)]
    with torch.no_grad():
        found = theirs(torch.tensor([symbols])).logits
    assert (found - logits(family, symbols)).abs().max() < 1e-4
    assert tokenizer.decode(symbols, skip_special_tokens=True) == SENTENCE
    assert theirs.num_parameters() == sum(p.numel() for p in family.parameters())


@pytest.mark.parametrize("alphabet", ["bytes", "characters", "bpe"])
def test_an_exported_tokenizer_gives_the_symbols_of_the_alphabet(alphabet, made, tmp_path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    family, codec = made(alphabet)
    huggingface.write(family, codec.alphabet, tmp_path)
    tokenizer = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    symbols = codec.alphabet.encode(SENTENCE)
    assert tokenizer.encode(SENTENCE).ids == [0, *symbols]
    assert tokenizer.decode(symbols) == SENTENCE


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_is_written_comes_back(name, made, tmp_path) -> None:
    family, codec = made("bpe", **LAYOUTS[name])
    huggingface.write(family, codec.alphabet, tmp_path, template="{{ messages }}")
    again, alphabet, template = huggingface.read(tmp_path)
    symbols = [0, *alphabet.encode(SENTENCE)]
    assert symbols[1:] == codec.alphabet.encode(SENTENCE)
    assert torch.equal(logits(again, symbols), logits(family, symbols))
    assert template == "{{ messages }}"
    assert again.space.positions == family.space.positions
    assert huggingface.read(tmp_path, length=16)[0].space.positions == 16


def test_a_turn_ends_what_a_chat_generates(made, tmp_path) -> None:
    family, codec = made("bpe")
    codec.alphabet.specials = {"<|end|>": 0, "<|im_end|>": 7}
    for template, ends in ((None, 0), ("{{ messages }}", [0, 7])):
        folder = huggingface.write(family, codec.alphabet, tmp_path, template=template)
        written = json.loads((folder / "generation_config.json").read_text())
        assert written["eos_token_id"] == ends


@pytest.fixture
def folder(made, tmp_path):
    family, codec = made("bpe")
    return huggingface.write(family, codec.alphabet, tmp_path / "model")


def edited(folder, **changes) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


WRONG = {
    "architecture": ({"architectures": ["MambaForCausalLM"]}, "MambaForCausalLM"),
    "no list": ({"architectures": "LlamaForCausalLM"}, "architecture is None"),
    "absurd depth": ({"num_hidden_layers": 10**9}, "depth is 1000000000"),
    "overflow": ({"hidden_size": 2**63}, "width is"),
    "negative": ({"intermediate_size": -5}, "hidden is -5"),
    "zero heads": ({"num_attention_heads": 0, "head_dim": None}, "config.json"),
    "words": ({"vocab_size": "many"}, "alphabet is 'many'"),
    "uneven heads": ({"num_attention_heads": 3, "num_key_value_heads": 2}, "cannot share"),
    "too many parameters": (
        {"num_hidden_layers": 1000, "hidden_size": 65_000, "intermediate_size": 10**6},
        "parameters",
    ),
    "scaled": ({"rope_parameters": {"rope_type": "yarn"}}, "yarn"),
    "bias": ({"attention_bias": True}, "attention_bias"),
    "activation": ({"hidden_act": "gelu"}, "gelu"),
    "another shape": ({"intermediate_size": 64}, "has shape"),
    "more symbols": ({"vocab_size": 400}, "has shape"),
    "fewer symbols": ({"vocab_size": 20}, "only 20"),
    "no theta": ({"rope_parameters": {"rope_theta": -1.0}}, "theta"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_configuration_is_refused(name, folder) -> None:
    changes, message = WRONG[name]
    edited(folder, **changes)
    with pytest.raises(InputError, match=message):
        huggingface.read(folder)


def test_a_missing_tensor_is_named(folder) -> None:
    path = folder / "model.safetensors"
    weights = load_file(path)
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, path)
    with pytest.raises(InputError, match=r"lacks the tensor 'model\.layers\.1\.mlp\.up_proj"):
        huggingface.read(folder)


def test_damaged_weights_are_refused(folder) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(InputError, match=r"model\.safetensors"):
        huggingface.read(folder)


def test_a_pickle_is_never_read(folder) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch owned'\ntR.")
    with pytest.raises(InputError, match="a pickle"):
        huggingface.read(folder)


@pytest.mark.parametrize("shard", ["../other.safetensors", "/etc/passwd", "a\x00b", 5, "x.bin"])
def test_an_index_cannot_lead_out_of_the_folder(shard, folder) -> None:
    index = {"weight_map": {"model.embed_tokens.weight": shard}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(InputError, match="names the file"):
        huggingface.read(folder)


def test_several_files_are_read_by_their_index(folder, made) -> None:
    path = folder / "model.safetensors"
    weights = load_file(path)
    names = sorted(weights)
    parts = {"one.safetensors": names[::2], "two.safetensors": names[1::2]}
    for shard, chosen in parts.items():
        save_file({name: weights[name] for name in chosen}, folder / shard)
    places = {name: shard for shard, chosen in parts.items() for name in chosen}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    path.unlink()
    family, _, _ = huggingface.read(folder)
    assert torch.equal(logits(family, [0, 5, 7]), logits(made("bpe")[0], [0, 5, 7]))


@pytest.mark.parametrize("content", ["[1]", "{", "\ud800", '{"a":' * 100_000])
def test_broken_json_is_named(content, folder) -> None:
    (folder / "config.json").write_bytes(content.encode(errors="surrogatepass"))
    with pytest.raises(InputError, match=r"config\.json"):
        huggingface.read(folder)


def test_a_broken_tokenizer_is_named(folder) -> None:
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match=r"tokenizer\.json"):
        huggingface.read(folder)


def test_a_family_that_is_no_language_model_is_refused(tmp_path, made) -> None:
    from fivefold.families import Diffusion
    from fivefold.spaces import Space

    _, codec = made("bytes")
    with pytest.raises(InputError, match="no form that others can load"):
        huggingface.write(Diffusion(Space((2,)), width=16), codec.alphabet, tmp_path)
