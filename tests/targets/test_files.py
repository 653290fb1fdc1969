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


def test_the_names_are_those_of_things_that_exist():
    from evalkit.core.registry import names

    rules, formats = set(names("rules")), set(names("formats"))
    unknown = {
        (name, rule)
        for name in target_names()
        for rule in target_named(name).severity
        if rule not in rules
    }
    assert not unknown
    # Layouts that other providers have are named before we can read them.
    for name in target_names():
        assert formats & set(target_named(name).formats) or name in {"bedrock-nova", "vertex"}


def test_the_targets():
    assert target_names() == [
        "azure", "bailian", "bedrock-nova", "fireworks", "llama-factory",
        "mistral", "openai", "together", "trl", "vertex",
    ]  # fmt: skip
