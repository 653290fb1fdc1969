# SPDX-License-Identifier: Apache-2.0
"""The page of a training job: what is on it, both languages, and that nothing in it is markup."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser

import pytest

from evalkit.jobs.job import Checkpoint, Event, Job, JobError
from evalkit.jobs.results.metrics_file import metrics_in, read_metrics
from evalkit.jobs.results.results import KeptFile, results_of
from evalkit.jobs.watching.reasons import cause_lines
from evalkit.page.phrase import say
from evalkit.report.job_page import job_page
from evalkit.report.job_page_chart import StepLine, step_chart

NASTY = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7*7}}</title>\u202e\x1b"


def step_metrics(n=200):
    lines = ["step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy,full_valid_loss"]
    for step in range(1, n + 1):
        train = 2 * math.exp(-step / 50) + 0.05 * math.sin(step * 1.7) + 0.1
        valid = 1.2 + 0.9 * math.exp(-step / 20) + max(0, step - 60) / 200
        whole = f"{valid:.4f}" if step % 40 == 0 else ""
        lines.append(f"{step},{train:.4f},{1 - train / 3:.4f},{valid:.4f},0.6,{whole}")
    return metrics_in("\n".join(lines).encode(), "step_metrics.csv")


def trained(text="", **more):
    job = Job(
        id=f"ftjob-abc{text}",
        target="openai",
        model=f"gpt-4.1-mini-2025-04-14{text}",
        state="succeeded",
        said=f"succeeded{text}",
        method="sft",
        created=1_790_000_000.0,
        finished=1_790_000_600.0,
        tuned_model=f"ft:gpt-4.1-mini:org:{text}:abc",
        trained_tokens=113_166,
        hyperparameters={"n_epochs": 5, f"other{text}": text},
        suffix=text or None,
        seed=7,
        metadata={f"team{text}": f"客服{text}"},
        error=JobError(code=f"code{text}", message=f"why{text}") if text else None,
    )
    return results_of(
        job.id,
        metrics=more.pop("metrics", step_metrics()),
        job=job,
        estimate={"tokens": 113_000, "usd": "0.565", "epochs": 5, "steps": 200},
        events=[
            Event(id=f"e{n}", time=1_790_000_000.0 + n, level=level, text=f"Created{text} {n}")
            for n, level in enumerate(("info", "warn", "error"))
        ],
        checkpoints=[
            Checkpoint(
                id=f"c{step}",
                step=step,
                model=f"ft:x{text}:ckpt-step-{step}",
                metrics={"train_loss": 0.5, "full_valid_loss": loss},
            )
            for step, loss in ((120, 1.5), (160, 1.4), (200, 1.9))
        ],
        files=[
            KeptFile(what="training", name=f"train{text}.jsonl", id="file-1", sha256="ab" * 32, size=9),
            KeptFile(what="metrics", id=f"file-9{text}", sha256="cd" * 32, size=12_345),
        ],
        **more,
    )  # fmt: skip


class Reading(HTMLParser):
    """The ids, links and tags of a page, and its text."""

    def __init__(self):
        super().__init__()
        self.ids, self.links, self.tags, self.texts = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        found = dict(attrs)
        assert not any(name.startswith("on") or name == "style" for name in found)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a":
            self.links.append(found["href"])

    def handle_data(self, data):
        self.texts.append(data)


def read(html):
    reading = Reading()
    reading.feed(html)
    return reading


def told(html):
    return re.sub(r"\s+", " ", " ".join(read(html).texts))


def test_what_is_on_it():
    text = told(job_page(trained()))
    for said in (
        "Succeeded", "over-fitting from step 80", "第 80 步起过拟合", "ft:x:ckpt-step-160",
        "gpt-4.1-mini-2025-04-14 (openai)", "113,166", "$0.565", "$0.5658", "ab" * 32, "12,345",
        "2026-09-21 14:23:20 UTC", "team", "客服", "mean of 11", "The numbers",
        "dotted line: over-fitting from here", "0.1% more tokens than estimated",
    ):  # fmt: skip
        assert said in text, said


def test_ids_are_different_links_lead_somewhere_and_the_bytes_are_the_same():
    html = job_page(trained(), language="zh")
    reading = read(html)
    assert '<html lang="zh-CN"' in html
    assert len(reading.ids) == len(set(reading.ids))
    assert {link[1:] for link in reading.links} <= set(reading.ids)
    assert reading.tags.count("h1") == 1
    assert html == job_page(trained(), language="zh")


def test_text_from_a_provider_is_never_markup():
    results = trained(NASTY)
    html = job_page(results, reasons=cause_lines(results.job, train=NASTY))
    reading = read(html)
    assert reading.tags.count("script") == 1
    assert "img" not in reading.tags
    assert "{{7*7}}" in html
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_a_file_alone_has_no_parts_about_a_job():
    html = job_page(results_of("x.csv", metrics=step_metrics(20)))
    ids = read(html).ids
    assert {"overview", "curves", "measures"} <= set(ids)
    assert not {"job", "events", "checkpoints", "spent", "files"} & set(ids)
    assert "20 steps measured" in told(html)


def test_a_file_alone_has_no_column_of_estimates():
    metrics = metrics_in(b"step,elapsed_tokens,training_loss\n1,100,2.0\n2,200,1.0\n")
    text = told(job_page(results_of("m.csv", metrics=metrics)))
    assert "200" in text
    assert "estimated" not in text
    assert "估算" not in text


def test_a_state_is_said_once():
    text = told(job_page(trained()))
    assert "succeeded (succeeded)" not in text


def test_a_job_without_metrics_says_so():
    html = job_page(trained(metrics=None))
    assert 'id="curves"' not in html
    assert "No file of metrics" in told(html)


def test_a_failed_job_says_why_first():
    job = Job(
        id="j", target="openai", model="m", state="failed", said="failed",
        error=JobError(code="invalid_n_examples", message="must have at least 10 examples"),
    )  # fmt: skip
    results = results_of("j", job=job)
    html = job_page(results, reasons=cause_lines(job, train="train.jsonl"))
    assert '<div class="hero dont_ship">' in html
    assert "evalkit lint train.jsonl --target openai --select too-few-examples" in told(html)


def test_long_files_are_thinned_on_the_page_and_say_so(shared):
    path = shared / "finetune-results" / "legacy_results_2889_steps.csv"
    html = job_page(results_of("x.csv", metrics=read_metrics(path)))
    assert len(html.encode()) < 150_000
    assert re.search(r"\d+ of 2,889 steps; the file has all of them", told(html))


def chart(values, **how):
    line = StepLine(name="l", kind="base", steps=range(1, len(values) + 1), values=values, **how)
    return str(step_chart([line], unit="", title=say("t", "t"), x=say("step", "步")))


def test_a_chart_of_many_points_keeps_highest_and_lowest():
    values = [1.0] * 5000
    values[2500], values[2501] = 9.0, -9.0
    path = re.search(r'<path d="M([^"]+)"/></g>', chart(values))[1]
    points = [tuple(map(float, point.split())) for point in path.split("L")]
    assert len(points) <= 2 * 322
    ups = [y for _, y in points]
    assert (min(ups) < 20, max(ups) > 150) == (True, True)
    assert [x for x, _ in points] == sorted(x for x, _ in points)


@pytest.mark.parametrize("values", [[0.5], [0.5, 0.5], [0.0, 1e-9], [1e12, -1e12]])
def test_a_chart_of_anything_is_drawn_within_its_frame(values):
    drawn = chart(values, dots=True)
    numbers = [float(n) for n in re.findall(r'c[xy]="([\d.]+)"', drawn)]
    assert all(0 <= n <= 380 for n in numbers)
    assert "nan" not in drawn


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_nothing_runs_and_nothing_is_wider_than_the_screen(opened, theme, width):
    for results in (trained(), trained(NASTY)):
        for language in ("en", "zh"):
            with opened(
                job_page(results),
                f"#lang={language}",
                color_scheme=theme,
                viewport={"width": width, "height": 900},
            ) as page:
                page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
                assert page.evaluate("document.documentElement.scrollWidth") == width
                assert page.locator("img, iframe, object, embed, form").count() == 0


@pytest.mark.browser
@pytest.mark.slow
def test_without_script_all_of_it_shows(opened):
    with opened(job_page(trained()), script=False) as page:
        page.locator("label[for=lang-zh]").click()
        assert "成功" in page.locator("h1").inner_text()
        assert page.locator("svg.curve").count() == 2


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(opened, axe, theme):
    with opened(job_page(trained()), color_scheme=theme, bypass_csp=True) as page:
        page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
        assert axe(page) == []
