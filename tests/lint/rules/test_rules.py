# SPDX-License-Identifier: Apache-2.0
"""Every rule on its own page's examples and on the files of its folder `found` and `clean`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalkit.core.resources import resource
from evalkit.lint.catalogue import every_rule
from evalkit.lint.engine import Settings, check
from evalkit.lint.rule import Rule
from evalkit.testing import BESIDE, check_clean, check_declaration, check_found

HERE = Path(__file__).parent
RULES = [r for r in every_rule() if r.function.__module__.startswith("evalkit.lint.rules.")]
_KEY = "sk-proj-" + "Zk3vQ9xLm2Rt7WpA" * 2  # put together here, so that no scanner finds a key
MADE = {
    (
        "secret",
        "found",
    ): f'{{"messages": [{{"role": "user", "content": "Use {_KEY} now"}}, {{"role": "assistant", "content": "No."}}]}}\n'
}


def settings_for(rule: Rule) -> Settings:
    folder = HERE / rule.family / rule.function.__name__
    given: dict[str, Any] = {}
    if (folder / "settings.json").exists():
        given = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
        for side in ("against", "benchmarks"):
            given[side] = tuple(str(folder / name) for name in given.get(side, ()))
    return Settings(**given)


def cases(rule: Rule, kind: str, folder: Path) -> Iterator[Path]:
    """Files that a rule must find something in, or must not."""
    texts = {
        "page": rule.page.get({"found": "Example", "clean": "Use instead"}[kind], ""),
        "made": MADE.get((rule.name, kind), ""),
    }
    for name, text in texts.items():
        if text:
            path = folder / f"{name}.jsonl"
            path.write_text(text.strip() + "\n", encoding="utf-8")
            yield path
    yield from sorted((HERE / rule.family / rule.function.__name__ / kind).glob("*"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_must_be_found_is_found_by_this_rule_alone(rule, tmp_path):
    files = list(cases(rule, "found", tmp_path))
    assert files, "no bad example: neither on its page nor in its folder"
    for path in files:
        check_found(rule, path, settings_for(rule))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_is_clean_stays_silent(rule, tmp_path):
    files = list(cases(rule, "clean", tmp_path))
    assert files, "no good example: neither on its page nor in its folder"
    for path in files:
        check_clean(rule, path, settings_for(rule))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_use_instead_is_clean_of_every_default_rule(rule, tmp_path):
    path = tmp_path / "instead.jsonl"
    path.write_text(
        rule.page.get(
            "Use instead",
            '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}',
        )
        + "\n",
        encoding="utf-8",
    )
    assert [f.message for f in check([str(path)]).findings if f.name not in BESIDE] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_declarations_are_complete(rule):
    check_declaration(rule)


def test_names_and_codes_are_unique_and_well_formed():
    codes = [r.code for r in RULES]
    names = [r.name for r in RULES]
    assert len(set(codes)) == len(codes)
    assert len(set(names)) == len(names)
    assert all(len(code) == 6 and code[:3].isupper() and code[3:].isdigit() for code in codes)
    assert not any(name.startswith(("no-", "disallow-")) for name in names)


def test_every_x_rule_of_the_schemas_is_a_shape_rule():
    shapes = {r.name for r in RULES if r.scope == "shape"}

    def named(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for rule in value.get("x-rule", {}).values():
                yield from rule.values() if isinstance(rule, dict) else [rule]
            for inner in value.values():
                yield from named(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from named(inner)

    found = set()
    for path in resource("schemas").glob("*.schema.json"):
        found |= set(named(json.loads(path.read_text(encoding="utf-8"))))
    assert found
    assert found <= shapes
