# SPDX-License-Identifier: Apache-2.0
"""`evalkit convert` as users call it."""

from __future__ import annotations

import json

import pytest

CSV = "问题,回答,lang\n你好,您好！,zh\nHi,Hello!,en\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "客服.csv"
    path.write_bytes(CSV.encode("gb18030"))
    return path


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_table_becomes_chat(evalkit, table, tmp_path):
    done = evalkit("convert", "客服.csv", "out.jsonl", "--system", "Be kind", "--keep", "Lang")
    assert (done.code, done.out) == (0, "")
    assert rows(tmp_path / "out.jsonl")[0] == {
        "messages": [
            {"role": "system", "content": "Be kind"},
            {"role": "user", "content": "你好"},
            {"role": "assistant", "content": "您好！"},
        ],
        "metadata": {"lang": "zh"},
    }
    assert "您好！" in (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    assert "gb18030" in done.err
    assert "2 rows written to out.jsonl as openai-chat" in done.err


def test_to_standard_output_and_back(evalkit, table, tmp_path):
    there = evalkit("convert", table, "-", "--to", "prompt_completion")
    assert json.loads(there.out.splitlines()[0]) == {"prompt": "你好", "completion": "您好！"}
    (tmp_path / "p.jsonl").write_text(there.out, encoding="utf-8")
    back = evalkit("convert", "p.jsonl", "-")
    assert len(back.out.splitlines()) == 2
    assert "messages" in back.out


def test_columns_and_a_prompt_from_a_file(evalkit, tmp_path):
    (tmp_path / "x.csv").write_text("q,a,b\n1,2,3\n")
    (tmp_path / "s.txt").write_text("Be brief\n")
    columns = "user=q,assistant=b"
    done = evalkit("convert", "x.csv", "-", "--columns", columns, "--system", "@s.txt")
    assert [m["content"] for m in json.loads(done.out)["messages"]] == ["Be brief", "1", "3"]
    wrong = evalkit("convert", "x.csv", "-", "--columns", "user")
    assert (wrong.code, wrong.out) == (2, "")
    assert "is not ROLE=HEADER" in wrong.err


def test_broken_rows_are_named_and_left_out(evalkit, tmp_path):
    good = json.dumps({"prompt": "a", "completion": "b"})
    (tmp_path / "x.jsonl").write_text(f'{good}\n\n{{"prompt": "\x1b[2J" bad"}}\n{good}\n')
    done = evalkit("convert", "x.jsonl", "y.jsonl")
    assert done.code == 1
    assert len(rows(tmp_path / "y.jsonl")) == 2
    assert "x.jsonl:3: left out: " in done.err
    assert "\x1b" not in done.err


@pytest.mark.parametrize("content", ["", "\ufeff", "prompt,completion\n", "prompt,completion\n,\n"])
def test_empty_tables(evalkit, tmp_path, content):
    (tmp_path / "x.csv").write_text(content, encoding="utf-8")
    done = evalkit("convert", "x.csv", "y.jsonl")
    assert (done.code, done.out) == (2, "")
    assert "error: nothing to convert: x.csv has no rows\n" in done.err
    assert not (tmp_path / "y.jsonl").exists()


def test_nothing_is_overwritten_by_nothing(evalkit, tmp_path):
    (tmp_path / "x.jsonl").write_text("nonsense\n")
    (tmp_path / "y.jsonl").write_text("precious\n")
    done = evalkit("convert", "x.jsonl", "y.jsonl", "--from", "openai-chat")
    assert done.code == 2
    assert "none of the 1 rows of x.jsonl can be used" in done.err
    assert (tmp_path / "y.jsonl").read_text() == "precious\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.csv", "y.jsonl"], "no such file: nowhere.csv"),
        ([".", "y.jsonl"], "is a folder"),
        (["x.pdf", "y.jsonl"], "is a PDF, not a data set"),
        (["x.csv", "x.csv"], "is the source itself"),
        (["x.csv", "./x.csv"], "is the source itself"),
        (["x.csv", "y.jsonl"], "`alpha`, `beta`"),
        (["x.csv", "y.jsonl", "--to", "sharegtp"], "did you mean `sharegpt`?"),
        (["x.csv", "y.jsonl", "--to", "openai-preference"], "possible: alpaca"),
        (["q.jsonl", "y.jsonl"], "no known layout has the keys `q`, `a`"),
        (["q.jsonl", "y.jsonl", "--from", "alpca"], "did you mean `alpaca`?"),
        (["x.csv", "y.jsonl", "--system", "@no.txt"], "no such file: no.txt"),
    ],
)
def test_wrong_calls_are_one_clear_error(evalkit, tmp_path, arguments, words):
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.4\n")
    (tmp_path / "x.csv").write_text("alpha,beta\n1,2\n")
    (tmp_path / "q.jsonl").write_text('{"q": 1, "a": 2}\n')
    done = evalkit("convert", *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "y.jsonl").exists()


def test_losses_are_summed_up(evalkit, tmp_path):
    chat = {
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": "u"},
            {"role": "assistant", "content": "a", "weight": 1},
        ]
    }
    (tmp_path / "x.jsonl").write_text(json.dumps(chat) + "\n" + json.dumps(chat) + "\n")
    done = evalkit("convert", "x.jsonl", "y.jsonl", "--to", "prompt-completion")
    assert done.code == 0
    assert "lost in 2 rows: system prompts\n" in done.err
    assert "lost in 2 rows: weights of messages\n" in done.err


def test_no_heavy_library_is_loaded(evalkit, table):
    import subprocess
    import sys

    code = (
        "import sys; from evalkit.cli.main import main\n"
        "try: main(['convert', sys.argv[1], '-'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'numpy','pandas','openai','rich','jinja2','yaml','ftfy','jsonschema',"
        "'charset_normalizer','python_calamine'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, table], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
