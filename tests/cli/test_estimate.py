# SPDX-License-Identifier: Apache-2.0
import json

import pytest

ROW = '{"messages": [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "Four."}]}\n'


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(ROW * 20, "utf-8")
    return path


def test_the_job_of_2023(evalkit, shared):
    path = shared / "chatlaw-law-zh" / "fine_tuning.jsonl"
    done = evalkit("estimate", path, "--model", "gpt-3.5-turbo-0613", "--output-format", "json")
    assert done.code == 0
    assert done.err == ""
    got = json.loads(done.out)
    assert (got["examples"], got["epochs"], got["steps"]) == (20, 5, None)
    assert (got["billed_tokens"], got["tokens"]["cookbook_per_epoch"]) == (26_100, 5_260)
    assert got["cost"]["amount"] == "0.2088"
    assert got["model"]["encoding"] == "cl100k_base"


def test_text_begins_with_the_end_of_a_closing_model(evalkit, rows):
    done = evalkit("estimate", "a.jsonl", "--model", "openai/gpt-4.1-mini", "--lang", "en")
    assert done.code == 0
    first = done.out.split("\n")[0]
    assert "2027-01-14" in first
    assert "OpenAI pricing page" in done.out
    assert "together" in done.out


def test_chinese(evalkit, rows):
    done = evalkit("estimate", "a.jsonl", "--model", "gpt-4.1", LANG="zh_CN.UTF-8", LC_ALL="")
    assert "训练轮数" in done.out


def test_a_default_is_told(evalkit, rows):
    assert "gpt-4.1-mini" in evalkit("estimate", "a.jsonl").err
    azure = evalkit("estimate", "a.jsonl", "--target", "azure", "--output-format", "json")
    assert "first of azure" in azure.err
    assert json.loads(azure.out)["cost"] is None
    assert (
        "no models or prices of together"
        in evalkit("estimate", "a.jsonl", "--target", "together").err
    )


def test_a_model_of_a_target(evalkit, rows):
    done = evalkit(
        "estimate", "a.jsonl", "--target", "azure", "--model", "gpt-4.1", "--output-format", "json"
    )
    assert json.loads(done.out)["model"]["retires"] == "2027-04-14"
    assert evalkit("estimate", "a.jsonl", "--target", "azure", "--model", "ada").code == 2


def test_given_epochs_and_batch_size(evalkit, rows):
    done = evalkit(
        "estimate", "a.jsonl", "--model", "gpt-4.1", "--epochs", "3", "--batch-size", "8",
        "--output-format", "json", "-o", "out/e.json",
    )  # fmt: skip
    assert done.out == ""
    got = json.loads((rows.parent / "out" / "e.json").read_bytes())
    assert (got["epochs"], got["steps"]) == (3, 9)


@pytest.mark.parametrize(("budget", "code"), [("0.001", 1), ("$1,000", 0)])
def test_the_budget(evalkit, rows, budget, code):
    done = evalkit("estimate", "a.jsonl", "--model", "gpt-4.1", "--budget", budget)
    assert done.code == code
    assert ("over budget" in done.err) == bool(code)
    assert done.out


def test_a_budget_without_a_price(evalkit, rows):
    done = evalkit("estimate", "a.jsonl", "--model", "azure/gpt-4.1", "--budget", "5")
    assert done.code == 2
    assert "no training price" in done.err


def test_broken_rows_are_named(evalkit, rows):
    rows.write_text(ROW + "{broken\n" + "\n" + ROW, "utf-8")
    done = evalkit(
        "estimate", "a.jsonl", "--model", "gpt-4.1", "--output-format", "json", "--lang", "en"
    )
    assert done.code == 0
    assert json.loads(done.out)["examples"] == 2
    assert done.err.count("\n") == 1
    assert "a.jsonl:2" in done.err


def test_a_table(evalkit, tmp_path):
    (tmp_path / "t.csv").write_bytes("frage;问,antwort\n二加二等于几？,四。\n".encode("gb18030"))
    done = evalkit(
        "estimate", "t.csv", "--columns", "user=frage;问,assistant=antwort", "--encoding", "gb18030",
        "--model", "gpt-4.1", "--output-format", "json",
    )  # fmt: skip
    assert done.code == 0
    assert json.loads(done.out)["examples"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none.jsonl",), "none.jsonl"),
        (("a.jsonl", "--model", "gpt-4.1-mimi"), "did you mean `gpt-4.1-mini`"),
        (("a.jsonl", "--target", "opnai"), "did you mean `openai`"),
        (("a.jsonl", "--columns", "user"), "ROLE=HEADER"),
        (("a.jsonl", "--budget", "cheap"), "no sum of money"),
        (("a.jsonl", "--budget", "-1"), "no sum of money"),
        (("a.jsonl", "--epochs", "0"), "--epochs"),
        (("empty.jsonl",), "no example to count"),
        ((), "PATH"),
    ],
)
def test_what_cannot_be_done(evalkit, rows, arguments, said):
    (rows.parent / "empty.jsonl").write_bytes(b"")
    done = evalkit("estimate", *arguments)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert done.out == ""
