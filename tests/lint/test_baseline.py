# SPDX-License-Identifier: Apache-2.0
"""Known findings: rows may move, new ones are new, what is gone is gone; good to keep in git."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import InputError, UsageError
from evalkit.core.finding import Finding, Severity
from evalkit.core.location import Location
from evalkit.core.resources import schema
from evalkit.lint.baseline import Baseline, read_baseline, renewed, unknown, write_baseline
from evalkit.lint.engine import check

RULES = ("a-rule", "b-rule")


def finding(rule="a-rule", row="0" * 16, path="t.jsonl", line=1):
    return Finding(
        code="AAA001",
        name=rule,
        severity=Severity.ERROR,
        location=Location(source=path, line=line if row else None),
        message="m",
        row=row,
    )


def of(place, findings):
    empty = Baseline(place=place)
    paths = {f.location.source for f in findings}
    return renewed(empty, findings, linted=paths, rules=RULES, add=True)


def test_a_row_is_known_wherever_it_moves(tmp_path):
    known = of(tmp_path / "b.json", [finding(line=3)])
    assert unknown([finding(line=99)], known) == ()
    assert unknown([finding(line=1, path="other.jsonl")], known) == ()
    new = [finding(row="1" * 16), finding("b-rule")]
    assert unknown(new, known) == tuple(new)


def test_one_more_of_the_same_is_new(tmp_path):
    known = of(tmp_path / "b.json", [finding(), finding(line=2)])
    three = [finding(line=n) for n in (1, 2, 3)]
    assert unknown(three, known) == (three[2],)


def test_a_finding_of_the_whole_file_is_known_by_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    known = of(Path("b.json"), [finding(row="", path="sub/t.jsonl")])
    assert unknown([finding(row="", path="./sub/t.jsonl")], known) == ()
    other = finding(row="", path="u.jsonl")
    assert unknown([other], known) == (other,)
    write_baseline(known)
    monkeypatch.chdir(tmp_path / "sub")
    assert unknown([finding(row="", path="t.jsonl")], read_baseline("../b.json")) == ()


def test_pruning_takes_out_what_is_gone_and_nothing_that_was_not_looked_at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("t.jsonl", "u.jsonl"):
        (tmp_path / name).touch()
    first, gone = finding(), finding(row="2" * 16)
    elsewhere = finding(row="3" * 16, path="u.jsonl")
    deleted = finding(row="4" * 16, path="deleted.jsonl")
    not_run = finding("b-rule", row="5" * 16)
    before = of(Path("b.json"), [first, gone, elsewhere, deleted, not_run])
    new = finding(row="6" * 16)
    after = renewed(before, [first, new], linted=["t.jsonl"], rules=["a-rule"], add=False)
    assert unknown([first, elsewhere, not_run], after) == ()
    assert unknown([gone, deleted, new], after) == (gone, deleted, new)


def test_pruning_never_makes_more_known(tmp_path, monkeypatch):
    """A known row copied from a file that is not linted is still known once, not twice."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "u.jsonl").touch()
    before = of(Path("b.json"), [finding(path="u.jsonl")])
    after = renewed(before, [finding()], linted=["t.jsonl"], rules=RULES, add=False)
    assert sum(after.counts.values()) == 1


def test_the_file_is_sorted_stable_and_as_its_schema_says(tmp_path):
    place = tmp_path / "b.json"
    findings = [finding(row=f"{n:016x}", line=n + 1) for n in range(20)]
    write_baseline(of(place, findings))
    text = place.read_bytes()
    write_baseline(of(place, findings[::-1]))
    assert place.read_bytes() == text
    assert len(text.splitlines()) == 22  # one line each, so that git shows what came and went
    jsonschema.validate(json.loads(text), schema("baseline"))
    write_baseline(of(place, []))
    jsonschema.validate(json.loads(place.read_bytes()), schema("baseline"))


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "{}", '{"schema": 1}', '{"schema": 2, "findings": []}',
        '{"schema": 1, "findings": [{"path": 1, "rule": "a", "row": "", "count": 1}]}',
        '{"schema": 1, "findings": [{"path": "a", "rule": "a", "row": "", "count": -1}]}',
        '{"schema": 1, "findings": [{"path": "a", "rule": "a", "row": "", "count": true}]}',
        "[" * 100_000, "\ufeff", '{"schema": 1, "findings": 7}',
    ],
)  # fmt: skip
def test_what_is_no_baseline_says_so(tmp_path, text):
    place = tmp_path / "b.json"
    place.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="baseline"):
        read_baseline(place)


def test_no_baseline_and_no_place_for_one(tmp_path):
    with pytest.raises(InputError, match="no such baseline"):
        read_baseline(tmp_path / "b.json")
    with pytest.raises(UsageError, match="folder"):
        write_baseline(Baseline(place=tmp_path))


findings = st.lists(
    st.builds(
        finding,
        rule=st.sampled_from(RULES),
        row=st.sampled_from(["", "0" * 16, "1" * 16, "2" * 16]),
        path=st.sampled_from(["t.jsonl", "u.jsonl"]),
        line=st.integers(1, 9),
    ),
    max_size=12,
)


@given(findings, findings, st.randoms())
def test_what_was_written_is_known_in_any_order_and_the_rest_is_not(
    tmp_path_factory, old, new, dice
):
    place = tmp_path_factory.getbasetemp() / "known.json"
    baseline = of(place, old)
    write_baseline(baseline)
    assert read_baseline(place) == baseline
    shuffled = [replace(one, location=replace(one.location, start=7)) for one in old]
    dice.shuffle(shuffled)
    assert unknown(shuffled, baseline) == ()
    assert len(unknown(new, baseline)) >= len(new) - len(old)
    pruned = renewed(baseline, new, linted=["t.jsonl", "u.jsonl"], rules=RULES, add=False)
    assert len(unknown(new, pruned)) == len(unknown(new, baseline))
    assert sum(pruned.counts.values()) == len(new) - len(unknown(new, baseline))


def test_with_real_findings(tmp_path):
    path = tmp_path / "t.jsonl"
    bad = [b'{"messages": [{"role": "user", "content": "%d"}]}\n' % n for n in range(5)]
    path.write_bytes(b"".join(bad))
    before = check([str(path)]).findings
    known = of(tmp_path / "b.json", before)
    path.write_bytes(b'{"messages": []}\n' + b"".join(reversed(bad)))
    after = check([str(path)]).findings
    new = unknown([one for one in after if one.location.line is not None], known)
    assert {one.location.line for one in new} == {1}
