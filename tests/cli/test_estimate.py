# SPDX-License-Identifier: Apache-2.0
import json
import re

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
    assert (got["examples"], got["epochs"]) == (20, 5)
    assert (got["billed_tokens"], got["tokens"]["cookbook_per_epoch"]) == (26_100, 5_260)
    assert got["cost"]["amount"] == "0.2088"
    assert got["model"]["encoding"] == "cl100k_base"


def test_text_begins_with_the_end_of_a_closing_model(run, rows):
    done = run("estimate", "a.jsonl", "--model", "openai/gpt-4.1-mini", "--lang", "en")
    assert done.code == 0
    first = done.out.split("\n\n")[0]
    assert first.startswith("gpt-4.1-mini-2025-04-14 closes: ")
    assert "2027-01-14" in first
    assert "OpenAI pricing page" in done.out
    assert "together" in done.out


def test_chinese(evalkit, rows):
    done = evalkit("estimate", "a.jsonl", "--model", "gpt-4.1", LANG="zh_CN.UTF-8", LC_ALL="")
    assert "训练轮数" in done.out


def test_a_default_is_told(run, rows):
    assert "gpt-4.1-mini" in run("estimate", "a.jsonl").err
    azure = run("estimate", "a.jsonl", "--target", "azure", "--output-format", "json")
    assert "first of azure" in azure.err
    assert json.loads(azure.out)["model"]["target"] == "azure"
    assert "no models or prices of trl" in run("estimate", "a.jsonl", "--target", "trl").err


def test_a_model_of_a_target(run, rows):
    done = run(
        "estimate", "a.jsonl", "--target", "azure", "--model", "gpt-4.1", "--output-format", "json"
    )
    assert json.loads(done.out)["model"]["target"] == "azure"
    assert run("estimate", "a.jsonl", "--target", "azure", "--model", "ada").code == 2


def test_given_epochs_and_batch_size(run, rows):
    done = run(
        "estimate", "a.jsonl", "--model", "gpt-4.1", "--epochs", "3", "--batch-size", "8",
        "--output-format", "json", "-o", "out/e.json",
    )  # fmt: skip
    assert done.out == ""
    got = json.loads((rows.parent / "out" / "e.json").read_bytes())
    assert (got["epochs"], got["steps"]) == (3, 9)


@pytest.mark.parametrize(("budget", "code"), [("0.001", 1), ("$1,000", 0)])
def test_the_budget(run, rows, budget, code):
    done = run("estimate", "a.jsonl", "--model", "gpt-4.1", "--budget", budget)
    assert done.code == code
    assert ("over budget" in done.err) == bool(code)
    assert done.out


def test_a_budget_without_a_price(run, file):
    file(ROW * 20, "a.jsonl")
    done = run("estimate", "a.jsonl", "--model", "azure/gpt-4o", "--budget", "5")
    assert done.code == 2
    assert "gpt-4o-2024-08-06: its training price is not on record" in done.err


def test_what_else_is_asked_for_counts_against_the_budget(run, file):
    file(ROW * 20, "a.jsonl")
    base = ("estimate", "a.jsonl", "--model", "gpt-4.1", "-o", "e.json", "--budget")
    assert run(*base, "0.05").code == 0
    assert run(*base, "0.05", "--evaluate", "100000").code == 1
    assert run(*base, "1,000", "--evaluate", "100,000", "--judge", "gpt-4.1").code == 0


def test_a_budget_for_several_models(run, file):
    file(ROW * 20, "a.jsonl")
    both = ("--model", "gpt-4.1", "--model", "gpt-4.1-mini", "--no-lint", "-o", "e.md")
    cheap, dear = [
        json.loads(run("estimate", "a.jsonl", "--model", m, "--output-format", "json").out)["cost"]
        for m in ("gpt-4.1-mini", "gpt-4.1")
    ]
    assert float(cheap["amount"]) < float(dear["amount"])
    assert run("estimate", "a.jsonl", *both, "--budget", cheap["amount"]).code == 0
    done = run("estimate", "a.jsonl", *both, "--budget", "0.00001")
    assert done.code == 1
    assert "no model that takes the rows stays within $0.00001" in done.err


def test_broken_rows_are_named(run, rows):
    rows.write_text(ROW + "{broken\n" + "\n" + ROW, "utf-8")
    done = run(
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
        (("a.jsonl", "--model", "gpt5"), "no model named `gpt5`"),
        (("a.jsonl", "--validation", "a.jsonl"), "--validation a.jsonl is the training file"),
        (("a.jsonl", "--validation", "./a.jsonl"), "is the training file itself"),
        (("a.jsonl", "--evaluate", "a.jsonl"), "evalkit split a.jsonl"),
        (("a.jsonl", "--evaluate", "0"), "0 rows cannot be asked"),
        (("a.jsonl", "--evaluate", "h.jsonl"), "no such file: h.jsonl"),
        (("a.jsonl", "--few-shot"), "requires an argument"),
        (("a.jsonl", "--few-shot", "2", "--few-shot-tokens", "9"), "say the same"),
        (("a.jsonl", "--judge", "gpt5"), "no model named `gpt5`"),
        (("a.jsonl", "--model", "gpt-4.1", "--tier", "x"), "has the tier `x`"),
        (("a.jsonl", "--model", "gpt-4.1", "--epochs", "999"), "more than this provider takes"),
        (("a.jsonl", "--tokenizer", "llama9"), "no tokenizer named `llama9`"),
        (("a.jsonl", "--method", "ppo"), "--method"),
        (("a.jsonl", "--output-format", "yaml"), "--output-format"),
        (("t.csv",), "no column for the text of the user"),
        (("empty.jsonl",), "no example to count"),
        ((), "PATH"),
    ],
)
def test_what_cannot_be_done(run, rows, arguments, said):
    (rows.parent / "empty.jsonl").write_bytes(b"")
    (rows.parent / "t.csv").write_text("a,b\n1,2\n")
    done = run("estimate", *arguments)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def document(done):
    return json.loads(done.out)


def test_the_cookbook_s_toy_file(evalkit, shared):
    path = shared / "openai-cookbook" / "toy_chat_fine_tuning.jsonl"
    got = document(
        evalkit("estimate", path, "--model", "gpt-3.5-turbo-0613", "--output-format", "json")
    )
    assert (got["examples"], got["epochs"]) == (5, 20)
    assert got["tokens"]["cookbook_per_epoch"] == 4_306
    assert (got["cookbook_tokens"], got["billed_tokens"]) == (86_120, 85_960)


def test_several_files_and_validation(run, file):
    file(ROW * 12, "a.jsonl")
    file(ROW * 8, "b.jsonl")
    file(ROW * 3, "v.jsonl")
    done = run(
        "estimate", "a.jsonl", "b.jsonl", "--model", "gpt-4.1", "--validation", "v.jsonl",
        "--epochs", "3", "--batch-size", "4", "--output-format", "json",
    )  # fmt: skip
    got = document(done)
    assert [one["examples"] for one in got["files"]] == [12, 8]
    assert (got["examples"], got["epochs"], got["steps"]) == (20, 3, 15)
    assert (got["validation"]["examples"], got["validation"]["billed"]) == (3, 0)
    assert (got["evaluation"]["rows_of"], got["evaluation"]["rows"]) == ("validation", 3)
    text = run("estimate", "a.jsonl", "b.jsonl", "--model", "gpt-4.1").out
    assert "a.jsonl b.jsonl → gpt-4.1-2025-04-14 (openai)" in text
    assert "20 examples in 2 files" in text


def test_without_packing_each_row_is_a_whole_sequence(run, rows):
    given = ("estimate", rows, "--model", "together/Qwen3.5-9B", "--output-format", "json")
    packed = document(run(*given))
    got = document(run(*given, "--no-packing", "--sequence-length", "1000"))
    assert got["tokens"]["billed_per_epoch"] == 1_000 * got["examples"]
    padding = got["tokens"]["padding_per_epoch"]
    assert padding == 1_000 * got["examples"] - packed["tokens"]["billed_per_epoch"] > 0
    assert run("estimate", rows, "--model", "gpt-4.1", "--no-packing").code == 2


def test_every_target_side_by_side(run, file):
    file(ROW * 20, "a.jsonl")
    done = run("estimate", "a.jsonl", "--target", "all", "--output-format", "json")
    assert (done.code, done.err) == (0, "")
    got = document(done)
    targets = {one["model"]["target"] for one in got["offers"]}
    assert {"openai", "azure"} <= targets
    assert "vertex" in got["unread"]
    assert all(one["lint"] is not None for one in got["offers"])
    verdicts = document(run("lint", "a.jsonl", "--target", "all", "--output-format", "json"))
    errors = {one["target"]: one["errors"] for one in verdicts["verdicts"]}
    for one in got["offers"]:
        assert one["lint"]["errors"] == errors[one["model"]["target"]]
    text = run("estimate", "a.jsonl", "--target", "all").out
    assert text.startswith("a.jsonl\nopenai-chat, supervised fine-tuning, 20 examples\n\ntarget ")
    assert "--to TARGET" in text


@pytest.mark.usefixtures("rows")
def test_a_file_named_twice_is_counted_once(run):
    given = ("--model", "gpt-4.1", "--output-format", "json")
    twice = document(run("estimate", "a.jsonl", "./a.jsonl", *given))
    assert twice["examples"] == document(run("estimate", "a.jsonl", *given))["examples"]


def test_no_lint(run, file):
    file(ROW * 20, "a.jsonl")
    done = run("estimate", "a.jsonl", "--target", "azure", "--target", "openai", "--no-lint")
    assert "not linted" in done.out
    assert done.code == 0


def test_rows_that_do_not_fit(run, file):
    file(ROW * 3, "a.jsonl")
    text = run("estimate", "a.jsonl", "--target", "azure", "--target", "openai").out
    assert "error" in text
    assert "why rows do not fit: evalkit lint a.jsonl --target TARGET" in " ".join(text.split())


def test_the_form_by_the_name_of_the_file(run, file, tmp_path):
    file(ROW * 20, "a.jsonl")
    assert run("estimate", "a.jsonl", "--model", "gpt-4.1", "-o", "c.md").out == ""
    assert (tmp_path / "c.md").read_text("utf-8").startswith("### a.jsonl: ")
    run("estimate", "a.jsonl", "--model", "gpt-4.1", "-o", "c.json")
    assert json.loads((tmp_path / "c.json").read_text("utf-8"))["schema"] == 1
    run("estimate", "a.jsonl", "--model", "gpt-4.1", "-o", "c.txt")
    assert "training cost" in (tmp_path / "c.txt").read_text("utf-8")


def test_markdown(run, file):
    file(ROW * 20, "a.jsonl")
    text = run("estimate", "a.jsonl", "--model", "gpt-4.1", "--output-format", "markdown").out
    assert text.startswith("### a.jsonl: ")
    assert text.count("<details>") == 1


def test_settings_of_the_configuration(run, file):
    file(ROW * 20, "a.jsonl")
    file('[estimate]\nmodel = "gpt-4.1"\nbatch-size = 4\noutput-format = "json"\n', "evalkit.toml")
    got = document(run("estimate", "a.jsonl"))
    assert (got["model"]["name"], got["steps"]) == ("gpt-4.1-2025-04-14", 25)
    file('[estimate]\nmodel = ["gpt-4.1", "gpt-4.1-mini"]\nlint = false\n', "evalkit.toml")
    assert "not linted" in run("estimate", "a.jsonl").out


def test_a_model_of_the_configuration(run, file):
    file(ROW * 20, "a.jsonl")
    file(
        '[models."azure/support-base"]\nlike = "gpt-4.1-mini"\nas_of = 2026-11-21\n'
        "training = { usd_per_mtok = 7.50 }\n",
        "evalkit.toml",
    )
    got = document(
        run("estimate", "a.jsonl", "--model", "azure/support-base", "--output-format", "json")
    )
    assert got["cost"]["per_mtok"] == "7.50"
    assert got["cost"]["source"] == "evalkit.toml"


def test_colours_only_where_they_are_wanted(run, rows, monkeypatch):
    call = ("estimate", "a.jsonl", "--model", "gpt-4.1")
    plain = run(*call)
    assert "\x1b" not in plain.out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run(*call).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert run(*call).out == plain.out


def test_ascii_where_the_terminal_knows_no_blocks(evalkit, rows):
    rows.write_text(ROW + ROW.replace("Four.", "It is four, of course."), "utf-8")
    done = evalkit(
        "estimate", "a.jsonl", "--model", "gpt-4.1", PYTHONUTF8="0", PYTHONIOENCODING="ascii"
    )
    assert done.out.isascii()
    assert "###" in done.out


def test_standard_input(run):
    done = run(
        "estimate", "-", "--target", "all", "--output-format", "json", stdin=ROW.encode() * 20
    )
    got = document(done)
    assert got["examples"] == 20
    assert got["offers"][0]["lint"] is not None


def test_another_layout(run, file):
    file('{"contents": [{"role": "user", "parts": [{"text": "hi"}]}, '
         '{"role": "model", "parts": [{"text": "hello"}]}]}\n' * 20, "g.jsonl")  # fmt: skip
    got = document(run("estimate", "g.jsonl", "--target", "all", "--output-format", "json"))
    assert got["formats"] == ["gemini"]
    assert "openai" in got["unread"]
    assert {one["model"]["target"] for one in got["offers"]} == {"vertex"}
    one = document(run("estimate", "g.jsonl", "--model", "gpt-4.1", "--output-format", "json"))
    assert one["reads"] is False


PAIR = '{"input": {"messages": [{"role": "user", "content": "hi"}]}, "preferred_output": [{"role": "assistant", "content": "Hello there."}], "non_preferred_output": [{"role": "assistant", "content": "No."}]}\n'


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--evaluate", "²"), "--evaluate: `²` is no number of rows"),
        (("--evaluate", "½"), "is no number of rows"),
        (("--evaluate", "-5"), "-5 rows cannot be asked"),
        (("--evaluate", "--5"), "no such file: --5"),
        (("--evaluate", "9" * 5_000), "rows cannot be asked"),
        (("--few-shot", "21"), "there are only 20 rows, not 21"),
        (("--validation", "p.jsonl"), "p.jsonl (preference)"),
        (("p.jsonl",), "for different methods of training: a.jsonl (sft), p.jsonl (preference)"),
        (("p.jsonl", "--target", "all", "--no-lint"), "estimate them apart, or say --method sft"),
        (("--columns", "user=nope"), "no key holds a text by itself: leave --columns out"),
        (("--model", "trl/foo"), "trl has no models on record"),
        (("--model", "qqqqqqq"), "`evalkit models` lists all that are known"),
    ],
)
def test_what_is_refused_with_a_reason(run, rows, file, arguments, said):
    file(PAIR * 12, "p.jsonl")
    done = run("estimate", "a.jsonl", *arguments)
    assert done.code == 2
    assert said in done.err
    assert "internal error" not in done.err
    assert len(done.err) < 700
    assert done.out == ""


def test_a_method_counts_all_files_as_of_one(run, rows, file):
    file(PAIR * 12, "p.jsonl")
    done = run(
        "estimate", "a.jsonl", "p.jsonl", "--method", "preference", "--output-format", "json"
    )
    assert (done.code, json.loads(done.out)["method"]) == (0, "preference")


def test_digits_of_every_script_are_numbers(run, rows):
    done = run("estimate", "a.jsonl", "--evaluate", "１００", "--output-format", "json")
    assert json.loads(done.out)["evaluation"]["rows"] == 100


@pytest.mark.parametrize("command", ["estimate", "stats", "lint"])
@pytest.mark.parametrize("place", ["a.jsonl", "./x/../a.jsonl", "link.jsonl"])
def test_what_is_read_is_never_written_over(run, rows, command, place):
    before = rows.read_bytes()
    (rows.parent / "x").mkdir()
    (rows.parent / "link.jsonl").symlink_to(rows)
    done = run(command, "a.jsonl", "-o", place)
    assert done.code == 2
    assert f"-o {place} is a file that is read" in done.err
    assert rows.read_bytes() == before
    for _ in range(2):  # a result is made again
        assert run(command, "a.jsonl", "-o", "other.txt").code < 2


@pytest.mark.parametrize("option", ["--validation", "--evaluate"])
def test_nor_are_the_rows_that_are_held_out(run, rows, option):
    held = rows.parent / "v.jsonl"
    held.write_text(ROW.replace("2 + 2", "3 + 3") * 3, "utf-8")
    before = held.read_bytes()
    assert run("estimate", "a.jsonl", option, "v.jsonl", "-o", "v.jsonl").code == 2
    assert held.read_bytes() == before


def test_rows_without_any_answer_say_so(run, file):
    asked = ROW.replace("assistant", "user")
    file(asked * 20, "a.jsonl")
    one = run("estimate", "a.jsonl", "--model", "gpt-4.1-mini", "--lang", "en")
    assert "no row has an answer to learn from" in " ".join(one.out.split())
    several = run("estimate", "a.jsonl", "--target", "all", "--no-lint", "--lang", "zh")
    assert "没有一条样本带有可学的回答" in "".join(several.out.split())


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--target", "trl"),
        ("--target", "azure"),
        ("--target", "all", "--no-lint", "--epochs", "51"),
        ("--model", "gpt-4.1", "--budget", "0.00001"),
        ("--target", "all", "--no-lint", "--budget", "0.0000001"),
    ],
)
def test_what_was_chosen_is_told_in_the_language_of_the_answer(run, rows, arguments):
    for line in run("estimate", "a.jsonl", *arguments, "--lang", "zh").err.strip().split("\n"):
        assert re.search("[\u4e00-\u9fff]", line), line


def test_rows_of_evaluations_without_a_question_say_how_they_were_read(run, file):
    """Lint finds nothing wrong with them: they are test rows of a grader."""
    file('{"item": {"target": "89", "nums": "[1, 2]"}}\n' * 3, "a.jsonl")
    done = run("estimate", "a.jsonl", "--model", "gpt-4.1-mini")
    assert done.code == 2
    assert "no record holds a conversation (read as evals-item)" in done.err
    assert "--columns user=KEY,assistant=KEY" in done.err


def test_columns_that_were_guessed_are_said(run, file):
    """All sums rest on them; and no provider of chats reads a table."""
    file("ask,answer\n" + "2 + 2?,Four.\n" * 12, "a.csv")
    done = run("estimate", "a.csv", "--model", "gpt-4.1-mini")
    said = "a.csv: user = ask, assistant = answer; providers read it once it is converted: "
    assert f"{said}evalkit convert a.csv train.jsonl --to TARGET" in done.err
    named = ("--columns", "user=ask,assistant=answer")
    assert run("estimate", "a.csv", "--model", "gpt-4.1-mini", *named).err == ""
