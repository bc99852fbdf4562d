"""Filling in, embedding, classifying: a model that learned little sentences by masks knows what belongs where."""

import random
from dataclasses import replace

import pyarrow as pa
import pytest
import torch

from fivefold.codecs.table import TableCodec
from fivefold.codecs.text import TextCodec
from fivefold.errors import InputError
from fivefold.families import FAMILIES
from fivefold.families.diffusion import Diffusion
from fivefold.model import Model
from fivefold.spaces import Batch, Condition, Space
from fivefold.training import make_plan, train
from fivefold.understanding import classify, embed, fill
from fivefold.understanding.classifier import Classifier, Labelled

WARM, COLD = ("sun", "fire", "tea"), ("snow", "ice", "frost")


def sentences(n: int, seed: int = 0) -> tuple[list[str], list[str]]:
    dice = random.Random(seed)
    kinds = [dice.choice(("warm", "cold")) for _ in range(n)]
    things = [dice.choice(WARM if kind == "warm" else COLD) for kind in kinds]
    return [f"{thing} is {kind}" for thing, kind in zip(things, kinds, strict=True)], kinds


@pytest.fixture(scope="module")
def model() -> Model:
    table = pa.table({"text": sentences(1000)[0]})
    codec = TextCodec(alphabet="characters").fit(table)
    x = codec.encode(table)
    torch.manual_seed(0)
    family = Diffusion(codec.space, width=64, depth=2)
    plan = replace(make_plan(family, len(x), seed=0), steps=160, batch=32)
    train(family, x, x.part(slice(64)), plan)
    return Model(family.requires_grad_(False), codec, {})


@pytest.fixture(scope="module")
def untrained() -> Model:
    codec = TextCodec(alphabet="characters").fit(pa.table({"text": ["to be or not to be"] * 20}))
    torch.manual_seed(0)
    return Model(Diffusion(codec.space, width=64, depth=1), codec, {})


def test_a_blank_is_filled_with_what_belongs_there(model: Model) -> None:
    best, *others = fill(model, "snow is ___", symbols=4, count=3)
    assert best.text == "snow is cold"
    assert best.filled == ("cold",)
    assert best.symbols == 4
    assert 0.3 < best.probability <= 1
    assert all(other.each <= best.each for other in others)
    assert fill(model, "fire is [MASK]", symbols=4)[0].filled == ("warm",)


def test_several_blanks_are_filled_together_and_other_marks_are_known(model: Model) -> None:
    best = fill(model, "sn*w is c*ld", blank="*", symbols=1)[0]
    assert best.text == "snow is cold"
    assert best.filled == ("o", "o")


def test_the_number_of_symbols_is_tried_where_it_is_not_given(model: Model) -> None:
    found = fill(model, "ice is co___", count=20)
    assert {f.symbols for f in found} > {1, 2}
    assert found == fill(model, "ice is co___", count=20)
    assert [f.each for f in found] == sorted((f.each for f in found), reverse=True)


def test_one_symbol_has_its_exact_probability_and_bytes_that_make_no_text_are_left_out(
    untrained: Model,
) -> None:
    found = fill(untrained, "to b___", symbols=1, count=200)
    assert 20 < len(found) < untrained.family.space.alphabet
    assert all(len(f.filled[0]) == 1 and f.filled[0] != "\ufffd" for f in found)
    uniform = 1 / (untrained.family.space.alphabet - 1)
    assert [f.probability for f in found] == pytest.approx([uniform] * len(found), rel=0.02)


def test_fillings_of_words_that_carry_their_space_keep_the_rest_of_the_text() -> None:
    pytest.importorskip("tokenizers")
    texts = ["to be or not to be"] * 60
    codec = TextCodec(alphabet="bpe", symbols=300, length=24).fit(pa.table({"text": texts}))
    torch.manual_seed(0)
    model = Model(Diffusion(codec.space, width=64, depth=1), codec, {})
    for found in fill(model, "to be or ___ to be", count=4):
        assert found.text == f"to be or{found.filled[0]} to be"


@pytest.mark.parametrize(
    ("text", "symbols", "code"),
    [
        ("to be or not", None, "no-blank"),
        ("to ___ " * 9, None, "too-long"),
        ("___", 40, "too-long"),
    ],
)
def test_wrong_texts_are_refused(untrained: Model, text: str, symbols: int, code: str) -> None:
    with pytest.raises(InputError) as caught:
        fill(untrained, text, symbols=symbols)
    assert caught.value.code == code


def test_models_that_cannot_fill_in_are_refused(untrained: Model) -> None:
    space = untrained.family.space
    one_way = Model(FAMILIES["autoregressive"](space, width=64, depth=1), untrained.codec, {})
    codec = TableCodec().fit(pa.table({"a": [1, 2, 3] * 20}))
    table = Model(Diffusion(codec.space, width=16), codec, {})
    for model in (one_way, table):
        with pytest.raises(InputError) as caught:
            fill(model, "to ___")
        assert caught.value.code == "cannot-fill"


def test_like_texts_lie_in_like_directions(model: Model) -> None:
    texts = [
        f"{thing} is {kind}"
        for things, kind in ((WARM, "warm"), (COLD, "cold"))
        for thing in things
    ]
    found = embed(model, [*texts, "snow is cold " * 20])
    assert found.shape == (7, 64)
    centred = found[:6] - found[:6].mean(0)
    cosine = torch.nn.functional.cosine_similarity(centred[:, None], centred[None], dim=-1)
    same = torch.arange(6)[:, None] // 3 == torch.arange(6) // 3
    assert float(cosine[same].mean()) > float(cosine[~same].mean()) + 0.3
    torch.testing.assert_close(embed(model, [texts[1]])[0], found[1], atol=0.05, rtol=0.05)


def test_a_classifier_tells_texts_apart_and_leaves_the_model_as_it_is(model: Model) -> None:
    texts, labels = sentences(400, seed=1)
    before = {name: value.clone() for name, value in model.family.state_dict().items()}
    blanked = [text.replace("warm", "____").replace("cold", "____") for text in texts]
    known = [text.split(" is ")[0] for text in blanked]
    found = classify(model, known, labels, epochs=6)
    others, truth = sentences(200, seed=2)
    held_out = [text.split(" is ")[0] for text in others]
    accuracy, auc = found.judge(held_out, truth)
    assert accuracy.value is not None
    assert accuracy.low is not None
    assert accuracy.low <= accuracy.value
    assert accuracy.value > 0.95
    assert auc.value is not None
    assert auc.value > 0.97
    assert found.predict(["ice", "tea"]) == ["cold", "warm"]
    torch.testing.assert_close(found.probabilities(held_out).sum(1), torch.ones(200))
    for name, value in model.family.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_labels_must_be_of_two_classes_and_as_many_as_texts(untrained: Model) -> None:
    for labels in (["a", "a"], ["a", "b", "c"]):
        with pytest.raises(InputError) as caught:
            classify(untrained, ["to", "be"], labels)
        assert caught.value.code == "labels"


def test_a_label_is_the_symbol_that_a_text_begins_with(untrained: Model) -> None:
    data = untrained.codec.encode(pa.table({"text": ["to be", "not"]}), seed=0)
    net = untrained.family.net
    classifier = Classifier(net, classes=3)
    labelled = Labelled(data, classifier.first + torch.tensor([2, 0]))
    x = labelled[:]
    assert x.discrete[:, 0].tolist() == [classifier.first + 2, classifier.first]
    text, labels = classifier._parted(x)
    assert torch.equal(text.discrete, data[:].discrete)
    assert labels.tolist() == [2, 0]
    assert len(labelled.digest()) > len(data.digest())
    with torch.no_grad():
        classifier.head.bias[1] = 40
    c = Condition(x, torch.zeros(0, dtype=torch.bool), torch.arange(x.discrete.shape[1]) > 0)
    drawn = classifier.sample(2, c, generator=torch.Generator().manual_seed(0))
    assert (drawn.discrete[:, 0] == classifier.first + 1).all()
    assert torch.equal(drawn.discrete[:, 1:], x.discrete[:, 1:])


def test_absent_symbols_do_not_change_what_is_thought_of_a_text() -> None:
    space = Space.sequence(alphabet=6, length=8)
    torch.manual_seed(0)
    classifier = Classifier(Diffusion(space, width=64, depth=1).net, classes=2)
    torch.nn.init.normal_(classifier.head.weight)
    narrow = Batch(torch.zeros(1, 0), torch.tensor([[0, 1, 2, 0]]))
    wide = Batch(torch.zeros(1, 0), torch.tensor([[0, 1, 2, 0, 0, 0]]), torch.tensor([4]))
    found = [classifier.logits(x) for x in (narrow, wide)]
    torch.testing.assert_close(*found, atol=0.05, rtol=0.05)
