# SPDX-License-Identifier: Apache-2.0
"""What gates can prove, held against the planning formulas, simulation and the issue's own words."""

import random
from math import isnan
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.evaluation.gates.sentence import parse_gate
from evalkit.evaluation.outlook.gates import check_slices, gate_outlooks
from evalkit.evaluation.outlook.outlook import HostOutlook, Outlook
from evalkit.evaluation.outlook.text import gate_lines, host_lines, roughly, span


def questions(n, expected="refund"):
    return [
        SimpleNamespace(
            expected=expected if i % 5 else "other", slices={"lang": "zh" if i % 4 else "en"}
        )
        for i in range(n)
    ]


def outlooks(*gates, n=300, primary="accuracy", confidence=0.95):
    parsed = [parse_gate(g, models=["tuned", "base", "old"], place="x") for g in gates]
    suite = SimpleNamespace(
        gates=parsed, confidence=confidence, scorers={}, positive=None, task=None
    )
    return gate_outlooks(suite, SimpleNamespace(primary=primary), questions(n))


def said(*gates, n=300, language="en", **how):
    found = outlooks(*gates, n=n, **how)
    ahead = Outlook(suite="s", rows=n, repeats=1, hosts=[], gates=found)
    return gate_lines(ahead, language)[1:]


def test_the_words_of_the_issue():
    (line, assumed) = said("tuned not worse than old by 2 points")
    assert line == (
        "  tuned not worse than old by 2 points: 300 rows can show 'not worse by 5 points', "
        "not by 2: that takes about 1,550 to 3,100"
    )
    assert assumed == "  assumed: two models' results differ on 10 to 20 % of the rows"
    (line, assumed) = said("tuned not worse than old by 2 points", language="zh")
    assert "不能证明 2 个：那大约需要 1,550 到 3,100 行" in line
    assert "10 到 20 %" in assumed


@pytest.mark.parametrize(
    ("n", "standing", "words"),
    [
        (200, "no", "can show 'not worse by 6 points', not by 5"),
        (300, "maybe", "300 rows may show it: it takes about 260 to 495"),
        (500, "yes", "500 rows can show it"),
    ],
)
def test_enough_perhaps_or_too_few(n, standing, words):
    gate = "tuned not worse than base by 5 points"
    assert outlooks(gate, n=n)[0].standing == standing
    assert words in said(gate, n=n)[0]


def test_a_margin_of_nothing_is_never_proven_of_equals():
    assert "no number of rows shows" in said("tuned not worse than base")[0]


def test_better_is_what_the_rows_can_see():
    assert (
        "300 rows can show a difference of 5.1 points or more (7.2"
        in said("tuned better than base")[0]
    )
    assert "too few" in said("tuned better than base", n=2)[0]
    lines = said("tuned better than base", primary="token_f1")
    assert "3.2 points or more (6.5" in lines[0]
    assert "spread by 0.2 to 0.4" in lines[1]


def test_rows_of_a_slice_and_of_a_label():
    found = outlooks("tuned better than base where lang=en", "tuned recall[refund] >= 95%")
    assert [one.rows for one in found] == [75, 240]


def test_nothing_is_promised_where_nothing_is_known():
    lines = said("tuned auroc >= 90%", "tuned macro_f1 >= 90%", "tuned length_chars <= 400")
    assert all("known only from the answers" in line for line in lines)
    assert said("tuned cost <= 1.2x base") == []


def test_what_cannot_pass_is_said():
    assert "cannot pass" in said("tuned accuracy >= 101%")[0]
    assert "cannot pass" in said("tuned accuracy low >= 100%")[0]


@given(
    st.sampled_from(["accuracy >= {}%", "accuracy > {}%", "errors <= {}%", "errors < {}%"]),
    st.integers(0, 100),
    st.sampled_from([20, 100, 1000]),
)
def test_the_value_from_which_a_gate_passes_lies_on_the_right_side(shape, bound, n):
    (one,) = outlooks("tuned " + shape.format(bound), n=n)
    at = one.shows[0]
    if not isnan(at):
        assert at >= bound / 100 - 0.02 if ">" in shape else at <= bound / 100 + 0.02
        assert 0 <= at <= 1


def test_four_times_in_five_is_four_times_in_five():
    """Drawn, with the gates' own rule: the share of passes at the value that is named."""
    draw = random.Random(7)  # noqa: S311  repeatable
    n, bound = 400, 0.9
    (one,) = outlooks("tuned accuracy >= 90%", n=n)
    passes = sum(
        sum(draw.random() < one.shows[0] for _ in range(n)) / n >= bound for _ in range(1500)
    )
    assert 0.76 < passes / 1500 < 0.86

    from evalkit.statistics.proportion import wilson

    (strict,) = outlooks("tuned accuracy low >= 90%", n=n)
    hits = [sum(draw.random() < strict.shows[0] for _ in range(n)) for _ in range(1500)]
    passes = sum(wilson(k, n).low >= bound for k in hits)
    assert 0.72 < passes / 1500 < 0.88

    (none,) = outlooks("tuned errors == 0", n=n)
    assert (1 - none.shows[0]) ** n == pytest.approx(0.8)


def test_a_slice_that_is_not_there_is_told_before_anything_is_asked():
    gates = [parse_gate("tuned better than base where lang=fr", models=["tuned", "base"], place="")]
    with pytest.raises(UsageError, match="lang=fr"):
        check_slices(SimpleNamespace(gates=gates), questions(10))


@pytest.mark.parametrize(
    ("rows", "words"), [(7, "7"), (99, "99"), (247, "250"), (1546, "1,550"), (30_911, "31,000")]
)
def test_roughly(rows, words):
    assert roughly(rows) == words


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0.2, "1 s", "1 秒"),
        (89, "89 s", "89 秒"),
        (180, "3 min", "3 分钟"),
        (4800, "80 min", "80 分钟"),
        (6000, "1 h 40 min", "1 小时 40 分钟"),
        (360_000, "100 h", "100 小时"),
    ],
)
def test_span(seconds, en, zh):
    assert (span(seconds, "en"), span(seconds, "zh")) == (en, zh)


def test_a_line_per_host():
    from decimal import Decimal

    from evalkit.evaluation.outlook.outlook import Sum

    hosts = [
        HostOutlook(
            host="api.openai.com",
            models=["tuned", "base"],
            answers=600,
            stored=120,
            requests=480,
            prompt_tokens=80_000,
            answer_tokens=(3_912, 120_000),
            costs=[Sum(expected=Decimal("0.0383"), most=Decimal("0.4111"), currency="USD")],
            seconds=175,
        ),
        HostOutlook(host=None, models=["[/red]\x1b"], answers=300, stored=300, requests=0),
    ]
    ahead = Outlook(suite="s", rows=300, repeats=1, hosts=hosts, gates=[])
    remote, here = host_lines(ahead, "en")
    assert remote == (
        "api.openai.com: 600 requests (tuned, base), 120 of them stored, about 84,000 tokens, "
        "about $0.038, at most $0.42, about 3 min"
    )
    assert here == "on this machine: 300 answers ([/red]\\x1b), all of them stored"
    assert host_lines(ahead, "zh")[0] == (
        "api.openai.com：600 个请求（tuned, base），其中 120 个已有回答，约 84,000 个 token，"
        "约 $0.038，最多 $0.42，约 3 分钟"
    )
