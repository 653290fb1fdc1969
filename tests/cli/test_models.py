# SPDX-License-Identifier: Apache-2.0
"""`evalkit models`."""

import json
from datetime import date, datetime

import pytest

from evalkit.cli import models as command
from evalkit.core.printable import columns
from evalkit.core.resources import schema

TODAY = date(2026, 11, 21)
CONFIG = '[models."azure/support-base"]\nlike = "gpt-4.1-mini"\nas_of = 2026-11-21\ntraining = { usd_per_mtok = 5.5 }\n'


@pytest.fixture(autouse=True)
def day(monkeypatch):
    monkeypatch.setattr(command, "_today", lambda: TODAY)
    monkeypatch.setenv("COLUMNS", "140")


def test_the_list(run):
    found = run("models")
    assert found.code == 0
    lines = found.out.splitlines()
    assert lines[0].split("  ")[0] == "model"
    mini = next(line for line in lines if line.startswith("gpt-4.1-mini-2025-04-14"))
    assert mini.split() == [
        "gpt-4.1-mini-2025-04-14", "sft", "pref", "5.00°", "0.80", "/", "3.20°", "2",
        "2027-01-06", "2027-01-14", "closing",
    ]  # fmt: skip
    assert "OpenAI (openai)" in lines
    assert "° = said more than 180 days ago" in found.out
    assert "– = not known" in found.out
    assert run("models", "list").out == found.out


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_fits_the_terminal(run, monkeypatch, width, lang):
    monkeypatch.setenv("COLUMNS", str(width))
    found = run("models", "--lang", lang)
    assert found.code == 0
    assert max(map(columns, found.out.splitlines())) <= width
    assert "2027-01-14" in found.out
    wider = "更宽的终端" if lang == "zh" else "a wider terminal also shows"
    assert (wider in found.out) == (width < 140)


def test_words_and_filters(run):
    assert run("models", "azure", "nano").out.count("gpt-4.1-nano") == 1
    closed = run("models", "--target", "openai", "--open").out
    assert "gpt-3.5" not in closed
    assert "gpt-4o" in closed
    only = run("models", "--method", "rft").out
    assert "o4-mini" in only
    assert "gpt-4o" not in only
    assert "llama" in run("models", "--tokenizer", "llama-3.1").out
    assert (
        run("models", "--method", "rft", "--target", "trl").out.strip() == "no model is like that"
    )


def test_what_matches_nothing(run):
    found = run("models", "gpt-4.1-mimi")
    assert (found.code, found.out) == (2, "")
    assert "no model matches `gpt-4.1-mimi`" in found.err
    assert run("models", "--target", "opnai").code == 2
    assert "did you mean `openai`" in run("models", "--target", "opnai").err


def test_all_of_one(run):
    found = run("models", "show", "gpt-4.1-mini")
    assert found.code == 0
    assert found.out.startswith("gpt-4.1-mini-2025-04-14 · OpenAI · closing")
    for words in (
        "2026-05-07: over",
        "named instead",
        "gpt-6-luna",
        "longest row",
        "not known",
        "$5.00 for 1,000,000 tokens",
        "as of 2025-11-01, 385 days old: OpenAI pricing page, copy of 2025-11",
        "input x 2, output x 2",
        "nothing but its answers",
        "1.62 tokens for each patch",
        "3 where nobody says",
        "A blocked organisation",
    ):
        assert words in found.out, words


def test_every_figure_of_every_model_names_its_day(run):
    listed = json.loads(run("models", "--output-format", "json").out)
    for model in listed["models"]:
        name = f"{model['target']}/{model['name'].rpartition('/')[2]}"
        shown = run("models", "show", name)
        assert shown.code == 0, name
        figures = [one for one in model.values() if isinstance(one, dict) and "as_of" in one]
        figures += [one for key in ("training", "hosting") for one in model[key]]
        for figure in figures:
            assert f"as of {figure['as_of']}" in shown.out, (name, figure)
            assert (" days old" in shown.out) or not figure["old"], (name, figure)


def test_chinese(run):
    found = run("models", "show", "azure/gpt-4.1-nano", "--lang", "zh").out
    assert "即将停止" in found
    assert "每百万 token $1.65" in found
    assert "截至 2026-09-27：" in found
    assert "未知" in found
    assert "known" not in found


def test_prices_of_methods_and_tiers(run):
    found = run("models", "show", "together/Qwen3.5-9B").out
    assert "supervised, lora" in found
    assert "$0.34 for 1,000,000 tokens, $4.00 a job at least" in found
    assert "billed; the price is not known" in found


@pytest.mark.parametrize("name", ["gpt-4.1-mimi", "gpt4.1-mini", "azure/gpt-4.1-mimi", "x" * 300])
def test_an_unknown_name(run, name):
    found = run("models", "show", name)
    assert (found.code, found.out) == (2, "")
    assert "is known" in found.err.splitlines()[0]
    assert len(found.err.splitlines()) == 2


def test_json(run):
    import jsonschema

    document = json.loads(run("models", "--output-format", "json").out)
    jsonschema.validate(document, schema("models"))
    assert (document["schema"], document["today"]) == (1, "2026-11-21")
    mini = document["models"][0]
    assert mini["training"][0]["usd_per_mtok"] == "5.00"
    assert mini["training"][0]["old"] is True
    assert mini["inference"]["old"] is False
    assert mini["training_limit"] is None
    assert mini["tuned_to_base"] == {"input": "2", "output": "2"}
    assert mini["retires"]["value"] == "2027-01-14"
    one = json.loads(run("models", "show", "azure/o4-mini", "--output-format", "json").out)
    jsonschema.validate(one, schema("models"))
    assert len(one["models"]) == 1
    assert one["models"][0]["training_per_hour"]["usd_per_hour"] == "100.00"
    empty = json.loads(run("models", "--target", "trl", "--output-format", "json").out)
    assert empty["models"] == []
    for sample in schema("models")["examples"]:
        jsonschema.validate(sample, schema("models"))


def test_markdown(run):
    found = run("models", "--target", "openai", "--output-format", "markdown").out
    lines = found.splitlines()
    assert lines[0].startswith("| target | model |")
    assert lines[2].startswith("| openai | gpt-4.1-mini-2025-04-14 |")
    assert {line.count("|") for line in lines[:5]} == {10}
    shown = run("models", "show", "gpt-4o", "--output-format", "markdown").out
    assert shown.startswith("### gpt-4o-2024-08-06")
    assert "| no new job from | 2027-01-06 |" in shown


def test_a_file(run, tmp_path):
    assert run("models", "show", "ada", "-o", "ada.txt").out == ""
    assert (tmp_path / "ada.txt").read_text("utf-8").startswith("ada · OpenAI · closed\n")


def test_models_of_ones_own(run, file):
    file(CONFIG, "evalkit.toml")
    listed = run("models", "support")
    assert "support-base" in listed.out
    shown = run("models", "show", "azure/support-base")
    assert "$5.50 for 1,000,000 tokens" in shown.out
    assert "as of 2026-11-21: evalkit.toml" in shown.out
    assert run("--isolated", "models", "support").code == 2
    assert "models.azure/support-base" in run("config").out
    settings = json.loads(run("config", "--json").out)["settings"]
    assert any(one["key"] == "models.azure/support-base" for one in settings)


def test_they_reach_lint_in_processes(run, file):
    rows = "".join(
        json.dumps(
            {
                "messages": [
                    {"role": "user", "content": f"Number {n}?"},
                    {"role": "assistant", "content": "yes " * 40 + str(n)},
                ]
            }
        )
        + "\n"
        for n in range(30)
    )
    file(rows)
    file(
        '[models."gpt-4.1-mini"]\ntraining_limit = { value = 20, as_of = 2026-11-21 }\n',
        "evalkit.toml",
    )
    call = ("lint", "x.jsonl", "--model", "gpt-4.1-mini", "--select", "over-context", "--jobs", "2")
    assert "30 errors" in run(*call).out
    assert run("--isolated", *call).code == 0


def test_a_bad_override_is_one_line_and_a_hint(run, file):
    file('[models."azure/x"]\nlik = "gpt-4o"\n', "evalkit.toml")
    found = run("models")
    assert found.code == 2
    assert "unknown key `lik`; did you mean `like`?" in found.err
    file('[models."azure/x"]\ncontext = 5\n', "evalkit.toml")
    found = run("models")
    assert (found.code, found.out) == (2, "")
    assert found.err.splitlines()[0].endswith(
        'evalkit.toml: [models."azure/x"]: `context` has no `as_of`'
    )


def test_the_language_of_the_configuration(run, file):
    file('lang = "zh"\n', "evalkit.toml")
    assert "已停止" in run("models", "--target", "openai").out


def test_help(run):
    found = run("models", "-h")
    assert found.code == 0
    assert "show" in found.out
    assert "--open" in run("models", "list", "-h").out
    assert "models" in run("-h").out


def test_the_clock_is_read_once(monkeypatch):
    monkeypatch.undo()
    assert abs((command._today() - datetime.now().astimezone().date()).days) <= 1


def test_the_first_day_without_jobs_is_called_that(run):
    assert run("models", "--lang", "en").out.splitlines()[0].count("no job from") == 1
    assert "停止接单" in run("models", "--lang", "zh").out.splitlines()[0]
    assert "| no job from |" in run("models", "--output-format", "markdown", "--lang", "en").out


def test_targets_may_stand_between_commas(run):
    both = run("models", "--target", "together, openai", "--output-format", "json")
    assert (
        both.out
        == run(
            "models", "--target", "together", "--target", "openai", "--output-format", "json"
        ).out
    )


def test_the_layouts_are_those_of_what_the_model_is_trained_by(run):
    """OpenAI reads reinforcement rows, and trains one model only with them."""

    def rows(model):
        lines = run("models", "show", model, "--lang", "en").out.split("\n")
        return next(line for line in lines if line.startswith("  rows ")).split(maxsplit=1)[1]

    assert rows("gpt-4.1-mini") == "openai-chat, openai-preference"
    assert rows("o4-mini") == "openai-reinforcement"
    assert rows("davinci-002") == "not known"
