# SPDX-License-Identifier: Apache-2.0
"""What `evalkit.testing` promises to authors of rules, and the example that the docs show."""

from __future__ import annotations

import json
import re

import pytest

from evalkit.core.finding import Fault, Fix
from evalkit.lint.catalogue import every_rule
from evalkit.lint.plugins import rules_of_file
from evalkit.lint.rule import Rule, rule
from evalkit.lint.settings import Settings
from evalkit.testing import check_rule

GOOD = {"messages": [{"role": "user", "content": "b?"}, {"role": "assistant", "content": "b"}]}
BAD = {"messages": [{"role": "user", "content": "a?"}, {"role": "assistant", "content": "zz!!"}]}
PAGE = {
    "What it does": "Finds `!!`.",
    "Why is this bad?": "It shouts.",
    "Example": json.dumps(BAD),
    "Use instead": json.dumps(GOOD),
}


def made(page=PAGE, *, find="!!", args=None, faults=None, **declared) -> Rule:
    def shouting(example):
        for message in example.messages:
            if find in message.text:
                yield Fault(
                    pointer=message.pointer, args={"n": 1} if args is None else args, fix=faults
                )

    shouting.__doc__ = "".join(f"## {heading}\n{text}\n" for heading, text in page.items())
    shouting.__module__ = "acme.rules"
    told = {"en": "{n} shouts", "zh": "{n} 处太吵", "severity": "warning", **declared}
    return rule(told.pop("code", "ACME001"), scope=told.pop("scope", "example"), **told)(shouting)


def test_a_good_rule_passes_with_cases_of_every_kind(tmp_path):
    path = tmp_path / "more.jsonl"
    path.write_text(json.dumps(BAD) + "\n" + json.dumps(GOOD) + "\n", encoding="utf-8")
    check_rule(made(), found=[BAD, path, json.dumps(BAD) + "\n" + json.dumps(GOOD)], clean=[GOOD])
    check_rule(made(needles=(b"!!", b"zz")))
    page = {k: PAGE[k] for k in ("What it does", "Why is this bad?")}
    check_rule(made(page), found=[BAD], clean=[GOOD])
    page = {**PAGE, "Fix safety": "Drops."}
    check_rule(made(page, faults=Fix.drop(), fix="drop"))


def without(*headings):
    return {k: v for k, v in PAGE.items() if k not in headings}


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (made(code="A1"), "its code is `A1`"),
        (made(en="two\nlines {n}"), "its message (en) is not one line"),
        (made(zh="{m} 处"), "not all its messages have the fields m, n"),
        (made(zh="{n} shouts"), "its Chinese message is the English one"),
        (made(args={}), "no fault gives the argument 'n'"),
        (made(without("Why is this bad?")), "has no section `## Why is this bad?`"),
        (made({**PAGE, "Remarks": "?"}), "headings that no page has: `Remarks`"),
        (made(dict(reversed(PAGE.items()))), "the sections of its page go What it does, Why"),
        (made({**PAGE, "Fix safety": "Safe."}), "its page speaks of a fix, `fix=` does not"),
        (made(faults=Fix.drop(), fix="drop"), "it has a fix, its page no `## Fix safety`"),
        (made(without("Example")), "no bad example"),
        (made(without("Use instead")), "no good example"),
        (made(find="??"), "nothing found in page-found.jsonl"),
        (made(find="z", needles=(b"!!!",)), "nothing found in page-found.jsonl"),
        (made({**PAGE, "Use instead": json.dumps(BAD)}), "found in page-clean.jsonl: line 1: 1 shouts"),
        (
            made({**PAGE, "Example": json.dumps(BAD).replace("zz!!", "!!\\ufffd")}),
            "other rules speak of page-found.jsonl too (one fault, one finding): `replacement-char",
        ),
        (
            made({**PAGE, "Use instead": json.dumps(GOOD).replace('"b"', '"\\ufffd"')}),
            "other rules speak of Use instead: `replacement-character`",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_words(bad, words):
    with pytest.raises(AssertionError, match=re.escape(words)) as caught:
        check_rule(bad)
    assert str(caught.value).startswith("shouting: ")


def test_needles_that_hide_something_are_found(tmp_path):
    two = json.dumps(BAD) + "\n" + json.dumps(BAD).replace("zz", "yy").replace("a?", "c?")
    with pytest.raises(AssertionError, match="no needle stands in line 2 of page-found"):
        check_rule(made({**PAGE, "Example": two}, needles=(b"zz",)))


def test_other_rules_may_speak_where_that_is_wanted():
    other = json.loads(json.dumps(BAD).replace("zz!!", "!!\\ufffd"))
    check_rule(made(), found=[other], alone=False)
    with pytest.raises(AssertionError, match="one fault, one finding"):
        check_rule(made(), found=[other])


def test_options_and_targets_reach_the_rule():
    def long(example, *, most: int = 10**6):
        for message in example.messages:
            if len(message.text) > most:
                yield Fault(pointer=message.pointer)

    long.__doc__ = "## What it does\na\n## Why is this bad?\nb\n"
    long = rule("ACME002", scope="example", en="long", zh="太长")(long)
    check_rule(long, found=[BAD], clean=[GOOD], settings=Settings(options={"long": {"most": 3}}))
    with pytest.raises(AssertionError, match="nothing found"):
        check_rule(long, found=[BAD], clean=[GOOD])


def test_a_rule_of_the_catalogue_can_be_checked_too():
    check_rule(next(r for r in every_rule() if r.name == "empty-content"))


def test_the_example_of_the_documents(root, tmp_path, evalkit):
    path = root / "examples" / "house_rules.py"
    source = path.read_text(encoding="utf-8")
    (own,) = rules_of_file(path)
    found = {
        "messages": [
            {"role": "user", "content": "?"},
            {"role": "assistant", "content": "x.acme.internal"},
        ]
    }
    clean = {
        "messages": [
            {"role": "user", "content": "x.acme.internal"},
            {"role": "assistant", "content": "?"},
        ]
    }
    check_rule(own, found=[found], clean=[clean])
    text = (root / "docs" / "plugins.md").read_text(encoding="utf-8")
    shown = text.partition("```python\n")[2].partition("```")[0]
    assert source.endswith(shown)  # the page shows the file that is tested
    lines = source[source.index("@rule") :].count("\n")
    assert lines <= 15
    assert f"a rule of {lines} lines" in text
    data = tmp_path / "data.jsonl"
    data.write_text(json.dumps(found) + "\n", encoding="utf-8")
    done = evalkit("lint", data, "--add-rules", path, "--output-format", "concise")
    assert done.code == 1
    assert "ACME001 names a host of ours" in done.out
