"""The heap of a training process: laid out once, and no page is asked for twice."""

import subprocess
import sys

import pytest

ALLOCATING = """
import resource, sys, torch
from fivefold.training.pages import large_pages

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        tensors = [torch.zeros(2**19) for _ in range(20)]
        del tensors
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

assert large_pages() and large_pages()
faults()
print(faults())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux lays its heap out so")
def test_memory_that_was_freed_is_used_again_without_asking_the_system() -> None:
    found = subprocess.run(
        [sys.executable, "-c", ALLOCATING], capture_output=True, text=True, check=False
    )
    if "AssertionError" in found.stderr:
        pytest.skip("this system has no large pages")
    assert int(found.stdout) < 100
