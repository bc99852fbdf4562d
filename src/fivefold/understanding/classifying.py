"""Texts told apart by a model that has learned to fill in blanks, trained further on labelled texts and judged."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fivefold.errors import InputError
from fivefold.measures.figure import Figure
from fivefold.measures.intervals import area, wilson
from fivefold.model import Model
from fivefold.seeds import seed_of
from fivefold.training import History, Progress, fit_budget, make_plan, train
from fivefold.training.plan import mean_length
from fivefold.understanding.classifier import HIDDEN, Classifier, Labelled
from fivefold.understanding.embedding import encoded, owned, reader

HELD_OUT = 0.05


@dataclass(frozen=True)
class Classified:
    """A classifier of texts.

    Arguments:
        model: the model that it came from, for its codec.
        classifier: the trained classifier.
        labels: the names of the classes.
        history: what happened in its training.
    """

    model: Model
    classifier: Classifier
    labels: tuple[str, ...]
    history: History

    @torch.no_grad()
    def probabilities(self, texts: Sequence[str]) -> Tensor:
        """P(label | text), with shape (n, classes)."""
        total = torch.zeros(len(texts), len(self.labels))
        count = torch.zeros(len(texts), 1)
        for part, owners in owned(encoded(self.model, texts), self.classifier.net.block):
            x = part.to(self.model.device)
            weight = part.mask.sum(1, keepdim=True).float()
            total.index_add_(0, owners, weight * self.classifier.logits(x).log_softmax(-1).cpu())
            count.index_add_(0, owners, weight)
        return (total / count.clamp(min=1)).softmax(-1)

    def predict(self, texts: Sequence[str]) -> list[str]:
        """The likeliest label of each text."""
        return [self.labels[i] for i in self.probabilities(texts).argmax(1).tolist()]

    def judge(self, texts: Sequence[str], labels: Sequence[str]) -> list[Figure]:
        """Accuracy, and the area under the ROC curve where there are two classes, on texts never trained on."""
        truth = torch.tensor([self.labels.index(label) for label in labels])
        return judged(truth, self.probabilities(texts))


def classify(
    model: Model,
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    minutes: float | None = None,
    epochs: float | None = None,
    hidden: float = HIDDEN,
    seed: int = 0,
    threads: int = 1,
    on_progress: Callable[[Progress], None] | None = None,
) -> Classified:
    """A classifier made of a model by training it further on labelled texts.

    Arguments:
        model: a model of sequences of the diffusion family; it stays as it is.
        texts: n texts.
        labels: the label of each.
        minutes: a budget of processor time; a few epochs if None.
        epochs: passes over the texts.
        hidden: the largest share of symbols that is hidden in training.
        seed: the same seed gives the same classifier.
        threads: processor threads.
        on_progress: called now and then.

    Raises:
        InputError: where the model cannot read in both directions, or there are fewer than two labels.
    """
    names = tuple(sorted(set(labels)))
    if len(texts) != len(labels) or len(names) < 2:
        raise InputError(
            f"{len(texts):,} texts with {len(labels):,} labels of {len(names)} classes",
            hint="give every text a label, and at least two classes",
            code="labels",
        )
    net = copy.deepcopy(reader(model)).requires_grad_(True)
    classifier = Classifier(net, len(names), hidden=hidden).to(model.device)
    numbers = torch.tensor([names.index(label) for label in labels])
    data = encoded(model, texts).to(model.device)
    order = torch.randperm(
        len(texts), generator=torch.Generator().manual_seed(seed_of("split", seed))
    )
    held = torch.zeros(len(texts), dtype=torch.bool)
    held[order[: max(1, round(HELD_OUT * len(texts)))]] = True
    x, held_out = (
        Labelled(data.part(chosen), classifier.first + numbers[data.owners[chosen]])
        for chosen in ((~held)[data.owners].nonzero()[:, 0], held[data.owners].nonzero()[:, 0])
    )
    plan = make_plan(
        classifier,
        len(x),
        seed=seed,
        present=mean_length(data),
        threads=threads,
        epochs=epochs,
    )
    if minutes is not None:
        plan = fit_budget(plan, classifier, x, 60 * minutes)
    history = train(classifier, x, held_out, plan, on_progress=on_progress)
    return Classified(model, classifier.requires_grad_(False), names, history)


def judged(truth: Tensor, probabilities: Tensor) -> list[Figure]:
    """Accuracy with Wilson's interval; of two classes also the area under the ROC curve with DeLong's.

    Arguments:
        truth: the number of each text's class, with shape (n,).
        probabilities: of the classes, with shape (n, classes).

    Example:
        >>> p = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]])
        >>> [round(figure.value, 3) for figure in judged(torch.tensor([0, 1, 0, 1]), p)]
        [0.75, 1.0]
    """
    right, n = int((probabilities.argmax(1) == truth).sum()), len(truth)
    low, high = wilson(right, n)
    figures = [
        Figure(
            "accuracy",
            "Accuracy",
            right / n,
            low,
            high,
            better="higher",
            best=1.0,
            definition="The share of texts whose likeliest label is the true one.",
            source="Wilson's interval",
        )
    ]
    if probabilities.shape[1] == 2:
        scores = probabilities[:, 1].double().numpy()
        found = area(scores[(truth == 1).numpy()], scores[(truth == 0).numpy()])
        figures.append(
            Figure(
                "auc",
                "Area under the ROC curve",
                found.value,
                *found.interval,
                better="higher",
                best=1.0,
                unit="AUC",
                definition="The share of pairs of unlike texts that the probabilities put in the right order.",
                source="DeLong's interval",
            )
        )
    return figures
