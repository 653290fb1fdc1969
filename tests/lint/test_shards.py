# SPDX-License-Identifier: Apache-2.0
"""Every rule finds the same however a file is cut, and whether or not prefilters spare it rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.example import Example
from evalkit.data.read import open_data
from evalkit.data.recognise import layout
from evalkit.lint.catalogue import every_rule
from evalkit.lint.corpus import finish_corpus
from evalkit.lint.engine import FileReport, Settings, check_examples
from evalkit.lint.policy import resolve
from evalkit.lint.result import Finding
from evalkit.lint.rule import Rule
from evalkit.lint.walk import Walk

CASES = Path(__file__).parent / "rules"
SHARDS = (2, 7, 40)
CAP = 1 << 20  # bytes of a line
RULES = [r for r in every_rule() if r.function.__module__.startswith("evalkit.lint.rules.")]
# Told before a row is read; or its cases are put together in rules/test_rules.py.
ELSEWHERE = {"byte-order-mark", "missing-column", "not-utf-8", "secret"}
BY_ROWS = [r for r in RULES if r.scope != "corpus" and r.name not in ELSEWHERE]


def folder_of(rule: Rule) -> Path:
    return CASES / rule.family / rule.function.__name__


def settings_of(rule: Rule) -> Settings:
    file = folder_of(rule) / "settings.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for side in ("against", "benchmarks"):
        known[side] = tuple(str(folder_of(rule) / name) for name in known.get(side, ()))
    return Settings(**known)


def examples_of(path: Path) -> list[Example]:
    return list(open_data(path, max_line_bytes=CAP))


def faulty_files(rule: Rule, folder: Path) -> Iterator[Path]:
    if text := rule.page.get("Example", ""):
        page = folder / "page.jsonl"
        page.write_text(f"{text.strip()}\n", encoding="utf-8")
        yield page
    if rule.name == "line-too-long":
        long = folder / "long.jsonl"
        long.write_bytes(b'{"messages": []}\n[' + b" " * CAP + b"]\n")
        yield long
    yield from sorted((folder_of(rule) / "found").glob("*"))


def report_of(path: Path) -> FileReport:
    """What the file is, as far as opening it tells."""
    data = open_data(path, max_line_bytes=CAP)
    number = sum(1 for _ in data)
    return FileReport(
        path=str(path),
        format=data.format,
        method=layout(data.format).method if data.format else None,
        lines=data.lines,
        examples=number,
        container=data.container,
        size=data.size,
    )


def same_findings(path: Path, wanted: Settings) -> tuple[Finding, ...]:
    """The findings, after all ways to come to them were compared."""
    rows, file = examples_of(path), report_of(path)
    whole = check_examples(rows, wanted, file)
    for shards in SHARDS:
        assert check_examples(rows, wanted, file, shards=shards) == whole, f"{shards} shards"
    with patch.object(Walk, "PREFILTERS", new=False):
        assert check_examples(rows, wanted, file) == whole, "without prefilters"
        assert check_examples(rows, wanted, file, shards=2) == whole, "without prefilters, 2 shards"
    return whole


@pytest.mark.parametrize("rule", BY_ROWS, ids=lambda rule: rule.name)
def test_what_a_rule_finds_does_not_depend_on_shards_and_prefilters(rule, tmp_path):
    wanted = replace(settings_of(rule), select=(rule.name,))
    found = [same_findings(path, wanted) for path in faulty_files(rule, tmp_path)]
    assert any(found)


@pytest.mark.parametrize("rule", [r for r in RULES if r.scope == "corpus"], ids=lambda r: r.name)
def test_what_stands_in_several_files_does_not_depend_on_shards(rule, tmp_path):
    given = settings_of(rule)
    policy = resolve(replace(given, select=(rule.name,)), RULES)
    sides = {"held-out": given.against, "benchmark": given.benchmarks}

    def walked(rows: list[Example], shards: int) -> Walk:
        cuts = [len(rows) * part // shards for part in range(shards + 1)]
        parts = []
        for start, end in pairwise(cuts):
            part = Walk(policy)
            for example in rows[start:end]:
                part.feed(example)
            parts.append(part)
        return Walk.merged(reversed(parts))

    def faults(path: Path, shards: int) -> list[object]:
        walks = {side: [walked(examples_of(Path(p)), shards) for p in files] for side, files in sides.items()}  # fmt: skip
        walks["linted"] = [walked(examples_of(path), shards)]
        done = finish_corpus(walks, frozenset(given.against), frozenset(given.benchmarks))
        return [(one.location, one.fault) for walk in done for one in walk.reported]

    for path in faulty_files(rule, tmp_path):
        whole = faults(path, 1)
        assert whole
        for shards in SHARDS:
            assert faults(path, shards) == whole


@cache
def pool() -> tuple[bytes, ...]:
    """Lines of all JSONL cases, good and bad, of every rule."""
    lines: set[bytes] = set()
    for path in CASES.rglob("*.jsonl"):
        lines |= set(path.read_bytes().split(b"\n")[:4])
    for rule in RULES:
        for heading in ("Example", "Use instead"):
            lines |= {line.encode() for line in rule.page.get(heading, "").split("\n")}
    return tuple(sorted(line for line in lines if len(line) < 4096))


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_a_file_with_faults_of_every_kind_gives_the_same_findings(tmp_path_factory, data):
    lines = data.draw(st.lists(st.sampled_from(pool()), min_size=1, max_size=60))
    path = tmp_path_factory.mktemp("mixed") / "mixed.jsonl"
    path.write_bytes(b"\n".join(lines))
    options = {
        "over-context": {"training_limit": 60},
        "retired-model": {"retires": "2026-01-01", "today": "2026-11-21"},
        "rare-label": {"min_rows": 4},
        "class-imbalance": {"min_rows": 4},
        "single-label": {"min_rows": 2},
    }
    same_findings(path, Settings(select=("ALL",), options=options))
