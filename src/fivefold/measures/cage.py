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

import ctypes
import json
import os
import platform
import resource
import signal
import struct
import sys

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x00020000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_RDONLY, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 32, 1, 4096, 16384, 1 << 18
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 1, 2, 4
AT_FDCWD, AT_RECURSIVE, MNT_DETACH = -100, 0x8000, 2
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 38, 22, 24
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/nix/store", "/gnu/store")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
REFUSED = 125

CALLS = {
    "x86_64": (
        0xC000003E,
        {"pivot_root": 155, "mount_setattr": 442, "clone3": 435},
        (
            [41, 29, 101, 109 + 0, 165, 166, 155, 161, 272, 308, 250, 248, 249, 321, 298, 323]
            + [425, 426, 427, 319, 240, 310, 311, 246, 320, 175, 313, 176, 304, 303, 169, 167, 168]
            + [179, 163, 164, 227, 300, 301, 428, 429, 430, 431, 432, 433, 442, 438, 312, 447, 448]
        ),
    ),
    "aarch64": (
        0xC00000B7,
        {"pivot_root": 41, "mount_setattr": 442, "clone3": 435},
        (
            [198, 194, 117, 40, 39, 41, 51, 97, 268, 219, 217, 218, 280, 241, 282]
            + [425, 426, 427, 279, 180, 270, 271, 104, 294, 105, 273, 106, 265, 264, 142, 224, 225]
            + [60, 89, 170, 112, 262, 263, 428, 429, 430, 431, 432, 433, 442, 438, 272, 447, 448]
        ),
    ),
}
