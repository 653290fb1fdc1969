# SPDX-License-Identifier: Apache-2.0
"""Published judges, by the functions that measure ours: MT-bench, AlpacaEval, PandaLM, JudgeBench.

Sources, commits and licences: README of the fixtures.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable
from math import isnan, nan

import pytest

from evalkit.evaluation.judging.health import health, word_of
from evalkit.evaluation.judging.judged import Judged
from evalkit.evaluation.judging.verdicts import Point, Verdict
from evalkit.evaluation.raters.humans import Humans

PAIR = ("tuned", "base")
WORTH = {"win": 1.0, "tie": 0.5, "loss": 0.0}


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def two_orders(name, first, second, *, ties="strict", **more):
    """A verdict out of what was said in both orders."""
    both = [WORTH.get(first, nan), WORTH.get(second, nan)]
    outcome = sum(both) / 2
    if ties == "strict" and both[0] != both[1] and not isnan(outcome):
        outcome = 0.5
    return Verdict(id=name, first=first, second=second, outcome=outcome, **more)


def judged(verdicts: Iterable[Verdict]) -> Judged:
    return Judged(pairs={PAIR: list(verdicts)})


def test_phi_3_against_phi_3_dpo_on_mt_bench_by_gpt_4(shared):
    """75 pairs in both orders: FastChat's show_result.py prints 20 / 18 / 35 and .513699."""
    words = {"model_1": "loss", "model_2": "win", "tie": "tie", "error": "unreadable"}
    path = shared / "eval-fixtures/mtbench_phi3_vs_dpo_pair.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    verdicts = [
        two_orders(f"{r['question_id']}-{r['turn']}", words[r["g2_winner"]], words[r["g1_winner"]])
        for r in rows
    ]
    assert Counter(word_of(v.outcome) for v in verdicts) == {
        "win": 20, "loss": 18, "tie": 35, None: 2
    }  # fmt: skip
    found = health(judged(verdicts), PAIR)
    assert (found.asked, found.unreadable.value) == (150, 0.02)
    assert found.win_rate.value == pytest.approx(0.513699, abs=5e-7)
    assert (found.win_rate.low, found.win_rate.high) == pytest.approx((0.4309, 0.5957), abs=5e-5)
    assert found.win_rate.p == pytest.approx(0.749, abs=5e-4)
    assert (found.win_rate.n, found.win_rate.left_out) == (73, 2)
    assert found.consistent.value == pytest.approx(0.630, abs=5e-4)
    assert found.first_position.value * found.first_position.n == pytest.approx(78)
    assert found.first_position.n == 78 + 43
    assert found.first_position.p == pytest.approx(0.0019, abs=5e-5)
    assert round(found.flips.value * found.flips.n) == 18
    assert found.may_gate  # 2.0 % unreadable and 24.7 % flips: just within the bounds


@pytest.mark.parametrize(
    ("model", "rate", "wins", "draws"),
    [("alpaca-7b", 26.459627, 205, 16), ("alpaca-farm-ppo-human", 41.242236, 328, 8)],
)
def test_win_rates_of_alpaca_eval_by_gpt_4(shared, model, rate, wins, draws):
    folder = shared / "alpaca-eval-pair"
    rows = json.loads((folder / model / "annotations_gpt4.json").read_text(encoding="utf-8"))
    worth = {1: 0.0, 2: 1.0, 0: 0.5, None: nan}
    found = health(
        judged(
            Verdict(
                id=str(k),
                first="unasked",
                second="unreadable" if r["preference"] is None else "win",
                outcome=worth[r["preference"]],
                candidate_chars=len(r["output_2"]),
                base_chars=len(r["output_1"]),
            )
            for k, r in enumerate(rows)
        ),
        PAIR,
    )
    wanted = json.loads((folder / "expected_metrics.json").read_text(encoding="utf-8"))[model]
    assert found.win_rate.value * 100 == pytest.approx(rate, abs=5e-7)
    assert found.win_rate.value * 100 == pytest.approx(wanted["win_rate_percent"], abs=1e-9)
    assert found.win_rate.n == wanted["n_valid"]
    assert wins + draws / 2 == pytest.approx(found.win_rate.value * found.win_rate.n)
    if model == "alpaca-farm-ppo-human":  # PPO taught length, too: without it less is won
        assert found.at_equal_length.value < found.win_rate.value
    assert not found.may_gate
    assert "orders: both" in found.why["en"]


def test_means_of_mt_bench_by_gpt_4(shared):
    folder = shared / "mt-bench"
    wanted = json.loads((folder / "expected_metrics.json").read_text(encoding="utf-8"))
    lines = (folder / "model_judgment_gpt-4_single.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    points: dict[str, list[Point]] = {}
    for row in rows:
        read = row["score"] >= 0  # FastChat writes -1 for a verdict it could not read
        points.setdefault(row["model"], []).append(
            Point(
                id=f"{row['question_id']}-{row['turn']}",
                score=float(row["score"]) if read else nan,
                said="read" if read else "unreadable",
            )
        )
    for model, want in wanted.items():
        scores = [p.score for p in points[model] if p.said == "read"]
        assert (len(scores), sum(scores) / len(scores)) == (want["n"], pytest.approx(want["mean"]))
        for turn in (1, 2):
            of = [p.score for p in points[model] if p.id.endswith(f"-{turn}")]
            assert sum(of) / len(of) == pytest.approx(want[f"turn{turn}"])
    first, second = wanted
    found = health(Judged(points=points), (first, second))
    assert (found.mode, found.asked, found.win_rate.n) == ("pointwise", 320, 160)
    assert found.win_rate.value > 0.5
    assert found.may_gate


@pytest.fixture(scope="module")
def pandalm(shared):
    return rows_of(shared / "eval-fixtures/pandalm_testset_labels.csv")


def test_annotators_of_pandalm(pandalm):
    """The README's label counts, and GPT-3.5 against the majority of three people."""
    words = {"1": "win", "2": "loss", "0": "tie"}
    raters = {
        f"annotator{k}": {row["idx"]: words[row[f"annotator{k}"]] for row in pandalm}
        for k in (1, 2, 3)
    }
    majority = {}
    for row in pandalm:
        votes = Counter(words[row[f"annotator{k}"]] for k in (1, 2, 3)).most_common(1)[0]
        majority[row["idx"]] = votes[0]
    assert Counter(majority.values()) == {"loss": 472, "win": 422, "tie": 105}
    people = Humans(verdicts=majority, raters=raters)
    for judge, wanted in (
        ("gpt35", (0.710711, 0.587919, 0.573623, 0.575538)),
        ("pandalm7b", (0.667668, 0.573831, 0.574969, 0.574305)),
    ):
        verdicts = [
            two_orders(row["idx"], said, said)
            for row in pandalm
            for said in [words.get(row[judge], "tie")]  # "Tie" and garbage count as ties there
        ]
        found = health(judged(verdicts), PAIR, people).people
        assert found.kappa.n == 999
        assert found.observed.value == pytest.approx(wanted[0], abs=5e-7)
        assert macro(found.counts) == pytest.approx(wanted[1:], abs=5e-7)
        assert found.alpha.value == pytest.approx(0.864221, abs=5e-7)


def macro(counts):
    """Macro precision, recall and F1 of a matrix of people (rows) against a judge (columns)."""
    hits = [counts[i][i] for i in range(3)]
    given = [sum(row[i] for row in counts) for i in range(3)]
    wanted = [sum(row) for row in counts]
    f1 = [2 * h / (g + w) for h, g, w in zip(hits, given, wanted, strict=True)]
    precision = [h / g for h, g in zip(hits, given, strict=True)]
    recall = [h / w for h, w in zip(hits, wanted, strict=True)]
    return tuple(sum(of) / 3 for of in (precision, recall, f1))


JUDGEBENCH = {
    "o1-mini": (350, 65.7143, 110),
    "Skywork-Reward-Gemma-2-27B": (350, 64.2857, None),
    "GRM-Gemma-2B": (350, 59.4286, None),
    "internlm2-20b": (350, 63.4286, None),
    "internlm2-7b": (350, 59.4286, None),
    "Skywork-Reward-Llama-3.1-8B": (350, 62.2857, None),
    "claude-3-haiku": (270, 32.2222, 135),
}


TOPICS = {"mmlu": 58.44, "livebench-math": 82.14, "livebench-reasoning": 62.24}
TOPICS |= {"livecodebench": 78.57}


def _both_read(row):
    return bool(row["decision_order1"] and row["decision_order2"])


@pytest.mark.parametrize(
    ("judge", "topic"), [*((judge, "") for judge in JUDGEBENCH), *(("o1-mini", t) for t in TOPICS)]
)
def test_judgebench(shared, judge, topic):
    """Right where the mean of both orders points to the better answer: JudgeBench's own rule."""
    rows = [
        row
        for row in rows_of(shared / "eval-fixtures/judgebench_decisions.csv")
        if judge in row["judge"] and row["source"].startswith(topic)
    ]
    n, accuracy, inconsistent = JUDGEBENCH[judge]
    if topic:
        n, accuracy, inconsistent = len(rows), TOPICS[topic], None
    words = {"A>B": "win", "B>A": "loss", "A=B": "tie", "": "tie"}  # unread is a tie there
    turned = {"win": "loss", "loss": "win", "tie": "tie"}
    verdicts = [
        two_orders(
            row["pair_id"],
            words[row["decision_order1"]],
            turned[words[row["decision_order2"]]],
            ties="half",
        )
        for row in rows
    ]
    labels = {row["pair_id"]: words[row["label"]] for row in rows}
    assert len(labels) == n
    found = health(judged(verdicts), PAIR, Humans(verdicts=labels, raters={"key": labels}))
    assert found.people.observed.value * 100 == pytest.approx(accuracy, abs=5e-3 if topic else 5e-5)
    if inconsistent is not None:
        # JudgeBench calls a pair with an unread order inconsistent too; ours leaves it out.
        read = [v for v, row in zip(verdicts, rows, strict=True) if _both_read(row)]
        apart = health(judged(read), PAIR).consistent
        assert n - round(apart.value * apart.n) == inconsistent
    if judge == "claude-3-haiku":
        place = found.first_position
        assert (round(place.value * place.n), place.n) == (212, 212 + 123)
        assert not found.may_gate
