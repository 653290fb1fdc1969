# SPDX-License-Identifier: Apache-2.0
"""How far a run is, in words: plain lines on files, a live line on terminals."""

from __future__ import annotations

from decimal import Decimal

import pytest

from evalkit.cli._progress import RunProgress
from evalkit.cli._run_line import Pace, tally_line
from evalkit.models.ask import Tally


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def tally(done, of=600, **rest):
    known = {
        "stored": 0, "errors": 0, "under_way": 0, "prompt_tokens": 0, "completion_tokens": 0,
        "cost": None, "closed_for": 0.0,
    }  # fmt: skip
    return Tally(done=done, of=of, **{**known, **rest})


def test_everything_that_is_known_is_said_and_nothing_else():
    clock = Clock()
    pace = Pace(clock)
    pace.note(0)
    clock.now = 20.0
    pace.note(192)
    full = tally(
        312, stored=120, errors=3, prompt_tokens=40_000, completion_tokens=2_010,
        cost=Decimal("0.21"),
    )  # fmt: skip
    assert tally_line(full, pace, "en") == (
        "312/600, 120 stored, 3 failed, 9.6/s, 42,010 tokens, $0.21, $0.32 to come, 30 s left"
    )
    assert tally_line(full, pace, "zh") == (
        "312/600，120 已有，3 失败，9.6/秒，42,010 token，已花 $0.21，还需 $0.32，还需 30 秒"
    )
    assert tally_line(tally(0), Pace(clock), "en") == "0/600"
    assert tally_line(tally(600, stored=600), Pace(clock), "en") == "600/600, 600 stored"


def test_the_pace_is_that_of_late():
    clock = Clock()
    pace = Pace(clock)
    assert pace.per_second is None
    for second in range(100):
        clock.now = float(second)
        pace.note(second if second < 50 else 50 + (second - 50) * 10)
    assert pace.per_second == pytest.approx(10)
    clock.now += 300
    pace.note(540)
    assert pace.per_second is None or pace.per_second < 0.2


def test_plain_lines_come_every_half_minute_and_at_the_end(capsys):
    clock = Clock()
    with RunProgress("en", live=False, clock=clock) as shown:
        for done in range(101):
            clock.now = done * 0.7
            shown.step("base", tally(done, of=100))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("base: 43/100")
    assert lines[-1].startswith("base: 100/100")


def test_an_early_end_says_how_far_it_came(capsys):
    clock = Clock()
    with RunProgress("en", live=False, clock=clock) as shown:
        shown.step("base", tally(0, of=100))
        clock.now = 1.0
        shown.step("base", tally(7, of=100, errors=1))
    assert capsys.readouterr().err.splitlines()[-1].startswith("base: 7/100, 1 failed")
    said = shown.kept("evalkit run 'my suite.eval.yaml'")
    assert said == "6 of 100 answers are stored; go on: evalkit run 'my suite.eval.yaml'"


def test_a_long_wait_is_said_once_and_a_short_one_never(capsys):
    clock = Clock()
    with RunProgress("en", live=False, clock=clock) as shown:
        shown.step("base", tally(1, of=9, closed_for=3.0))
        for second in range(1, 10):
            clock.now = float(second)
            shown.step("base", tally(1, of=9, closed_for=max(0.0, 21.0 - second)))
        clock.now = 40.0
        shown.step("base", tally(2, of=9, closed_for=90.0))
    lines = [line for line in capsys.readouterr().err.splitlines() if "waiting" in line]
    assert lines == [
        "base: waiting 20 s: the server asked for it",
        "base: waiting 2 min: the server asked for it",
    ]


def test_on_a_terminal_a_line_is_drawn_and_a_name_is_no_markup(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("FORCE_COLOR", "1")
    with RunProgress("zh", live=True) as shown:
        shown.step("[/red]\x1b", tally(1, of=2))
        shown.step("[/red]\x1b", tally(2, of=2, closed_for=20.0))
    err = capsys.readouterr().err
    assert "[/red]\\x1b" in err
    assert "2/2" in err
    assert "等待 20 秒：服务器要求" in err
