import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import pyarrow as pa
import pytest

from fivefold.compare.advice import recommend
from fivefold.compare.report import comparison_page, measure_page
from fivefold.compare.result import FamilyResult, Figure, Pairs, Run

HOSTILE = [
    "<script>alert(1)</script>",
    "</style><b>x",
    "a\"onload='x'",
    "{{ 7*7 }}",
    "=1+1",
    "日本語 \u202e",
    "",
]
VOID = {"meta", "br", "input", "link", "img", "hr"}
SECTIONS = [
    "table",
    "quality",
    "diversity",
    "privacy",
    "energy",
    "tradeoff",
    "training",
    "growth",
    "columns",
    "worst",
    "pairs",
    "rows",
    "definitions",
    "repeat",
    "next",
]


class Reader(HTMLParser):
    """Collects tags, attributes and text, and checks that what is opened is closed."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.ids, self.texts = [], [], [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)


@pytest.fixture(scope="module")
def page(comparison):
    return comparison_page(comparison)


def drawings(page):
    """Every outermost SVG of a page."""
    depth, start = 0, 0
    for found in re.finditer(r"<svg\b|</svg>", page):
        if found.group() == "</svg>":
            depth -= 1
            if depth == 0:
                yield page[start : found.end()]
        else:
            start = found.start() if depth == 0 else start
            depth += 1


def test_the_page_opens_with_the_recommendation_and_has_every_part_in_order(page, comparison):
    reader = Reader(page)
    text = " ".join(reader.texts)
    assert comparison.advice.headline in text
    positions = [page.index(f'id="{key}"') for key in SECTIONS]
    assert positions == sorted(positions)
    assert page.index(comparison.advice.headline, page.index("<body>")) < positions[0]


def test_the_page_loads_nothing(page):
    reader = Reader(page)
    links = [
        v
        for _, name, v in reader.attributes
        if name in ("src", "href", "srcset", "action", "data", "poster")
    ]
    assert links
    assert all(link.startswith("#") for link in links)
    assert not {"link", "img", "iframe", "object", "embed", "base", "video"} & set(reader.tags)
    code = (
        re.search(r"<style>.*</style>", page, re.S).group()
        + re.search(r"<script>.*</script>", page, re.S).group()
    )
    assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttp|import\(|WebSocket|eval\(", code)
    assert "default-src 'none'" in page


def test_links_inside_the_page_lead_somewhere(page):
    reader = Reader(page)
    wanted = {v[1:] for _, name, v in reader.attributes if name == "href"}
    assert wanted <= set(reader.ids)
    assert len(reader.ids) == len(set(reader.ids))


def test_the_script_is_small(page):
    assert len(re.search(r"<script>(.*)</script>", page, re.S).group(1).encode()) < 10_000


def test_the_page_is_small(page):
    assert len(page.encode()) < 600_000


def test_a_thousand_columns_stay_under_five_megabytes(make_comparison):
    page = comparison_page(make_comparison(names=[f"a rather long name {i}" for i in range(1000)]))
    assert len(page.encode()) < 5_000_000
    Reader(page)


def test_every_drawing_of_the_page_is_valid(page):
    found = list(drawings(page))
    assert len(found) > 40
    for svg in found:
        ET.fromstring(svg)


def test_hostile_names_are_only_text(make_comparison):
    comparison = make_comparison(names=HOSTILE)
    nasty = "<img src=x onerror=alert(1)>"
    comparison = replace(
        comparison,
        command=nasty,
        data=replace(comparison.data, name=nasty, path=nasty, notices=[nasty]),
        advice=recommend(replace(comparison, data=replace(comparison.data, path=nasty))),
        families=[replace(f, title=nasty) for f in comparison.families],
    )
    page = comparison_page(comparison)
    reader = Reader(page)
    assert reader.tags.count("script") == 1
    assert reader.tags.count("style") == 1
    assert not {"img", "x"} & set(reader.tags)
    assert not any(name.startswith("on") for _, name, _ in reader.attributes)
    text = "".join(reader.texts)
    assert all(name in text for name in HOSTILE)
    assert nasty in text


def test_no_value_is_read_as_a_template(make_comparison):
    assert "{{ 7*7 }}" in comparison_page(make_comparison(["flow"], names=["{{ 7*7 }}", "b"]))


def test_a_family_without_likelihood_has_a_dash(page):
    row = re.search(r'<section id="quality">.*?Adversarial</th>(.*?)</tr>', page, re.S).group(1)
    assert "–</span>" in row
    assert "has no likelihood" in row


def test_figures_of_all_groups_and_their_definitions_are_there(page, comparison):
    text = " ".join(Reader(page).texts)
    for figure in comparison.families[0].figures.values():
        assert figure.title in text
        assert figure.definition in text


def test_each_family_stands_beside_its_word_and_the_surveys(page):
    row = re.search(r"<th scope=\"row\">(?:(?!</tr>).)*Flow(.*?)</tr>", page, re.S).group(1)
    assert row.count('class="word') == 7
    assert row.count("survey: ") == 7


@pytest.mark.parametrize(
    "keys", [["flow"], ["flow", "diffusion"], ["adversarial", "flow", "diffusion"]]
)
@pytest.mark.parametrize("seeds", [1, 2])
def test_some_families_and_seeds_make_a_page(make_comparison, keys, seeds):
    Reader(comparison_page(make_comparison(keys, seeds)))


def test_a_family_that_diverged_is_named(comparison):
    broken = FamilyResult(
        "adversarial", "Adversarial", [Run(0, None, 3.0, 3.0, 10, True, "diverged")]
    )
    families = [broken if f.family == "adversarial" else f for f in comparison.families]
    changed = replace(comparison, families=families)
    page = comparison_page(replace(changed, advice=recommend(changed)))
    text = " ".join(Reader(page).texts)
    assert "Adversarial gave no usable model in 1 of 1 runs: diverged" in text
    assert re.search(r"Adversarial<small>diverged", page)


def test_a_comparison_with_nothing_but_its_families_makes_a_page(comparison):
    families = [FamilyResult(f.family, f.title) for f in comparison.families]
    bare = replace(
        comparison, families=families, baseline=None, floor={}, columns=[], pairs=Pairs(),
        examples=type(comparison.examples)(), seconds=None,
    )  # fmt: skip
    page = comparison_page(replace(bare, advice=recommend(bare)))
    reader = Reader(page)
    wanted = {v[1:] for _, name, v in reader.attributes if name == "href"}
    assert wanted <= set(reader.ids)
    assert "No family can be recommended" in " ".join(reader.texts)


def test_at_most_ten_rows_are_shown(comparison):
    many = replace(comparison.examples, rows=comparison.examples.rows * 5)
    page = comparison_page(replace(comparison, examples=many))
    assert page.count("<td>age 0</td>") == 1


def test_the_page_is_the_same_each_time(comparison, page):
    assert comparison_page(comparison) == page


REAL = pa.table({"<script>": ["a", "b", None, "a"] * 20, "n": [1.5, 2.5, 3.5, 9.0] * 20})


def test_a_measurement_has_a_page_of_its_own(comparison):
    family = comparison.families[4]
    page = measure_page(
        [*family.figures.values(), Figure("strange", "Strange & new", 3.0, unit="")],
        REAL, REAL, names=("<real>.csv", "synthetic.csv"), notices=["<b>"], command="fivefold measure",
    )  # fmt: skip
    reader = Reader(page)
    text = " ".join(reader.texts)
    assert "synthetic.csv, measured against <real>.csv" in text
    assert "Strange & new" in text
    assert all(f.title in text for f in family.figures.values())
    assert all(v.startswith("#") for _, name, v in reader.attributes if name in ("src", "href"))
    assert reader.tags.count("script") == 1
    assert "25.0% missing" in text


def test_a_measurement_of_one_column_has_a_page():
    one = REAL.select(["n"])
    assert "Coverage" in measure_page([Figure("coverage", "Coverage", 0.9)], one, one)
