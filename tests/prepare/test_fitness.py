# SPDX-License-Identifier: Apache-2.0
"""Which targets take some files."""

import json

import pytest

from evalkit.lint.engine import check
from evalkit.lint.settings import Settings
from evalkit.prepare.fitness import fits
from evalkit.targets.load import target_names


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Writes rows as JSONL and gives the name."""
    monkeypatch.chdir(tmp_path)

    def made(name, *roles, number=10):
        message = [{"role": role, "content": f"text of {role}"} for role in roles]
        rows = [
            {"messages": [*message[:-1], {**message[-1], "content": f"{name} {n}"}]}
            for n in range(number)
        ]
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        return name

    return made


def test_it_says_what_lint_says_for_every_target(file):
    good, bad = file("good.jsonl", "user", "assistant"), file("bad.jsonl", "user", "user")
    found = fits([good, bad], Settings())
    result = check([good, bad], Settings(targets=("all",)))
    assert sorted(found) == target_names()
    for target, fit in found.items():
        verdicts = [one for one in result.verdicts if one.target == target]
        assert fit.errors == sum(one.errors for one in verdicts) == sum(n for _, n in fit.blockers)
        assert fit.warnings == sum(one.warnings for one in verdicts)
    assert found["openai"].errors >= 10
    assert fits([good], Settings())["openai"].errors == 0


def test_findings_are_counted_and_not_kept(file):
    many = file("many.jsonl", "user", "user", number=300)
    assert fits([many], Settings())["openai"].errors >= 300


def test_someone_may_look_on(file):
    seen = []
    fits([file("good.jsonl", "user", "assistant")], Settings(), watch=seen.append)
    assert sum(seen) == 10
