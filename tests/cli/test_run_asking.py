# SPDX-License-Identifier: Apache-2.0
"""`evalkit run` against a server: what it says first, how it stops, and that nothing is lost."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from loopback import Loopback

from evalkit.core.resources import schema

PRICE = "{input: 0.40, output: 1.60, as_of: '2026-11-01', source: test}"
ROWS = 24


def row(n: int) -> dict:
    label = "bill" if n % 2 else "ship"
    question = f"{label} question number {n}"
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": label}]
    return {"messages": messages}


def right(messages):
    return str(messages[-1]["content"]).split()[0]


@pytest.fixture
def server():
    with Loopback(answer=right, labels=("bill", "ship")) as running:
        yield running
    assert running.complaints == []


@pytest.fixture
def suite(tmp_path):
    """Writes a held-out set and a suite of models that servers answer."""

    def made(rest="", *, rows=ROWS, **models):
        lines = [json.dumps(row(n)) for n in range(rows)]
        (tmp_path / "test.jsonl").write_text("\n".join(lines) + "\n")
        text = "data: test.jsonl\nmodels:\n"
        for name, model in models.items():
            url, key, *more = (model, None) if isinstance(model, str) else model
            named = f", key_env: {key}" if key else ""
            extra = "".join(f", {part}" for part in more) or f", price: {PRICE}"
            text += f"  {name}: {{use: x/{name}-model, url: '{url}'{named}{extra}}}\n"
        (tmp_path / "x.eval.yaml").write_text(text + rest)
        return tmp_path

    return made


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


GATES = "gates: [tuned better than base, tuned not worse than base by 2 points]\n"


def test_a_dry_run_says_what_is_ahead_and_does_nothing(run, suite, server):
    here = suite(GATES, base=server.url, tuned=server.url)
    before = everything(here)
    done = run("run", "x.eval.yaml", "--dry-run")
    assert done.code == 0, done.err
    host, head, better, margin, assumed, end = done.out.splitlines()
    assert re.fullmatch(
        r"127\.0\.0\.1:?\d*: 48 requests \(base, tuned\), very roughly [\d,]+ tokens "
        r"\(tokenizer not known\), about \$0\.\d+, at most \$0\.\d+",
        host,
    )
    assert head == "What 24 rows can prove, four times in five:"
    assert "tuned better than base: 24 rows can show a difference of" in better
    assert "not by 2: that takes about 1,550 to 3,100" in margin
    assert "assumed" in assumed
    assert end == "nothing was sent"
    assert server.requests == []
    assert everything(here) == before


def test_a_dry_run_is_a_document_too(run, suite, server):
    suite(GATES, base=server.url, tuned=server.url)
    found = json.loads(run("run", "x.eval.yaml", "--dry-run", "--output-format", "json").out)
    jsonschema.validate(found, schema("run-output"))
    (host,) = found["outlook"]["hosts"]
    assert (host["answers"], host["requests"], host["stored"]) == (48, 48, 0)
    assert found["outlook"]["gates"][1]["needed"] == [1546, 3092]


def test_what_is_stored_is_said_and_the_money_of_the_rest(run, suite, server):
    suite(GATES, base=server.url, tuned=server.url)
    assert run("run", "x.eval.yaml", "--limit", 10, "--no-report").code == 1
    done = run("run", "x.eval.yaml", "--dry-run", "--output-format", "json")
    (host,) = json.loads(done.out)["outlook"]["hosts"]
    assert (host["answers"], host["requests"], host["stored"]) == (48, 28, 20)
    done = run("run", "x.eval.yaml", "--output-format", "json")
    found = json.loads(done.out)
    jsonschema.validate(found, schema("run-output"))
    assert "48 requests (base, tuned), 20 of them stored, very roughly" in done.err
    assert "What 24 rows can prove" in done.err
    assert re.search(r"tuned: 24/24, 10 stored", done.err)
    assert found["outlook"]["hosts"][0]["requests"] == 28
    assert len(server.billed) == 48
    again = run("run", "x.eval.yaml")
    assert "48 answers (base, tuned), all of them stored" in again.err
    assert "can prove" not in again.err
    assert len(server.billed) == 48


def test_in_chinese(run, suite, server):
    suite(GATES, base=server.url, tuned=server.url)
    done = run("run", "x.eval.yaml", "--dry-run", "--lang", "zh")
    assert "48 个请求（base, tuned）" in done.out
    assert "24 行数据能证明什么" in done.out
    assert done.out.endswith("没有发送任何内容\n")


def test_a_budget_ends_the_run_resumable(run, suite, server):
    suite(base=server.url)
    done = run("run", "x.eval.yaml", "--budget", "0.0001", "--concurrency", 2)
    assert done.code == 3, done.err
    asked = len(server.billed)
    assert 0 < asked < ROWS
    assert f"{asked} of 24 answers are stored; go on: evalkit run x.eval.yaml" in done.err
    assert "--budget 0.0001" in done.err
    assert run("run", "x.eval.yaml", "--no-report").code == 0
    assert len(server.billed) == ROWS


def test_a_budget_without_a_price_is_refused_before_anything_is_asked(run, suite, server):
    suite(base=(server.url, None, "max_tokens: 5"))
    done = run("run", "x.eval.yaml", "--budget", "5")
    assert done.code == 2
    assert "price" in done.err
    assert server.requests == []


def test_a_deadline_ends_the_run_resumable(run, suite, server):
    suite(base=server.url)
    server.delay = 0.5
    done = run("run", "x.eval.yaml", "--deadline", "2s", "--concurrency", 1)
    assert done.code == 3, done.err
    assert "go on: evalkit run x.eval.yaml --deadline 2s --concurrency 1" in done.err
    server.delay = 0
    assert run("run", "x.eval.yaml", "--no-report").code == 0
    assert len(server.billed) <= ROWS + 1  # what was under way is not waited for


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--budget", "much"], "no sum of money"),
        (["--deadline", "soon"], "no length of time"),
        (["--batch-failed-directly"], "needs --batch"),
        (["--replay", "a.jsonl", "--batch"], "leave out --batch"),
        (["--turns", "some"], "tool-calls"),
        (["--repeats", "0"], "repeats"),
    ],
)
def test_options_that_cannot_be(run, suite, server, options, said):
    suite(base=server.url)
    told = run("run", "x.eval.yaml", *options)
    assert told.code == 2
    assert said in told.err
    assert server.requests == []


def test_a_batch_that_nobody_has_is_refused(run, suite, server):
    suite(base=server.url)
    told = run("run", "x.eval.yaml", "--batch")
    assert told.code == 2
    assert "by batch" in told.err
    assert server.requests == []


def test_repeats_ask_each_question_several_times(run, suite, server):
    suite(base=server.url)
    done = run("run", "x.eval.yaml", "--repeats", 3, "--limit", 5, "--no-report")
    assert done.code == 0, done.err
    assert "at temperature 0 they hardly differ" in done.err
    assert "15 requests (base)" in done.err
    assert "base: 15/15" in done.err
    assert sorted({body["seed"] for body in server.requests}) == [0, 1, 2]
    assert len(server.billed) == 15


def test_recorded_and_replayed(run, suite, server):
    here = suite(GATES, base=server.url, tuned=server.url)
    done = run("run", "x.eval.yaml", "--record", "x.answers.jsonl.gz", "--no-report")
    assert "recorded: x.answers.jsonl.gz, 48 answers" in done.err, done.err
    asked = len(server.requests)
    (first,) = here.glob("reports/x/*/samples.jsonl")
    replay = ["--replay", "x.answers.jsonl.gz", "--reports", "again"]
    again = run("run", "x.eval.yaml", *replay)
    assert again.code == done.code, again.err
    assert "from recordings: 48 answers (base, tuned)" in again.err
    (second,) = here.glob("again/x/*/samples.jsonl")
    assert first.read_bytes() == second.read_bytes()
    assert len(server.requests) == asked


def start(folder: Path, *arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "evalkit", "run", "x.eval.yaml", *arguments]
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUTF8": "1"},
    )


def until(condition, seconds=120.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came so far"
        time.sleep(0.01)


posix = pytest.mark.skipif(os.name == "nt", reason="Windows ends processes without a signal")


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.slow
def test_ctrl_c_finishes_what_is_under_way(run, suite, server, number):
    here = suite(base=server.url)
    server.delay = 0.1
    with start(here, "--concurrency", "2", "--no-report") as process:
        until(lambda: len(server.billed) >= 6)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    said = err.decode()
    assert process.returncode == 130, said
    assert b"Traceback" not in err
    assert out == b""
    sent = len(server.requests)
    assert sent < ROWS
    assert len(server.billed) == sent  # nothing was cut off
    assert "stopping" in said
    command = "evalkit run x.eval.yaml --concurrency 2 --no-report"
    assert f"{sent} of 24 answers are stored; go on: {command}" in said
    server.delay = 0
    assert run("run", "x.eval.yaml", "--no-report").code == 0
    assert len(server.billed) == ROWS


@posix
@pytest.mark.slow
def test_the_second_ctrl_c_ends_at_once(suite, server):
    here = suite(base=server.url)
    server.delay = 30.0
    with start(here, "--concurrency", "2") as process:
        until(lambda: len(server.requests) >= 2)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None  # it waits for what is under way
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert b"Traceback" not in err


@posix
@pytest.mark.slow
def test_killed_at_half_and_resumed_is_the_same_byte_for_byte(run, suite, server):
    here = suite(GATES, rows=60, base=server.url, tuned=server.url)
    assert run("run", "x.eval.yaml", "--store", "whole.sqlite", "--reports", "whole").code == 1
    whole = len(server.billed)
    assert whole == 120
    server.delay = 0.05
    with start(here, "--concurrency", "4") as process:
        until(lambda: len(server.billed) >= whole + 60)
        process.kill()
        process.communicate(timeout=60)
    assert not list(here.glob("reports/x/*/run.json"))
    server.delay = 0
    done = run("run", "x.eval.yaml")
    assert done.code == 1, done.err
    (one,) = here.glob("whole/x/*/samples.jsonl")
    (two,) = here.glob("reports/x/*/samples.jsonl")
    assert one.read_bytes() == two.read_bytes()
    assert len(server.billed) - 2 * whole <= 4  # asked twice: at most what was under way


@pytest.mark.slow
def test_two_providers_with_two_keys(evalkit, suite):
    keys = {"FIRST_KEY": "canary-first-41f7", "SECOND_KEY": "canary-second-93bd"}
    organisation = {"OPENAI_ORG_ID": "org-canary-77aa"}
    with (
        Loopback(answer=right, key=keys["FIRST_KEY"], delay=0.05) as one,
        Loopback(answer=right, key=keys["SECOND_KEY"], delay=0.05) as two,
    ):
        password = two.url.replace("http://", "http://user:canary-password@")
        here = suite(
            GATES,
            base=(one.url, "FIRST_KEY"),
            tuned=(two.url, "SECOND_KEY"),
            odd=(password, "SECOND_KEY"),
        )
        done = evalkit("run", "x.eval.yaml", "--record", "x.answers.jsonl", **keys, **organisation)
        assert done.code == 1, done.err
        assert len(one.billed) == ROWS
        assert len(two.billed) == 2 * ROWS or len(two.billed) == ROWS  # `odd` may be known
        wrong = evalkit(
            "run", "x.eval.yaml", "--store", "new.sqlite", **{**keys, "SECOND_KEY": "no"}
        )
        assert wrong.code == 3, wrong.err
    said = done.out + done.err + wrong.out + wrong.err
    (here / "x.eval.yaml").unlink()  # the one place where the password was written
    kept = everything(here)
    for secret in (*keys.values(), "org-canary-77aa", "canary-password"):
        assert secret not in said
        assert [name for name, raw in kept.items() if secret.encode() in raw] == []


def test_models_on_different_hosts_are_asked_at_the_same_time(run, suite):
    with (
        Loopback(answer=right, delay=0.1) as one,
        Loopback(answer=right, delay=0.1) as two,
    ):
        suite(base=one.url, tuned=two.url)
        assert run("run", "x.eval.yaml", "--concurrency", 2, "--no-report").code == 0
        assert one.times[0] < two.times[-1]
        assert two.times[0] < one.times[-1]


def test_what_one_host_refuses_ends_the_others_too_and_all_is_kept(run, suite, monkeypatch):
    with (
        Loopback(answer=right, key="right") as one,
        Loopback(answer=right, delay=0.2) as two,
    ):
        suite(base=(one.url, "A_KEY"), tuned=two.url)
        monkeypatch.setenv("A_KEY", "wrong")
        done = run("run", "x.eval.yaml", "--concurrency", 2)
        assert done.code == 3, done.err
        assert "A_KEY" in done.err
        sent = len(two.billed)
        assert sent == len(two.requests) < ROWS
        monkeypatch.setenv("A_KEY", "right")
        again = run("run", "x.eval.yaml", "--concurrency", 8, "--no-report")
        assert again.code == 0, again.err
        assert len(two.billed) == ROWS


@pytest.mark.slow
def test_a_server_that_wants_quiet_is_waited_for_and_that_is_said(run, suite, server):
    suite(base=server.url)
    server.fail(429, headers={"Retry-After": "7"})
    done = run("run", "x.eval.yaml", "--limit", 3, "--no-report")
    assert done.code == 0, done.err
    assert re.search(r"base: waiting \d+ s: the server asked for it", done.err), done.err


def test_help_is_in_groups(run):
    told = run("run", "--help")
    for group in ("What is asked", "Bounds", "Route and store", "Recordings", "Result"):
        assert f"{group}:" in told.out


@pytest.mark.slow
def test_by_batch_for_half_the_price_and_taken_up_after_an_end(run, tmp_path, server, monkeypatch):
    from loopback.batches import advance

    monkeypatch.setenv("OPENAI_API_KEY", "canary-key")
    rows = "".join(json.dumps(row(n)) + "\n" for n in range(6))
    (tmp_path / "test.jsonl").write_text(rows)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    suite = "data: test.jsonl\nmodels: {base: openai/gpt-4.1-mini}\n"
    (tmp_path / "x.eval.yaml").write_text(suite)
    dear, cheap = (
        json.loads(run("run", "x.eval.yaml", "--dry-run", "--output-format", "json", *how).out)
        for how in ([], ["--batch"])
    )
    (dear,), (cheap,) = (found["outlook"]["hosts"] for found in (dear, cheap))
    assert float(cheap["costs"][0]["most"]) == pytest.approx(float(dear["costs"][0]["most"]) / 2)
    assert cheap["batch"] == ["base"]

    first = run("run", "x.eval.yaml", "--batch", "--deadline", "4s")
    assert first.code == 3, first.err
    assert "by the batch route, within 24 h (base)" in first.err
    assert "go on: evalkit run x.eval.yaml --batch --deadline 4s" in first.err
    (batch,) = server.batches.held.values()
    while batch.status != "completed":
        advance(server, batch)
    second = run("run", "x.eval.yaml", "--batch", "--output-format", "json", "--no-report")
    assert second.code == 0, second.err
    assert len(server.batches.held) == 1
    assert len(server.billed) == 6
    found = json.loads(second.out)["models"]["base"]
    tokens = server.bill.charges
    assert found["errors"] == 0
    assert all(charge.batch for charge in tokens)
