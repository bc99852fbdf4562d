"""GGUF files, honest and hostile."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivefold.errors import InputError
from fivefold.exchange.ggufheader import GgufFile

gguf = pytest.importorskip("gguf")


@pytest.fixture
def honest(tmp_path):
    path = tmp_path / "honest.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_uint32("llama.block_count", 2)
    writer.add_array("tokenizer.ggml.tokens", ["a", "é"])
    writer.add_array("scores", [1.5, 2.5])
    writer.add_bool("flag", True)
    matrix = np.arange(64 * 3, dtype=np.float32).reshape(3, 64) / 100
    writer.add_tensor("plain", matrix)
    packing = gguf.GGMLQuantizationType.Q8_0
    writer.add_tensor("packed", gguf.quantize(matrix, packing), raw_dtype=packing)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path, matrix


def test_keys_and_tensors_are_read(honest) -> None:
    path, matrix = honest
    file = GgufFile(path)
    assert file.metadata["llama.block_count"] == 2
    assert file.metadata["tokenizer.ggml.tokens"] == ["a", "é"]
    assert file.metadata["scores"] == [1.5, 2.5]
    assert file.metadata["flag"] is True
    assert np.array_equal(file.array("plain"), matrix)
    assert np.abs(file.array("packed") - matrix).max() < 0.02
    with pytest.raises(InputError, match="no tensor 'absent'"):
        file.array("absent")


def header(tensors: int = 0, keys: int = 0, rest: bytes = b"", version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, tensors, keys) + rest


def key(name: bytes, kind: int, value: bytes) -> bytes:
    return struct.pack("<Q", len(name)) + name + struct.pack("<I", kind) + value


def tensor(shape: list[int], packing: int = 0, offset: int = 0, dims: int | None = None) -> bytes:
    named = struct.pack("<Q", 1) + b"t" + struct.pack("<I", len(shape) if dims is None else dims)
    return named + struct.pack(f"<{len(shape)}Q", *shape) + struct.pack("<IQ", packing, offset)


HOSTILE = {
    "empty": (b"", "ends at byte"),
    "other": (b"PK\x03\x04 an archive", "does not begin"),
    "newer": (header(version=9), "version 9"),
    "many tensors": (header(tensors=2**63), "tensors"),
    "many keys": (header(keys=2**40), "keys"),
    "long string": (
        header(keys=1, rest=struct.pack("<Q", 2**62) + b"a" * 40),
        "bytes in a string",
    ),
    "long array": (
        header(keys=1, rest=key(b"a", 9, struct.pack("<IQ", 4, 2**61)) + b"x" * 40),
        "array",
    ),
    "long array of strings": (
        header(keys=1, rest=key(b"a", 9, struct.pack("<IQ", 8, 2**61))),
        "array",
    ),
    "nested array": (
        header(keys=1, rest=key(b"a", 9, struct.pack("<IQ", 9, 1) + b"x" * 20)),
        "type 9",
    ),
    "unknown type": (header(keys=1, rest=key(b"a", 77, b"x" * 20)), "type 77"),
    "twice": (header(keys=2, rest=2 * key(b"a", 0, b"x") + b"x" * 9), "twice"),
    "not UTF-8": (header(keys=1, rest=key(b"\xff", 0, b"x")), "UTF-8"),
    "huge tensor": (header(tensors=1, rest=tensor([2**40, 2**40])), "cannot hold"),
    "no element": (header(tensors=1, rest=tensor([0])), "cannot hold"),
    "far tensor": (header(tensors=1, rest=tensor([4], offset=2**63) + b"x" * 64), "cannot hold"),
    "many dimensions": (header(tensors=1, rest=tensor([1], dims=2**31)), "dimensions"),
    "unknown packing": (header(tensors=1, rest=tensor([4], packing=4321)), "unknown way 4321"),
    "broken blocks": (header(tensors=1, rest=tensor([33], packing=8) + b"x" * 640), "cannot hold"),
    "no alignment": (
        header(keys=1, rest=key(b"general.alignment", 4, struct.pack("<I", 0)) + b"x" * 40),
        "alignment",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_its_name(name, tmp_path) -> None:
    content, message = HOSTILE[name]
    path = tmp_path / "hostile.gguf"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        GgufFile(path)
    assert "hostile.gguf" in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 500), byte=st.integers(0, 255), cut=st.integers(0, 700))
def test_damage_anywhere_gives_an_input_error_or_another_file_and_never_a_crash(
    tmp_path_factory, place, byte, cut
) -> None:
    folder = tmp_path_factory.mktemp("damage")
    path = folder / "x.gguf"
    rest = key(b"a", 8, struct.pack("<Q", 3) + b"abc") + tensor([8, 2], offset=0)
    content = bytearray(header(tensors=1, keys=1, rest=rest) + bytes(600))
    content[place % len(content)] = byte
    path.write_bytes(bytes(content[: max(1, len(content) - cut)]))
    assert opened(path) in {"whole", "bad-gguf"}


def opened(path) -> str:
    try:
        file = GgufFile(path)
        for name in file.tensors:
            file.array(name)
    except InputError as error:
        return error.code
    return "whole"


def test_an_absent_file_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match="no such file"):
        GgufFile(tmp_path / "none.gguf")
