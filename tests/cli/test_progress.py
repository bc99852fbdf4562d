"""Progress: bars on a terminal, lines elsewhere, nothing with `--quiet`, never on stdout."""

import os
import pty
import subprocess
import sys
from dataclasses import dataclass

import click
import pytest
from click.testing import CliRunner

from fivefold.cli import progress
from fivefold.cli.options import verb


@dataclass
class Step:
    task: str = "diffusion"
    done: float = 0.35
    seconds_left: float | None = 80.0
    note: str = "epoch 3"


@verb("fivefold task")
def task() -> None:
    with progress.shown() as on_progress:
        if on_progress:
            on_progress(Step())
    click.echo("data")


def test_a_line_says_task_share_time_and_note():
    assert progress.line(Step()) == "diffusion 35%, 1 min 20 s left, epoch 3"
    assert progress.line(Step(seconds_left=None, note="")) == "diffusion 35%"


def test_lines_come_at_most_every_few_seconds(capsys):
    now = 0.0
    lines = progress.Lines(every=5.0, clock=lambda: now)
    for second in range(12):
        now = float(second)
        lines(Step(done=second / 12))
    assert capsys.readouterr().err.split("\n")[:-1] == [
        "diffusion 42%, 1 min 20 s left, epoch 3",
        "diffusion 83%, 1 min 20 s left, epoch 3",
    ]


@pytest.mark.parametrize("flags", [["--quiet"], ["-q"]])
def test_quiet_shows_nothing(flags, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    done = CliRunner().invoke(task, flags)
    assert (done.stdout, done.stderr) == ("data\n", "")


SCRIPT = """
import click
from dataclasses import dataclass
from fivefold.cli.options import verb
from fivefold.cli.progress import shown

@dataclass
class Step:
    done: float
    task: str = "[flow]"
    seconds_left: float = 3.0
    note: str = "step"

@verb("task")
def task():
    with shown() as on_progress:
        for step in range(4):
            on_progress(Step((step + 1) / 4))
        click.echo("data")

task()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are Unix's")
@pytest.mark.parametrize("no_color", [False, True])
def test_a_terminal_gets_a_bar_on_stderr_and_stdout_only_data(no_color):
    master, slave = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    env.pop("NO_COLOR", None)
    env |= {"NO_COLOR": "1"} if no_color else {}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=slave, env=env, check=True
    )
    os.close(slave)
    seen = os.read(master, 100_000).decode()
    os.close(master)
    assert done.stdout == b"data\n"
    assert "[flow]" in seen
    assert "100%" in seen
    assert ("\x1b[38;5;" in seen or "\x1b[3" in seen) is not no_color
