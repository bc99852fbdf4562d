"""GGUF files read with every count and offset checked, since a file from elsewhere may lie about them.

    magic "GGUF", version, number of tensors, number of keys
    keys:     name, type, value                       (a value may be an array)
    tensors:  name, dimensions, type, offset          (of the blocks that follow, aligned)

The header is read by hand, bounded by the size of the file at every step: a count that the rest of the file could not
hold is refused before anything is allocated. Blocks are mapped, and unpacked by the library `gguf` one at a time.

References:
    The GGUF specification, github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from fivefold.errors import InputError, MissingExtraError

MAGIC = b"GGUF"
VERSIONS = (2, 3)
STRING, ARRAY = 8, 9
SCALARS = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d",
}  # fmt: skip
MOST_KEYS, MOST_TENSORS, MOST_DIMENSIONS = 65_536, 65_536, 4
LONGEST_NAME = 4_096


def library() -> ModuleType:
    """The package `gguf`."""
    try:
        import gguf
    except ImportError as error:
        raise MissingExtraError("gguf", "exchange", "reading and writing GGUF") from error
    return gguf


@dataclass(frozen=True)
class Tensor:
    """Where a tensor lies: its shape (slowest dimension first), its packing, and its bytes in the file."""

    shape: tuple[int, ...]
    packing: int
    start: int
    size: int


class GgufFile:
    """A GGUF file whose header has been checked.

    Arguments:
        path: the file.

    Attributes:
        metadata: the keys and their values.
        tensors: the tensors by name.

    Raises:
        InputError: where the file is not GGUF, is truncated, or claims what it cannot hold.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise InputError("no such file", where=str(path), code="no-file")
        self.size = self.path.stat().st_size
        with self.path.open("rb") as file:
            self._bytes = np.memmap(file, np.uint8, "r") if self.size else np.zeros(0, np.uint8)
        self._place = 0
        self.metadata: dict[str, Any] = {}
        self.tensors: dict[str, Tensor] = {}
        self._read()

    def tensor(self, name: str) -> Tensor:
        """Where a tensor lies; an InputError where there is none."""
        if name not in self.tensors:
            self._refuse(f"holds no tensor {name!r}")
        return self.tensors[name]

    def array(self, name: str) -> NDArray[np.float32]:
        """One tensor unpacked, float32 with its shape.

        Raises:
            InputError: where it is absent or packed in a way that is not known.
        """
        tensor, gguf = self.tensor(name), library()
        block, unit = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType(tensor.packing)]
        raw = self._bytes[tensor.start : tensor.start + tensor.size]
        rows = raw.reshape(-1, tensor.shape[-1] // block * unit)
        try:
            found = gguf.dequantize(rows, gguf.GGMLQuantizationType(tensor.packing))
        except NotImplementedError as error:
            self._refuse(f"packs tensor {name!r} in a way that is not known ({error})")
        return np.asarray(found, np.float32).reshape(tensor.shape)

    def _read(self) -> None:
        if bytes(self._take(4)) != MAGIC:
            self._refuse("is not GGUF: it does not begin with the letters GGUF")
        version = self._number("<I")
        if version not in VERSIONS:
            self._refuse(f"has GGUF version {version}; versions {VERSIONS} can be read")
        tensors, keys = self._number("<Q"), self._number("<Q")
        self._check(tensors, MOST_TENSORS, 24, "tensors")
        self._check(keys, MOST_KEYS, 13, "keys")
        for _ in range(keys):
            name = self._string(LONGEST_NAME)
            if name in self.metadata:
                self._refuse(f"has the key {name!r} twice")
            self.metadata[name] = self._value(self._number("<I"))
        described = [self._described() for _ in range(tensors)]
        alignment = self.metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 1 <= alignment <= 1 << 20:
            self._refuse(f"has an alignment of {alignment!r}")
        begin = -(-self._place // alignment) * alignment
        for name, shape, packing, offset in described:
            self._seat(name, shape, packing, begin + offset)

    def _described(self) -> tuple[str, tuple[int, ...], int, int]:
        name, dimensions = self._string(LONGEST_NAME), self._number("<I")
        if not 1 <= dimensions <= MOST_DIMENSIONS:
            self._refuse(f"gives tensor {name!r} {dimensions} dimensions")
        shape = tuple(self._number("<Q") for _ in range(dimensions))[::-1]
        return name, shape, self._number("<I"), self._number("<Q")

    def _seat(self, name: str, shape: tuple[int, ...], packing: int, start: int) -> None:
        gguf = library()
        known = {int(kind): size for kind, size in gguf.GGML_QUANT_SIZES.items()}
        if packing not in known:
            self._refuse(f"packs tensor {name!r} in the unknown way {packing}")
        block, unit = known[packing]
        count = math.prod(shape)
        size = count // block * unit
        if count < 1 or shape[-1] % block or start + size > self.size:
            self._refuse(f"claims a tensor {name!r} of shape {list(shape)}, which it cannot hold")
        if name in self.tensors:
            self._refuse(f"has the tensor {name!r} twice")
        self.tensors[name] = Tensor(shape, packing, start, size)

    def _value(self, kind: int) -> Any:
        if kind == STRING:
            return self._string(self.size)
        if kind in SCALARS:
            return self._number(SCALARS[kind])
        if kind != ARRAY:
            self._refuse(f"has a value of the unknown type {kind}")
        inner, count = self._number("<I"), self._number("<Q")
        if inner == STRING:
            self._check(count, self.size, 8, "strings in an array")
            return [self._string(self.size) for _ in range(count)]
        if inner not in SCALARS:
            self._refuse(f"has an array of the type {inner}")
        width = struct.calcsize(SCALARS[inner])
        self._check(count, self.size, width, "values in an array")
        kind_of = np.dtype("?" if SCALARS[inner] == "<?" else SCALARS[inner])
        return np.frombuffer(bytes(self._take(count * width)), kind_of).tolist()

    def _check(self, count: int, most: int, least: int, what: str) -> None:
        if count > most or count * least > self.size - self._place:
            self._refuse(f"claims {count:,} {what}, more than a file of {self.size:,} bytes holds")

    def _string(self, longest: int) -> str:
        length = self._number("<Q")
        self._check(length, longest, 1, "bytes in a string")
        try:
            return bytes(self._take(length)).decode()
        except UnicodeDecodeError:
            self._refuse("has a string that is not UTF-8")

    def _number(self, form: str) -> Any:
        return struct.unpack(form, bytes(self._take(struct.calcsize(form))))[0]

    def _take(self, count: int) -> NDArray[np.uint8]:
        if count > self.size - self._place:
            self._refuse(f"ends at byte {self.size:,}, in the middle of its header")
        self._place += count
        return self._bytes[self._place - count : self._place]

    def _refuse(self, what: str) -> NoReturn:
        raise InputError(
            f"the file {what}",
            where=str(self.path),
            hint="take it from its source again",
            code="bad-gguf",
        )
