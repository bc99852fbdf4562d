"""Files that are either whole or absent."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from fivefold.errors import InputError

LARGEST_JSON = 1 << 28


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part.

    Raises:
        InputError: where the disk is full or the folder cannot be written; the old file is untouched.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise InputError(
            f"cannot write ({error.strerror or error})",
            where=str(path),
            hint="free some space or choose another place; the old file is untouched",
            code="cannot-write",
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def read_json(path: Path, *, code: str, hint: str = "") -> dict[str, Any]:
    """The object in a JSON file that may come from elsewhere.

    Raises:
        InputError: where the file is absent, too large, not UTF-8, or no JSON object.
    """
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise ValueError(f"{path.stat().st_size:,} bytes, of at most {LARGEST_JSON:,}")
        found = json.loads(path.read_bytes().decode())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"cannot be read as JSON ({error})", where=str(path), hint=hint, code=code
        ) from error
    if not isinstance(found, dict):
        raise InputError("is not a JSON object", where=str(path), hint=hint, code=code)
    return found


def sha256(path: Path) -> str:
    """The SHA-256 digest of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
