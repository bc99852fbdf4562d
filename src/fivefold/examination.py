"""What a language model knows and can do: questions answered by likelihood, programs written and run.

An exam is a file of questions with choices or of programming problems; which of them, its first line shows. A choice is
judged by log p(choice | prompt), every prompt read once for all its choices.

A problem's beginning is written on by the generation engine, up to the next thing at the margin; the program is then
run in the sandbox, with the tests after it. Blanks at the beginning's end are left to the model: a line's end and what
the next line is set in by are often one symbol, and a model that finds them parted is lost.

References:
    Language Models are Few-Shot Learners (Brown et al., 2020), arXiv:2005.14165, section 2.4
    Evaluating Large Language Models Trained on Code (Chen et al., 2021), arXiv:2107.03374
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from fivefold.codecs.sequences import SequenceCodec
from fivefold.errors import InputError
from fivefold.families.writing import writer
from fivefold.generation import Engine, Settings
from fivefold.generation.texts import BROKEN
from fivefold.measures.exams import read_exam
from fivefold.measures.execution import Problem, code_by_execution
from fivefold.measures.figure import Figure
from fivefold.measures.questions import Question, accuracy
from fivefold.measures.sandbox import Confinement, run_program
from fivefold.model import Model, load
from fivefold.nets.choices import Choice
from fivefold.nets.decoding import decoding_type
from fivefold.nets.sequences.causal import SequenceConditionals
from fivefold.nets.sequences.continuations import continuation_log_prob
from fivefold.spaces import END
from fivefold.training.plan import Progress

Report = Callable[[Progress], None]
STOPS = ("\ndef", "\nclass", "\nif", "\nprint")
"""What begins at the margin after a function's end."""
WRITTEN = 2_048
"""The most bytes, about, of a program that is written: the longest solution of HumanEval has 864."""
VARIED = Choice(temperature=0.8, top_p=0.95)
"""How several programs for one problem are drawn; a single one is the likeliest symbol by symbol."""


def examine(
    model: Model | Path | str,
    source: Path | str,
    *,
    shots: int = 0,
    count: int | None = None,
    samples: int = 1,
    seed: int = 0,
    confinement: Confinement = "namespaces",
    on_progress: Report | None = None,
) -> list[Figure]:
    """How a model does in an exam.

    Arguments:
        model: a model of sequences or its folder; of a family that knows each next symbol's probability.
        source: a file of questions as JSON Lines (BoolQ, CommonsenseQA, TruthfulQA) or of problems (HumanEval; also
            with gzip), told apart by their content.
        shots: how many other questions stand before each with their right answers.
        count: how many questions or problems are drawn; all if None.
        samples: how many programs are written for a problem; k of pass@k is at most this.
        seed: of all that is drawn.
        confinement: how programs are held; see `fivefold.measures.sandbox`.
        on_progress: called now and then.

    Returns:
        Of questions the accuracy by likelihood, and by likelihood a byte; of problems pass@k. Each with its interval,
        and a note on what was cut to the model's context.

    Raises:
        InputError: where the file is no exam, the model cannot take it, or an option does not fit.
        FivefoldError: where programs cannot be confined; nothing was run.
    """
    model = model if isinstance(model, Model) else load(model)
    codec = _next_symbols(model)[1]
    asked = read_exam(source)
    chosen = [asked[k] for k in _drawn(len(asked), count, seed)]
    notes = [f"drawn from {len(asked):,}"] if len(chosen) < len(asked) else []
    problems = [each for each in chosen if isinstance(each, Problem)]
    questions = [each for each in chosen if isinstance(each, Question)]
    if problems:
        _refuse(shots, 0, "shots", "questions")
        figures = _solved(model, problems, samples, seed, confinement, on_progress)
        cut = sum(_fitting(codec, p.prompt) != p.prompt for p in problems)
    else:
        _refuse(samples, 1, "samples", "problems")
        cut = 0

        def score(pairs: list[tuple[str, str]]) -> Tensor:
            nonlocal cut
            found, cut = _judged(model, pairs, None, on_progress)
            return found

        together = sum(len(question.choices) for question in questions)
        figures = accuracy(score, questions, shots, seed, batch=together)
    if cut:
        room = codec.space.positions
        notes.append(f"prompts cut from the left to {room:,} symbols of context: {cut:,}")
    return [replace(figure, note="; ".join([figure.note, *notes])) for figure in figures]


def _drawn(size: int, count: int | None, seed: int) -> list[int]:
    """Which of the questions are asked, in their order."""
    if not size:
        raise InputError("no questions", code="few-questions")
    if count is not None and count < 1:
        raise InputError(f"count is {count}", hint="give 1 or more", code="count")
    chosen = np.random.default_rng(seed).permutation(size)[:count]
    return sorted(chosen.tolist()) if count is not None else list(range(size))


def _refuse(value: int, least: int, option: str, sort: str) -> None:
    if value != least:
        raise InputError(
            f"{option} are for {sort}, of which the file has none",
            hint=f"leave {option} out",
            code="wrong-option",
        )


def _next_symbols(model: Model) -> tuple[SequenceConditionals, SequenceCodec]:
    """The net that knows each next symbol's probability, with its codec; an InputError where there is none."""
    family, codec = model.family, model.codec
    found = writer(family)
    if found is not None and isinstance(codec, SequenceCodec):
        return found, codec
    raise InputError(
        f"a model of a {codec.kind} by the {family.name} family knows no next symbol's probability",
        hint="an exam needs a model of text by the autoregressive family or the flow",
        code="no-next-symbol",
    )


def likelihoods(
    model: Model,
    pairs: Sequence[tuple[str, str]],
    *,
    dtype: torch.dtype | None = None,
    on_progress: Report | None = None,
) -> Tensor:
    """log p(continuation | prompt) in nats, float64 with shape (n,).

    The symbols of a continuation are its own: they are put behind those of the prompt. A prompt that is longer than
    the context is cut from the left, alike for all its continuations.

    Arguments:
        model: of the autoregressive family or the flow, over sequences.
        pairs: prompts and continuations, n of them.
        dtype: the type in which the net computes; what is fastest on the device if None.
        on_progress: called now and then.

    Example:
        >>> import pyarrow as pa
        >>> from fivefold.codecs.text import TextCodec
        >>> from fivefold.families import Autoregressive
        >>> codec = TextCodec(alphabet="bytes").fit(pa.table({"text": ["to be"]}))
        >>> untrained = Model(Autoregressive(codec.space, width=64, depth=1), codec, {})
        >>> likelihoods(untrained, [("to", " be")]) / torch.log(torch.tensor(257))
        tensor([-3.], dtype=torch.float64)
    """
    return _judged(model, pairs, dtype, on_progress)[0]


def _judged(
    model: Model,
    pairs: Sequence[tuple[str, str]],
    dtype: torch.dtype | None,
    on_progress: Report | None,
) -> tuple[Tensor, int]:
    """log p of the continuations (n,), and how many prompts were cut."""
    conditionals, codec = _next_symbols(model)
    alphabet, context = codec.alphabet, codec.space.positions
    known = {text: alphabet.encode(text) for text in {text for pair in pairs for text in pair}}
    longest: dict[str, int] = {}
    for prompt, after in pairs:
        longest[prompt] = max(longest.get(prompt, 0), len(known[after]))
    pieces: list[tuple[tuple[int, ...], list[int]]] = []
    numbers: list[int] = []
    piece = context // 2  # a longer continuation is judged in pieces, each behind half a context
    for number, (prompt, after) in enumerate(pairs):
        text = [END, *known[prompt], *known[after]]
        room = context - min(longest[prompt], piece)
        for start in range(1 + len(known[prompt]), len(text), piece):
            pieces.append((tuple(text[max(0, start - room) : start]), text[start : start + piece]))
            numbers.append(number)
    clock = _Clock(on_progress, "symbols")
    each = continuation_log_prob(conditionals, pieces, dtype=dtype, on_read=clock)
    cut = sum(1 + len(known[p]) + min(n, piece) > context for p, n in longest.items())
    found = torch.zeros(len(pairs), dtype=torch.float64)
    return found.index_add_(0, torch.tensor(numbers, dtype=torch.int64), each), cut


def _solved(
    model: Model,
    problems: list[Problem],
    samples: int,
    seed: int,
    confinement: Confinement,
    on_progress: Report | None,
) -> list[Figure]:
    run_program("", confinement=confinement)  # what cannot be confined need not be written first
    problems = [replace(problem, prompt=problem.prompt.rstrip()) for problem in problems]
    written = completions(model, problems, samples=samples, seed=seed, on_progress=on_progress)
    how = "the likeliest symbols" if samples == 1 else "temperature 0.8, top-p 0.95"
    figures = code_by_execution(problems, written, confinement=confinement)
    return [replace(figure, note=f"{figure.note}; {how}") for figure in figures]


def completions(
    model: Model,
    problems: Sequence[Problem],
    *,
    samples: int = 1,
    seed: int = 0,
    on_progress: Report | None = None,
) -> list[list[str]]:
    """What a model writes after the beginning of each problem, up to the next thing at the margin.

    Arguments:
        model: of the autoregressive family or the flow, over sequences.
        problems: the problems.
        samples: how many programs for each; a single one is the likeliest.
        seed: of what is drawn.
        on_progress: called whenever a program is finished.

    Returns:
        The completions of each problem; a beginning longer than the context is cut from the left.
    """
    if samples < 1:
        raise InputError(f"samples is {samples}", hint="give 1 or more", code="samples")
    codec = _next_symbols(model)[1]
    prompts = [_fitting(codec, problem.prompt) for problem in problems for _ in range(samples)]
    symbols = sum(len(codec.alphabet.encode(prompt)) for prompt in prompts)
    share = symbols / max(1, sum(len(prompt.encode()) for prompt in prompts))
    settings = Settings(
        max_symbols=max(1, round(share * WRITTEN)),
        choice=Choice(temperature=0) if samples == 1 else VARIED,
        stop=STOPS,
        seed=seed,
    )
    engine = Engine(model.family, codec, decoding_type(len(prompts), model.device))
    texts, done, clock = [""] * len(prompts), 0, _Clock(on_progress, "programs")
    for piece in engine.stream(prompts, settings):
        texts[piece.number] += piece.text
        if piece.finished:
            done += 1
            clock(done, len(prompts))
    return [texts[k : k + samples] for k in range(0, len(texts), samples)]


def _fitting(codec: SequenceCodec, prompt: str) -> str:
    """As much of a prompt's end as the context holds."""
    alphabet, room = codec.alphabet, codec.space.positions - 2
    symbols = alphabet.encode(prompt)
    for keep in range(room, -1, -1):
        if len(alphabet.encode(prompt)) <= room:
            break
        prompt = alphabet.decode(symbols[len(symbols) - keep :]).lstrip(BROKEN)
    return prompt


class _Clock:
    """Says how much of a task is done, and what time is left."""

    def __init__(self, report: Report | None, unit: str) -> None:
        self.report, self.unit, self.begun = report, unit, time.monotonic()

    def __call__(self, done: int, whole: int) -> None:
        """So much of the whole is done."""
        if self.report is not None and done:
            left = (time.monotonic() - self.begun) / done * (whole - done)
            note = f"{done:,} of {whole:,} {self.unit}"
            self.report(Progress("exam", done / whole, left, note))
