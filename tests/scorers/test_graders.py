# SPDX-License-Identifier: Apache-2.0
"""OpenAI's grader objects."""

from math import isnan

import pytest

from evalkit.core.errors import UsageError
from evalkit.core.example import Example
from evalkit.core.exchange import Reply
from evalkit.core.location import Location
from evalkit.scorers._grader import grader_scorer
from evalkit.scorers._similarity import gleu
from evalkit.scorers._template import AbsentError, filled

CHECK = {
    "type": "string_check",
    "name": "same",
    "input": "{{ sample.output_text }}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
SCORE = {
    "type": "score_model",
    "name": "kind",
    "model": "gpt-4.1-mini",
    "input": [
        {"role": "system", "content": "How kind is it?"},
        {"role": "user", "content": [{"type": "input_text", "text": "{{sample.output_text}}"}]},
    ],
    "range": [1, 5],
    "sampling_params": {"temperature": 0.5, "seed": 3, "max_completions_tokens": 50},
}
LABEL = {
    "type": "label_model",
    "name": "tone",
    "model": "gpt-4.1-mini",
    "input": [{"role": "user", "content": {"type": "input_text", "text": "{{item.answer}}"}}],
    "labels": ["good", "bad"],
    "passing_labels": ["good"],
}


def _example(row):
    return Example(location=Location(source="x", line=1, number=1), raw=b"", value=row, format=None)


def graded(document, text, row, **more):
    grader = grader_scorer(document, "the scorer")
    return grader.score(Reply(text=text), "expected", _example(row), **more)


@pytest.mark.parametrize(
    ("operation", "text", "value"),
    [("eq", "Rome", 1), ("eq", "rome", 0), ("ne", "Paris", 1), ("like", "in Rome.", 1),
     ("like", "in rome", 0), ("ilike", "in rome", 1)],
)  # fmt: skip
def test_string_check(operation, text, value):
    found = graded({**CHECK, "operation": operation}, text, {"item": {"answer": "Rome"}})
    assert found.value == value


def test_items_are_rows_or_in_rows():
    assert graded(CHECK, "Rome", {"answer": "Rome"}).value == 1
    assert graded({**CHECK, "reference": "{{item.reference}}"}, "expected", {}).value == 1
    deep = {**CHECK, "reference": "{{item.answers[1].text}}"}
    assert graded(deep, "b", {"item": {"answers": [{"text": "a"}, {"text": "b"}]}}).value == 1
    assert isnan(graded(CHECK, "Rome", {}).value)


def test_json_of_the_answer():
    check = {**CHECK, "input": "{{sample.output_json.city}}"}
    assert graded(check, '{"city": "Rome"}', {"answer": "Rome"}).value == 1
    assert graded(check, "Rome", {"answer": "Rome"}).value == 0  # no JSON: wrong, not unknown


def test_data_with_braces_stays_data():
    """promptfoo renders data as templates (#404, #1405): here it is put in once, as it stands."""
    row = {"answer": "{{item.secret}} {% x %} {0}", "secret": "no"}
    assert graded(CHECK, "{{item.secret}} {% x %} {0}", row).value == 1
    values = {"item": {"a": "{{item.b}}", "b": "x"}}
    assert filled("{{item.a}}-{{ item.b }}", values) == "{{item.b}}-x"
    with pytest.raises(AbsentError):
        filled("{{item.__class__}}", values)


@pytest.mark.parametrize(
    ("metric", "value"),
    [("fuzzy_match", 1.0), ("bleu", 1.0), ("gleu", 1.0), ("rouge_1", 1.0), ("rouge_3", 1.0),
     ("rouge_l", 1.0)],
)  # fmt: skip
def test_text_similarity(metric, value):
    document = {
        "type": "text_similarity",
        "name": "near",
        "input": "{{sample.output_text}}",
        "reference": "{{item.answer}}",
        "evaluation_metric": metric,
    }
    row = {"answer": "the cat sat on the mat"}
    assert graded(document, "the cat sat on the mat", row).value == pytest.approx(value)
    assert graded(document, "dogs", row).value < 0.4
    passed = {**document, "pass_threshold": 0.9}
    assert graded(passed, "the cat sat on the mat", row).value == 1
    assert grader_scorer(passed, "x").scale.binary


@pytest.mark.parametrize(
    ("text", "expected", "value"),
    [
        ("the cat is on the mat", "the cat sat on a mat", 5 / 18),
        ("a b d c e", "a b c d", 5 / 14),
        ("a", "a", 1),
    ],
)
def test_gleu(text, expected, value):
    """As `nltk.translate.gleu_score.sentence_gleu` of NLTK 3.10 gives it."""
    assert gleu(text.split(), expected.split()) == pytest.approx(value)


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ('{"result": 4}', 4),
        ('```json\n{"result": 4.5}\n```', 4.5),
        ("3", 3),
        ('{"result": "2"}', 2),
    ],
)
def test_score_model(told, value):
    asked = []

    def ask(request):
        asked.append(request)
        return Reply(text=told)

    found = graded(SCORE, "You are welcome", {}, ask=ask)
    assert found.value == value
    (request,) = asked
    assert [m["content"] for m in request.messages[:2]] == ["How kind is it?", "You are welcome"]
    assert (request.temperature, request.seed, request.max_tokens) == (0.5, 3, 50)


@pytest.mark.parametrize("told", ["9", "nice", "", '{"result": true}', '{"result": NaN}', "[1]"])
def test_a_score_that_cannot_be_read_is_none(told):
    found = graded(SCORE, "x", {}, ask=lambda _: Reply(text=told))
    assert isnan(found.value)
    assert "no score from 1 to 5" in found.why


def test_a_grader_that_failed():
    found = graded(SCORE, "x", {}, ask=lambda _: Reply(text="", finish="error", error="gone"))
    assert isnan(found.value)
    assert "gone" in found.why


@pytest.mark.parametrize(
    ("told", "value", "answer"),
    [('{"result": "good"}', 1, "good"), ('{"result": "bad"}', 0, "bad"), ('"good"', 1, "good")],
)
def test_label_model(told, value, answer):
    found = graded(LABEL, "x", {"answer": "y"}, ask=lambda _: Reply(text=told))
    assert (found.value, found.answer) == (value, answer)


def test_a_label_that_is_none_of_them():
    found = graded(LABEL, "x", {"answer": "y"}, ask=lambda _: Reply(text='{"result": "fine"}'))
    assert isnan(found.value)
    assert found.answer is None


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"type": "python", "source": "def grade(): ..."}, "never run"),
        ({"type": "multi"}, "multi"),
        ({"type": "strng_check"}, "did you mean `string_check`"),
        ({}, "no `type`"),
        ([], "no grader object"),
        ({**CHECK, "operation": "equals"}, "one of eq, ne, like, ilike"),
        ({**CHECK, "input": None}, "no `input`"),
        ({**CHECK, "input": "{{os.environ}}"}, "os.environ"),
        ({**CHECK, "type": "text_similarity", "evaluation_metric": "cosine"}, "embedding"),
        ({**CHECK, "type": "text_similarity", "evaluation_metric": "meteor"}, "WordNet"),
        ({**SCORE, "range": [5, 1]}, "no range"),
        ({**SCORE, "model": ""}, "no `model`"),
        ({**SCORE, "input": [{"role": "tool", "content": "x"}]}, "no role"),
        ({**LABEL, "passing_labels": ["fine"]}, "not in `labels`"),
        ({k: v for k, v in CHECK.items() if k != "operation"}, "no `operation`"),
        ({**CHECK, "operatoin": "eq"}, "did you mean `operation`"),
        ({**CHECK, "pass_threshold": 0.5}, "no key `pass_threshold`"),
        ({**SCORE, "pass_threshold": "high"}, "from 1 to 5"),
        ({**SCORE, "pass_threshold": "3"}, "from 1 to 5"),
        ({**SCORE, "pass_threshold": True}, "from 1 to 5"),
        ({**SCORE, "pass_threshold": float("nan")}, "from 1 to 5"),
        ({**SCORE, "pass_threshold": 7}, "from 1 to 5"),
        ({**SCORE, "sampling_params": [1]}, "no mapping"),
        ({**SCORE, "sampling_params": {"temperature": "hot"}}, "`temperature`"),
        ({**SCORE, "sampling_params": {"seed": 0.5}}, "`seed`"),
        ({**SCORE, "sampling_params": {"max_completions_tokens": "many"}}, "whole number"),
        ({**SCORE, "sampling_params": {"reasoning_effort": []}}, "`reasoning_effort`"),
        ({**SCORE, "sampling_params": {"temprature": 1}}, "did you mean `temperature`"),
        ({**SCORE, "input": [{"role": "user", "content": "{{system.key}}"}]}, "system.key"),
    ],
)
def test_faults_of_graders(document, said):
    with pytest.raises(UsageError) as caught:
        grader_scorer(document, "the scorer `x`")
    assert said in str(caught.value)


@pytest.mark.parametrize("told", ['{"result": 2, "result": 5}', '{"result": Infinity}'])
def test_graders_are_read_as_strictly_as_answers(told):
    found = graded(SCORE, "x", {}, ask=lambda _: Reply(text=told))
    assert isnan(found.value)
    assert found.fault == "reading"
