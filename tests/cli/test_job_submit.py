# SPDX-License-Identifier: Apache-2.0
"""`evalkit job submit`: what passes is sent once, what does not is refused before anything is."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from datetime import date

import pytest
from loopback import Loopback
from loopback._training import Failure, moved

TODAY = date(2026, 11, 21)
KEY = "sk-test-12345678"


@pytest.fixture
def server(monkeypatch):
    with Loopback() as it:
        monkeypatch.setattr("evalkit.cli._job_submit._today", lambda: TODAY)
        monkeypatch.setenv("EVALKIT_JOB_SUBMIT_SETTLE", "0.1")  # the server's list is never late
        monkeypatch.setenv("OPENAI_BASE_URL", it.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"http://127.0.0.1:{it.port}")
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key-1234")
        yield it
        assert it.complaints == []


def chat(n=12, **more):
    def row(i):
        return [
            {"role": "user", "content": f"Question {i}?"},
            {"role": "assistant", "content": f"Answer {i}."},
        ]

    return "".join(json.dumps({"messages": row(i), **more}) + "\n" for i in range(n))


def pairs(n=12):
    def said(text):
        return [{"role": "assistant", "content": text}]

    rows = [
        {
            "input": {"messages": [{"role": "user", "content": f"Question {i}?"}]},
            "preferred_output": said(f"Yes {i}."),
            "non_preferred_output": said(f"No {i}."),
        }
        for i in range(n)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def prompts(n=12):
    rows = [
        {"messages": [{"role": "user", "content": f"Question {i}?"}], "answer": f"{i}"}
        for i in range(n)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


GRADER = json.dumps(
    {
        "type": "string_check",
        "name": "same",
        "operation": "eq",
        "input": "{{sample.output_text}}",
        "reference": "{{item.answer}}",
    }
)
OPENAI = ("--target", "openai", "--model", "gpt-4.1-mini")


def test_it_is_sent_and_found_again(server, run, file):
    name = file(chat(), "train.jsonl")
    first = run("job", "submit", name, *OPENAI, "--yes", "--suffix", "sup", "--metadata", "a=b")
    assert first.code == 0
    assert "job ftjob-000001 is validating" in first.out
    assert f"they go to 127.0.0.1:{server.port} (openai)" in first.err
    assert "1,632 tokens over 8 epochs, 96 steps: about $0.00816" in first.err
    assert "takes jobs only of those who trained there before 2026-05-07" in first.err
    assert "stops answering on 2027-01-14" in first.err
    again = run("job", "submit", name, *OPENAI, "--yes", "--suffix", "sup", "--metadata", "a=b")
    assert "has its job already: ftjob-000001" in again.out
    assert len(server.fine_tuning.uploads) == len(server.fine_tuning.creates) == 1
    sent = server.fine_tuning.creates[0]
    assert sent["model"] == "gpt-4.1-mini-2025-04-14"
    assert sent["suffix"] == "sup"
    assert sent["metadata"]["a"] == "b"
    another = run("job", "submit", name, *OPENAI, "--yes", "--suffix", "sup", "--metadata", "a=b",
                  "--again")  # fmt: skip
    assert "job ftjob-000002" in another.out
    assert len(server.fine_tuning.uploads) == 1


def test_as_a_document(server, run, file):
    name = file(chat(), "train.jsonl")
    done = run("job", "submit", name, *OPENAI, "--yes", "--output-format", "json")
    document = json.loads(done.out)
    assert (document["schema"], document["sent"], document["found"]) == (1, True, False)
    assert document["job"]["id"] == document["record"]["job"] == "ftjob-000001"
    assert KEY not in done.out + done.err
    assert document["record"]["estimate"]["usd"] == "0.00816"


def test_a_dry_run_sends_nothing_and_needs_no_key(server, run, file, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    name = file(chat(), "train.jsonl")
    said = run("job", "submit", name, *OPENAI, "--dry-run")
    assert said.code == 0
    assert f"they go to 127.0.0.1:{server.port}" in said.out
    where = run("job", "submit", name, *OPENAI, "--dry-run", "--url", "https://me:secret@x.org/v1")
    assert "they go to x.org" in where.out
    assert run("job", "submit", name, *OPENAI, "--dry-run", "--url", "http://x:y").code == 2
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT")
    lost = run("job", "submit", name, "--target", "azure", "--model", "gpt-4.1", "--dry-run")
    assert "no address of its own" in lost.err
    here = run("job", "submit", name, "--target", "local", "--model", "smollm2", "--dry-run")
    assert "on this machine: nothing is sent anywhere" in here.out
    assert "steps: free\n" in here.out
    document = json.loads(
        run("job", "submit", name, *OPENAI, "--dry-run", "--output-format", "json").out
    )
    assert document["sent"] is False
    assert document["order"]["method"] == "sft"
    assert document["examples"] == 12
    assert server.paths == []


def test_in_chinese(server, run, file):
    name = file(chat(), "train.jsonl")
    said = run("job", "submit", name, *OPENAI, "--yes", "--lang", "zh")
    assert "12 行，训练 gpt-4.1-mini-2025-04-14" in said.err
    assert "任务 ftjob-000001" in said.out
    assert "they go to" not in said.err
    assert server.fine_tuning.creates


REFUSED = {
    "a dirty file": (
        lambda: chat(11) + '{"messages": [{"role": "user", "content": "Hi"}]}\n',
        (), 1, "not fit for openai: 1 finding",
    ),
    "no JSON": (lambda: chat(11) + "{nonsense\n", (), 1, "not fit for openai"),
    "too few rows": (lambda: chat(3), (), 1, "too-few-examples"),
    "an empty file": (lambda: "", (), 2, "is empty"),
    "over budget": (chat, ("--budget", "0.001"), 1, "over budget: training costs about $0.00816"),
    "a wrong method": (pairs, ("--method", "sft"), 2, "for --method preference, not for sft"),
    "a method that the model has not": (
        prompts, ("--grader", "g.json", "--validation", "v.jsonl"), 2, "is not trained by the method rft",
    ),
    "another layout": (
        lambda: "".join(
            json.dumps({"instruction": f"Q {i}", "input": "", "output": f"A {i}"}) + "\n"
            for i in range(12)
        ),
        (), 2, "convert it first: evalkit convert",
    ),
    "a table": (lambda: "question,answer\n" + "a,b\n" * 12, (), 2, "convert it first"),
    "itself as validation": (chat, ("--validation", "train.jsonl"), 2, "the training rows themselves"),
    "too many epochs": (chat, ("--epochs", "51"), 2, "from 1 up to 50"),
    "a large batch": (chat, ("--batch-size", "257"), 2, "from 1 up to 256"),
    "beta without preference": (chat, ("--beta", "0.1"), 2, "--beta is for the method preference"),
    "an unknown hyperparameter": (
        chat, ("--hyperparameter", "n_epoch=3"), 2, "did you mean `n_epochs`?",
    ),
    "a long suffix": (chat, ("--suffix", "x" * 65), 2, "takes 1 to 64"),
    "a large seed": (chat, ("--seed", "2147483648"), 2, "a seed from 0"),
    "long metadata": (chat, ("--metadata", "a=" + "x" * 513), 2, "is too long"),
    "our metadata": (chat, ("--metadata", "evalkit_key=1"), 2, "evalkit's own"),
    "a grader for conversations": (chat, ("--grader", "g.json"), 2, "leave --grader out"),
    "nobody to ask": (chat, None, 2, "--yes sends without asking"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_is_not_sent(server, run, file, what):
    rows, more, code, said = REFUSED[what]
    name = file(rows(), "train.jsonl")
    file(GRADER, "g.json")
    file(prompts(3), "v.jsonl")
    done = run("job", "submit", name, *OPENAI, *((*more, "--yes") if more is not None else ()))
    assert done.code == code
    assert said in done.err
    assert server.paths == []
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("question,answer\n" + "".join(f"What is {i}?,It is {i}.\n" for i in range(12)), "a b.csv"),
        (
            "".join(
                json.dumps({"instruction": f"Say {i}", "input": "", "output": f"{i}."}) + "\n"
                for i in range(12)
            ),
            "alpaca.jsonl",
        ),
        ("[" + ",".join(chat().splitlines()) + "]", "all.json"),
    ],
)
def test_the_line_that_converts_does(server, run, file, text, name):
    done = run("job", "submit", file(text, name), *OPENAI, "--yes")
    assert (done.code, server.paths) == (2, [])
    _, command = done.err.strip().splitlines()[-1].split("evalkit ")
    words = shlex.split(command)
    assert run(*words).code == 0
    assert run("job", "submit", words[2], *OPENAI, "--yes").code == 0


@pytest.mark.parametrize(
    ("target", "model", "said"),
    [
        ("openai", "gpt-3.5-turbo", "is closed: OpenAI stopped it"),
        ("openai", "azure/gpt-4.1", "is a model of azure"),
        ("openai", "gpt-4.1-mimi", "did you mean"),
        ("opnai", "gpt-4.1-mini", "did you mean `openai`?"),
        ("vertex", "gemini-2.5-flash", "no public API for jobs is known"),
    ],
)
def test_a_wrong_model_or_target(server, run, file, target, model, said):
    name = file(chat(), "train.jsonl")
    done = run("job", "submit", name, "--target", target, "--model", model, "--yes")
    assert (done.code, server.paths) == (2, [])
    assert said in done.err


def test_a_provider_that_closed_names_who_is_open(server, run, file, monkeypatch):
    monkeypatch.setattr("evalkit.cli._job_submit._today", lambda: date(2027, 1, 6))
    name = file(chat(), "train.jsonl")
    done = run("job", "submit", name, *OPENAI, "--yes")
    assert (done.code, server.paths) == (2, [])
    first, hint = done.err.strip().splitlines()
    assert "OpenAI is closed: it takes no new training jobs" in first
    assert "since 2027-01-06" in first
    assert "open: " in hint
    assert "evalkit lint train.jsonl --target" in hint


def test_a_provider_that_says_that_it_closed(server, run, file):
    server.fine_tuning.closed = True
    name = file(chat(), "train.jsonl")
    done = run("job", "submit", name, *OPENAI, "--yes")
    assert done.code == 2
    *_, first, hint = done.err.strip().splitlines()
    assert "takes no new training jobs of this account (training_not_available)" in first
    assert "open: " in hint
    again = run("job", "submit", name, *OPENAI, "--yes")
    assert again.code == 2
    assert len(server.fine_tuning.uploads) == 1


def test_no_key_and_a_wrong_key(server, run, file, monkeypatch):
    name = file(chat(), "train.jsonl")
    server.key = "sk-another-87654321"
    done = run("job", "submit", name, *OPENAI, "--yes")
    assert done.code == 3
    assert "refused the key in OPENAI_API_KEY" in done.err
    assert KEY not in done.err
    assert not server.files.held
    monkeypatch.delenv("OPENAI_API_KEY")
    server.paths.clear()
    done = run("job", "submit", name, *OPENAI, "--yes")
    assert (done.code, server.paths) == (2, [])
    assert "OPENAI_API_KEY is not set" in done.err


def test_pairs_and_reinforcement(server, run, file):
    done = run("job", "submit", file(pairs(), "p.jsonl"), *OPENAI, "--yes", "--beta", "0.2")
    assert done.code == 0
    method = server.fine_tuning.creates[0]["method"]
    assert method == {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.2}}}
    train, held = file(prompts(), "r.jsonl"), file(prompts(14)[-200:].partition("\n")[2], "v.jsonl")
    grader = file(GRADER, "g.json")
    given = ("--target", "azure", "--model", "o4-mini", "--yes")
    lacking = run("job", "submit", train, *given)
    assert lacking.code == 2
    assert "needs a grader" in lacking.err
    lacking = run("job", "submit", train, *given, "--grader", grader)
    assert "needs a validation" in lacking.err
    done = run("job", "submit", train, *given, "--grader", grader, "--validation", held,
               "--reasoning-effort", "low")  # fmt: skip
    assert done.code == 0, done.err
    method = server.fine_tuning.creates[1]["method"]
    assert method["reinforcement"]["grader"]["type"] == "string_check"


def test_a_budget_that_cannot_be_held(server, run, file):
    train, held = file(prompts(), "r.jsonl"), file(prompts(14)[-200:].partition("\n")[2], "v.jsonl")
    done = run("job", "submit", train, "--target", "azure", "--model", "o4-mini", "--yes",
               "--grader", file(GRADER, "g.json"), "--validation", held, "--budget", "5")  # fmt: skip
    assert (done.code, server.paths) == (2, [])
    assert "the budget cannot be held" in done.err


def test_validation_rows_are_linted_and_sent(server, run, file):
    train = file(chat(), "train.jsonl")
    bad = file('{"messages": [{"role": "user", "content": "Hi"}]}\n', "valid.jsonl")
    done = run("job", "submit", train, *OPENAI, "--validation", bad, "--yes")
    assert (done.code, server.paths) == (1, [])
    assert "valid.jsonl is not fit" in done.err
    leaking = file(chat(2), "leak.jsonl")
    done = run("job", "submit", train, *OPENAI, "--validation", leaking, "--yes")
    assert (done.code, server.paths) == (1, [])
    held = file(chat(20)[-500:].partition("\n")[2], "held.jsonl")
    done = run("job", "submit", train, *OPENAI, "--validation", held, "--yes")
    assert done.code == 0, done.err
    assert server.fine_tuning.creates[0]["validation_file"] == "file-000002"


@pytest.mark.parametrize(
    "said",
    [
        '[lint.severity]\ntoo-few-examples = "off"\n',
        '[lint]\nignore = ["too-few-examples"]\n',
        '[lint.per-file-ignores]\n"train.jsonl" = ["SET"]\n',
    ],
)
def test_the_configuration_holds_for_the_lint(server, run, file, said):
    name = file(chat(9), "train.jsonl")
    assert run("job", "submit", name, *OPENAI, "--yes").code == 1
    file(said, "evalkit.toml")
    assert run("job", "submit", name, *OPENAI, "--yes").code == 0
    assert server.fine_tuning.creates


@pytest.mark.parametrize(
    "text",
    [
        "[1]", "{", '{"no": "type"}', None, '{"type": "python", "name": "p"}',
        '{"type": "python", "name": "p", "source": "s", "x": NaN}',
        '{"type": "python", "name": "p", "source": "s", "x": [1e999]}',
    ],
)  # fmt: skip
def test_a_file_that_is_no_grader(server, run, file, text):
    name = file(prompts(), "train.jsonl")
    grader = "gone.json" if text is None else file(text, "g.json")
    done = run("job", "submit", name, *OPENAI, "--grader", grader, "--yes")
    assert (done.code, server.paths) == (2, [])
    assert done.err.startswith("error: ")


def test_list_and_show(server, run, file):
    assert "nothing was ordered" in run("job", "list").err
    name = file(chat(), "train.jsonl")
    run("job", "submit", name, *OPENAI, "--yes")
    run("job", "submit", name, *OPENAI, "--yes", "--epochs", "2")
    listed = run("job", "list").out.splitlines()
    hint = run("job", "list").err
    assert "how the jobs stand now: evalkit job list --remote --target openai" in hint
    assert [line.split()[0] for line in listed] == ["job", "ftjob-000002", "ftjob-000001"]
    assert run("job", "list", "--target", "azure").out == ""
    assert json.loads(run("job", "list", "--output-format", "json").out)["records"][1]["round"] == 1
    remote = run("job", "list", "--target", "openai", "--remote").out
    assert "files are being checked" in remote
    document = json.loads(
        run("job", "list", "--target", "openai", "--remote", "--output-format", "json").out
    )
    assert len(document["jobs"]) == 2
    assert run("job", "list", "--remote").code == 2
    moved(server.fine_tuning, server.fine_tuning.jobs["ftjob-000001"], "succeeded")
    shown = run("job", "show", "ftjob-000001").out
    assert "job ftjob-000001 (openai): succeeded" in shown
    assert "trained: 1,632 tokens (about $0.00816); estimated: 1,632 ($0.00816), +0.0%" in shown
    last = json.loads(run("job", "show", "last", "--output-format", "json").out)
    assert last["job"]["id"] == "ftjob-000002"
    key = last["record"]["key"]
    by_key = json.loads(run("job", "show", key[:6], "--output-format", "json").out)
    assert by_key["record"] == last["record"]
    assert "任务 ftjob-000002" in run("job", "show", "last", "--lang", "zh").out


def test_show_of_what_is_not_there(server, run):
    assert "no job was ordered" in run("job", "show", "last").err
    done = run("job", "show", "ftjob-1")
    assert (done.code, server.paths) == (2, [])
    assert "whose job is" in done.err
    done = run("job", "show", "ftjob-1", "--target", "openai")
    assert done.code == 3
    assert "is the id right" in done.err
    server.key = "sk-another-87654321"
    stranger = run("job", "show", "ftjob-1", "--target", "openai", "--url", f"{server.url}/")
    assert stranger.code == 3  # the same address as the variable's: its key goes there
    assert "refused the key in OPENAI_API_KEY" in stranger.err
    other = server.url.replace("127.0.0.1", "localhost")
    stranger = run("job", "show", "ftjob-1", "--target", "openai", "--url", other)
    assert stranger.code == 3
    assert "--key-env MY_KEY" in stranger.err


def test_an_interrupted_order_is_listed_with_what_goes_on(server, run, file):
    name = file(chat(), "train.jsonl")
    server.fail(500, path="/files", method="POST")
    done = run("job", "submit", name, *OPENAI, "--yes", "--settle", "0")
    assert done.code == 3
    assert "interrupted: submit again" in run("job", "list").out
    assert "go on: evalkit job submit train.jsonl" in run("job", "show", "last").out
    assert run("job", "submit", name, *OPENAI, "--yes", "--settle", "0").code == 0
    assert len(server.fine_tuning.creates) == 1


def test_hostile_words_do_not_reach_the_terminal(server, run, file):
    name = file(chat(), "train.jsonl")
    run("job", "submit", name, *OPENAI, "--yes")
    document = {"id": "ftjob-000001", "status": "failed", "model": "m\x1b[31m",
                "error": {"code": "x\x1b]0;t\x07", "message": "\x1b[2Jgone\u202e\x9b2J"}}  # fmt: skip
    server.fail(200, body=document, times=2)
    for form in ("text", "json"):
        out = run("job", "show", "last", "--output-format", form).out
        assert "\x1b" not in out
        assert not {"\u202e", "\x9b", "\x1b"} & {*out}
        assert "gone" in out
    server.faults.clear()


def test_it_is_followed_to_its_end(server, run, file):
    name = file(chat(), "train.jsonl")
    done = run("job", "submit", name, *OPENAI, "--yes", "--watch", "--every", "0.01")
    assert done.code == 0, done.err
    assert "ft:gpt-4.1-mini-2025-04-14:org::" in done.out
    server.fine_tuning.failures.append(Failure("invalid_training_file", "line 3"))
    done = run("job", "submit", name, *OPENAI, "--yes", "--again", "--watch", "--every", "0.01")
    assert done.code == 1


@pytest.mark.parametrize(
    "more",
    [
        ("--suffix", "a\x1b[31m"), ("--suffix", "x" * 65), ("--metadata", f"{'n' * 65}=x"),
        ("--metadata", f"n={'v' * 513}"), ("--metadata", "evalkit_key=x"), ("--budget", "0,50"),
        tuple(word for n in range(16) for word in ("--metadata", f"n{n}=v")),
    ],
)  # fmt: skip
def test_what_the_api_would_refuse_is_not_sent(server, run, file, more):
    name = file(chat(), "train.jsonl")
    done = run("job", "submit", name, *OPENAI, "--yes", *more)
    assert (done.code, server.paths) == (2, [])
    assert "\x1b" not in done.err


@pytest.mark.parametrize(
    ("target", "model", "more", "said"),
    [
        ("mistral", "open-mistral-7b", ("--seed", "5"), "Mistral's API takes none"),
        ("together", "Qwen3.5-9B", ("--metadata", "a=b"), "its jobs keep none"),
        ("azure", "gpt-4.1-mini", ("--metadata", "a=b"), "Azure's jobs keep no metadata"),
        ("local", "smollm2", ("--suffix", "x"), "called by its file"),
    ],
)
def test_a_dry_run_knows_what_the_provider_cannot_do(
    run, file, monkeypatch, target, model, more, said
):
    for name in ("MISTRAL", "TOGETHER", "AZURE_OPENAI"):
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://x.example")
    name = file(chat(30), "train.jsonl")
    done = run("job", "submit", name, "--target", target, "--model", model, "--dry-run", *more)
    assert done.code == 2
    assert said in done.err


def test_as_many_and_as_long_as_the_api_takes(server, run, file):
    name = file(chat(), "train.jsonl")
    pairs = [word for n in range(14) for word in ("--metadata", f"n{n}=v")]
    pairs += ["--metadata", f"{'n' * 64}={'v' * 512}"]
    done = run("job", "submit", name, *OPENAI, "--yes", "--suffix", "x" * 64, *pairs)
    assert done.code == 0, done.err
    assert len(server.fine_tuning.creates[0]["metadata"]) == 16


def test_numbers_that_json_has_not_are_null(server, run, file):
    name = file(chat(), "train.jsonl")
    run("job", "submit", name, *OPENAI, "--yes")
    said = (
        b'{"id": "ftjob-000001", "status": "succeeded", "model": "m\xc2\x9b2J", "finished_at": 1e12,'
        b' "hyperparameters": {"n_epochs": NaN, "x": [1e999, 1]}, "fine_tuned_model": "t"}'
    )
    server.validate = False
    for verb in ("show", "watch", "cancel", "results"):
        server.fail(200, body=said, path="/ftjob-000001", method="GET", times=1)
        server.fail(200, body=b'{"data": [], "has_more": false}', method="GET", times=5)
        yes = ["--yes"] if verb == "cancel" else []
        out = run("job", verb, "last", *yes, "--output-format", "json").out
        server.faults.clear()
        assert "\x9b" not in out
        for text in out.splitlines() if verb == "watch" else [out]:
            json.loads(text, parse_constant=pytest.fail)


def test_a_line_that_is_shown_can_be_pasted(server, run, file):
    name = file(chat(), "train.jsonl")
    said = b'{"id": "x; rm -rf ~", "status": "queued", "model": "m"}'
    server.validate = False
    server.fail(200, body=said, path="/fine_tuning/jobs", method="POST")
    assert "watch 'x; rm -rf ~'" in run("job", "submit", name, *OPENAI, "--yes").out


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_no_number(server, run, file, number):
    name = file(chat(), "train.jsonl")
    done = run("job", "submit", name, *OPENAI, "--yes", "--learning-rate-multiplier", number)
    assert (done.code, server.paths) == (2, [])


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("said", ["y", "n"])
def test_on_a_terminal_it_asks(server, file, tmp_path, said):
    import pty

    name = file(chat(), "train.jsonl")
    ours, theirs = pty.openpty()
    program = (
        "import datetime, evalkit.cli._job_submit as verb; from evalkit.cli.main import main;"
        "verb._today = lambda: datetime.date(2026, 11, 21);"
        f"main(['job', 'submit', {name!r}, *{OPENAI!r}])"
    )
    asking = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        env={**os.environ, "TERM": "dumb"},
    )
    os.close(theirs)
    seen = b""
    while b"Send it?" not in seen:
        seen += os.read(ours, 1000)
    assert server.paths == []
    os.write(ours, said.encode() + b"\n")
    out, _ = asking.communicate(timeout=60)
    os.close(ours)
    assert len(server.fine_tuning.creates) == (said == "y")
    assert asking.returncode == (0 if said == "y" else 130)
    assert (b"ftjob-000001" in out) == (said == "y")
