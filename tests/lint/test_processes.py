# SPDX-License-Identifier: Apache-2.0
"""Several processes, parts of files, findings that are not kept, rules that fail."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.core.finding import Fault
from evalkit.data.readers import jsonl as jsonl_reader
from evalkit.lint import shards
from evalkit.lint.engine import Settings, check
from evalkit.lint.rule import rule

WORDS = ["alpha", "beta", "gamma", "delta", "谢谢", "你好", "Straße", "naïve"]


def chat(user: str, answer: str) -> str:
    messages = [{"role": "user", "content": user}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": messages}, ensure_ascii=False)


@pytest.fixture
def mixed(tmp_path: Path) -> str:
    """900 rows: duplicates, conflicts, broken and pretty-printed records, blank lines, mojibake."""
    rng = random.Random(5)  # noqa: S311
    lines = []
    for number in range(900):
        text = " ".join(rng.choices(WORDS, k=rng.randint(3, 30)))
        kind = rng.random()
        if kind < 0.02:
            lines.append("")
        elif kind < 0.04:
            lines.append(chat(text, "x")[:-3])
        elif kind < 0.05:
            lines.append(json.dumps(json.loads(chat(text, "y")), indent=2))
        elif kind < 0.07:
            lines.append(chat(text, "cafÃ© and {{name}}"))
        elif kind < 0.12:
            lines.append(chat("the same question", rng.choice(["yes", "no", "Yes."])))
        else:
            lines.append(chat(f"{text} {number}", "an answer to learn"))
    path = tmp_path / "mixed.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("jobs", [2, 3])
def test_processes_find_what_one_finds(mixed, monkeypatch, jobs):
    monkeypatch.setattr(shards, "_WORTH", 1)
    monkeypatch.setattr(shards, "_PART", 20_000)
    monkeypatch.setattr(jsonl_reader, "STRIDE", 1000)
    settings = Settings(select=("ALL",), tokens=True)
    alone = check([mixed], settings)
    ticks: list[int] = []
    shared = check([mixed], replace(settings, jobs=jobs), watch=ticks.append)
    assert len(ticks) > jobs  # it was cut
    assert sum(ticks) == shared.files[0].examples
    assert shared.findings == alone.findings
    assert shared.files == alone.files
    assert shared.excerpts == alone.excerpts


def test_what_is_not_kept_is_counted(mixed):
    settings = Settings()
    every = check([mixed], settings)
    few = check([mixed], replace(settings, keep=2))
    assert few.summary() == every.summary()
    assert few.failed == every.failed
    for name in every.summary()["by_rule"]:
        all_of_it = [f for f in every.findings if f.name == name]
        assert [f for f in few.findings if f.name == name] == all_of_it[:2]


def test_processes_keep_the_first(mixed, monkeypatch):
    monkeypatch.setattr(shards, "_WORTH", 1)
    monkeypatch.setattr(shards, "_PART", 20_000)
    monkeypatch.setattr(jsonl_reader, "STRIDE", 1000)
    alone = check([mixed], Settings(keep=3))
    shared = check([mixed], Settings(keep=3, jobs=2))
    assert shared.findings == alone.findings
    assert shared.omitted == alone.omitted


def test_limit_and_sample_say_so_and_judge_no_whole(mixed):
    few = check([mixed], Settings(limit=5, targets=("openai",)))
    assert "FIRST 5" in few.partial
    assert "too-few-examples" not in few.summary()["by_rule"]
    drawn = check([mixed], Settings(sample=40, seed=1))
    assert "40" in drawn.partial
    assert "seed 1" in drawn.partial
    assert drawn.findings == check([mixed], Settings(sample=40, seed=1)).findings
    assert drawn.findings != check([mixed], Settings(sample=40, seed=2)).findings


@rule(
    "XXX001",
    scope="example",
    severity="error",
    en="never said",
    zh="不会出现",
)
def always_fails(example):
    """## What it does
    Fails.
    ## Why is this bad?
    It is a test.
    """
    yield Fault()
    raise ValueError("in the rule")


def test_a_rule_that_fails_is_one_line_and_the_others_go_on(mixed):
    without = check([mixed])
    found = check([mixed], Settings(extra_rules=(always_fails,)))
    assert [line for line in found.unreadable if "always-fails" in line] == list(found.unreadable)
    assert len(found.unreadable) == 1
    assert "mixed.jsonl:1" in found.unreadable[0]
    assert "ValueError" in found.unreadable[0]
    assert found.exit_code == 2
    others = [f for f in found.findings if f.name != "always-fails"]
    assert others == list(without.findings)


def test_rules_may_be_off_in_some_files(mixed):
    found = check([mixed], Settings(per_file_ignores=(("*mixed.jsonl", ("ENC", "blank-line")),)))
    assert found.findings
    assert not {"latin-mojibake", "blank-line"} & set(found.summary()["by_rule"])
    other = check([mixed], Settings(per_file_ignores=(("other.jsonl", ("ENC", "blank-line")),)))
    assert {"latin-mojibake", "blank-line"} <= set(other.summary()["by_rule"])


def test_every_target_is_judged_for_itself(tmp_path):
    path = tmp_path / "train.jsonl"
    rows = [chat(f"question {n}", f"a good answer {n}") for n in range(12)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    found = check([str(path)], Settings(targets=("all",)))
    verdicts = {v.target: v for v in found.verdicts}
    assert verdicts["openai"].takes
    assert verdicts["openai"].layout
    assert not verdicts["openai"].errors
    path.write_text("\n".join(rows[:5]) + "\n", encoding="utf-8")
    found = check([str(path)], Settings(targets=("all",)))
    verdicts = {v.target: v for v in found.verdicts}
    assert not verdicts["openai"].takes
    assert verdicts["openai"].blockers == (("too-few-examples", 1),)
    assert verdicts["together"].takes
    for name in ("openai", "together"):
        alone = check([str(path)], Settings(targets=(name,)))
        assert alone.summary()["errors"] == verdicts[name].errors
        assert alone.summary()["warnings"] == verdicts[name].warnings


def test_a_leak_is_found_where_its_rule_is_on(tmp_path):
    row = chat("the same question", "the answer") + "\n"
    paths = []
    for name in ("off.jsonl", "on.jsonl", "valid.jsonl"):
        (tmp_path / name).write_text(row, encoding="utf-8")
        paths.append(str(tmp_path / name))
    *train, valid = paths
    settings = Settings(against=(valid,), per_file_ignores=(("off.jsonl", ("leaked-example",)),))
    leaks = [f for f in check(train, settings).findings if f.name == "leaked-example"]
    assert [f.location.source for f in leaks] == [train[1]]


def test_leaks_are_counted_and_kept_by_file(tmp_path):
    paths = []
    for name in ("one.jsonl", "two.jsonl", "valid.jsonl"):
        rows = [chat(f"question {n}", f"{name} {n}") for n in range(9)]
        (tmp_path / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
        paths.append(str(tmp_path / name))
    *train, valid = paths
    found = check(train, Settings(against=(valid,), keep=2))
    leaks = [f.location.source for f in found.findings if f.name == "leaked-example"]
    assert leaks == [train[0]] * 2 + [train[1]] * 2
    omitted = {k.path: n for k, n in found.omitted.items() if k.name == "leaked-example"}
    assert omitted == dict.fromkeys(train, 7)


def test_a_secret_is_found_in_rows_that_are_wrong_otherwise(tmp_path):
    key = "sk-proj-" + "Zk3vQ9xLm2Rt7WpA" * 2
    path = tmp_path / "x.jsonl"
    wrong_role = chat("Hi", key).replace("assistant", "usr")
    cut_off = chat("Hi", key)[:-4]
    path.write_text(f"{wrong_role}\n{cut_off}\n", encoding="utf-8")
    found = check([str(path)])
    assert [f.location.line for f in found.findings if f.name == "secret"] == [1, 2]
    assert key[:12] not in "".join(f.message for f in found.findings)
    assert key[:12] not in "".join(found.excerpts.values())
