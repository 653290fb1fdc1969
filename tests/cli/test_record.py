# SPDX-License-Identifier: Apache-2.0
"""Recording and replaying on the command line, against a server on this machine."""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

KEY = "sk-canary-0123456789abcdef0123456789"


def load(name: str):
    """A module of tests/ by its path: the tests are no package."""
    if name not in sys.modules:
        folder = Path(__file__).resolve().parents[1] / name
        path = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


Loopback = load("loopback").Loopback

TAG = re.compile(r"<[^>]*>")
ROWS = [
    {"id": "q1", "messages": [{"role": "user", "content": "Where is it?"}]},
    {
        "id": "q2",
        "messages": [
            {"role": "system", "content": "Sort."},
            {"role": "user", "content": "钱呢？"},
            {"role": "assistant", "content": "bill"},
        ],
    },
]
SUITE = """
data: test.jsonl
models:
  base: {{use: openai/gpt-4.1-mini, url: "{url}", key_env: MY_KEY}}
  tuned: {{use: openai/gpt-4.1, url: "{url}", key_env: MY_KEY, system: drop}}
gates:
  - tuned not worse than base by 50 points
  - tuned cost <= 10x base
"""


def lines(*rows) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def label(messages):
    return "ship" if "Where" in messages[-1]["content"] else "bill"


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("MY_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def recorded(path: Path) -> list[dict]:
    raw = path.read_bytes()
    text = gzip.decompress(raw) if path.suffix == ".gz" else raw
    return [json.loads(line) for line in text.decode().splitlines()]


def test_rows_are_asked_without_their_answers(run, file, tmp_path):
    file(lines(*ROWS), "d.jsonl")
    with Loopback() as server:
        url = server.url.replace("http://", "http://user:secret-word@")
        told = run(
            "record", "d.jsonl", "-m", "old=openai/gpt-4.1", "--url", url, "-o", "a.jsonl.gz"
        )
    assert told.code == 0, told.err
    assert told.out == "a.jsonl.gz: 2 answers, 2 new\n"
    assert "old → 127.0.0.1" in told.err
    assert "2 requests, at most $" in told.err
    assert sorted(len(request["messages"]) for request in server.requests) == [1, 2]
    first, second = recorded(tmp_path / "a.jsonl.gz")
    assert (first["model"], first["answered_by"]) == ("old", "openai/gpt-4.1-2026-01-01")
    assert first["reply"]["text"] == "echo: Where is it?"
    assert len(first["reply"]["positions"][0][2]) == 5
    assert second["messages"] == ROWS[1]["messages"][:2]
    assert second["ids"][1:] == ["q2", "line 2"]
    whole = b"".join(
        gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file()
    )
    assert KEY.encode() not in whole
    assert b"secret-word" not in whole
    assert KEY not in told.err
    assert "secret-word" not in told.err


def test_twice_asks_nothing_and_changes_nothing_and_a_second_model_is_added(run, file, tmp_path):
    file(lines(*ROWS), "d.jsonl")
    with Loopback() as server:
        more = ("--url", server.url, "-o", "a.jsonl")
        run("record", "d.jsonl", "-m", "old=openai/gpt-4.1", *more)
        before = (tmp_path / "a.jsonl").read_bytes()
        told = run("record", "d.jsonl", "-m", "old=openai/gpt-4.1", *more)
        assert (told.code, told.out) == (0, "a.jsonl: 2 answers, 0 new\n")
        assert len(server.requests) == 2
        assert (tmp_path / "a.jsonl").read_bytes() == before
        told = run("record", "d.jsonl", "-m", "new=openai/gpt-4.1-mini", "--repeats", 2, *more)
    assert told.out == "a.jsonl: 6 answers, 4 new\n"
    rows = recorded(tmp_path / "a.jsonl")
    assert [(row["model"], row.get("repeat", 0)) for row in rows] == [
        ("old", 0), ("old", 0), ("new", 0), ("new", 0), ("new", 1), ("new", 1),
    ]  # fmt: skip
    told = run("ask", "-m", "replay:a.jsonl", "Where is it?")
    assert told.code == 2
    assert "holds answers of 2 models: old, new" in told.err


def test_the_system_message_of_the_line(run, file, tmp_path):
    file(lines(*ROWS), "d.jsonl")
    with Loopback() as server:
        more = ("-m", "openai/gpt-4.1", "--url", server.url, "--store")
        run("record", "d.jsonl", "--system", "Be brief.", "-o", "a.jsonl", *more, "1.sqlite")
        run("record", "d.jsonl", "--system", "drop", "-o", "b.jsonl", *more, "2.sqlite")
    for name, said in (("a.jsonl", [{"role": "system", "content": "Be brief."}]), ("b.jsonl", [])):
        for row in recorded(tmp_path / name):
            assert [m for m in row["messages"] if m["role"] == "system"] == said
    # It is part of the line that records what is missing.
    told = run("ask", "-m", "replay:a.jsonl", "What else?")
    assert "--system 'Be brief.'" in told.err


def test_what_failed_is_said_and_the_rest_is_kept(run, file, tmp_path):
    file(lines(*ROWS), "d.jsonl")
    with Loopback() as server:
        server.fail(400)
        call = ("record", "d.jsonl", "-m", "m=openai/gpt-4.1", "--url", server.url, "-o", "a.jsonl")
        told = run(*call, "--concurrency", 1)
        assert told.code == 3
        assert told.out == "a.jsonl: 1 answer, 1 new\n"
        assert "incomplete: 1 answer failed and is not in it; ask again: evalkit record" in told.err
        told = run(*call)
    assert (told.code, told.out) == (0, "a.jsonl: 2 answers, 1 new\n")


def test_what_a_remote_refuses_ends_it_and_keeps_what_there_is(run, file, tmp_path):
    file(lines(*ROWS), "d.jsonl")
    with Loopback(key="another") as server:
        told = run(
            "record", "d.jsonl", "-m", "m=openai/gpt-4.1", "--url", server.url, "-o", "a.jsonl"
        )
    assert told.code == 3
    assert "nothing was answered" in told.err
    assert "go on: evalkit record d.jsonl" in told.err
    assert not (tmp_path / "a.jsonl").exists()


@pytest.mark.parametrize(
    ("data", "arguments", "says"),
    [
        ('{"messages": []}\n', (), "d.jsonl holds no prompts"),
        (lines(*ROWS), ("-m", "b=openai/gpt-4.1"), "two models are called `b`"),
        (lines(*ROWS), ("--budget", "1"), "what the answers of `b`"),
    ],
)
def test_what_cannot_be_done(run, file, data, arguments, says):
    file(data, "d.jsonl")
    url = ("--url", "http://127.0.0.1:9/v1")
    told = run("record", "d.jsonl", "-m", "b=somebody/x", *url, "-o", "a.jsonl", *arguments)
    assert told.code == 2
    assert says in told.err


def test_a_suite_s_recording_is_not_added_to(run, file):
    file(lines(*ROWS), "d.jsonl")
    file(
        lines({"messages": [], "reply": {"text": "x"}, "from": {"suite": "x.eval.yaml"}}), "a.jsonl"
    )
    told = run("record", "d.jsonl", "-m", "openai/gpt-4.1", "-o", "a.jsonl")
    assert told.code == 2
    assert "holds the answers of the suite x.eval.yaml" in told.err


def test_a_record_of_others_is_not_written_over(run, file, tmp_path):
    file(lines(*ROWS), "d.jsonl")
    file("id,answer\nq1,ship\n", "old.csv")
    told = run("record", "d.jsonl", "-m", "openai/gpt-4.1", "-o", "old.csv")
    assert told.code == 2
    assert "old.csv is one of the tables and JSON lines of id and text" in told.err
    assert (tmp_path / "old.csv").read_text() == "id,answer\nq1,ship\n"


def test_a_recorded_suite_runs_without_its_server(run, file, tmp_path, monkeypatch):
    """The promise to CI: the same rows, byte for byte; the page says that nobody was called."""
    rows = [("Where is it?", "ship"), ("钱呢？", "bill"), ("Where now?", "ship"), ("Pay?", "ship")]
    test = [
        {
            "messages": [
                {"role": "system", "content": "Sort."},
                {"role": "user", "content": asked},
                {"role": "assistant", "content": expected},
            ]
        }
        for asked, expected in rows
    ]
    file(lines(*test), "test.jsonl")
    with Loopback(answer=label, labels=("bill", "ship")) as server:
        file(SUITE.format(url=server.url), "x.eval.yaml")
        told = run("run", "x.eval.yaml", "--record", "x.answers.jsonl.gz", "--reports", "one")
        assert told.code == 0, told.err
        assert "recorded: x.answers.jsonl.gz, 8 answers" in told.err
        asked = len(server.requests)
    assert asked == 8
    assert KEY.encode() not in gzip.decompress((tmp_path / "x.answers.jsonl.gz").read_bytes())
    monkeypatch.delenv("MY_KEY")
    told = run(
        "run", "x.eval.yaml", "--replay", "x.answers.jsonl.gz", "--reports", "two", "--store",
        "other.sqlite", "--output-format", "json",
    )  # fmt: skip
    assert told.code == 0, told.err
    one, two = (next((tmp_path / name).rglob("samples.jsonl")) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    page = TAG.sub("", next((tmp_path / "two").rglob("index.html")).read_text("utf-8"))
    today = recorded(tmp_path / "x.answers.jsonl.gz")[0]["date"]
    assert f"recorded on {today}, models not called" in page
    assert f"录制于 {today}，未调用模型" in page
    assert "models not called" not in next((tmp_path / "one").rglob("index.html")).read_text(
        "utf-8"
    )
    found = json.loads(told.out)
    assert [gate["verdict"] for gate in found["gates"]] == ["pass", "pass"]
    assert found["models"]["tuned"]["cost"] is None  # nothing was paid
    assert found["models"]["tuned"]["cost_per_1000"] is not None
    assert found["models"]["tuned"]["host"] is None

    # A row that nobody recorded: exit code 2 and the line that does.
    file(lines(*test, {"messages": [{"role": "user", "content": "New?"},
                                    {"role": "assistant", "content": "ship"}]}), "test.jsonl")  # fmt: skip
    told = run("run", "x.eval.yaml", "--replay", "x.answers.jsonl.gz")
    assert told.code == 2
    assert (
        "1 of 5 questions are not in the recording x.answers.jsonl.gz (model base): line 5"
        in told.err
    )
    assert "record them: evalkit run x.eval.yaml --record x.answers.jsonl.gz" in told.err


def test_another_suite_s_recording_is_refused_before_anything_is_asked(run, file):
    file(lines(ROWS[1]), "test.jsonl")
    file(
        lines({"messages": [], "reply": {"text": "x"}, "from": {"suite": "y.eval.yaml"}}), "a.jsonl"
    )
    with Loopback() as server:
        file(SUITE.format(url=server.url), "x.eval.yaml")
        told = run("run", "x.eval.yaml", "--record", "a.jsonl")
        assert (told.code, server.requests) == (2, [])
    assert "a.jsonl holds answers of y.eval.yaml" in told.err


def test_answers_from_elsewhere_are_matched_and_the_report_says_how(run, file, tmp_path):
    answer = {"role": "assistant", "content": "ship"}
    rows = [
        {"id": f"q{n}", "messages": [{"role": "user", "content": f"{n}?"}, answer]} for n in (1, 2)
    ]
    file(lines(*rows), "test.jsonl")
    file("id,answer\nq2,bill\nq1,ship\n", "old.csv")
    file("data: test.jsonl\nmodels:\n  old: replay:old.csv\nlabels: [ship, bill]\n", "x.eval.yaml")
    told = run("run", "x.eval.yaml")
    assert told.code == 0, told.err
    assert "old: its recorded answers were matched by identifier" in told.out
    samples = next((tmp_path / "reports").rglob("samples.jsonl")).read_text("utf-8")
    assert [json.loads(row)["answers"]["old"]["text"] for row in samples.splitlines()] == [
        "ship",
        "bill",
    ]
    page = next((tmp_path / "reports").rglob("index.html")).read_text("utf-8")
    assert "recorded answers, models not called" in page
