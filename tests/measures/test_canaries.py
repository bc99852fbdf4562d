import numpy as np
import pytest
import torch

from fivefold.errors import InputError
from fivefold.measures.canaries import exposure, plant


def test_planted_texts_hold_every_canary_as_often_as_asked():
    texts = [f"text {k}" for k in range(50)]
    planted = plant(texts, repeats=(1, 8), each=3, seed=2)
    assert [planted.texts.count(canary) for canary in planted.canaries] == [1, 1, 1, 8, 8, 8]
    assert planted.repeats == [1, 1, 1, 8, 8, 8]
    assert len(planted.texts) == 50 + 27
    assert set(texts) <= set(planted.texts)
    assert not set(planted.alternatives) & set(planted.texts)
    assert planted == plant(texts, repeats=(1, 8), each=3, seed=2)


def test_a_model_that_remembers_exposes_all_and_one_that_does_not_exposes_a_bit_and_a_half():
    planted = plant([], repeats=(1,), each=200, alternatives=1_023)
    known = set(planted.canaries)
    told = exposure(
        lambda texts: torch.tensor([float(t in known) for t in texts]),
        planted.canaries,
        planted.alternatives,
        planted.repeats,
    )
    assert told.value == 10
    assert told.details["by_repeats"] == {"1": 10.0}
    dice = np.random.default_rng(0)
    blind = exposure(lambda texts: dice.random(len(texts)), planted.canaries, planted.alternatives)
    assert blind.value == pytest.approx(blind.floor, abs=0.5)
    assert blind.floor == pytest.approx(np.log2(np.e), abs=0.02)


def test_exposure_grows_with_the_rank():
    figure = exposure(lambda texts: [len(t) for t in texts], ["aaaa", "a"], ["a", "aa", "aaa"])
    assert figure.details["bits"] == pytest.approx([2, 2 - np.log2(3.5)])


def test_too_few_secrets_and_wrong_scores_are_refused():
    with pytest.raises(InputError, match="different secrets"):
        plant([], make=lambda rng: str(rng.integers(5)))
    with pytest.raises(InputError, match="wrong-score"):
        exposure(lambda texts: [0.0], ["a"], ["b"])
    with pytest.raises(InputError, match="wrong-score"):
        exposure(lambda texts: [float("nan")] * 2, ["a"], ["b"])
