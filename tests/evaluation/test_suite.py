# SPDX-License-Identifier: Apache-2.0
import json

import jsonschema
import pytest

from evalkit.core.errors import EvalkitError, InputError, UsageError
from evalkit.core.resources import schema
from evalkit.evaluation.suite import load_suite

SMALL = """
data: test.jsonl
models:
  base: baseline:majority
  tuned: baseline:tfidf-logreg
"""


def suite(tmp_path, text, name="x.eval.yaml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return load_suite(path)


def test_the_least_suite(tmp_path):
    found = suite(tmp_path, SMALL)
    assert found.name == "x"
    assert found.compare == (("tuned", "base"),)
    assert found.folder == tmp_path


def test_a_day_may_stand_bare_as_in_json(tmp_path):
    price = "{input: 1, output: 2, as_of: 2026-11-01}"
    found = suite(tmp_path, SMALL + f"  dear: {{use: openai/gpt-4.1, price: {price}}}\n")
    assert found.models["dear"].price["as_of"] == "2026-11-01"


def test_every_further_model_is_held_against_the_candidate(tmp_path):
    found = suite(tmp_path, SMALL + "  third: baseline:nearest-answer\n")
    assert found.compare == (("tuned", "base"), ("tuned", "third"))


def test_a_typo_names_the_key_and_the_likely_one(tmp_path):
    with pytest.raises(UsageError, match="unknown key `modles`; did you mean `models`") as caught:
        suite(tmp_path, SMALL + "modles: {}\n")
    assert "x.eval.yaml" in caught.value.message


def test_a_typo_inside_a_model(tmp_path):
    with pytest.raises(UsageError):
        suite(tmp_path, "data: t.jsonl\nmodels: {a: {use: baseline:majority, urll: x}}")


def test_broken_yaml_names_the_line(tmp_path):
    with pytest.raises(UsageError, match="line 2"):
        suite(tmp_path, "data: [\n}")


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="cannot read the suite"):
        load_suite(tmp_path / "no.eval.yaml")


def test_an_alias_bomb_is_refused(tmp_path):
    levels = "\n".join(
        f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" if n else 'l0: &l0 ["x"]'
        for n in range(14)
    )
    with pytest.raises(UsageError, match="aliases"):
        suite(tmp_path, levels)


@pytest.mark.parametrize("text", ["", "[]", "3", "data: x", "models: {a: b:c}", "\t"])
def test_what_is_no_suite_is_one_clear_error(tmp_path, text):
    with pytest.raises(EvalkitError):
        suite(tmp_path, text)


def test_python_tags_are_not_executed(tmp_path):
    with pytest.raises(UsageError):
        suite(tmp_path, "data: !!python/object/apply:os.system ['echo hi']\nmodels: {a: b}")


def test_the_schema_is_valid_and_takes_its_own_sample():
    rules = schema("suite")
    jsonschema.Draft202012Validator.check_schema(rules)
    for sample in rules["examples"]:
        jsonschema.validate(json.loads(json.dumps(sample)), rules)


@pytest.mark.parametrize(
    ("text", "says", "mend"),
    [
        ("turns: al", "`turns` is `al`; did you mean `all`", "one of last, all, tool-calls"),
        ("turns: tool_calls", "did you mean `tool-calls`", "one of last, all, tool-calls"),
        ("repeats: 0", "`repeats` is `0`", "a whole number from 1 to 100"),
        ("repeats: 2.5", "`repeats` is `2.5`", "a whole number from 1 to 100"),
        ("repeats: twice", "`repeats` is `twice`", "a whole number from 1 to 100"),
        ("repeat: 3", "unknown key `repeat`; did you mean `repeats`", "known keys: baseline"),
        ("temperature: 1", "unknown key `temperature`", "generate: {temperature: 0.7}"),
        ("few_shot: {from: x}", "unknown key `few_shot`", "of one model"),
        ("generate: {temprature: 1}", "did you mean `temperature`", "max_tokens"),
        ("generate: {temperature: 3}", "`generate.temperature` is `3`", "a number from 0 to 2"),
        ("labels: [a]", "`labels` is", "a list of at least 2"),
        ("labels: [a, a]", "`labels` is", "nothing stands twice"),
        ("slices: lang", "`slices` is `lang`", "a list"),
        ("confidence: 95", "`confidence` is `95`", "from 0.8 and below 1"),
        ("task: classify", "did you mean `classification`", "one of classification, qa"),
        ("compare: [tuned]", r"`compare\[0\]` is `tuned`", "such as `tuned vs base`"),
        ("name: a/b", "`name` is `a/b`", "letters, digits"),
        ("gates: [3]", r"`gates\[0\]` is `3`", "a text or a mapping"),
        ("gates: [{modle: tuned}]", "did you mean `model`", "known keys: above"),
        ("gates: [{model: tuned, end: lo}]", "did you mean `low`", "one of value, low, high"),
    ],
)
def test_a_wrong_value_names_its_key_and_what_is_wanted(tmp_path, text, says, mend):
    with pytest.raises(UsageError, match=says) as caught:
        suite(tmp_path, SMALL + text)
    assert mend in caught.value.hint
    assert caught.value.message.startswith(str(tmp_path / "x.eval.yaml"))


def test_a_key_in_a_model_is_not_repeated(tmp_path):
    """Whatever else is wrong there: the schema's own words would show the whole mapping."""
    for more in ("", ", urll: 3", ", temperature: hot"):
        with pytest.raises(UsageError) as caught:
            suite(
                tmp_path,
                f"data: t.jsonl\nmodels: {{a: {{use: x/y, key_env: sk-CANARY-0123456789ab{more}}}}}",
            )
        assert "CANARY" not in caught.value.message + caught.value.hint


def test_repeats_and_turns(tmp_path):
    found = suite(tmp_path, SMALL)
    assert (found.repeats, found.turns) == (1, "last")
    found = suite(tmp_path, SMALL + "repeats: 5\nturns: tool-calls\n")
    assert (found.repeats, found.turns) == (5, "tool-calls")


@pytest.mark.parametrize(
    ("models", "gates", "first"),
    [
        ("a b c", ["c better than a"], ("c", "a")),
        ("a b", ["a better than b"], ("a", "b")),
        ("base a b", ["b accuracy >= 10%"], ("b", "base")),
        ("old other tuned", ["tuned not worse than other by 2 points"], ("tuned", "other")),
        ("tuned other", [], ("tuned", "other")),
        ("a b", [], ("b", "a")),
        ("a b c", ["a accuracy >= 10%", "c better than b"], ("a", "b")),
    ],
)
def test_the_headline_compares_what_the_gates_judge(models, gates, first, tmp_path):
    document = {
        "data": "x.jsonl",
        "models": dict.fromkeys(models.split(), "baseline:majority"),
        "gates": gates,
    }
    assert suite(tmp_path, json.dumps(document)).compare[0] == first
