# SPDX-License-Identifier: Apache-2.0
"""`evalkit models tuned`: what stops when, soonest first, and the line that keeps its answers."""

from __future__ import annotations

import json
import shlex
import subprocess
from datetime import UTC, date, datetime

import jsonschema
import openai
import pytest
from loopback import Loopback

from evalkit.cli import models as command
from evalkit.cli._models_tuned_text import tuned_text
from evalkit.core.printable import columns
from evalkit.core.resources import schema
from evalkit.jobs.inventory import entries, record_command
from evalkit.jobs.job import TunedModel

TODAY = date(2026, 11, 21)
KEYS = ("OPENAI", "AZURE_OPENAI", "TOGETHER", "FIREWORKS", "MISTRAL")


@pytest.fixture(autouse=True)
def day(monkeypatch):
    monkeypatch.setattr(command, "_today", lambda: TODAY)
    monkeypatch.setenv("COLUMNS", "140")
    for name in KEYS:
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)


@pytest.fixture
def server(monkeypatch):
    """An account with a tuned model of each of two bases."""
    with Loopback() as it:
        monkeypatch.setenv("OPENAI_BASE_URL", it.url)
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        client = openai.OpenAI()
        rows = b"".join(
            b'{"messages":[{"role":"user","content":"%d"},{"role":"assistant","content":"a"}]}\n' % n
            for n in range(12)
        )  # fmt: skip
        file = client.files.create(file=("t.jsonl", rows), purpose="fine-tune").id
        for base in ("gpt-4.1-mini-2025-04-14", "gpt-4.1-nano-2025-04-14", "gpt-9-unheard-of"):
            more = {"hyperparameters": {"n_epochs": 1}}  # one epoch, one checkpoint: itself
            job = client.fine_tuning.jobs.create(model=base, training_file=file, **more)
            while client.fine_tuning.jobs.retrieve(job.id).status != "succeeded":
                pass
        yield it


def test_the_soonest_end_comes_first(run, server):
    told = run("models", "tuned")
    assert told.code == 0
    lines = told.out.splitlines()
    assert [line.split()[0].split(":")[1] for line in lines[1:4]] == [
        "gpt-4.1-nano-2025-04-14", "gpt-4.1-mini-2025-04-14", "gpt-9-unheard-of"
    ]  # fmt: skip
    assert lines[1].endswith("2026-10-23       over")
    assert lines[2].split()[-2:] == ["2027-01-14", "54"]
    assert lines[3].split()[-2:] == ["unknown", "unknown"]
    assert "dates of openai: as of 2026-11-20, https://developers.openai.com" in told.out
    assert "left out: azure: AZURE_OPENAI_API_KEY is not set" in told.err
    assert server.complaints == []


def test_the_command_can_be_pasted(run, server, tmp_path):
    (tmp_path / "held out.jsonl").write_text('{"messages": [{"role": "user", "content": "Hi"}]}\n')
    told = run("models", "tuned", "--data", "held out.jsonl")
    lines = [line.strip() for line in told.out.splitlines() if line.startswith("  evalkit record")]
    assert len(lines) == 3
    words = shlex.split(lines[0])
    told = run(*words[1:])
    assert told.code == 0, told.err
    recorded = [json.loads(line) for line in (tmp_path / words[-1]).read_text("utf-8").splitlines()]
    assert recorded[0]["reply"]["text"] == "echo: Hi"


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_fits_the_terminal(run, server, monkeypatch, width, lang):
    monkeypatch.setenv("COLUMNS", str(width))
    told = run("models", "tuned", "--target", "openai", "--lang", lang)
    cut = [line for line in told.out.splitlines() if not line.startswith("  evalkit record ")]
    assert max(map(columns, cut)) <= width
    assert "2027-01-14" in told.out
    assert ("在停用前录制" in told.out) == (lang == "zh")


def test_json_and_markdown(run, server, tmp_path):
    told = run("models", "tuned", "--output-format", "json")
    document = json.loads(told.out)
    jsonschema.validate(document, schema("tuned-models"))
    assert [one["days_left"] for one in document["models"]] == [-29, 54, None]
    assert document["models"][1]["retires"]["as_of"] == "2026-11-20"
    assert document["models"][1]["job"] == "ftjob-000001"
    assert {one["target"] for one in document["left_out"]} >= {"azure"}
    told = run("models", "tuned", "--output-format", "markdown", "-o", "tuned.md")
    text = (tmp_path / "tuned.md").read_text("utf-8")
    assert (told.code, told.out) == (0, "")
    assert "| 2027-01-14 | 54 |" in text
    assert "```sh\nevalkit record heldout.jsonl" in text


def test_one_provider_that_does_not_say_does_not_hide_the_others(run, server, monkeypatch):
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "http://127.0.0.1:9")
    told = run("models", "tuned")
    assert told.code == 3
    assert "not told: azure: cannot reach 127.0.0.1:9" in told.err
    assert "left out: mistral: MISTRAL_API_KEY is not set" in told.err
    chinese = run("models", "tuned", "--lang", "zh").err
    assert "未查询：mistral：未设置 MISTRAL_API_KEY" in chinese
    assert "未能获取：azure：" in chinese
    assert "2027-01-14" in told.out


def test_no_key_and_one_named(run, monkeypatch):
    told = run("models", "tuned")
    assert (told.code, told.out) == (2, "")
    assert "OPENAI_API_KEY" in told.err
    told = run("models", "tuned", "--target", "openai")
    assert told.code == 2
    assert "OPENAI_API_KEY is not set" in told.err
    assert "cannot train at `trl`" in run("models", "tuned", "--target", "trl").err
    assert "of one provider" in run("models", "tuned", "--url", "http://x").err


def test_an_empty_account(run, monkeypatch):
    with Loopback() as it:
        monkeypatch.setenv("OPENAI_BASE_URL", it.url)
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        assert run("models", "tuned").out == "no tuned models\n"


HOSTILE = [
    "ft:gpt-4o:x'; touch pwned; '",
    "ft:gpt-4o:$(touch pwned)",
    "ft:gpt-4o:`touch pwned` \\",
    "ft:gpt-4o:-o /tmp/x --url http://evil",
    "ft:gpt-4o:../../../etc/x",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_reaches_the_shell(tmp_path, name):
    [entry] = entries([TunedModel(name=name, target="openai")], today=TODAY)
    line = record_command(entry, "a b.jsonl")
    script = line.replace("evalkit record", "printf '%s\\0'", 1)
    told = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    words = told.stdout.split("\0")[:-1]
    assert words[:3] == ["a b.jsonl", "--model", f"openai/{name}"]
    assert words[3] == "-o"
    assert "/" not in words[4]
    assert len(words) == 5
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_moves_the_cursor_is_written_out_and_not_pasted(run, server):
    job = next(iter(server.fine_tuning.jobs.values()))
    server.models[server.models.index(job.tuned)] = "ft:gpt-4o-2024-08-06:\x1b[2J\u202e:1"
    told = run("models", "tuned")
    assert told.code == 0
    assert "\x1b" not in told.out
    assert "\u202e" not in told.out
    assert "JSON has it" in told.out
    told = run("models", "tuned", "--output-format", "json")
    assert "\x1b" not in told.out
    assert "\u202e" not in told.out
    odd = next(m for m in json.loads(told.out)["models"] if m["record"] is None)
    assert odd["name"] == "ft:gpt-4o-2024-08-06:\x1b[2J\u202e:1"


def test_what_is_known_of_a_model():
    created = datetime(2026, 3, 4, tzinfo=UTC).timestamp()
    models = [
        TunedModel(name="acme/llama-x", target="together", created=created),
        TunedModel(name="gpt-4o-mini-2024-07-18.ft-abc", target="azure", base="gpt-4o-mini"),
        TunedModel(name="ft:gpt-4o-mini-2024-07-18:acme::1", target="openai", created=1e30),
        TunedModel(name="local:smollm2+runs/a.gguf", target="local", base="smollm2"),
    ]
    found = entries(models, today=TODAY)
    assert [one.model.target for one in found] == ["openai", "azure", "local", "together"]
    by = {one.model.target: one for one in found}
    assert by["openai"].base == "gpt-4o-mini-2024-07-18"
    assert by["openai"].created is None
    assert by["azure"].retires.day == date(2027, 10, 1)
    assert by["azure"].use is None
    assert "--model azure/YOUR-DEPLOYMENT" in record_command(by["azure"], "x.jsonl")
    assert (by["together"].use, by["together"].retires) == ("together/acme/llama-x", None)
    assert by["together"].created == date(2026, 3, 4)
    assert by["local"].use == "local:smollm2+runs/a.gguf"
    [_, line, *rest] = tuned_text([by["local"]], "en", data="x.jsonl", width=80)
    assert line.split()[-2:] == ["never", "never"]
    assert not any("unknown =" in one for one in rest)
