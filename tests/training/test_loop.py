"""The loop: resumed equals uninterrupted, the best weights are kept, a broken run says so."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from fivefold.errors import InputError
from fivefold.families import FAMILIES, Family, Recipe
from fivefold.families.autoregressive import Autoregressive
from fivefold.nets import compiling
from fivefold.spaces import Batch, Data, Grids, Space
from fivefold.training import Plan, Progress, loop, make_plan, train

SPACE = Space((1,), (3, 4))


def data(rows: int, seed: int = 0) -> Batch:
    g = torch.Generator().manual_seed(seed)
    a = torch.randint(0, 3, (rows, 1), generator=g)
    b = (a + torch.randint(0, 2, (rows, 1), generator=g)) % 4
    z = a - 1 + 0.3 * torch.randn(rows, 1, generator=g)
    return Batch(z, torch.cat([a, b], 1))


def made(family: str, space: Space = SPACE) -> Family:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return FAMILIES[family](space, **FAMILIES[family].sized(space, 0.25))


def plan_of(family: Family, steps: int) -> Plan:
    return replace(make_plan(family, 512, seed=3), steps=steps, batch=64)


class Killed(BaseException):
    pass


def equal(a: Family, b: Family) -> bool:
    pairs = zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    return all(torch.equal(x, y) for x, y in pairs)


def whole_and_resumed(
    made: Callable[[], Family], x: Data, held_out: Data, plan: Plan, folder: Path, at: float
) -> tuple[Family, Family]:
    """The same training twice: once in one go, and once killed when `at` of it is done, then resumed."""

    def die(progress: Progress) -> None:
        if progress.done > at:
            raise Killed

    whole, broken, resumed = made(), made(), made()
    checkpoint = folder / "checkpoint.safetensors"
    train(whole, x, held_out, plan)
    with pytest.raises(Killed):
        train(broken, x, held_out, plan, checkpoint=checkpoint, on_progress=die)
    assert not equal(whole, broken)
    train(resumed, x, held_out, plan, checkpoint=checkpoint)
    return whole, resumed


@pytest.mark.parametrize("family", FAMILIES)
def test_a_run_that_was_killed_resumes_to_the_same_bits(family, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    x, held_out, plan = data(512), data(128, seed=1), plan_of(made(family), 44)
    assert equal(*whole_and_resumed(lambda: made(family), x, held_out, plan, tmp_path, 0.2))


TEXT = Space.sequence(alphabet=7, length=17)


def text(rows: int, seed: int = 0, least: int = 2) -> Batch:
    g = torch.Generator().manual_seed(seed)
    lengths = torch.randint(least, 18, (rows,), generator=g)
    lengths[0] = 17
    symbols = torch.randint(1, 7, (rows, 17), generator=g)
    symbols = symbols * (torch.arange(17) < lengths[:, None])
    symbols[:, 0] = 0
    return Batch(torch.zeros(rows, 0), symbols, lengths)


def resumed_equals_whole(compiled: bool, folder) -> None:
    plan = Plan(
        steps=24,
        batch=16,
        seed=3,
        threads=1,
        recipe=Recipe(optimiser="muon", conditional=0.0),
        parts=2,
        compiled=compiled,
    )

    def written() -> Autoregressive:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return Autoregressive(TEXT, width=64, depth=1)

    least = 17 if compiled else 2  # rows that are packed are not compiled
    x, held_out = text(64, least=least), text(16, seed=1, least=least)
    assert equal(*whole_and_resumed(written, x, held_out, plan, folder, 0.3))


def test_a_run_with_muon_on_packed_sequences_resumes_to_the_same_bits(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    resumed_equals_whole(False, tmp_path)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_run_on_pictures_with_labels_resumes_to_the_same_bits(
    family, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    space = Space.grid(1, (6, 6), (3,), quantum=0.1)
    pixels = np.random.default_rng(0).integers(0, 20, (96, 1, 6, 6), np.uint8)
    labels = torch.randint(0, 3, (96, 1), generator=torch.Generator().manual_seed(0))
    x = Grids(pixels, labels, torch.tensor([0.1]), torch.tensor([-1.0]))
    plan = replace(make_plan(made(family, space), 64, seed=3), steps=12, batch=16)
    parts = x.part(slice(64)), x.part(slice(64, 96))
    assert equal(*whole_and_resumed(lambda: made(family, space), *parts, plan, tmp_path, 0.3))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(not compiling.compiler(), reason="no compiler")
def test_a_compiled_run_resumes_to_the_same_bits(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "compiled"))
    resumed_equals_whole(True, tmp_path)
    assert not compiling.failures()


@pytest.mark.parametrize("family", ["autoregressive", "adversarial"])
def test_parts_of_a_batch_give_the_gradient_of_the_whole(family) -> None:
    if family == "autoregressive":
        plan = replace(plan_of(made(family), 1), recipe=Recipe(conditional=0.0))
        runs = [
            loop.Run(made(family), data(512), data(64), replace(plan, parts=n)) for n in (1, 4)
        ]
        for run in runs:
            run.step()
        pairs = zip(runs[0].family.parameters(), runs[1].family.parameters(), strict=True)
        assert all(torch.allclose(a, b, atol=2e-3) for a, b in pairs)
        return
    run = loop.Run(made(family), data(512), data(64), replace(plan_of(made(family), 2), parts=4))
    before = [p.clone() for p in run.family.parameters()]
    run.step()
    assert len(run.optimisers) == 2
    moved = [not torch.equal(a, b) for a, b in zip(before, run.family.parameters(), strict=True)]
    assert sum(moved) > len(moved) / 2


def test_a_training_loss_that_was_not_seen_is_no_number() -> None:
    family = made("flow")
    plan = replace(plan_of(family, 4), recipe=Recipe(conditional=1.0))
    history = train(family, data(512), data(64), plan)
    assert all(np.isnan(point["train"]) for point in history.points)
    assert [point["train"] for point in history.to_dict()["points"]] == [None] * 4


def test_where_there_is_no_compiler_a_compiled_plan_runs_as_it_is(monkeypatch) -> None:
    monkeypatch.setattr(compiling, "compiler", lambda: False)
    weights = []
    for compiled in (False, True):
        torch.manual_seed(0)
        family = Autoregressive(TEXT, width=64, depth=1)
        plan = Plan(2, 16, 0, 1, Recipe(conditional=0.0), compiled=compiled)
        train(family, text(64), text(16), plan)
        weights.append(family.conditionals.head.weight)
    assert torch.equal(*weights)


def test_a_budget_of_tokens_sets_the_steps() -> None:
    family = Autoregressive(TEXT, width=64, depth=1)
    plan = make_plan(family, 10_000, seed=0, tokens=170_000)
    assert abs(plan.steps * plan.batch * 17 - 170_000) <= plan.batch * 17


def test_progress_says_how_fast_symbols_are_learned_from() -> None:
    notes: list[str] = []
    family = Autoregressive(TEXT, width=64, depth=1)
    plan = Plan(2, 16, 0, 1, Recipe(conditional=0.0))
    train(family, text(64), text(16), plan, on_progress=lambda p: notes.append(p.note))
    assert "symbols a second" in notes[-1]


def test_a_checkpoint_of_another_run_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    checkpoint = tmp_path / "checkpoint.safetensors"
    family = made("autoregressive")
    train(family, data(512), data(64), plan_of(family, 3), checkpoint=checkpoint)
    with pytest.raises(InputError, match="another run"):
        train(
            made("autoregressive"),
            data(512, seed=5),
            data(64),
            plan_of(family, 3),
            checkpoint=checkpoint,
        )


def test_a_damaged_checkpoint_is_refused(tmp_path) -> None:
    checkpoint = tmp_path / "checkpoint.safetensors"
    checkpoint.write_bytes(b"\x10\0\0\0\0\0\0\0nonsense nonsense")
    family = made("autoregressive")
    with pytest.raises(InputError, match="cannot be read"):
        train(family, data(512), data(64), plan_of(family, 3), checkpoint=checkpoint)


def test_a_loss_that_is_not_finite_ends_the_run_as_diverged() -> None:
    class Broken(Autoregressive):
        def losses(self, x, c=None, *, generator) -> Iterator:
            for player, loss in super().losses(x, c, generator=generator):
                yield player, loss * float("nan")

    family = Broken(SPACE, width=16)
    history = train(family, data(512), data(64), plan_of(family, 10))
    assert history.diverged
    assert history.to_dict()["points"] == []


def test_the_weights_kept_are_those_of_the_best_held_out_figure() -> None:
    class Fickle(Autoregressive):
        figures = iter([3.0, 1.0, 2.0, 2.0])

        def validate(self, x, generator) -> float:
            return next(self.figures)

    seen = []
    family = Fickle(SPACE, width=16)
    plan = plan_of(family, 4)
    train(
        family,
        data(512),
        data(64),
        plan,
        on_validate=lambda average, point: seen.append(copy.deepcopy(average.state_dict())),
    )
    name = next(name for name in seen[1] if name.endswith("symbols.weight"))
    assert torch.equal(family.state_dict()[name], seen[1][name])
    assert not torch.equal(seen[2][name], seen[1][name])


def test_a_figure_that_stops_falling_ends_the_run_early() -> None:
    class Stale(Autoregressive):
        def validate(self, x, generator) -> float:
            return 1.0

    family = Stale(SPACE, width=16)
    history = train(family, data(512), data(64), plan_of(family, 200))
    assert history.points[-1]["step"] < 200
    assert history.stopped == "held-out figure stopped falling"


def test_training_lowers_the_loss_to_near_the_entropy() -> None:
    family = made("autoregressive")
    x, held_out = data(4096), data(1024, seed=1)
    train(family, x, held_out, replace(plan_of(family, 300), batch=256))
    # log 3 + log 2 for the discrete pair, and a Gaussian of deviation 0.3
    entropy = 1.0986 + 0.6931 + 0.5 * (1 + torch.log(torch.tensor(2 * torch.pi * 0.09)))
    with torch.no_grad():
        loss = -family.log_prob(held_out).mean()
    assert float(entropy) - 0.1 < float(loss) < float(entropy) + 0.15
