"""Numbers and tables as people and programs read them."""

import json

from fivefold.cli.output import columns, figure_rows, outline, print_json
from fivefold.measures.figure import Figure


def test_json_holds_no_infinity_and_keeps_letters(capsys):
    print_json({"name": "Zürich", "worst": [float("inf"), 1.5], "pair": (1, 2)})
    out = capsys.readouterr().out
    assert json.loads(out) == {"name": "Zürich", "worst": [None, 1.5], "pair": [1, 2]}
    assert "Zürich" in out


def test_figures_show_value_interval_floor_and_direction():
    figures = [
        Figure("shape", "Column-shape error", 0.0052, 0.0048, 0.006, floor=0.008),
        Figure("auc", "Detection", 0.551, better="target", best=0.5, unit="AUC"),
        Figure("speed", "Speed", None, better="higher", unit="rows/s"),
    ]
    assert figure_rows(figures)[1:] == [
        ("Column-shape error", "0.52%", "0.48% to 0.60%", "0.80%", "lower"),
        ("Detection", "0.551", "", "", "near 0.500"),
        ("Speed", "-", "", "", "higher"),
    ]


def test_columns_are_aligned():
    text = columns([("measure", "value"), ("a", "1.0"), ("long name", "-")])
    assert text == "measure    value\na            1.0\nlong name      -"


def test_outline_shows_lists_of_mappings_a_line_each():
    tree = {
        "columns": [{"name": "age", "kind": "integer"}, {"name": "town", "kind": "category"}],
        "seeds": [1, 2],
        "notices": ["7 rare values are pooled, not reproduced"],
    }
    assert list(outline(tree)) == [
        "columns:",
        "  name age, kind integer",
        "  name town, kind category",
        "seeds: 1, 2",
        "notices:",
        "  7 rare values are pooled, not reproduced",
    ]
