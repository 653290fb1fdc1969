# SPDX-License-Identifier: Apache-2.0
"""Every TOML file of targets/: its shape, and no figure without its date and source."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

import evalkit.targets
from evalkit.core.resources import schema
from evalkit.targets.load import target_named, target_names

FILES = sorted(Path(evalkit.targets.__file__).parent.glob("*.toml"))


def as_json(value):
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def undated(value, where=""):
    """Places of money and dates that have no `as_of` and `source` of their own or above them."""
    found = []

    def walk(value, where, dated):
        if not isinstance(value, dict):
            return
        dated = dated or {"as_of", "source"} <= set(value)
        for key, inner in value.items():
            here = f"{where}/{key}"
            priced = isinstance(inner, dict) and any(
                k.startswith("usd_per") or k in ("input", "output") for k in inner
            )
            if priced and not {"as_of", "source"} <= set(inner):  # prices inherit nothing
                found.append(here)
            if key != "as_of" and isinstance(inner, date) and not dated:
                found.append(here)
            walk(inner, here, dated)

    walk(value, where, dated=False)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_shape(path):
    import jsonschema

    validator = jsonschema.Draft202012Validator(schema("target"))
    errors = list(validator.iter_errors(as_json(tomllib.loads(path.read_text("utf-8")))))
    assert not errors


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_price_and_date_has_its_day_and_source(path):
    table = tomllib.loads(path.read_text("utf-8"))
    assert undated(table) == []
    assert date(2020, 1, 1) < table["as_of"] <= date(2026, 12, 31)


def test_a_price_without_a_source_is_found():
    import jsonschema

    table = tomllib.loads((FILES[0].parent / "openai.toml").read_text("utf-8"))
    card = table["models"]["gpt-4.1-mini-2025-04-14"]
    del card["training"]["source"]
    card["inference"] = {"input": "1.00", "output": "2.00"}
    del table["source"]
    found = undated(table)
    assert "/models/gpt-4.1-mini-2025-04-14/training" in found
    assert "/models/gpt-4.1-mini-2025-04-14/inference" in found
    assert "/models/gpt-4.1-mini-2025-04-14/retires" in found
    assert "/last_training" in found
    assert list(jsonschema.Draft202012Validator(schema("target")).iter_errors(as_json(table)))


def test_the_schema_and_its_sample():
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(schema("target"))
    for sample in schema("target")["examples"]:
        jsonschema.validate(sample, schema("target"))


@pytest.mark.parametrize("name", target_names())
def test_every_name_is_that_of_a_thing_that_exists(name):
    from evalkit.core.registry import names
    from evalkit.lint.catalogue import every_rule

    rules = {rule.name: rule for rule in every_rule(plugins=False)}
    options = {option for rule in rules.values() for option in rule.options}
    target = target_named(name)
    assert set(target.severity) <= set(rules)
    assert set(target.limits) <= options
    assert set(target.formats) <= set(names("formats"))


@pytest.mark.parametrize("name", target_names())
def test_a_severity_that_changes_nothing_is_not_written_for_rules_that_are_off(name):
    """`off` for a rule that is off anyway is a fact worth keeping; `info` would never be heard."""
    from evalkit.lint.catalogue import every_rule

    rules = {rule.name: rule for rule in every_rule(plugins=False)}
    for rule, level in target_named(name).severity.items():
        assert rules[rule].default or level != "info" or rule == "few-examples", rule


@pytest.mark.parametrize("name", target_names())
def test_a_limit_comes_with_the_rule_that_reads_it(name):
    """A limit is of no use where the target switches its rule off."""
    from evalkit.lint.catalogue import every_rule
    from evalkit.lint.policy import resolve
    from evalkit.lint.settings import Settings

    policy = resolve(Settings(targets=(name,)), every_rule(plugins=False))
    heard = {option for run in policy.runs for option in run.options}
    target = target_named(name)
    assert set(target.limits) - {"min_advised"} <= heard
    for run in policy.runs:
        for option in run.options:
            if option in target.limits:
                assert run.options[option] == target.limits[option]


HOSTED = {
    "openai",
    "azure",
    "together",
    "fireworks",
    "mistral",
    "bedrock-nova",
    "vertex",
    "bailian",
}


@pytest.mark.parametrize("name", target_names())
def test_hosted_ones_read_lines_and_trainers_documents(name):
    severity = target_named(name).severity
    assert severity["json-document"] == ("error" if name in HOSTED else "off")
    assert severity["not-utf-8"] == "error"
    if name not in HOSTED:
        assert severity["byte-order-mark"] == "warning"


def test_the_targets():
    assert target_names() == [
        "axolotl", "azure", "bailian", "bedrock-nova", "fireworks", "llama-factory", "mistral",
        "ms-swift", "openai", "together", "trl", "vertex",
    ]  # fmt: skip


def test_limits_are_frozen():
    target = target_named("ms-swift")
    assert target.limits["accepted_message_keys"] == ("loss",)
    with pytest.raises(TypeError):
        target.limits["min_examples"] = 1


@pytest.mark.parametrize(
    "limits",
    [{"min_examples": -1}, {"min_examples": "10"}, {"accepted_keys": "images"}, {"accepted_keys": []},
     {"accepted_keys": ["a", "a"]}, {"MinExamples": 1}, {"max_things": 1.5}, {"other": {}}],
)  # fmt: skip
def test_limits_of_the_wrong_kind_are_found(limits):
    import jsonschema

    sample = {**schema("target")["examples"][0], "limits": limits}
    assert list(jsonschema.Draft202012Validator(schema("target")).iter_errors(sample))
