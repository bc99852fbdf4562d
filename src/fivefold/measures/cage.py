"""The inside of the sandbox: a script that gives its rights away, then becomes the program it was asked to run.

It imports nothing of the package, so that it starts in milliseconds as `python -I -S cage.py`. One JSON object on its
standard input says what to do; `sandbox` writes it and documents what is guaranteed. In order:

1. limits       processor seconds, memory, file size, open files, no core dumps
2. namespaces   own processes, mounts, network, shared memory, host name (Linux)
3. root         a file system of its own in memory: the interpreter and the system's libraries, read-only, and one
                folder of bounded size to write in; nothing else of the machine is there
4. person       an unused user id when started by root; no capabilities, and none to be gained
5. calls        a filter on system calls: no sockets, no new namespaces or mounts, no tracing, no shared memory
6. the program  as the child of an init process, whose end ends every process that the program has made
"""

# ruff: noqa: PTH103, PTH112, PTH114, PTH115, PTH118, PTH120, PTH123, PTH211
# (pathlib would take a tenth of the time that starting takes)
import ctypes
import json
import os
import platform
import resource
import struct
import sys
from typing import Any, NoReturn

NEWNS, NEWUTS, NEWIPC = 0x00020000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 1, 2, 4
AT_FDCWD, AT_RECURSIVE, MNT_DETACH = -100, 0x8000, 2
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER = 1, 38, 22, 2
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/nix/store", "/gnu/store")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
LANDLOCK_WRITES = sum(
    1 << bit for bit in (1, *range(4, 13))
)  # write, remove, make; not read and execute
LANDLOCK_NEWER = {2: 1 << 13, 3: 1 << 14}  # move between folders; cut short
PERSONS = (1_900_000_000, 60_000)
REFUSED = 125

# Of each architecture: its number; pivot_root, clone, setsid, setpgid, kill, tkill, tgkill; and the calls refused:
# socket, shmget, mq_open, memfd_create, memfd_secret, ptrace, process_vm_readv and _writev, kcmp, pidfd_getfd, bpf,
# perf_event_open, userfaultfd, io_uring (3), keys (3), mount, umount2, pivot_root, chroot, unshare, setns, the newer
# calls for mounts (7), modules (3), kexec, open_by_handle_at, fanotify_init, swap (2), quotactl, acct, reboot, and
# the setting of clocks (2).
# fmt: off
CALLS: dict[str, tuple[int, tuple[int, ...], tuple[int, ...]]] = {
    "x86_64": (
        0xC000003E,
        (155, 56, 112, 109, 62, 200, 234),
        (
            41, 29, 240, 319, 447, 101, 310, 311, 312, 438, 321, 298, 323, 425, 426, 427, 248, 249, 250,
            165, 166, 155, 161, 272, 308, 428, 429, 430, 431, 432, 433, 442, 175, 176, 313, 246, 320,
            304, 300, 167, 168, 179, 163, 169, 164, 227,
        ),
    ),
    "aarch64": (
        0xC00000B7,
        (41, 220, 157, 154, 129, 130, 131),
        (
            198, 194, 180, 279, 447, 117, 270, 271, 272, 438, 280, 241, 282, 425, 426, 427, 217, 218, 219,
            40, 39, 41, 51, 97, 268, 428, 429, 430, 431, 432, 433, 442, 105, 106, 273, 104, 294,
            265, 262, 224, 225, 60, 89, 142, 170, 112,
        ),
    ),
}
# fmt: on
CLONE3, MOUNT_SETATTR, PIDFD_SEND_SIGNAL = 435, 442, 424

libc = ctypes.CDLL(None, use_errno=True)


class RefusedError(Exception):
    """A right could not be given away."""


def call(what: str, result: int) -> int:
    """The result of a system call that has to succeed."""
    if result < 0:
        raise RefusedError(f"{what}: {os.strerror(ctypes.get_errno())}")
    return result


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Mount something, or change a mount."""
    given = [part.encode() for part in (source, target, kind)]
    call(f"mount {target}", libc.mount(*given, ctypes.c_ulong(flags), options.encode() or None))


def seal(path: str, flags: int, attributes: int) -> None:
    """Make a mount read-only, or free of devices, with all mounts below it where `flags` says so."""
    wanted = struct.pack("QQQQ", attributes, 0, 0, 0)
    done = libc.syscall(MOUNT_SETATTR, AT_FDCWD, path.encode(), flags, wanted, len(wanted))
    call(f"mount_setattr {path}", done)


def part_ways() -> None:
    """Own namespaces; an own user namespace first where we are not root."""
    kinds = NEWNS | NEWUTS | NEWIPC | NEWPID | NEWNET
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        call("unshare", libc.unshare(kinds))
    else:
        call("unshare", libc.unshare(kinds | NEWUSER))
        for name, line in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            write(f"/proc/self/{name}", line)
    mount("none", "/", "", MS_REC | MS_PRIVATE)


def write(path: str, text: str) -> None:
    """Write a short text at once, as the files of the kernel want it."""
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)


def places(prefix: str) -> list[str]:
    """The folders that the interpreter needs: the system's, its own, and those of the libraries it has loaded."""
    with open("/proc/self/maps") as lines:
        files = [line.split(maxsplit=5)[-1].strip() for line in lines if line.rstrip()[-1:] != "0"]
    loaded = [os.path.dirname(file) for file in files if file.startswith("/") and ".so" in file]
    needed: list[str] = [path for path in SYSTEM if os.path.isdir(path)]
    for path in [prefix, *loaded]:
        real = os.path.realpath(path)
        if not any(real == n or real.startswith(n + "/") for n in map(os.path.realpath, needed)):
            needed.append(real)
    return needed


def own_root(root: str, prefix: str, size: int, person: int, group: int) -> None:
    """A file system in memory with what is needed, read-only, and /work to write in; the rest is gone."""
    needed = places(prefix)
    mount("none", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,nr_inodes=1k,mode=755")
    for path in needed:
        if os.path.islink(path):
            os.symlink(os.readlink(path), root + path)
            continue
        os.makedirs(root + path, exist_ok=True)
        mount(path, root + path, "", MS_BIND | MS_REC)
        seal(root + path, AT_RECURSIVE, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV)
    os.makedirs(root + "/dev")
    for path in DEVICES:
        os.close(os.open(root + path, os.O_CREAT | os.O_WRONLY, 0o644))
        mount(path, root + path, "", MS_BIND)
    os.makedirs(root + "/work")
    options = f"size={size},nr_inodes=1k,mode=700,uid={person},gid={group}"
    mount("none", root + "/work", "tmpfs", MS_NOSUID | MS_NODEV, options)
    os.symlink("/work", root + "/tmp")  # noqa: S108 (its own)
    os.chdir(root)
    pivot = CALLS[platform.machine()][1][0]
    call("pivot_root", libc.syscall(pivot, b".", b"."))
    call("umount", libc.umount2(b".", MNT_DETACH))
    seal("/", 0, ATTR_RDONLY)
    os.chdir("/work")


def become(person: int, group: int) -> None:
    """An unused person, when root; nobody gains rights from here on."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(group, group, group)
        os.setresuid(person, person, person)
    call("no_new_privs", libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def write_only_here(folder: str) -> bool:
    """Landlock: files can be made, changed and removed in one folder only; whether the kernel knows how."""
    version = libc.syscall(LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        return False
    access = LANDLOCK_WRITES | sum(
        bit for since, bit in LANDLOCK_NEWER.items() if version >= since
    )
    rules = call("landlock", libc.syscall(LANDLOCK_CREATE, struct.pack("Q", access), 8, 0))
    for path, allowed in ((folder, access), ("/dev/null", 2)):
        beneath = os.open(path, os.O_PATH)
        rule = struct.pack("<Qi", allowed, beneath)
        call("landlock", libc.syscall(LANDLOCK_ADD, rules, 1, rule, 0))
        os.close(beneath)
    call("landlock", libc.syscall(LANDLOCK_RESTRICT, rules, 0))
    os.close(rules)
    return True


def filter_calls(alone: bool) -> bool:
    """Refuse system calls that a calculation does not need; whether this architecture is known.

    Arguments:
        alone: whether the program has process numbers of its own; it may not send signals otherwise.
    """
    if platform.machine() not in CALLS:
        return False
    number, (_, clone, setsid, setpgid, *signals), refused = CALLS[platform.machine()]
    denied = {*refused, setsid, setpgid} | (set() if alone else {*signals, PIDFD_SEND_SIGNAL})
    load, equal, above, bits, end = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, forbid, unknown, kill = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
    steps = [(load, 0, 0, 4), (equal, 1, 0, number), (end, 0, 0, kill), (load, 0, 0, 0)]
    steps += [(above, 0, 1, 0x40000000), (end, 0, 0, forbid)]
    for each in sorted(denied):
        steps += [(equal, 0, 1, each), (end, 0, 0, forbid)]
    steps += [(equal, 0, 1, CLONE3), (end, 0, 0, unknown)]
    steps += [(equal, 0, 3, clone), (load, 0, 0, 16), (bits, 0, 1, NEWUSER), (end, 0, 0, forbid)]
    steps += [(end, 0, 0, allow)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(
        struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code))
    )
    call("seccomp", libc.prctl(PR_SET_SECCOMP, FILTER, program, 0, 0))
    return True


def limit(spec: dict[str, Any]) -> None:
    """The limits of each process of the program."""
    cpu = int(spec["cpu"])
    for name, most in (
        ("RLIMIT_CORE", 0),
        ("RLIMIT_CPU", cpu),
        ("RLIMIT_AS", spec["memory"]),
        ("RLIMIT_FSIZE", spec["files"]),
        ("RLIMIT_NOFILE", 64),
        ("RLIMIT_NPROC", spec["processes"] + 1),
        ("RLIMIT_MSGQUEUE", 0),
        ("RLIMIT_MEMLOCK", 0),
        ("RLIMIT_STACK", 8 << 20),
    ):
        if hasattr(resource, name):
            resource.setrlimit(getattr(resource, name), (most, most))


def start(spec: dict[str, Any], status: int, alone: bool) -> NoReturn:
    """The last rights go, the report is given, the program begins."""
    folder = "/work" if alone else spec["folder"]
    path = os.path.join(folder, "program.py")
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
    os.write(handle, spec["program"].encode("utf-8", "surrogatepass"))
    os.close(handle)
    os.chdir(folder)
    done = {"namespaces": alone, "landlock": False, "seccomp": False}
    if sys.platform == "linux":
        call("no_new_privs", libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        done["landlock"] = False if alone else write_only_here(folder)
        done["seccomp"] = filter_calls(alone)
    os.write(status, json.dumps(done).encode())
    limit(spec)
    seen = {"PATH": "/usr/bin:/bin", "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8"}
    os.execve(spec["python"], [spec["python"], "-I", "-S", "-B", path], seen)  # noqa: S606


def watch(child: int) -> NoReturn:
    """Wait for a child and end as it ended; all orphans are waited for on the way."""
    while True:
        ended, state = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(state)
            os._exit(code if code >= 0 else 128 - code)


def confined(spec: dict[str, Any], status: int) -> NoReturn:
    """The program in namespaces of its own, as the child of their first process."""
    person = group = PERSONS[0] + int.from_bytes(os.urandom(4), "little") % (1 << 27)
    if os.geteuid() != 0:
        person, group = os.geteuid(), os.getegid()
    part_ways()
    write("/proc/self/oom_score_adj", "1000")
    own_root(spec["folder"], spec["prefix"], spec["files"], person, group)
    first = os.fork()
    if first:
        watch(first)
    become(person, group)
    libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)
    child = os.fork()
    if child:
        os.close(status)
        watch(child)
    start(spec, status, alone=True)


def main() -> None:
    """Read what is to be done, and do it; what fails before the program begins is reported."""
    status = int(sys.argv[1])
    os.set_inheritable(status, False)
    spec = json.load(sys.stdin.buffer)
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.umask(0o022)
    try:
        if spec["namespaces"]:
            confined(spec, status)
        start(spec, status, alone=False)
    except (RefusedError, OSError, ValueError, KeyError) as fault:
        os.write(status, json.dumps({"refused": str(fault)}).encode())
        os._exit(REFUSED)


if __name__ == "__main__":
    main()
