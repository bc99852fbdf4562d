import json
import math
from dataclasses import replace

import numpy as np
import pytest

from fivefold.compare.result import Comparison, FamilyResult, Figure, Run
from fivefold.errors import InputError


def test_a_comparison_survives_json(comparison):
    document = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))
    assert Comparison.from_dict(document) == comparison


def test_what_is_not_finite_becomes_null(comparison):
    family = replace(
        comparison.families[0], figures={"a": Figure("a", "A", math.nan, -math.inf, 1.0)}
    )
    document = replace(comparison, families=[family]).to_dict()
    figure = document["families"][0]["figures"]["a"]
    assert (figure["value"], figure["low"], figure["high"]) == (None, None, 1.0)
    json.dumps(document, allow_nan=False)


def test_numbers_of_numpy_become_plain(comparison):
    details = {
        "each": np.float32(0.5),
        "all": np.arange(3),
        "count": np.int64(2),
        "yes": np.bool_(True),
    }
    family = FamilyResult("flow", "Flow", figures={"a": Figure("a", "A", 1.0, details=details)})
    document = replace(comparison, families=[family]).to_dict()
    read = document["families"][0]["figures"]["a"]["details"]
    assert json.loads(json.dumps(read)) == {"each": 0.5, "all": [0, 1, 2], "count": 2, "yes": True}


def test_parts_of_a_later_version_are_left_out(comparison):
    document = comparison.to_dict() | {"invented_later": 1}
    assert Comparison.from_dict(document) == comparison


def test_another_format_is_refused(comparison):
    with pytest.raises(InputError, match="format 99"):
        Comparison.from_dict(comparison.to_dict() | {"format": 99})


def test_a_broken_report_says_where(comparison):
    document = comparison.to_dict()
    document["families"][0]["runs"][0]["seed"] = "first"
    with pytest.raises(InputError, match=r"families\.0\.runs\.0\.seed"):
        Comparison.from_dict(document)


def test_a_family_has_failed_only_when_all_its_runs_have():
    good, bad = Run(0, "models/a", 1, 1, 1), Run(1, "models/b", 1, 1, 1, diverged=True)
    assert not FamilyResult("flow", "Flow", [good, bad]).failed
    assert FamilyResult("flow", "Flow", [bad]).failed
    assert not FamilyResult("flow", "Flow", []).failed


def test_the_folder_is_of_a_run_that_did_not_diverge():
    bad, good = Run(0, "models/a", 1, 1, 1, diverged=True), Run(1, "models/b", 1, 1, 1)
    assert FamilyResult("flow", "Flow", [bad, good]).folder == "models/b"
    assert FamilyResult("flow", "Flow", [bad]).folder is None
