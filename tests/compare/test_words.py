import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivefold.compare.words import ASPECTS, COLUMNS, SURVEY, TITLES, judge, merit, overlap
from fivefold.measures.figure import Figure

WORST = {column.key: column.words[0] for column in COLUMNS}
BEST = {column.key: column.words[2] for column in COLUMNS}
BETTER = {
    "training_speed": "lower",
    "parameter_efficiency": "lower",
    "scale": "lower",
    "stability": "lower",
}


def cell(key, value, half=None):
    low, high = (None, None) if value is None or half is None else (value - half, value + half)
    return Figure(key, key, value, low, high, BETTER.get(key, "higher"))


values = st.one_of(st.none(), st.floats(0.001, 1e6))
tables = st.dictionaries(
    st.sampled_from(sorted(TITLES)),
    st.dictionaries(
        st.sampled_from(sorted(ASPECTS)), st.tuples(values, st.one_of(st.none(), st.floats(0, 10)))
    ),
    min_size=1,
)


def figures(table):
    return {f: {key: cell(key, *pair) for key, pair in row.items()} for f, row in table.items()}


def test_the_survey_is_the_table_of_the_paper():
    assert list(SURVEY) == ["autoregressive", "adversarial", "variational", "flow", "diffusion"]
    assert SURVEY["adversarial"] == {
        "training_speed": "fast",
        "generation_speed": "fast",
        "parameter_efficiency": "high",
        "scale": "high",
        "quality": "high",
        "diversity": "low",
        "stability": "low",
    }
    assert [SURVEY[f]["training_speed"] for f in SURVEY] == [
        "slow",
        "fast",
        "fast",
        "slow",
        "medium",
    ]
    assert [SURVEY[f]["generation_speed"] for f in SURVEY] == [
        "slow",
        "fast",
        "fast",
        "fast",
        "slow",
    ]
    assert [SURVEY[f]["quality"] for f in SURVEY] == ["high", "high", "low", "low", "high"]


def test_every_word_of_the_survey_is_a_word_of_its_column():
    assert all(row[c.key] in c.words for row in SURVEY.values() for c in COLUMNS)


@given(tables, st.randoms())
def test_the_order_of_the_families_does_not_matter(table, random):
    shuffled = list(table.items())
    random.shuffle(shuffled)
    assert judge(figures(dict(shuffled))) == judge(figures(table))


@given(tables)
def test_the_best_family_has_the_best_word(table):
    known = figures(table)
    judged = judge(known)
    for key in ASPECTS:
        cells = {
            f: row[key] for f, row in known.items() if key in row and row[key].value is not None
        }
        if len(cells) < 3:
            continue
        top = max(merit(figure) for figure in cells.values())
        for family, figure in cells.items():
            if merit(figure) == top:
                assert judged[family][key].measured == BEST[key]


@given(tables)
def test_a_worse_figure_without_intervals_never_has_a_better_word(table):
    exact = {f: {key: (pair[0], None) for key, pair in row.items()} for f, row in table.items()}
    known = figures(exact)
    judged = judge(known)
    for column in COLUMNS:
        ranked = [
            (merit(row[column.key]), column.words.index(judged[f][column.key].measured))
            for f, row in known.items()
            if column.key in row and judged[f][column.key].measured
        ]
        ranked.sort()
        words = [word for _, word in ranked]
        assert words == sorted(words)


@given(tables)
def test_every_family_has_seven_aspects_and_words_only_from_three_families_on(table):
    judged = judge(figures(table))
    for key in ASPECTS:
        measured = sum(1 for row in table.values() if row.get(key, (None,))[0] is not None)
        for family in table:
            aspect = judged[family][key]
            assert aspect.survey == SURVEY[family][key]
            assert (aspect.measured is None) == (measured < 3 or aspect.figure.value is None)
            assert (aspect.agrees is None) == (aspect.measured is None)
            assert aspect.agrees in (None, aspect.measured == aspect.survey)


def words(key, rows):
    judged = judge({f: {key: cell(key, *row)} for f, row in rows.items()})
    return {f: judged[f][key].measured for f in rows}


def test_words_follow_the_ratio_to_the_best():
    rows = {"flow": (10.0,), "diffusion": (12.4,), "variational": (29.0,), "adversarial": (31.0,)}
    assert words("training_speed", rows) == {
        "flow": "fast", "diffusion": "fast", "variational": "medium", "adversarial": "slow"
    }  # fmt: skip


def test_words_follow_the_difference_to_the_best():
    rows = {"flow": (0.97,), "diffusion": (0.955,), "variational": (0.90,), "adversarial": (0.80,)}
    assert words("quality", rows) == {
        "flow": "high", "diffusion": "high", "variational": "medium", "adversarial": "low"
    }  # fmt: skip


def test_an_interval_that_overlaps_the_best_gives_one_word_better():
    apart = {"flow": (0.97, 0.01), "diffusion": (0.90, 0.01), "adversarial": (0.70, 0.01)}
    assert list(words("quality", apart).values()) == ["high", "medium", "low"]
    together = {"flow": (0.97, 0.01), "diffusion": (0.90, 0.07), "adversarial": (0.70, 0.30)}
    assert list(words("quality", together).values()) == ["high", "high", "medium"]


@pytest.mark.parametrize("count", [1, 2])
def test_below_three_families_there_is_a_dash(count):
    rows = dict(list({"flow": (0.9,), "diffusion": (0.5,)}.items())[:count])
    assert set(words("quality", rows).values()) == {None}


def test_a_figure_that_was_not_measured_keeps_its_note():
    row = {"quality": Figure("quality", "Quality", None, note="all runs diverged")}
    assert judge({"flow": row})["flow"]["quality"].explanation == "all runs diverged"


def test_merit_turns_every_direction_upwards():
    assert merit(Figure("a", "A", 2.0, better="higher")) == 2.0
    assert merit(Figure("a", "A", 2.0, better="lower")) == -2.0
    assert merit(Figure("a", "A", 0.6, better="target", best=0.5)) == merit(
        Figure("a", "A", 0.4, better="target", best=0.5)
    )
    assert merit(Figure("a", "A", None)) == float("-inf")


def test_intervals_that_touch_overlap():
    assert overlap(Figure("a", "A", 1, 0, 2), Figure("a", "A", 3, 2, 4))
    assert not overlap(Figure("a", "A", 1, 0, 1.9), Figure("a", "A", 3, 2, 4))
    assert overlap(Figure("a", "A", 1.0), Figure("a", "A", 1.5, 0.5, 2))
