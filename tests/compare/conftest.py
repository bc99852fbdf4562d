"""A comparison with plausible values, built in memory: what the page, the words and the advice are tested on."""

import math
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from fivefold.compare.advice import recommend
from fivefold.compare.quality import (
    parameter_efficiency,
    pooled_curve,
    quality,
    scale_of_content,
    stability,
    training_speed,
)
from fivefold.compare.result import (
    ColumnResult,
    Comparison,
    CurvePoint,
    Data,
    Examples,
    FamilyResult,
    Figure,
    Machine,
    PairResult,
    Pairs,
    Run,
    ScalePoint,
    SizePoint,
    Step,
)
from fivefold.compare.words import TITLES, judge

# shape error, trend error, AUC, CPU seconds, rows a second, coverage, parameters, growth, spread of seeds
MADE = {
    "autoregressive": (0.0051, 0.0104, 0.549, 24.0, 47_000, 0.943, 410_000, 0.62, 0.002),
    "adversarial": (0.027, 0.071, 0.861, 88.0, 610_000, 0.781, 160_000, 0.31, 0.061),
    "variational": (0.0118, 0.041, 0.683, 71.0, 540_000, 0.902, 190_000, 0.33, 0.006),
    "flow": (0.0192, 0.046, 0.718, 110.0, 21_000, 0.911, 520_000, 0.58, 0.004),
    "diffusion": (0.0061, 0.0148, 0.588, 57.0, 27_000, 0.947, 360_000, 0.66, 0.003),
}
SEX, WORK = ["Male", "Female"], [
    "Private", "Self-emp-not-inc", "Local-gov", "(missing)", "State-gov", "Self-emp-inc",
    "Federal-gov", "Without-pay", "Never-worked", "Other service", "Casual work",
]  # fmt: skip
NAMES = [
    "age",
    "workclass",
    "final_weight",
    "education",
    "education_num",
    "marital_status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital_gain",
    "capital_loss",
    "hours_per_week",
    "native_country",
    "income",
]


def figure(
    name: str,
    title: str,
    value: float | None,
    half: float = 0.0,
    better: str = "lower",
    best: float | None = None,
    floor: float | None = None,
    unit: str = "share",
    note: str = "",
) -> Figure:
    low, high = (None, None) if value is None or not half else (value - half, value + half)
    words = f"{title}: what it is, said in one sentence that a person can follow."
    source = "Some Authors, A paper, 2021"
    return Figure(name, title, value, low, high, better, best, floor, unit, words, source, note)


def figures_of(key: str) -> dict[str, Figure]:
    shape, trend, auc, seconds, _, coverage, *_ = MADE[key]
    likelihood = {"adversarial": None, "variational": -31.9, "diffusion": -31.2}.get(key, -30.4)
    kind = {"adversarial": "none", "variational": "bound", "diffusion": "bound"}.get(key, "exact")
    made = [
        figure("column_shape_error", "Column-shape error", shape, shape / 9, "lower", 0, 0.0082),
        figure("pair_trend_error", "Pair-trend error", trend, trend / 11, "lower", 0, 0.016),
        figure("detection_auc", "Detection by boosting", auc, 0.012, "target", 0.5, 0.499, "AUC"),
        figure("utility", "Utility", 0.93 - trend, 0.006, "higher", 1, 0.931, "AUC"),
        figure("log_prob", "Held-out log-likelihood", likelihood, 0.1, "higher", None, None, "nats",
               {"none": "the adversarial family has no likelihood"}.get(kind, kind)),
        figure("coverage", "Coverage", coverage, 0.008, "higher", 1, 0.951),
        figure("recall", "Recall", coverage - 0.03, 0.01, "higher", 1, 0.93),
        figure("precision", "Precision", 0.96 - trend, 0.01, "higher", 1, 0.95),
        figure("density", "Density", 0.99 - trend, 0.02, "higher", 1, 1.0, "score"),
        figure("alpha_precision", "α-precision", 0.981 - trend, 0.004, "higher", 1, 0.985),
        figure("beta_recall", "β-recall", 0.47 - trend, 0.006, "higher", 0.5, 0.496),
        figure("exact_copies", "Exact copies", 0.0009, 0.0003, "lower", 0, 0.0014),
        figure("membership_tpr_at_1", "Membership at 1% false alarms", 0.0108, 0.003, "lower", 0.01),
        figure("energy", "Energy of a fit", seconds * 14.2, seconds * 0.5, "lower", 0, None, "J"),
    ]  # fmt: skip
    return {f.name: f for f in made}


def runs_of(key: str, seeds: int, rng: random.Random) -> list[Run]:
    shape, trend, _, seconds, *_, spread = MADE[key]
    runs = []
    for seed in range(seeds):
        final = 1 - (shape + trend) / 2 - spread * seed
        curve = []
        for k in range(9):
            time = seconds * 0.02 * 50 ** (k / 8)
            lost = (0.5 if key != "adversarial" else 0.62) * math.exp(-4.2 * k / 8 * 1.4)
            now = max(0.2, final - lost + rng.gauss(0, 0.002))
            curve.append(CurvePoint(time, now, parts={"column_shape_error": 1 - now}))
        training = [
            Step(k * 5, seconds * k / 80, 30 + 14 * math.exp(-k / 12) + rng.gauss(0, 0.5),
                 30.4 + 14 * math.exp(-k / 12) + rng.gauss(0, 0.05) if k % 10 == 0 else None)
            for k in range(81)
        ]  # fmt: skip
        runs.append(
            Run(seed, f"models/{key}-{seed}", seconds + seed, seconds / 1.1, 400, False,
                "early stopping", training, curve, figures_of(key))
        )  # fmt: skip
    return runs


def family_of(key: str, seeds: int = 2) -> FamilyResult:
    rng = random.Random(key)
    parameters, growth, seconds = MADE[key][6], MADE[key][7], MADE[key][3]
    runs = runs_of(key, seeds, rng)
    sizes = [
        SizePoint(parameters // 16, 0.90),
        SizePoint(parameters // 4, 0.955),
        SizePoint(parameters, 0.98 - MADE[key][1]),
    ]
    scaling = [ScalePoint(c, 0.002 * c**growth, 2**20 * c) for c in (8, 16, 32, 64)]
    return FamilyResult(
        key, TITLES[key], runs, figures_of(key), {}, pooled_curve(runs), sizes, scaling,
        parameters, seconds,
    )  # fmt: skip


def aspects_of(family: FamilyResult) -> dict[str, Figure]:
    speed = figure("generation_speed", "Generation speed", float(MADE[family.family][4]), 900.0,
                   "higher", None, None, "rows/s")  # fmt: skip
    return {
        "training_speed": training_speed(family.runs),
        "generation_speed": speed,
        "parameter_efficiency": parameter_efficiency(family.sizes),
        "scale": scale_of_content(family.scaling),
        "quality": quality(family.figures),
        "diversity": family.figures["coverage"],
        "stability": stability(family.runs),
    }


def column_of(name: str, kind: str, families: list[str]) -> ColumnResult:
    rng = random.Random(name)
    labels: list[str] = []
    edges: list[float] = []
    if kind == "category":
        labels = {"sex": SEX, "income": ["<=50K", ">50K"]}.get(name, WORK)
        real = [0.62**k for k in range(len(labels))]
    else:
        edges = [17 + 4.0 * k for k in range(19)]
        real = [math.exp(-(((k - 5) / (3 + rng.random() * 5)) ** 2)) for k in range(18)]
        if name.startswith("capital"):
            real[0] += 12
    real = [v / sum(real) for v in real]
    synthetic, errors = {}, {}
    for family in families:
        noise = MADE[family][0] * 9
        made = [max(0.0, v * (1 + rng.gauss(0, noise))) for v in real]
        synthetic[family] = [v / sum(made) for v in made]
        errors[family] = sum(abs(a - b) for a, b in zip(real, synthetic[family], strict=True)) / 2
    return ColumnResult(name, kind, labels, edges, real, synthetic, errors, 0.02, {})


def pairs_of(names: list[str], families: list[str]) -> Pairs:
    rng = random.Random(7)
    n = len(names)
    real: list[list[float | None]] = [[1.0] * n for _ in names]
    for i in range(n):
        for j in range(i):
            real[i][j] = real[j][i] = max(-1.0, min(1.0, rng.gauss(0, 0.3)))
    made = {}
    for family in families:
        noise = MADE[family][1]
        made[family] = [[max(-1, min(1, (v or 0) + rng.gauss(0, noise))) for v in r] for r in real]
    worst = [
        PairResult(
            names[0], names[k], families[k % len(families)], 0.31, 0.31 - 0.02 * k, 0.02 * k
        )
        for k in range(9, 1, -1)
        if k < n
    ]
    return Pairs(names, real, made, worst, "Pearson's r, the correlation ratio, or Cramér's V.")


def build(
    keys: list[str] | None = None, seeds: int = 2, names: list[str] | None = None
) -> Comparison:
    keys = list(MADE) if keys is None else keys
    names = NAMES if names is None else names
    numeric = {
        "age",
        "final_weight",
        "education_num",
        "capital_gain",
        "capital_loss",
        "hours_per_week",
    }
    kinds = {n: "integer" if n in numeric or n.endswith("_num") else "category" for n in names}
    families = [family_of(key, seeds) for key in keys]
    table = judge({f.family: aspects_of(f) for f in families})
    families = [replace(f, aspects=table[f.family]) for f in families]
    mixture = figures_of("flow") | {
        "column_shape_error": figure("column_shape_error", "Column-shape error", 0.021, 0.002),
        "detection_auc": figure("detection_auc", "Detection by boosting", 0.91, 0.01, "target", 0.5,
                                None, "AUC"),
    }  # fmt: skip
    floor = {
        f.name: replace(f, value=f.floor, low=None, high=None)
        for f in figures_of("flow").values()
        if f.floor is not None
    }
    comparison = Comparison(
        Data("adult", "data/adult.csv.gz", "9f" * 32, 32_561, 24_421, 3_256, 4_884, kinds, "income",
             ["column `id` looks like an identifier: not learned, made anew"]),
        Machine("AMD EPYC 9R14", 2, 1, 4 * 2**30, "cpu", ["avx512_bf16"], "Linux 6.1",
                {"python": "3.11.7", "torch": "2.13.0", "fivefold": "0.1.0"}),
        "fivefold compare data/adult.csv.gz --minutes 5 --seeds 2 --seed 0",
        0, "2026-11-22T22:45:00+00:00", 5.0, 28.0, families,
        FamilyResult("mixture", "Shallow mixture", [], mixture,
                     curve=[CurvePoint(6.0, 0.94)], parameters=9_000, seconds=6.0),
        floor,
        columns=[column_of(name, kinds[name], keys) for name in names],
        pairs=pairs_of(names[:40], keys),
        examples=Examples("autoregressive", names, [[f"{n} {i}" for n in names] for i in range(10)]),
        seconds=291.0,
    )  # fmt: skip
    return replace(comparison, advice=recommend(comparison))


@pytest.fixture(scope="session")
def make_comparison() -> Callable[..., Comparison]:
    """Build a comparison of some families, seeds and column names."""
    return build


@pytest.fixture(scope="session")
def comparison() -> Comparison:
    """The five families, two seeds, fifteen columns."""
    return build()
