# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from math import isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.exchange import Reply
from evalkit.core.measure import Interval
from evalkit.evaluation.asked import Asked
from evalkit.evaluation.judging.bounds import agrees, labels_needed
from evalkit.evaluation.judging.health import health
from evalkit.evaluation.judging.judge_health import JudgeHealth
from evalkit.evaluation.judging.judged import Judged
from evalkit.evaluation.judging.trust import trust
from evalkit.evaluation.judging.verdicts import IDENTICAL, Point, Verdict
from evalkit.evaluation.raters.humans import Humans
from evalkit.evaluation.stored import decoded, encoded

PAIR = ("tuned", "base")
WORTH = {"win": 1.0, "tie": 0.5, "loss": 0.0}


def said(name, first, second="", **more):
    """A verdict, the same in both orders where no second is given."""
    second = second or first
    worths = [WORTH.get(word, nan) for word in (first, second) if word != "unasked"]
    known = worths and not any(map(isnan, worths))
    outcome = nan if not known else 0.5 if len(set(worths)) > 1 else worths[0]
    return Verdict(id=str(name), first=first, second=second, outcome=outcome, **more)


def judged(*verdicts):
    return Judged(pairs={PAIR: verdicts})


def steady(n, flipped=0, unread=0):
    """n pairs of a fair judge; some flipped, some unreadable in one order."""
    words = ("win", "loss", "tie")
    fair = [said(k, words[k % 3]) for k in range(n - flipped - unread)]
    wrong = [said(f"f{k}", "win", "loss") for k in range(flipped)]
    silent = [said(f"u{k}", "win", "unreadable") for k in range(unread)]
    return judged(*fair, *wrong, *silent)


def people(found, wrong=0, n=None):
    """Labels that agree with a judge but for so many."""
    verdicts = [v for v in found.pairs[PAIR] if not isnan(v.outcome)][:n]
    names = {1.0: "win", 0.5: "tie", 0.0: "loss"}
    other = {"win": "loss", "loss": "tie", "tie": "win"}
    labels = {v.id: names[v.outcome] for v in verdicts}
    labels |= {v.id: other[labels[v.id]] for v in verdicts[:wrong]}
    return Humans(verdicts=labels, raters={"anna": labels})


def test_a_steady_judge_may_gate():
    found = health(steady(60), PAIR)
    assert (found.may_gate, found.why) == (True, {})
    assert (found.flips.value, found.consistent.value) == (0.0, 1.0)
    assert found.flips.high > 0  # 60 pairs without a flip do not prove that there are none


@pytest.mark.parametrize(("unread", "may"), [(4, True), (5, False)])
def test_at_most_two_in_a_hundred_answers_may_be_unreadable(unread, may):
    found = health(steady(100, unread=unread), PAIR)
    assert found.unreadable.value == unread / 200
    assert found.may_gate is may
    assert ("2.5 % of the judge's answers hold no verdict" in found.why.get("en", "")) is not may


@pytest.mark.parametrize(("flipped", "may"), [(25, True), (26, False)])
def test_at_most_a_quarter_of_the_winners_may_flip(flipped, may):
    found = health(steady(100, flipped=flipped), PAIR)
    assert found.may_gate is may
    assert ("26.0 % of the winners change" in found.why.get("en", "")) is not may
    assert ("26.0 % 的胜负反转" in found.why.get("zh", "")) is not may


def test_a_win_that_becomes_a_tie_is_no_flip_but_no_consistency_either():
    found = health(judged(*(said(k, "win", "tie") for k in range(10))), PAIR)
    assert (found.flips.value, found.consistent.value) == (0.0, 0.0)


def test_a_judge_that_likes_the_first_place_is_seen():
    found = health(judged(*(said(k, "win", "loss") for k in range(20))), PAIR)
    assert (found.first_position.value, found.first_position.n) == (1.0, 40)
    assert found.first_position.p < 1e-9
    assert found.win_rate.value == 0.5


def test_one_order_cannot_gate():
    found = health(judged(*(said(k, "win", "unasked") for k in range(9))), PAIR)
    assert isnan(found.flips.value)
    assert not found.may_gate
    assert "orders: both" in found.why["en"]


def test_nothing_judged_is_calm():
    found = health(Judged(), PAIR)
    assert (found.asked, found.may_gate) == (0, False)
    assert isnan(found.win_rate.value)
    assert found.why["en"] == "the judge was asked nothing"


def test_a_judge_whose_requests_all_failed_was_asked():
    failed = [Reply(text="", finish="error", error="400")] * 6
    asked = Asked(replies=failed, seconds=[None] * 6, cached=0, host="h", identity="i")
    silent = [said(k, "unasked", "unasked") for k in range(3)]
    found = health(replace(judged(*silent), asked=asked), PAIR)
    assert not found.may_gate
    assert found.why["en"] == "the judge answered nothing: all 6 requests to it failed"
    assert "6 次请求全部失败" in found.why["zh"]
    assert decoded(encoded(found), JudgeHealth).failed == 6


def test_labels_of_other_answers_are_no_labels():
    found = steady(30)
    nobody = replace(people(found), verdicts={}, stale=["1", "2", "3"])
    told = health(found, PAIR, nobody)
    verdict, _, why = agrees(told)
    assert (verdict, told.people.stale) == ("fail", 3)
    assert why[0].startswith("no labels: 3 of them are of other answers")
    assert not told.may_gate


def test_null_verdicts_only():
    found = health(judged(*(said(k, "unreadable") for k in range(5))), PAIR)
    assert found.unreadable.value == 1.0
    assert isnan(found.win_rate.value)
    assert "100.0 % of the judge's answers hold no verdict" in found.why["en"]


def test_the_longer_answer():
    verdicts = [
        said("a", "win", candidate_chars=9, base_chars=5),
        said("b", "loss", candidate_chars=5, base_chars=9),
        said("c", "win", candidate_chars=5, base_chars=9),
        said("d", "tie", candidate_chars=1, base_chars=9),
        said("e", "win", candidate_chars=4, base_chars=4),
    ]
    found = health(judged(*verdicts), PAIR).longer_wins
    assert (found.value, found.n) == (pytest.approx(2 / 3), 3)


def test_identical_answers_are_ties_that_say_nothing_of_the_judge():
    same = Verdict(id="s", first="unasked", second="unasked", outcome=0.5, why=IDENTICAL)
    found = health(judged(same, said("a", "win")), PAIR, Humans(verdicts={"s": "win"}))
    assert (found.identical, found.asked, found.flips.n, found.win_rate.n) == (1, 2, 1, 2)
    assert (found.people.rows, found.people.foreign) == (0, 1)


def test_repeats_are_no_further_rows():
    verdicts = [said(k, "win", repeat=r) for r in range(3) for k in range(10)]
    found = health(judged(*verdicts), PAIR)
    assert (found.asked, found.flips.n, found.win_rate.n) == (60, 10, 10)


def test_points_are_compared():
    points = {
        "tuned": [Point(id=str(k), score=s, said="read") for k, s in enumerate((9, 5, 5))],
        "base": [Point(id=str(k), score=s, said="read") for k, s in enumerate((4, 5, 8))],
    }
    points["tuned"].append(Point(id="x", said="unreadable"))
    found = health(Judged(points=points), PAIR)
    assert (found.mode, found.asked, found.win_rate.value, found.win_rate.n) == (
        "pointwise", 7, 0.5, 3
    )  # fmt: skip
    assert "14.3 %" in found.why["en"]
    assert "order" not in found.why["en"]


def test_one_model_scored():
    points = {"tuned": [Point(id="a", score=5.0, said="read")]}
    found = health(Judged(points=points), ("tuned", ""))
    assert (found.asked, found.may_gate) == (1, True)


def test_labels_that_agree():
    verdicts = steady(60)
    found = health(verdicts, PAIR, people(verdicts, wrong=6))
    assert found.may_gate
    assert found.people.observed.value == 0.9
    assert found.people.kappa.value == pytest.approx(0.85, abs=0.01)
    assert sum(map(sum, found.people.counts)) == 60
    assert found.people.counts[0][0] == 18  # two of the wrong ones were a judge's wins
    assert agrees(found)[0] == "pass"


def test_labels_that_do_not_agree():
    verdicts = steady(60)
    found = health(verdicts, PAIR, people(verdicts, wrong=50))
    assert not found.may_gate
    assert "agreement with people is not shown: kappa -0." in found.why["en"]
    verdict, kappa, (en, zh) = agrees(found)
    assert verdict == "fail"
    assert kappa.value < 0
    assert "short by" in en
    assert "差" in zh


def test_too_few_labels_to_tell():
    verdicts = steady(60)
    found = health(verdicts, PAIR, people(verdicts, wrong=3, n=9))
    verdict, kappa, (en, zh) = agrees(found)
    assert kappa.value > 0.4
    assert verdict == "undecided"
    assert "labels would decide" in en
    assert "条标注" in zh
    assert not found.may_gate


def test_no_labels_and_labels_of_other_rows():
    found = health(steady(30), PAIR)
    assert found.people is None
    assert agrees(found)[0] == "fail"
    assert "no labels" in agrees(found)[2][0]
    other = Humans(verdicts={"z1": "win", "z2": "loss"}, raters={"a": {}})
    found = health(steady(30), PAIR, other)
    assert not found.may_gate
    assert "all 2 of them are of other rows" in agrees(found)[2][0]


def test_people_who_said_the_same_of_everything_and_so_did_the_judge():
    verdicts = judged(*(said(k, "win") for k in range(30)))
    found = health(verdicts, PAIR, people(verdicts))
    assert isnan(found.people.kappa.value)
    assert not found.may_gate
    verdict, _, (en, _) = agrees(found)
    assert (verdict, "one verdict" in en) == ("fail", True)


def test_labels_needed_shrinks_with_the_room_there_is():
    near = Interval(value=0.45, low=0.1, high=0.7, n=50)
    far = replace(near, value=0.7, low=0.15, high=0.9)
    assert labels_needed(near) > labels_needed(far) > 50
    assert labels_needed(replace(near, value=nan)) is None
    assert labels_needed(replace(near, value=0.4, high=0.4)) is not None


def test_another_pair_beyond_the_bounds_stops_the_judge_on_all():
    bad = [said(k, "win", "loss") for k in range(10)]
    both = Judged(pairs={PAIR: steady(30).pairs[PAIR], ("tuned", "old"): bad})
    assert health(both, PAIR).may_gate
    found = trust(both, PAIR)
    assert not found.may_gate
    assert found.why["en"].startswith("tuned vs old: 100.0 % of the winners change")
    assert found.why["zh"].startswith("tuned vs old：")
    assert encoded(trust(steady(30), PAIR)) == encoded(health(steady(30), PAIR))


def test_every_model_that_is_scored_one_by_one_counts():
    def points(unread):
        known = [Point(id=str(k), score=4.0, said="read") for k in range(50 - unread)]
        return [*known, *(Point(id=f"u{k}", said="unreadable") for k in range(unread))]

    fine = Judged(points={"tuned": points(0), "base": points(0), "old": points(1)})
    assert trust(fine, PAIR).may_gate
    found = trust(replace(fine, points={**fine.points, "old": points(2)}), PAIR)
    assert not found.may_gate
    assert found.unreadable.value == 0  # of the pair whose rates are shown
    assert found.why["en"].startswith("old: 4.0 % of the judge's answers hold no verdict")
    assert found.why["zh"].startswith("old：")


def test_all_pairs_beyond_the_bounds_are_named():
    bad = [said(k, "win", "loss") for k in range(10)]
    found = trust(
        Judged(pairs={PAIR: bad, ("tuned", "old"): steady(30).pairs[PAIR], ("old", "base"): bad}),
        PAIR,
    )
    first, other = found.why["en"].split("; ")
    assert first.startswith("100.0 % of the winners change")
    assert other.startswith("old vs base: 100.0 % of the winners change")


def test_a_stored_health_is_the_same_read_back():
    import json

    verdicts = steady(30, flipped=2)
    found = health(verdicts, PAIR, people(verdicts, wrong=4), judge="openai/gpt-5.5")
    text = json.dumps(encoded(found), ensure_ascii=False)
    assert encoded(decoded(json.loads(text), JudgeHealth)) == encoded(found)
    assert "NaN" not in text


words = st.sampled_from(["win", "tie", "loss", "unreadable", "unasked"])


@settings(max_examples=40)
@given(st.lists(st.tuples(words, words, st.integers(0, 9), st.integers(0, 9)), max_size=40))
def test_swapping_the_models_mirrors_everything(rows):
    turned = {"win": "loss", "loss": "win"}
    ours = [said(k, a, b, candidate_chars=x, base_chars=y) for k, (a, b, x, y) in enumerate(rows)]
    theirs = [
        said(k, turned.get(b, b), turned.get(a, a), candidate_chars=y, base_chars=x)
        for k, (a, b, x, y) in enumerate(rows)
    ]
    one, two = health(judged(*ours), PAIR), health(judged(*theirs), PAIR)
    assert one.win_rate.value == pytest.approx(1 - two.win_rate.value, nan_ok=True)
    assert one.win_rate.low == pytest.approx(1 - two.win_rate.high, nan_ok=True)
    for name in ("unreadable", "flips", "consistent", "first_position", "longer_wins"):
        value = getattr(one, name).value
        assert value == pytest.approx(getattr(two, name).value, nan_ok=True)
    assert one.may_gate == two.may_gate
