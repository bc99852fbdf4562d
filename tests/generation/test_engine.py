"""The engine: what is written depends on the model, the prompt and the seed, and on nothing else."""

import json

import pyarrow as pa
import pytest
import torch

from fivefold.codecs.sequences import SequenceCodec
from fivefold.errors import InputError
from fivefold.families import Autoregressive, Diffusion, Flow
from fivefold.generation import Engine, generate, stream
from fivefold.nets.choices import Choice
from fivefold.spaces import Space

WORDS = "to be or not to be, that is the question: whether 'tis nobler in the mind to suffer é是\n"


def codec_of(length: int = 48) -> SequenceCodec:
    return SequenceCodec(alphabet="bytes", length=length).fit(pa.table({"text": [WORDS]}))


def model(codec: SequenceCodec, scale: float = 1.0, **config) -> Autoregressive:
    """A model with firm opinions, and little wish to end."""
    torch.manual_seed(0)
    made = Autoregressive(codec.space, **{"width": 32, "depth": 2, "heads": 2, **config})
    for p in made.parameters():
        if p.dim() == 2:
            torch.nn.init.normal_(p, std=scale * p.shape[1] ** -0.5)
    return made


CODEC = codec_of()
MODEL = model(CODEC, 2.0)
PROMPTS = ["to be", "", "whether 'tis", "q", "é是"]


def symbols(prompts: list[str] = PROMPTS, family=MODEL, codec=CODEC, **how) -> list[list[int]]:
    return [g.symbols for g in generate(family, codec, prompts, **how)]


@pytest.mark.parametrize(
    "how", [{"temperature": 0.0}, {"temperature": 0.7, "seed": 3}, {"top_p": 0.9}]
)
def test_prompts_of_unequal_length_together_are_as_each_alone(how) -> None:
    engine = Engine(MODEL, CODEC)
    found = symbols(max_symbols=30, **how)
    for number, prompt in enumerate(PROMPTS):
        others = [""] * number
        assert symbols([*others, prompt], max_symbols=30, **how)[-1] == found[number]
    assert engine.context == 48


def test_what_is_written_follows_the_whole_model_step_by_step() -> None:
    """Greedy and by noise: every symbol is what the model without a memory would choose."""
    for how in ({"temperature": 0.0}, {"temperature": 0.8, "top_k": 20}):
        [found] = generate(
            MODEL, CODEC, ["whether"], max_symbols=25, seed=5, log_probs=True, **how
        )
        context = CODEC.prompts(["whether"]).values.discrete[0, :8].tolist()
        from fivefold.seeds import seeded

        u = torch.rand(25, generator=seeded(torch.device("cpu"), "text", 5, 0))
        for i, symbol in enumerate(found.symbols):
            x = CODEC.prompts([""])[:1].values
            x = type(x)(x.continuous, torch.tensor([context]))
            with torch.no_grad():
                logits = MODEL.conditionals.logits(x, dtype=torch.float32)[:, -1]
            assert int(Choice(**how)(logits, u[i : i + 1])) == symbol
            told = float(logits.log_softmax(-1)[0, symbol])
            assert found.log_probs[i] == pytest.approx(told, abs=1e-3)
            context.append(symbol)


@pytest.mark.parametrize(
    "how",
    [
        {"temperature": 0.0},
        {"temperature": 0.3, "seed": 2},
        {"temperature": 0.0, "repetition_penalty": 1.2},
        {"temperature": 0.2, "max_symbols": 200},
    ],
)
def test_speculation_changes_nothing_but_the_speed(how, monkeypatch) -> None:
    how = {"max_symbols": 100, **how}
    plain = symbols(**how)
    calls = []
    extend = torch.nn.functional.embedding
    monkeypatch.setattr(
        "fivefold.nets.decoding.functional.embedding",
        lambda *a: calls.append(a[0].shape[1]) or extend(*a),
    )
    assert symbols(**how, speculate=True) == plain
    assert any(1 < width <= 13 for width in calls[1:])


def test_guesses_that_are_right_save_turns(monkeypatch) -> None:
    pytest.importorskip("llguidance")
    prompt = "abcabcabcabc"
    calls = []
    extend = torch.nn.functional.embedding
    monkeypatch.setattr(
        "fivefold.nets.decoding.functional.embedding",
        lambda *a: calls.append(a[0].shape[1]) or extend(*a),
    )
    grammar = {"regex": "(abc){8}"}
    [plain] = symbols([prompt], max_symbols=24, **grammar)
    turns = len(calls)
    calls.clear()
    [guessed] = symbols([prompt], max_symbols=24, speculate=True, **grammar)
    assert guessed == plain
    assert len(plain) == 24
    assert len(calls) < turns / 2


def test_the_window_moves_on_past_the_context() -> None:
    codec = codec_of(length=16)
    family = model(codec, 2.0)
    long = symbols(["to be"], family, codec, max_symbols=60, temperature=0.0)[0]
    context = codec.prompts(["to be"]).values.discrete[0, :6].tolist()
    from fivefold.spaces import Batch

    for symbol in long:
        if len(context) == 16:
            context = context[-8:]
        with torch.no_grad():
            x = Batch(torch.zeros(1, 0), torch.tensor([context]))
            logits = family.conditionals.logits(x, dtype=torch.float32)[0, -1]
        assert int(logits.argmax()) == symbol
        context.append(symbol)
    assert len(long) == 60
    [bounded] = generate(family, codec, ["to be"], temperature=0.0)
    assert len(bounded.symbols) == 10
    assert bounded.finished == "length"


def test_a_prompt_longer_than_the_context_is_refused_with_both_lengths() -> None:
    with pytest.raises(InputError, match=r"200 symbols.*46"):
        generate(MODEL, CODEC, ["x" * 200])


def test_stop_strings_end_a_text_and_are_left_out() -> None:
    [free] = generate(MODEL, CODEC, ["to"], max_symbols=40, seed=1)
    stop = free.text[9:12]
    [found] = generate(MODEL, CODEC, ["to"], max_symbols=40, seed=1, stop=[stop, "never this"])
    assert found.finished == "stop"
    assert found.text == free.text[: free.text.index(stop)]


@pytest.mark.parametrize("stop", [[], ["e", "th"], ["\ufffd"]])
def test_streamed_pieces_are_the_text(stop) -> None:
    how = {"max_symbols": 40, "seed": 4, "stop": stop}
    whole = generate(MODEL, CODEC, PROMPTS, **how)
    pieces = [""] * len(PROMPTS)
    ends = [""] * len(PROMPTS)
    for piece in stream(MODEL, CODEC, PROMPTS, **how):
        assert not ends[piece.number]
        pieces[piece.number] += piece.text
        ends[piece.number] = piece.finished
    assert pieces == [g.text for g in whole]
    assert ends == [g.finished for g in whole]


def test_seeds_reproduce_and_rows_differ() -> None:
    a, b = (symbols(["to"] * 5, max_symbols=20, seed=7) for _ in range(2))
    assert a == b
    assert a != symbols(["to"] * 5, max_symbols=20, seed=8)
    assert len({tuple(x) for x in a}) == 5


SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer", "maximum": 99}, "ok": {"type": "boolean"}},
    "required": ["n", "ok"],
    "additionalProperties": False,
}


def test_a_schema_gives_valid_json() -> None:
    pytest.importorskip("llguidance")
    codec = codec_of(length=128)
    found = generate(model(codec), codec, ["x", "to be"] * 3, schema=SCHEMA, seed=1)
    for g in found:
        assert g.finished == "end"
        value = json.loads(g.text)
        assert set(value) == {"n", "ok"}
        assert isinstance(value["n"], int)
        assert isinstance(value["ok"], bool)
    again = generate(
        model(codec), codec, ["x", "to be"] * 3, schema=json.dumps(SCHEMA), seed=1, speculate=True
    )
    assert [g.text for g in again] == [g.text for g in found]


def test_expressions_and_grammars_are_kept() -> None:
    pytest.importorskip("llguidance")
    import re

    for g in generate(MODEL, CODEC, [""] * 8, regex="[a-c]{3}-[0-9]{2}", seed=2):
        assert re.fullmatch("[a-c]{3}-[0-9]{2}", g.text)
    for g in generate(MODEL, CODEC, [""] * 8, grammar='start: "yes" | "no"', seed=2):
        assert g.text in ("yes", "no")


@pytest.mark.parametrize(
    "how",
    [{"regex": "["}, {"schema": "{"}, {"grammar": "start ="}, {"regex": "a", "grammar": "b"}],
)
def test_wrong_constraints_are_refused(how) -> None:
    pytest.importorskip("llguidance")
    with pytest.raises(InputError):
        generate(MODEL, CODEC, [""], **how)


def test_log_probabilities_are_those_of_the_model() -> None:
    found = generate(MODEL, CODEC, ["to"], max_symbols=1, temperature=0.0, log_probs=True)
    assert len(found[0].log_probs) == 1
    assert found[0].log_probs[0] < 0


@pytest.mark.parametrize("net", ["rnn", "lstm", "gru"])
def test_recurrent_nets_write_too(net) -> None:
    torch.manual_seed(0)
    family = Autoregressive(CODEC.space, net=net, width=32, depth=1)
    torch.nn.init.normal_(family.conditionals.head.weight)
    found = symbols(PROMPTS, family, max_symbols=20)
    alone = symbols(["", "", PROMPTS[2]], family, max_symbols=20)
    assert alone[2] == found[2]
    assert symbols(PROMPTS, family, max_symbols=20, speculate=True) == found


def test_a_flow_writes_and_other_families_say_that_they_do_not() -> None:
    torch.manual_seed(0)
    flow = Flow(CODEC.space, width=32, depth=1, heads=1)
    assert len(generate(flow, CODEC, ["to"], max_symbols=5)[0].symbols) <= 5
    columns = Space((1,), (2,))
    with pytest.raises(InputError, match="diffusion"):
        Engine(Diffusion(columns, width=32), CODEC)
    with pytest.raises(InputError, match="table"):
        Engine(Autoregressive(columns, width=16), CODEC)
    with pytest.raises(InputError, match="max_symbols"):
        generate(flow, CODEC, ["to"], max_symbols=0)
