# SPDX-License-Identifier: Apache-2.0
"""Every TOML file of targets/: its shape, and no figure without its date and source."""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path

import pytest

import evalkit.targets
from evalkit.core.resources import schema
from evalkit.targets.load import target_named, target_names
from evalkit.targets.shape import as_json

FILES = sorted(Path(evalkit.targets.__file__).parent.glob("*.toml"))


SAID = {"as_of", "source"}
PRICED = ("usd_per_mtok", "usd_per_hour", "input", "kind")  # of a price, or of a rule for images
LIMITS = ("context", "training_limit", "hosting_free")


def tables(value, where=()):
    """Every table of a document with its path."""
    if isinstance(value, dict):
        yield where, value
        for key, inner in value.items():
            yield from tables(inner, (*where, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from tables(inner, (*where, at))


def undated(document):
    """Places of prices, dates, limits and rules that nobody said, or nobody knows when."""
    found = []
    for where, table in tables(document):
        if any(key in table for key in PRICED) and not set(table) >= SAID:
            found.append(where)  # prices inherit nothing
        if "value" in table and not set(table) >= SAID:
            found.append(where)
        if where == ("training",) and not set(table) >= SAID:
            found.append(where)
        if where[:2] == ("training", "timings") and len(where) == 3 and not set(table) >= SAID:
            found.append(where)
        if where[:1] == ("models",) and len(where) == 2 and not set(table) >= SAID:
            # What the source of the whole file says nothing about.
            found += [(*where, key) for key in LIMITS if isinstance(table.get(key), int)]
        plain = [key for key, inner in table.items() if isinstance(inner, date) and key != "as_of"]
        model = where[:1] == ("models",) and len(where) == 2
        if plain and not (set(table) >= SAID or (model and set(document) >= SAID)):
            found += [(*where, key) for key in plain]
    return found


@cache
def rules():
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(schema("target"))


def faulty(document):
    return bool(undated(document)) or not rules().is_valid(as_json(document))


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
    for where, inner in tables(table):
        if "as_of" in inner:
            assert date(2020, 1, 1) < inner["as_of"] <= date(2026, 12, 31), where
        if "source" in inner:
            assert len(inner["source"]) > 10, where


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("key", sorted(SAID))
def test_a_figure_that_loses_its_day_or_its_source_is_found(path, key):
    text = path.read_text("utf-8")
    places = [where for where, table in tables(tomllib.loads(text)) if key in table]
    assert places
    for where in places:
        broken = tomllib.loads(text)
        table = broken
        for step in where:
            table = table[step]
        del table[key]
        assert faulty(broken), where


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_empty_or_unknown_key_is_found(path):
    text = path.read_text("utf-8")
    for where, _ in tables(tomllib.loads(text)):
        if where in ((), ("limits",), ("severity",), ("models",)):
            continue
        for key in ("", "usd_per_mtk"):
            broken = tomllib.loads(text)
            table = broken
            for step in where:
                table = table[step]
            table[key] = "1.00"
            assert faulty(broken), where


def test_plain_figures_need_somebody_who_said_them():
    table = tomllib.loads((FILES[0].parent / "openai.toml").read_text("utf-8"))
    card = table["models"]["gpt-4.1-mini-2025-04-14"]
    card["inference"] = {"input": "1.00", "output": "2.00"}
    card["context"] = 5
    del table["source"]
    found = undated(table)
    here = ("models", "gpt-4.1-mini-2025-04-14")
    assert {(*here, "inference"), (*here, "context"), (*here, "retires")} <= set(found)
    assert ("last_training",) in found
    card |= {"as_of": date(2026, 1, 1), "source": "somebody who knows"}
    found = undated(table)
    assert (*here, "context") not in found
    assert (*here, "retires") not in found
    assert (*here, "inference") in found


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
        "axolotl", "azure", "bailian", "bedrock-nova", "fireworks", "llama-factory", "local",
        "mistral", "ms-swift", "openai", "together", "trl", "vertex",
    ]  # fmt: skip


@pytest.mark.parametrize("name", target_names())
def test_tokenizers_are_known_ones(name):
    from evalkit.tokens.encodings import canonical_name
    from evalkit.tokens.families import FAMILIES

    for card in target_named(name).models.values():
        assert card.tokenizer is None or card.tokenizer in FAMILIES
        assert card.encoding is None or card.tokenizer is None
        if card.encoding is not None:
            canonical_name(card.encoding)


@pytest.mark.parametrize("name", target_names())
def test_prices_are_for_methods_that_the_model_has(name):
    for card in target_named(name).models.values():
        assert {one.method for one in card.trainings} <= {None, *card.methods}
        seen = [(one.method, one.tier) for one in card.trainings]
        assert len(seen) == len(set(seen)), "two prices for the same"
        assert len({one.tier for one in card.hosting}) == len(card.hosting)
        if card.trainings and card.methods[0] in ("sft", "completion"):
            assert card.training is not None


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
