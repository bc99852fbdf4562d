"""How commands end: one line, the right exit code, never a traceback."""

import click
import pytest
from click.testing import CliRunner

from fivefold.cli.faults import Verbs, keep
from fivefold.cli.options import verb
from fivefold.errors import CheckFailedError, FivefoldError, InputError, MissingExtraError


def run(fault: BaseException, *flags: str, notice: str = ""):
    """A command that raises the fault."""

    @verb("fivefold task")
    def task() -> None:
        if notice:
            keep(notice)
        raise fault

    group = click.Group("fivefold", commands={"task": task})
    group.__class__ = Verbs
    return CliRunner().invoke(group, ["task", *flags])


@pytest.mark.parametrize(
    ("fault", "code", "line"),
    [
        (InputError("no rows", where="a.csv", code="empty"), 2, "Error: a.csv: no rows [empty]\n"),
        (FivefoldError("it broke"), 1, "Error: it broke [failed]\n"),
        (CheckFailedError("too near", code="audit"), 3, "Error: too near [audit]\n"),
        (
            OSError(28, "No space left on device", "out.csv"),
            2,
            "Error: out.csv: No space left on device [os-error]\n",
        ),
        (
            ZeroDivisionError("by\nzero"),
            1,
            "Error: ZeroDivisionError: by zero; run with --debug for the traceback [unexpected]\n",
        ),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
    ids=["input", "failed", "check", "disk", "unforeseen", "interrupted"],
)
def test_a_fault_is_one_line_and_a_code(fault, code, line):
    done = run(fault)
    assert (done.exit_code, done.stderr, done.stdout) == (code, line, "")


def test_a_missing_extra_says_how_to_install_it():
    done = run(MissingExtraError("aiohttp", "remote", "reading https"))
    assert done.exit_code == 2
    assert 'pip install "fivefold[remote]"' in done.stderr


def test_too_little_memory_says_what_to_do():
    done = run(MemoryError())
    assert done.exit_code == 1
    assert "fewer rows" in done.stderr


def test_an_interruption_says_what_is_kept():
    done = run(KeyboardInterrupt(), notice="the checkpoint is kept: --resume")
    assert done.exit_code == 130
    assert done.stderr == "interrupted; the checkpoint is kept: --resume\n"


@pytest.mark.parametrize("fault", [InputError("no rows"), ZeroDivisionError("zero")])
def test_debug_shows_the_traceback(fault):
    done = run(fault, "--debug")
    assert "Traceback" in done.stderr
    assert type(fault).__name__ in done.stderr


def test_wrong_use_is_code_2_and_names_the_option():
    done = run(ValueError(), "--colour")
    assert done.exit_code == 2
    assert "--colour" in done.stderr
