"""Exams of language models: questions by likelihood, problems by running what is written."""

import gzip
import json
import sys

import pyarrow as pa
import pytest
import torch

from fivefold import estimators
from fivefold.codecs.text import TextCodec
from fivefold.errors import FivefoldError, InputError
from fivefold.examination import STOPS, completions, examine, likelihoods
from fivefold.families import Autoregressive, Diffusion, Flow, writing
from fivefold.measures.execution import Problem
from fivefold.measures.sandbox import run_program
from fivefold.model import Model
from fivefold.nets.sequences import continuations as place
from fivefold.nets.sequences.continuations import continuation_log_prob
from fivefold.spaces import Batch

COLOURS = ("red", "blue", "green", "black")
THINGS = ("rose", "sea", "leaf", "night")
ADD = Problem(
    "add",
    "def add(a, b):\n",
    "def check(f):\n    assert f(1, 2) == 3\n",
    "add",
    "    return a + b\n",
)
TWICE = Problem(
    "twice",
    "def twice(a):\n",
    "def check(f):\n    assert f(4) == 8\n",
    "twice",
    "    return 2 * a\n",
)


def mode() -> str:
    try:
        run_program("")
    except FivefoldError:
        return "limits"
    return "namespaces"


MODE = mode() if sys.platform == "linux" else "limits"


def model(kind=Autoregressive, length: int = 64, **config) -> Model:
    """A small model of bytes whose weights are not zero."""
    codec = TextCodec(alphabet="bytes", length=length).fit(pa.table({"text": ["to be or not"]}))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        family = kind(codec.space, **{"width": 64, "depth": 2, **config})
        with torch.no_grad():
            for weight in family.parameters():
                weight.add_(torch.randn_like(weight) * 0.1)
    return Model(family.requires_grad_(False).eval(), codec, {})


def by_definition(made: Model, prompt: str, after: str) -> float:
    """The log-probability from logits of all places, one text at a time."""
    before, tail = made.codec.alphabet.encode(prompt), made.codec.alphabet.encode(after)
    x = Batch(torch.zeros(1, 0), torch.tensor([[0, *before, *tail]]))
    net = writing.writer(made.family)
    assert net is not None
    logits = net.logits(x, dtype=torch.float32)[0].log_softmax(-1)
    return sum(float(logits[len(before) + i, symbol]) for i, symbol in enumerate(tail))


PAIRS = [
    *(("The sea is", colour) for colour in (" blue", " red", " a", "")),
    *((prompt, " yes") for prompt in ("", "Is it?", "Is it really so, after all this time?")),
    ("Is it?", " no"),
    ("Is it?", " yes"),
]


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        (Autoregressive, {}),
        (Autoregressive, {"net": "gru"}),
        (Autoregressive, {"heads": 2, "groups": 1, "tied": True, "qk_norm": False}),
        (Flow, {}),
    ],
)
def test_likelihoods_are_those_of_the_definition(kind, config) -> None:
    made = model(kind, **config)
    found = likelihoods(made, PAIRS, dtype=torch.float32)
    wanted = torch.tensor([by_definition(made, *pair) for pair in PAIRS], dtype=torch.float64)
    torch.testing.assert_close(found, wanted, atol=1e-3, rtol=0)
    assert found[3] == 0
    assert found[-1] == pytest.approx(float(found[5]))
    rough = likelihoods(made, PAIRS)
    torch.testing.assert_close(rough, wanted, atol=0.5, rtol=0)


def test_many_pairs_are_read_in_parts_and_told(monkeypatch) -> None:
    made, heard = model(), []
    whole = likelihoods(made, PAIRS, dtype=torch.float32)
    monkeypatch.setattr("fivefold.nets.sequences.continuations.TOGETHER", 20)
    parts = likelihoods(made, PAIRS, dtype=torch.float32, on_progress=heard.append)
    torch.testing.assert_close(parts, whole, atol=1e-4, rtol=0)
    shares = [progress.done for progress in heard]
    assert len(shares) > 2
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert heard[-1].seconds_left == 0


def test_the_head_is_asked_at_the_places_of_continuations_alone(monkeypatch) -> None:
    made, asked = model(), []
    true = place.cross_entropy
    monkeypatch.setattr(
        place, "cross_entropy", lambda h, w, t: asked.append(len(h)) or true(h, w, t)
    )
    pairs = [("a long question, " * 2, choice) for choice in (" yes", " no")]
    likelihoods(made, pairs)
    assert sum(asked) == 7


def test_a_prompt_longer_than_the_context_is_cut_from_the_left() -> None:
    made = model(length=32)
    long = "".join(chr(97 + k % 26) for k in range(100))
    found = likelihoods(made, [(long, " yes"), (long, " maybe")], dtype=torch.float32)
    kept = long[-(32 - 6) :]
    x = [((*made.codec.alphabet.encode(kept),), made.codec.alphabet.encode(" yes"))]
    wanted = continuation_log_prob(made.family.conditionals, x, dtype=torch.float32)
    assert float(found[0]) == pytest.approx(float(wanted[0]), abs=1e-4)


def test_a_continuation_longer_than_the_context_is_judged_whole() -> None:
    made = model(length=32)
    with torch.no_grad():
        made.family.conditionals.head.weight.zero_()
    found = likelihoods(made, [("why", "x" * 100), ("y" * 100, "z" * 33)])
    torch.testing.assert_close(
        found.float(), -torch.tensor([100.0, 33]) * torch.tensor(257.0).log()
    )


@pytest.fixture(scope="module")
def reader() -> Model:
    """A model that has read the answers."""
    lines = [f"Question: The {a} is?\nAnswer: {b}" for a, b in zip(THINGS, COLOURS, strict=True)]
    return estimators.fit(
        lines * 40,
        kind="text",
        alphabet="bytes",
        length=48,
        size=0.5,
        epochs=12,
        family="autoregressive",
    )


@pytest.fixture
def questions(tmp_path):
    options = "".join(f"\n{letter}. {word}" for letter, word in zip("ABCD", COLOURS, strict=True))
    rows = [
        {"question": f"The {thing} is?", "options": options, "answer": f"{letter}. {colour}"}
        for letter, thing, colour in zip("ABCD", THINGS, COLOURS, strict=True)
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n" + "\n".join(map(json.dumps, rows)))
    return file


def test_a_model_that_has_read_the_answers_gives_them(reader, questions) -> None:
    figures = examine(reader, questions)
    assert [figure.name for figure in figures] == ["accuracy", "accuracy_by_byte"]
    assert [figure.value for figure in figures] == [1, 1]
    assert figures[0].low < 1 == figures[0].high
    assert figures[0].floor == 0.25
    assert "drawn" not in figures[0].note


def test_some_questions_are_drawn_and_cut_prompts_are_told(reader, questions) -> None:
    first, second = (examine(reader, questions, count=3, shots=2, seed=1) for _ in range(2))
    assert first == second
    assert "3 questions, 2 shots" in first[0].note
    assert "drawn from 4" in first[0].note
    assert "prompts cut from the left to 48 symbols of context: 3" in first[0].note


def lines(problems: list[Problem]) -> bytes:
    rows = [
        {
            "task_id": p.name,
            "prompt": p.prompt,
            "entry_point": p.entry,
            "canonical_solution": p.solution,
            "test": p.tests,
        }
        for p in problems
    ]
    return "\n".join(map(json.dumps, rows)).encode()


@pytest.fixture(scope="module")
def writer() -> Model:
    """A model that has read the solution of one problem, and a wrong one of the other."""
    wrong = f"{TWICE.prompt}    return 3 * a\n\nprint(twice(1))\n"
    texts = [f"{ADD.prompt}{ADD.solution}\ndef other():\n", wrong]
    return estimators.fit(
        texts * 60,
        kind="text",
        alphabet="bytes",
        length=64,
        size=0.5,
        epochs=14,
        family="autoregressive",
    )


def test_programs_end_before_the_next_thing_at_the_margin(writer) -> None:
    heard = []
    (first,), (second,) = completions(writer, [ADD, TWICE], on_progress=heard.append)
    assert (first, second) == (ADD.solution, "    return 3 * a\n")
    assert not any(stop in first + second for stop in STOPS)
    assert heard[-1].done == 1


def test_what_a_model_writes_is_run_and_judged(writer, tmp_path) -> None:
    file = tmp_path / "problems.jsonl.gz"
    file.write_bytes(gzip.compress(lines([ADD, TWICE])))
    (figure,) = examine(writer, file, confinement=MODE)
    assert figure.details["problems"] == {"add": 1, "twice": 0}
    assert (figure.name, figure.value) == ("pass_at_1", 0.5)
    assert figure.low < 0.5 < figure.high
    assert "2 problems, 2 programs" in figure.note
    (figure,) = examine(writer, file, samples=3, count=1, seed=1, confinement=MODE)
    assert "1 problems, 3 programs" in figure.note
    assert "temperature 0.8" in figure.note


def test_a_problem_longer_than_the_context_is_cut_and_still_judged(writer, tmp_path) -> None:
    long = Problem("long", "# é\n" * 40 + ADD.prompt, ADD.tests, "add", ADD.solution)
    file = tmp_path / "problems.jsonl"
    file.write_bytes(lines([long]))
    (figure,) = examine(writer, file, confinement=MODE)
    assert figure.value in (0, 1)
    assert "cut from the left to 64 symbols of context: 1" in figure.note


def test_several_programs_differ_and_come_again(writer) -> None:
    once, again = (completions(model(), [ADD], samples=3, seed=2) for _ in range(2))
    assert once == again
    assert len(set(once[0])) == 3


def test_a_family_without_next_symbols_is_refused(tmp_path, questions) -> None:
    codec = model().codec
    family = Diffusion(codec.space, width=64, depth=1)
    with pytest.raises(InputError, match=r"text by the diffusion family.*no-next-symbol"):
        examine(Model(family, codec, {}), questions)
    table = estimators.fit(
        pa.table({"a": ["x", "y"] * 40}), family="autoregressive", epochs=0.5, size=0.25
    )
    with pytest.raises(InputError, match="a model of a table by the autoregressive family"):
        examine(table, questions)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no-exam"),
        (b"{", "no-exam"),
        (b"[1]", "no-exam"),
        (b'{"text": "x"}', "no-exam"),
        (b"\xff\xfe\x00", "no-exam"),
        (b"[" * 99_999, "no-exam"),
        (b'{"question": "Why?", "answer": ["So"]}\n{', "wrong-question"),
    ],
)
def test_a_file_that_is_no_exam_is_named(tmp_path, content, code) -> None:
    file = tmp_path / "exam.jsonl"
    file.write_bytes(content)
    with pytest.raises(InputError, match=rf"exam.jsonl.*\[{code}\]"):
        examine(model(), file)


def test_packed_files_are_problems_whole(tmp_path, questions) -> None:
    whole = gzip.compress(lines([ADD] * 50))
    for content, code in (
        (b"no gzip", "damaged-file"),
        (whole[:-20], "damaged-file"),
        (gzip.compress(questions.read_bytes()), "no-exam"),
    ):
        file = tmp_path / "exam.jsonl.gz"
        file.write_bytes(content)
        with pytest.raises(InputError, match=code):
            examine(model(), file)
    with pytest.raises(InputError, match="no-file"):
        examine(model(), tmp_path / "none.jsonl")


def test_options_that_do_not_fit_the_exam_are_refused(tmp_path, questions) -> None:
    problems = tmp_path / "problems.jsonl"
    problems.write_bytes(lines([ADD]))
    for file, options, words in (
        (problems, {"shots": 1}, "shots are for questions"),
        (questions, {"samples": 2}, "samples are for problems"),
        (questions, {"count": 0}, "count is 0"),
        (questions, {"shots": 4}, "4 shots"),
        (problems, {"samples": 0}, "samples is 0"),
    ):
        with pytest.raises(InputError, match=words):
            examine(model(), file, confinement=MODE, **options)
