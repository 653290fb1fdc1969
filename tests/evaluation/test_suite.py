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
