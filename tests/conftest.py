"""What all tests share."""

import csv
import os
import random
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small tensors: a second thread only waits


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV of 400 rows: an integer, a skewed decimal, two related categories, some missing."""
    dice = random.Random(0)
    file = tmp_path_factory.mktemp("data") / "people.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["age", "income", "town", "owner"])
        for _ in range(400):
            age = dice.randint(18, 90)
            income = (
                "" if dice.random() < 0.05 else f"{dice.lognormvariate(7 + age / 60, 0.5):.2f}"
            )
            town = dice.choice(["Leeds", "York", "Hull"])
            owner = "yes" if dice.random() < age / 100 else "no"
            rows.writerow([age, income, town, owner])
    return file
