# SPDX-License-Identifier: Apache-2.0
"""docs/suites.md: every example is understood, the one without a key is run, no key is left out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from evalkit.core.resources import schema
from evalkit.evaluation.run import run_suite
from evalkit.evaluation.suite import suite_from
from evalkit.models._arms import armed

yaml = pytest.importorskip("yaml")

GUIDE = Path(__file__).parents[2] / "docs" / "suites.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
REST = {"data": "test.jsonl", "models": {"base": "baseline:majority", "tuned": "baseline:majority"}}


def row(text, answer, lang):
    messages = [{"role": "user", "content": text}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": messages, "metadata": {"lang": lang}}, ensure_ascii=False)


@pytest.fixture
def folder(tmp_path):
    """The files that the examples name."""
    for name, n in (("test", 60), ("train", 90)):
        rows = [
            row(f"{'账单' if i % 2 else 'parcel'} {name} {i}", ("bill", "ship")[i % 2 == 0],
                "zh" if i % 3 else "en")
            for i in range(n)
        ]  # fmt: skip
        (tmp_path / f"{name}.jsonl").write_text("\n".join(rows) + "\n", "utf-8")
    (tmp_path / "long.txt").write_text("Take your time. {{ this }} stands for itself.", "utf-8")
    return tmp_path


def suite(block, folder):
    return suite_from({**REST, **yaml.safe_load(block)}, folder=folder, name="guide")


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_every_example_is_a_suite(block, folder):
    found = suite(block, folder)
    for spec in found.models.values():
        said = armed(spec, [{"role": "user", "content": "Now?"}], folder)
        assert len(said) == 1 + 10 * (spec.few_shot is not None) + (spec.prompt is not None)


def test_the_example_that_needs_no_key_is_run(folder):
    (block,) = [b for b in BLOCKS if "baseline:majority" in b]
    run = run_suite(suite(block, folder), store=folder / "s.sqlite", started="2026-01-01").run
    assert [gate.verdict for gate in run.gates] == ["pass", "pass", "pass"]
    assert run.decision == "ship"


def _keys(rules):
    """Every key that the schema knows, but for those of editors."""
    for key, inner in rules.get("properties", {}).items():
        if key[0] != "$":
            yield key
            yield from _keys(inner)
    for branch in (*rules.get("oneOf", ()), *rules.get("$defs", {}).values()):
        yield from _keys(branch)


def _used(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _used(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _used(inner)


def test_every_key_has_its_line_and_stands_in_an_example():
    page, used = GUIDE.read_text("utf-8"), {k for b in BLOCKS for k in _used(yaml.safe_load(b))}
    known = set(_keys(schema("suite")))
    assert {"turns", "repeats", "few_shot", "n", "before", "margin", "key_env"} <= known
    gates = set(_keys(schema("suite")["$defs"]["gate"]))
    for key in known:
        assert key in used or f"`{key}`" in page, key
    missing = {k for k in known if k not in used} - {
        "max_tokens", "frequency_penalty", "presence_penalty", "tool_choice", "currency",
        "batch_input", "batch_output", "train",
    }  # fmt: skip
    assert not missing, missing
    assert gates <= used


def test_every_key_of_a_suite_has_a_description():
    rules = schema("suite")
    for key, told in rules["properties"].items():
        assert told.get("description") or "$ref" in told, key
