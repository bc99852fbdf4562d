"""Hostile programs in the sandbox: each tries one harm, and the harm is not done."""

import os
import socket
import sys
import time
from pathlib import Path

import pytest

from fivefold.errors import FivefoldError, InputError
from fivefold.measures import sandbox
from fivefold.measures.sandbox import Limits, run_program

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="namespaces and filters are Linux's"
)


def can_make_namespaces():
    try:
        return sys.platform == "linux" and run_program("").confined["namespaces"]
    except FivefoldError:
        return False


INSIDE = pytest.param(
    "namespaces",
    marks=pytest.mark.skipif(not can_make_namespaces(), reason="namespaces may not be made here"),
)
BOTH = pytest.mark.parametrize("mode", [INSIDE, "limits"])
ALONE = pytest.mark.parametrize("mode", [INSIDE])


def run(program, mode, **limits):
    return run_program(program, limits=Limits(**{"seconds": 5.0, **limits}), confinement=mode)


def left_over():
    """Programs of the sandbox that still run."""
    lines = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                lines.append((entry / "cmdline").read_bytes())
            except OSError:
                continue
    return [line for line in lines if b"/program.py" in line]


@BOTH
def test_a_program_runs_and_its_output_status_and_errors_come_back(mode):
    done = run("import sys\nprint('é' * 3)\nsys.stderr.write('oh')\nsys.exit(3)", mode)
    assert (done.ended, done.code, done.output, done.errors) == ("finished", 3, "ééé\n", "oh")
    assert done.confined["seccomp"]
    assert done.confined["namespaces"] == (mode == "namespaces")
    crash = run(
        "import os\nos.kill(os.getpid(), 11)" if mode == "namespaces" else "import os\nos.abort()",
        mode,
    )
    assert crash.code > 128


@BOTH
def test_it_has_nothing_of_ours_in_its_hands(mode, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    program = """
import os, sys
print(os.environ, sys.path, sys.stdin.read())
for number in range(3, 60):
    try: print(os.fstat(number))
    except OSError: pass
"""
    done = run(program, mode)
    assert "hunter2" not in done.output
    assert "site-packages" not in done.output
    assert "st_mode" not in done.output


@BOTH
def test_time_is_limited(mode):
    begun = time.monotonic()
    done = run("while True: pass", mode, seconds=0.5)
    assert done.ended == "time"
    assert time.monotonic() - begun < 5
    assert run("import time\ntime.sleep(60)", mode, seconds=0.3).ended == "time"
    assert not left_over()


@BOTH
def test_memory_is_limited(mode):
    for program in ("x = bytearray(1 << 34)", "x = []\nwhile True: x.append(bytearray(1 << 22))"):
        done = run(program, mode, memory=256 << 20)
        assert done.code != 0
        assert "MemoryError" in done.errors


@BOTH
def test_output_is_limited(mode):
    done = run("while True: print('x' * 1000)", mode, output=10_000)
    assert done.ended == "output"
    assert len(done.output) == 10_000
    assert run("import sys\nwhile True: sys.stderr.write('x' * 1000)", mode).ended == "output"


@BOTH
def test_files_are_limited(mode):
    done = run("open('big', 'wb').write(b'x' * (1 << 24))", mode, files=1 << 20)
    assert done.code != 0
    assert not list(Path("/tmp").glob("fivefold-*/big"))


@ALONE
def test_all_files_together_are_limited(mode):
    done = run(
        "for k in range(99): open(str(k), 'wb').write(b'x' * (1 << 20))", mode, files=4 << 20
    )
    assert "No space left" in done.errors
    assert "No space left" in run("for k in range(9999): open(str(k), 'w').close()", mode).errors


@BOTH
def test_a_fork_bomb_ends_with_the_program(mode):
    bomb = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass"
    assert run(bomb, mode, seconds=0.4).ended == "time"
    assert not left_over()


@ALONE
def test_processes_are_counted(mode):
    program = """
import os, time
made = 0
while True:
    try: child = os.fork()
    except OSError: break
    if child == 0: time.sleep(9)
    made += 1
print(made)
"""
    done = run(program, mode, processes=5)
    assert done.output == "4\n"
    threads = "import threading, time\nfor k in range(50): threading.Thread(target=time.sleep, args=(1,)).start()"
    assert "can't start new thread" in run(threads, mode, processes=5, seconds=2).errors


@BOTH
def test_orphans_do_not_outlive_the_program(mode):
    program = "import os, time\nif os.fork() == 0:\n  os.close(1); os.close(2)\n  time.sleep(60)\nprint('done')"
    assert run(program, mode).output == "done\n"
    time.sleep(0.1)
    assert not left_over()
    assert (
        "PermissionError" in run("import os\nos.fork() or os.setsid()\nos.setsid()", mode).errors
    )


@BOTH
def test_files_outside_are_neither_changed_nor_removed_nor_made(mode, tmp_path):
    kept = tmp_path / "kept.txt"
    kept.write_text("mine")
    kept.chmod(0o666)
    tmp_path.chmod(0o777)
    for program in (
        f"import os\nos.remove({str(kept)!r})",
        f"open({str(kept)!r}, 'w').write('theirs')",
        f"import os\nos.truncate({str(kept)!r}, 0)",
        f"open({str(tmp_path / 'new')!r}, 'w').write('theirs')",
        f"import os\nos.rename({str(kept)!r}, 'here')",
        f"import shutil\nshutil.rmtree({str(tmp_path)!r})",
        f"import os\nos.symlink({str(kept)!r}, 'link')\nopen('link', 'w').write('theirs')",
    ):
        if mode == "limits" and not run("", mode).confined["landlock"]:
            pytest.skip("the kernel has no Landlock")
        assert run(program, mode).code != 0
        assert kept.read_text() == "mine"
        assert list(tmp_path.iterdir()) == [kept]


@ALONE
def test_nothing_of_the_machine_is_there(mode, tmp_path):
    kept = tmp_path / "kept.txt"
    kept.write_text("secret")
    program = f"""
import os
print(sorted(os.listdir('/')), os.path.exists({str(kept)!r}), os.path.exists('/etc/passwd'))
print(os.listdir('.'), os.path.exists('/proc/1'))
"""
    done = run(program, mode)
    assert "False False" in done.output
    assert "['program.py'] False" in done.output
    assert "secret" not in done.output


@ALONE
def test_the_interpreter_cannot_be_changed(mode):
    done = run("import os\nopen(os.__file__, 'a').write('x')", mode)
    assert "Read-only file system" in done.errors or "Permission denied" in done.errors
    assert not Path(os.__file__).read_text().endswith("x")


@BOTH
def test_it_cannot_connect(mode):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        done = run(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 1)", mode)
        assert "PermissionError" in done.errors
        with pytest.raises(TimeoutError):
            server.accept()
    for family in ("AF_INET6", "AF_UNIX", "AF_NETLINK"):
        done = run(f"import socket\nsocket.socket(socket.{family}, socket.SOCK_DGRAM)", mode)
        assert "PermissionError" in done.errors


@BOTH
def test_it_cannot_signal_us(mode):
    for target in (os.getpid(), -1, "os.getppid()"):
        run(f"import os\nos.kill({target}, 9)", mode)  # the test would end here


@BOTH
@pytest.mark.parametrize(
    "call",
    [
        "unshare(0x10000000)",
        "mount(b'x', b'.', b'tmpfs', 0, None)",
        "ptrace(16, 1, 0, 0)",
        "chroot(b'.')",
        "syscall(425, 8, 0)",  # io_uring_setup, another way to a socket
        "memfd_create(b'x', 0)",
        "setuid(0) or libc.unshare(0x20000)",
    ],
)
def test_calls_that_a_calculation_does_not_need_are_refused(mode, call):
    done = run(
        f"import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.{call}, ctypes.get_errno())",
        mode,
    )
    assert done.output.startswith("-1 ")


@ALONE
def test_programs_run_side_by_side(mode):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        done = list(
            pool.map(
                lambda k: run(f"open('x', 'w').write('{k}'); print(open('x').read())", mode),
                range(8),
            )
        )
    assert [each.output for each in done] == [f"{k}\n" for k in range(8)]


@pytest.mark.parametrize(
    "cage",
    [
        'import os, sys\nos.write(int(sys.argv[1]), b\'{"refused": "unshare: not here"}\')',
        "raise SystemError('unshare: not here')",
        "import os, sys\nos.write(int(sys.argv[1]), b'{\"namespaces\": tr')\nsys.stderr.write('unshare: not here')",
    ],
)
def test_without_a_cage_nothing_is_run_and_the_reason_is_told(monkeypatch, tmp_path, cage):
    path = tmp_path / "cage.py"
    path.write_text(cage)
    monkeypatch.setattr(sandbox, "CAGE", path)
    with pytest.raises(FivefoldError, match=r"not here.*no-sandbox"):
        run_program("print(1)")


def test_a_program_too_long_is_refused():
    with pytest.raises(InputError, match="long-program"):
        run_program("#" * (1 << 21))
