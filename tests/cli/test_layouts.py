# SPDX-License-Identifier: Apache-2.0
"""Rows whose keys are described, named or guessed, through every command that reads."""

from __future__ import annotations

import json

import pytest

CONFIG = """
[layouts.legal]
system = "meta"
turns = "chat"
turn = { user = "咨询者", assistant = "律师" }
fields = { area = "about.area" }

[layouts.calls]
turns = "data.dialogue"
turn = { role = "who", text = "said", roles = { "线上" = "assistant" } }
"""


def legal(number, answer="可以。"):
    chat = [{"咨询者": f"问题 {number}？", "律师": answer}, {"咨询者": "谢谢", "律师": "不客气"}]
    return {"meta": "你是律师", "chat": chat, "about": {"area": "ab"[number % 2]}}


def lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture
def own(file):
    file(CONFIG, "evalkit.toml")
    return file


def test_convert(run, own):
    done = run("convert", own(lines(map(legal, range(3)))), "-")
    assert done.code == 0
    first, *_ = map(json.loads, done.out.splitlines())
    assert [(m["role"], m["content"]) for m in first["messages"]] == [
        ("system", "你是律师"), ("user", "问题 0？"), ("assistant", "可以。"), ("user", "谢谢"),
        ("assistant", "不客气"),
    ]  # fmt: skip
    assert "问题" in done.out


def test_convert_turns_of_one_speaker(run, own):
    turns = [{"who": "客户", "said": "在吗"}, {"who": "线上", "said": "在"}]
    done = run("convert", own(lines([{"data": {"dialogue": turns}}])), "-", "--from", "calls")
    assert [m["role"] for m in json.loads(done.out)["messages"]] == ["user", "assistant"]


def test_lint_points_into_the_original(run, own):
    rows = [legal(1), legal(2, ""), {"meta": "x", "chat": []}, {"messages": []}, legal(5)]
    name = own(lines(rows))
    done = run("lint", name, "--output-format", "json")
    found = json.loads(done.out)
    said = [(f["line"], f["code"], f["pointer"]) for f in found["findings"]]
    assert (2, "CNT001", "/chat/0/律师") in said
    assert (3, "ROL001", "") in said
    assert (4, "FIL011", "") in said
    assert {line for line, _, _ in said} == {2, 3, 4}
    assert found["files"][0]["format"] == "legal"


def test_lint_fixes_the_original(run, own, tmp_path):
    name = own(lines([legal(n) for n in range(12)]).replace("问题 3", "问\u200b题 3"))
    run("lint", name, "--fix")
    assert (tmp_path / name).read_text(encoding="utf-8") == lines(legal(n) for n in range(12))


def test_lint_sets_rows_aside(run, own, tmp_path):
    rows = [legal(n, "" if n == 3 else "可以。") for n in range(12)]
    name = own(lines(rows).replace("问题 5", "问\u200b题 5"))
    run("lint", name, "--fix", "--drop")
    kept = (tmp_path / name).read_text(encoding="utf-8")
    assert kept == lines(row for n, row in enumerate(rows) if n != 3)


def test_lint_for_a_target_says_that_it_is_not_its_layout(run, own):
    name = own(lines(legal(n) for n in range(12)))
    done = run("lint", name, "--target", "openai", "--output-format", "json")
    assert "SCH016" in {f["code"] for f in json.loads(done.out)["findings"]}


@pytest.mark.slow
def test_lint_by_several_processes(run, own):
    config = '[layouts.own]\nuser = "prompt"\nassistant = "data.reply"\n'
    own(config, "evalkit.toml")
    rows = [
        {"prompt": f"{n} " * 400, "data": {"reply": "x" if n % 999 else ""}} for n in range(9_999)
    ]
    name = own(lines(rows))
    one, two = (run("lint", name, "--jobs", n, "--output-format", "json") for n in (1, 2))
    assert json.loads(one.out)["findings"] == json.loads(two.out)["findings"]
    assert "/data/reply" in two.out


def test_show(run, own):
    done = run("show", own(lines([legal(1)])), "1")
    assert done.code == 0
    for text in ("legal, ", "你是律师", "问题 1？", "可以。", "area: b"):
        assert text in done.out


def test_split_copies_the_rows(run, own, tmp_path):
    rows = [legal(n, f"答 {n}") for n in range(20)]
    name = own(lines(rows))
    done = run(
        "split", name, "--train", "a.jsonl", "--test", "b.jsonl", "--by", "area", "--no-near"
    )
    assert done.code == 0, done.err
    parts = [(tmp_path / p).read_text(encoding="utf-8") for p in ("a.jsonl", "b.jsonl")]
    assert sorted("".join(parts).splitlines()) == sorted(lines(rows).splitlines())
    assert all(parts)


@pytest.mark.parametrize("command", ["stats", "estimate"])
def test_other_commands(run, own, command):
    done = run(command, own(lines(map(legal, range(9)))), *["--model", "gpt-4.1-mini"])
    assert done.code == 0, done.err


def test_keys_that_are_guessed_or_named(run, file):
    name = file(lines([{"question": "q", "answer": "a", "data": {"x": "y"}}]))
    done = run("convert", name, "-")
    assert [m["content"] for m in json.loads(done.out)["messages"]] == ["q", "a"]
    done = run("convert", name, "-", "--columns", "assistant=data.x")
    assert [m["content"] for m in json.loads(done.out)["messages"]] == ["q", "y"]
    given = ["--template", r"user={question}\n{data.x}", "--template", "system=Be kind"]
    done = run("convert", name, "-", *given)
    assert [m["content"] for m in json.loads(done.out)["messages"]] == ["Be kind", "q\ny", "a"]
    assert "SCH001" in run("lint", name).out  # a provider would refuse it as it is


def test_tables(run, file):
    name = file("title,ask,answer\nT,{title},a\n", "x.csv")
    done = run("convert", name, "-", "--template", r"user={title}\n{ask}")
    assert json.loads(done.out)["messages"][0]["content"] == "T\n{title}"
    bare = file("hi,hello\nbye,see you\n", "y.csv")
    done = run("convert", bare, "-", "--no-header", "--columns", "user=1,assistant=2")
    assert len(done.out.splitlines()) == 2
    pairs = file("prompt,chosen,rejected\nq,g,b\n", "z.csv")
    done = run("convert", pairs, "-", "--to", "trl-preference")
    assert json.loads(done.out) == {"prompt": "q", "chosen": "g", "rejected": "b"}


@pytest.mark.parametrize(
    ("arguments", "said", "mend"),
    [
        (["--columns", "user=qq"], "no key `qq`", "its keys: `qx`, `ay`"),
        (["--template", "user={qq}"], "no key `qq`", "`qx`"),
        (["--template", "user={qx"], "stands alone", "{{"),
        (["--from", "legl"], "did you mean `legal`", "calls"),
        ([], "no known layout has the keys `qx`, `ay`", "--columns user=KEY,assistant=KEY"),
    ],
)
def test_wrong_input(run, own, arguments, said, mend):
    done = run("convert", own(lines([{"qx": "q", "ay": "a"}])), "-", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert mend in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("[layouts.x]\nuser = 3\n", "must be of type string"),
        ("[layouts.x]\nusr = 'q'\n", "did you mean `user`"),
        ("[layouts.x]\nturns = 'c'\nturn = { speaker = 'q' }\n", "unknown key `speaker`"),
        ("[layouts.x]\nturns = 'c'\n[layouts.x.turn]\nrole = 'a'\ntext = 'b'\nroles = { q = 'usr' }\n",
         "`usr` is not one of its values"),
        ("[layouts.x]\nsystem = 's'\n", "nothing says where questions"),
        ("[layouts.sharegpt]\nuser = 'q'\n", "layout of that name"),
        ("[layouts.x.templates]\nuser = '{q'\n", "stands alone"),
    ],
)  # fmt: skip
def test_wrong_descriptions(run, file, config, said):
    file(config, "evalkit.toml")
    name = file(lines([{"q": "a", "a": "b"}]))
    for command in (["convert", name, "-"], ["lint", name], ["show", name, "1"]):
        done = run(*command)
        assert done.code == 2
        assert said in done.err
        assert "Traceback" not in done.err


def test_config_shows_the_layouts(run, own):
    done = run("config")
    assert 'layouts.calls = {"turns": "data.dialogue"' in done.out
