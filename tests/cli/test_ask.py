# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import re
import tomllib

import pytest
from loopback import Loopback

ROWS = [("my money back", "refund"), ("refund me", "refund"), ("where is it", "delivery")]
TEST = [("money please", "refund"), ("it is late", "delivery")]


@pytest.fixture
def server():
    with Loopback(labels=("refund", "delivery")) as running:
        yield running
    assert running.complaints == []


def rows(path, pairs):
    path.write_text(
        "".join(
            json.dumps(
                {
                    "messages": [
                        {"role": "system", "content": "Sort it."},
                        {"role": "user", "content": asked},
                        {"role": "assistant", "content": answered},
                    ]
                }
            )
            + "\n"
            for asked, answered in pairs
        ),
        encoding="utf-8",
    )


@pytest.fixture
def suite(tmp_path, server):
    rows(tmp_path / "train.jsonl", ROWS)
    rows(tmp_path / "test.jsonl", TEST)
    path = tmp_path / "x.eval.yaml"
    path.write_text(
        f"""
data: test.jsonl
train: train.jsonl
labels: [refund, delivery]
models:
  hosted: {{use: m-1, url: "{server.url}"}}
  classical: baseline:tfidf-logreg
""",
        encoding="utf-8",
    )
    return path


def test_side_by_side_with_a_suite(evalkit, suite, server):
    done = evalkit("ask", "--suite", suite, "money?")
    assert done.code == 0, done.err
    assert f"asking {server.url.split('/')[2]} (hosted)" in done.err
    top, said, *_ = [line.split() for line in done.out.splitlines() if line.strip(" ─")]
    assert top == ["hosted", "classical"]
    assert said == ["echo:", "money?", "refund"]
    assert "refund    66.7% ████████" in done.out
    assert server.requests[0]["messages"][0] == {"role": "system", "content": "Sort it."}
    assert server.requests[0]["top_logprobs"] == 20


def test_json(evalkit, suite):
    done = evalkit("ask", "--suite", suite, "-m", "classical", "money?", "--output-format", "json")
    document = json.loads(done.out)
    (answer,) = document["answers"]
    assert document["schema"] == 1
    assert (answer["model"], answer["host"], answer["text"]) == ("classical", None, "refund")
    assert answer["probabilities"]["refund"] > 0.5


def test_without_a_suite_from_standard_input(evalkit, tmp_path):
    recording = {
        "messages": [{"role": "user", "content": "你好\n"}],
        "reply": {"text": "\x1b[31m好"},
    }
    (tmp_path / "a.jsonl").write_text(json.dumps(recording), encoding="utf-8")
    done = evalkit("ask", "-", "-m", "replay:a.jsonl", stdin="你好\n".encode())
    assert done.code == 0, done.err
    assert "\\x1b[31m好" in done.out
    assert "\x1b" not in done.out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["hi"], 2, "no model to ask"),
        ([" ", "-m", "local:smollm2"], 2, "nothing to ask"),
        (["hi", "-m", "opnai/x"], 2, "did you mean `openai`"),
        (["hi", "-m", "baseline:majority"], 2, "no training rows"),
        (["hi", "-m", "replay:none.jsonl"], 2, "cannot read the recording"),
        (["hi", "-m", "local:none.gguf"], 2, "cannot read"),
        (["hi", "-m", "replay:x", "--labels", "one"], 2, "at least two"),
        (["hi", "--suite", "none.eval.yaml"], 2, "none.eval.yaml"),
    ],
)
def test_wrong_input_is_one_clear_line(evalkit, arguments, code, says):
    done = evalkit("ask", *arguments)
    assert done.code == code
    assert says in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_unknown_model_of_the_suite(evalkit, suite):
    done = evalkit("ask", "--suite", suite, "-m", "hostd", "hi")
    assert done.code == 2
    assert "did you mean `hosted`" in done.err


def test_a_port_that_refuses_is_3(evalkit, suite):
    suite.write_text(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", suite.read_text()))
    done = evalkit("ask", "--suite", suite, "-m", "hosted", "hi")
    assert done.code == 3
    assert "cannot reach 127.0.0.1:9: connection refused" in done.err
    assert "Traceback" not in done.err


def test_an_answer_that_failed_is_3(evalkit, suite, server):
    server.fail(400)
    done = evalkit("ask", "--suite", suite, "hi")
    assert done.code == 3
    assert "answered 400" in done.out.replace("\n", " ")
    assert "refund" in done.out  # the other one did answer


def test_a_suite_whose_data_is_not_there_yet(evalkit, suite, tmp_path):
    (tmp_path / "test.jsonl").unlink()
    done = evalkit("ask", "--suite", suite, "-m", "classical", "money?")
    assert done.code == 0
    assert "asking without the system message" in done.err
    assert "refund " in done.out


@pytest.mark.local
def test_the_real_model(evalkit, root):
    ready = evalkit("local", "status")
    if ready.code and os.environ.get("EVALKIT_REQUIRE_LOCAL") != "1":
        pytest.skip(f"no local model: {ready.err}")
    folder = root / "suites" / "support"
    prompts = tomllib.loads((folder / "prompts.toml").read_text(encoding="utf-8"))
    done = evalkit(
        *("ask", "I would like my money back", "--suite", folder / "intent.eval.yaml"),
        *("-m", "base", "-m", "tuned", "--output-format", "json", "--max-tokens", 6),
        *("--system", prompts["intent"]["system"]),
    )
    assert done.code == 0, done.err
    base, tuned = json.loads(done.out)["answers"]
    assert tuned["text"] == "refund"
    assert tuned["probabilities"]["refund"] > 0.5
    assert tuned["covered"] > base["covered"]


SUITE = "data: t.jsonl\ntrain: t.jsonl\nmodels: {base: 'baseline:majority', tuned: 'baseline:tfidf-logreg'}\n"


def test_names_alone_mean_the_one_suite_that_has_them(evalkit, tmp_path):
    rows = [
        {"messages": [{"role": "user", "content": f"{word} {n}"}, {"role": "assistant", "content": label}]}
        for n in range(6)
        for word, label in (("money", "bill"), ("parcel", "ship"))
    ]  # fmt: skip
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "t.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    (tmp_path / "suites" / "a.eval.yaml").write_text(SUITE)
    (tmp_path / "broken.eval.yaml").write_text("modles: {}\n")
    done = evalkit("ask", "--model", "base", "--model", "tuned", "where is my parcel")
    assert done.code == 0, done.err
    assert "a.eval.yaml" in done.err
    assert "ship" in done.out

    (tmp_path / "suites" / "b.eval.yaml").write_text(SUITE)
    again = evalkit("ask", "--model", "base", "--model", "tuned", "where is my parcel")
    assert again.code == 2
    assert "--suite" in again.err
    assert "several suites" in again.err


def test_a_server_and_its_key_may_be_named_on_the_line(evalkit, server, monkeypatch):
    server.key = "sk-of-the-line"
    monkeypatch.setenv("LINE_KEY", "sk-of-the-line")
    done = evalkit("ask", "-m", "m-1", "--url", server.url, "--key-env", "LINE_KEY", "hi")
    assert (done.code, len(server.requests)) == (0, 1)
    assert evalkit("ask", "-m", "m-1", "--url", server.url, "--key-env", "NONE", "hi").code == 2
