# SPDX-License-Identifier: Apache-2.0
"""Tokens and money against the estimate, and what the words say of them."""

from __future__ import annotations

from datetime import date

import pytest

from evalkit.jobs.job import Event, Job
from evalkit.jobs.results.document import as_csv
from evalkit.jobs.results.metrics_events import metrics_of
from evalkit.jobs.results.metrics_file import metrics_in
from evalkit.jobs.results.overfitting import Overfitting
from evalkit.jobs.results.results import Results, results_of, spending
from evalkit.jobs.results.text import as_markdown, as_text, spark
from evalkit.jobs.results.words import remarks, sign_line, when

METRICS = metrics_in(b"step,elapsed_tokens,training_loss\n1,100,2.0\n2,200,1.0\n")


def job(**more):
    how = {"id": "j", "target": "openai", "model": "gpt-4.1-mini-2025-04-14", **more}
    return Job(**{"state": "succeeded", "said": "succeeded", "method": "sft", **how})


def test_at_the_price_of_the_estimate():
    estimate = {"tokens": 1_000_000, "usd": "5.00", "epochs": 3, "steps": 10}
    spent = spending(None, job(trained_tokens=1_100_000, hyperparameters={"n_epochs": 3}), estimate)
    assert (spent.actual_cost, spent.price_of, spent.counted_by) == (
        "5.50", "estimate", "trained_tokens",
    )  # fmt: skip
    assert spent.off_by == pytest.approx(0.1)
    assert (spent.estimated_epochs, spent.actual_epochs, spent.estimated_steps) == (3, 3, 10)


def test_at_the_price_on_record():
    spent = spending(None, job(trained_tokens=2_000_000), today=date(2026, 11, 21))
    assert spent.actual_cost == "10.00"  # 5 USD for a million
    assert spent.price_of == "2025-11-01"
    unknown = spending(None, job(trained_tokens=2, model="nobody's"), today=date(2026, 11, 21))
    assert unknown.actual_cost is None


def test_the_price_of_the_estimate_goes_before_another_one_on_record():
    today = date(2026, 11, 21)
    same = {"tokens": 1_000_000, "usd": "5.00"}
    spent = spending(None, job(trained_tokens=2_000_000), same, today=today)
    assert (spent.actual_cost, spent.price_of) == ("10.00", "2025-11-01")
    other = {"tokens": 1_000_000, "usd": "4.00"}
    spent = spending(None, job(trained_tokens=2_000_000), other, today=today)
    assert (spent.actual_cost, spent.price_of) == ("8.00", "estimate")


def test_a_least_sum_of_the_provider_holds():
    small = job(target="together", model="Qwen/Qwen3.5-9B", trained_tokens=700)
    estimate = {"tokens": 1_500, "usd": "4.00"}
    spent = spending(None, small, estimate, today=date(2026, 11, 21))
    assert spent.actual_cost == "4.00"


def test_tokens_of_a_legacy_file():
    spent = spending(METRICS, None)
    assert (spent.actual_tokens, spent.counted_by, spent.actual_steps) == (200, "elapsed_tokens", 2)
    assert spending(METRICS, job(trained_tokens=7)).actual_tokens == 7


@pytest.mark.parametrize(
    "estimate",
    [{}, {"tokens": None}, {"tokens": "many", "usd": "free", "epochs": [], "steps": True},
     {"tokens": float("nan"), "usd": "NaN"}, {"tokens": 0, "usd": "1"}, {"tokens": -1, "usd": "-1"}],
)  # fmt: skip
def test_an_estimate_that_is_off_is_left_out(estimate):
    spent = spending(None, job(trained_tokens=5), estimate)
    assert spent.actual_tokens == 5
    assert spent.actual_cost is None
    assert spent.off_by is None


def test_metrics_of_events():
    events = [
        Event(id="a", time=1, level="info", text="x", step=2, metrics={"train_loss": 1.0}),
        Event(id="b", time=1, level="info", text="x", step=1, metrics={"valid_loss": 2.0}),
        Event(id="c", time=1, level="info", text="x", step=2, metrics={"train_loss": 0.5}),
        Event(id="d", time=1, level="info", text="x"),
    ]
    metrics = metrics_of(events)
    assert metrics.steps == (1, 2)
    assert metrics.series("train_loss") == ((2,), (0.5,))
    assert metrics_of(events[3:]) is None


def test_a_small_curve():
    falling = metrics_in(
        ("step,train_loss\n" + "".join(f"{n},{10 - n}\n" for n in range(1, 9))).encode()
    )
    assert spark(falling, "train_loss", 8) == "█▇▆▅▄▃▂▁"[:8]
    assert spark(METRICS, "valid_loss") == ""


WHYS = (
    "no-validation", "few-points", "not-rising", "last-only", "training-not-falling", "diverging",
    "rising",
)  # fmt: skip


@pytest.mark.parametrize("why", WHYS)
def test_every_sign_has_words_in_both_languages(why):
    found = {"rising": True, "no-validation": None, "few-points": None}.get(why, False)
    sign = Overfitting(
        found=found, why=why, by="valid_loss", since=40, lowest=1.0, last=1.5, train_then=2.0,
        train_last=1.0,
    )  # fmt: skip
    line = sign_line(Results(source="x", metrics=METRICS, sign=sign))
    en, zh = line.plain("en"), line.plain("zh")
    assert en != zh
    assert "{" not in en + zh
    assert "nan" not in en


def test_the_screen_is_safe_and_narrow_ones_are_enough():
    results = results_of("\x1b[2Jx.csv", metrics=METRICS, job=job(tuned_model="ft:\x07"))
    for width in (60, 80, 200):
        text = as_text(results, width=width)
        assert "\x1b" not in text
        assert "\x07" not in text
    assert "█" not in as_text(results, ascii_only=True)
    assert "\x1b" not in as_markdown(results)


def test_repeated_and_damaged_lines_are_told():
    metrics = metrics_in(b"step,when,train_loss\n1,a,2\n1,b,1\n2,c,x\n", "x.csv")
    told = [line.plain("en") for _, line in remarks(results_of("x.csv", metrics=metrics))]
    assert any("x.csv:4: `x` in train_loss is not a number" in line for line in told)
    assert any("was there before" in line for line in told)
    assert any("Columns without numbers are left out: when" in line for line in told)


def test_times():
    assert when(0) == when(None) == when(1e20) == "–"
    assert when(1_790_000_000) == "2026-09-21 14:13:20 UTC"


def test_values_beyond_all_sums_are_left_out():
    rows = "".join(f"{n},1.7e308,{n}\n" for n in range(1, 30))
    metrics = metrics_in(f"step,train_loss,valid_loss\n{rows}".encode())
    results = results_of("x", metrics=metrics)
    assert metrics.series("train_loss").values == ()
    assert "valid" in as_text(results, language="en", width=100)


def test_a_figure_is_never_cut_to_another_one():
    names = "step,train_loss,training_sequence_accuracy,validation_sequence_accuracy\n"
    found = metrics_in((names + "1,0.1234,0.5678,0.9123\n2,0.2345,0.6789,0.8123\n").encode())
    results = results_of("m.csv", metrics=found)
    for width in (80, 60, 50):
        said = as_text(results, width=width)
        assert "…" not in said
        assert max(map(len, said.split("\n"))) <= width
    assert "lowest" in as_text(results, width=80)


def test_a_file_alone_has_no_column_of_estimates():
    said = as_text(results_of("m.csv", metrics=METRICS))
    assert "actual" in said
    assert "estimated" not in said
    estimated = results_of("m.csv", metrics=METRICS, job=job(), estimate={"tokens": 300})
    assert "estimated  actual" in as_text(estimated)


def test_a_mean_is_called_one():
    sign = Overfitting(found=False, why="not-rising", since=4, lowest=1.0, last=1.1, exact=False)
    said = sign_line(Results(source="m", metrics=METRICS, sign=sign))
    assert "1.1 on average at the end" in said.plain("en")
    assert "末段平均 1.1" in said.plain("zh")


@pytest.mark.parametrize(
    ("trained", "en", "zh"),
    [(1_100, "10.0% more tokens than estimated.", "token 数比估算多 10.0%。"),
     (900, "10.0% fewer tokens than estimated.", "token 数比估算少 10.0%。")],
)  # fmt: skip
def test_tokens_that_were_not_as_estimated(trained, en, zh):
    found = results_of("j", job=job(trained_tokens=trained), estimate={"tokens": 1_000})
    told = [line for _, line in remarks(found)]
    assert en in [one.plain("en") for one in told]
    assert zh in [one.plain("zh") for one in told]


def test_names_that_a_server_gave_columns_are_obeyed_by_nobody():
    head = 'step,"=HYPERLINK(""http://x"")",\x1b[31mred,train_loss'
    metrics = metrics_in(f"{head}\n1,2,3,4\n2,3,4,5\n".encode())
    first = as_csv(metrics).splitlines()[0]
    assert first == 'step,"\'=HYPERLINK(""http://x"")",\\x1b[31mred,train_loss'
    results = results_of("x", metrics=metrics)
    for text in (as_text(results, language="en", width=90), as_markdown(results, language="zh")):
        assert "\x1b" not in text
