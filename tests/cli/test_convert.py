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
        (["x.csv", "y.jsonl", "--to", "recorded-answers"], "only read, never written"),
        (["x.csv", "y.jsonl", "--to", "csv"], "is a container, not a layout"),
        (["x.csv", "y.xls"], "name it .xlsx"),
        (["x.csv", "y.xlsx.gz"], "xlsx is packed by itself"),
        (["x.csv", "y.jsonl", "--container", "cvs"], "did you mean `csv`?"),
        (["x.csv", "-", "--container", "xlsx"], "cannot go to standard output"),
        (["x.csv", "y.jsonl", "--replace", "x"], "is not OLD=NEW"),
        (["x.csv", "y.jsonl", "--loss-report", "x.csv"], "x.csv is the source itself"),
        (["x.csv", "y.jsonl", "--loss-report", "y.jsonl"], "y.jsonl is given twice"),
        (["x.csv", "-", "--dataset-info", "x.csv"], "x.csv is the source itself"),
        (["p.csv", "-", "--dataset-info", "i.json"], "standard output is none"),
        (["p.csv", "y.jsonl", "--dataset-info", "i.json", "--to", "gemini"], "no entry in"),
        (["p.csv", "."], "cannot write ."),
        (["p.csv", "https://x.example/y.jsonl"], "is no file on this machine"),
        (["p.csv", "p.csv/y.jsonl"], "cannot write p.csv/y.jsonl"),
        (["p.csv", "y.jsonl", "--loss-report", "p.csv/y.jsonl"], "cannot write p.csv/y.jsonl"),
        (["p.csv", "y.jsonl", "--keep", "langg"], "did you mean `lang`?"),
        (["p.csv", "y.jsonl", "--keep", "lang,\x1b[2J"], "no row has the field"),
        (["p.csv"], "say where to write: evalkit convert p.csv DST"),
        ([], "say where to write: evalkit convert SRC DST"),
        (["q.jsonl", "y.jsonl"], "no known layout has the keys `q`, `b`"),
        (["q.jsonl", "y.jsonl", "--from", "alpca"], "did you mean `alpaca`?"),
        (["x.csv", "y.jsonl", "--system", "@no.txt"], "no such file: no.txt"),
    ],
)
def test_wrong_calls_are_one_clear_error(run, tmp_path, arguments, words):
    (tmp_path / "p.csv").write_text("user,assistant,lang\n1,2,en\n")
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.4\n")
    (tmp_path / "x.csv").write_text("alpha,beta\n1,2\n")
    (tmp_path / "q.jsonl").write_text('{"q": 1, "b": 2}\n')
    done = run("convert", *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert "Traceback" not in done.err
    assert "\x1b" not in done.err
    assert not (tmp_path / "y.jsonl").exists()


def chat(*messages, **more):
    return {"messages": [{"role": role, "content": text} for role, text in messages], **more}


def jsonl(path, rows):
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), "utf-8")


PLAIN = ("user", "u"), ("assistant", "a")
LOSING = chat(("system", "s"), *PLAIN, lang="zh", id=7)
LOSING["messages"][1]["name"] = "Al"


def test_losses_are_summed_up(run, tmp_path):
    jsonl(tmp_path / "x.jsonl", [LOSING, LOSING, chat(("developer", "d"), *PLAIN)])
    done = run("convert", "x.jsonl", "y.jsonl", "--to", "prompt-completion")
    assert done.code == 0
    assert done.err.splitlines() == [
        "lost in 3 rows: system prompts",
        "lost in 2 rows: names of speakers",
        "lost in 2 rows: the fields lang, id (--keep all keeps them)",
        "3 rows written to y.jsonl as prompt-completion",
    ]
    done = run("convert", "x.jsonl", "y.jsonl", "--to", "sharegpt", "--keep", "id")
    assert "lost in 2 rows: the field lang (--keep lang keeps it)\n" in done.err
    assert (
        "written differently in 1 row: roles under another name (developer, system)\n" in done.err
    )
    assert rows(tmp_path / "y.jsonl")[0]["metadata"] == {"id": 7}


def test_strict_writes_nothing_where_something_is_lost(run, tmp_path):
    jsonl(tmp_path / "x.jsonl", [chat(*PLAIN), LOSING])
    (tmp_path / "y.jsonl").write_text("precious")
    strict = ["--strict", "--loss-report", "losses.jsonl"]
    done = run("convert", "x.jsonl", "y.jsonl", "--to", "prompt-completion", *strict)
    assert (done.code, done.out) == (1, "")
    assert "lost in 1 row: system prompts\n" in done.err
    assert done.err.endswith("nothing written: --strict allows no loss\n")
    assert (tmp_path / "y.jsonl").read_text() == "precious"
    assert {r["feature"] for r in rows(tmp_path / "losses.jsonl")} == {
        "system",
        "names",
        "fields",
    }
    done = run("convert", "x.jsonl", "-", "--to", "prompt-completion", "--strict")
    assert (done.code, done.out) == (1, "")
    (tmp_path / "x.jsonl").write_text(json.dumps(chat(*PLAIN)) + "\nbroken\n")
    done = run("convert", "x.jsonl", "-", "--from", "openai-chat", "--strict")
    assert (done.code, done.out) == (1, "")
    jsonl(tmp_path / "x.jsonl", [chat(("developer", "d"), *PLAIN)])  # another form is no loss
    done = run("convert", "x.jsonl", "-", "--to", "sharegpt", "--strict")
    assert done.code == 0
    assert len(done.out.splitlines()) == 1


def test_a_loss_report_names_places_and_no_data(run, tmp_path):
    import jsonschema

    from evalkit.core.resources import schema

    secret = "sk-live-1234567890"  # noqa: S105  (made up)
    row = chat(("system", secret), *PLAIN, lang="zh")
    row["messages"][1]["name"] = secret
    (tmp_path / "x.jsonl").write_text(
        json.dumps(row) + "\n\n" + f'{{"messages": [{{"{secret}}}\n' + json.dumps(chat(*PLAIN * 2))
    )
    options = ["--to", "prompt-completion", "--loss-report", "losses.jsonl"]
    done = run("convert", "x.jsonl", "y.jsonl", *options)
    assert done.code == 1
    found = rows(tmp_path / "losses.jsonl")
    rules = jsonschema.Draft202012Validator(schema("loss-report"))
    for record in found:
        rules.validate(record)
    assert [(r["line"], r["kind"], r.get("feature")) for r in found] == [
        (1, "lost", "system"),
        (1, "lost", "names"),
        (1, "lost", "fields"),
        (3, "left-out", None),
        (4, "left-out", None),
    ]
    assert found[1]["pointer"] == "/messages/1/name"
    assert found[2]["pointer"] == "lang"
    assert secret not in (tmp_path / "losses.jsonl").read_text()
    assert secret not in done.err
    done = run("convert", "x.jsonl", "z.jsonl", "--to", "gemini", "--loss-report", "losses.jsonl")
    (tmp_path / "n.jsonl").write_text("broken\n")
    nothing = ["convert", "n.jsonl", "y.jsonl", "--from", "openai-chat"]
    done = run(*nothing, "--loss-report", "losses.jsonl")
    assert done.code == 2
    assert [r["kind"] for r in rows(tmp_path / "losses.jsonl")] == ["left-out"]


def test_several_sources_become_one(run, tmp_path):
    jsonl(tmp_path / "a.jsonl", [chat(*PLAIN), chat(*PLAIN * 2)])
    (tmp_path / "b.csv").write_text("问题,回答\n你,好\n", "utf-8")
    jsonl(tmp_path / "c.jsonl", [{"instruction": "i", "input": "", "output": "o"}])
    call = ["convert", "a.jsonl", "b.csv", "c.jsonl", "all.jsonl", "--to", "prompt-completion"]
    done = run(*call)
    assert done.code == 1
    assert [row["prompt"] for row in rows(tmp_path / "all.jsonl")] == ["u", "你", "i"]
    assert "a.jsonl:2: left out: several turns do not fit into one prompt\n" in done.err
    assert "b.csv: user = 问题, assistant = 回答\n" in done.err
    again = run(*call)  # `*.jsonl` must not write over its last file
    assert again.code == 2
    assert "all.jsonl exists, and might be one of the sources" in again.err


def test_a_prompt_and_replacements_for_every_conversation(run, tmp_path):
    jsonl(tmp_path / "x.jsonl", [chat(*PLAIN), chat(("system", "old"), *PLAIN)])
    done = run("convert", "x.jsonl", "-", "--system", "Be kind", "--replace", "old=new=1")
    texts = [[m["content"] for m in json.loads(line)["messages"]] for line in done.out.splitlines()]
    assert texts == [["Be kind", "u", "a"], ["new=1", "u", "a"]]


def test_targets_are_layouts_too(run, tmp_path):
    jsonl(tmp_path / "x.jsonl", [chat(*PLAIN)])
    for target, key in {
        "together": "messages",
        "vertex": "contents",
        "llama_factory": "conversations",
    }.items():
        done = run("convert", "x.jsonl", f"{target}.jsonl", "--to", target)
        assert done.code == 0
        assert key in rows(tmp_path / f"{target}.jsonl")[0]


def test_pairs_stay_pairs(run, tmp_path):
    (tmp_path / "p.csv").write_text("prompt,chosen,rejected\n问,好,坏\n", "utf-8")
    pair = json.loads(run("convert", "p.csv", "-").out)
    assert pair["non_preferred_output"][0]["content"] == "坏"
    assert run("convert", "p.csv", "q.csv").code == 0
    assert (tmp_path / "q.csv").read_text("utf-8-sig") == "prompt,chosen,rejected\n问,好,坏\n"
    done = run("convert", "p.csv", "-", "--to", "openai-chat")
    assert "lost in 1 row: answers that were not preferred\n" in done.err


def test_the_stanza_of_llama_factory(run, tmp_path):
    jsonl(tmp_path / "x.jsonl", [chat(*PLAIN)])
    done = run("convert", "x.jsonl", "客服.v2.jsonl", "--to", "llama-factory")
    assert done.code == 0
    _, said = done.err.split("for dataset_info.json (--dataset-info FILE writes it):\n")
    assert json.loads(said)["客服"]["file_name"] == "客服.v2.jsonl"
    assert "stanza" not in run("convert", "x.jsonl", "-", "--to", "llama-factory").err
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "dataset_info.json").write_text('{"other": {"file_name": "o.json"}}')
    info = ["--dataset-info", "data/dataset_info.json"]
    done = run("convert", "x.jsonl", "out/x.json", "--to", "alpaca", *info)
    assert done.code == 0
    assert "entered into data/dataset_info.json as `x`" in done.err
    found = json.loads((tmp_path / "data" / "dataset_info.json").read_text())
    assert found["other"] == {"file_name": "o.json"}
    assert found["x"]["file_name"] == "../out/x.json"
    assert found["x"]["columns"]["response"] == "output"


def test_recorded_answers(run, tmp_path):
    asked = [{"role": "user", "content": "你好"}]
    jsonl(
        tmp_path / "answers.jsonl",
        [
            {"messages": asked, "reply": {"text": "您好！", "finish": "stop"}, "model": "m"},
            {"messages": asked, "reply": {"text": "您", "finish": "length"}, "model": "m"},
        ],
    )
    done = run("convert", "answers.jsonl", "-", "--keep", "model")
    assert done.code == 1
    assert json.loads(done.out) == chat(
        ("user", "你好"), ("assistant", "您好！"), metadata={"model": "m"}
    )
    assert "answers.jsonl:2: left out: the answer was cut off" in done.err
    assert "answers.jsonl: skipped: recorded answers" in run("lint", ".").out


def test_answers_of_a_run(run, root, tmp_path):
    samples = root / "reports" / "sample" / "support-intent" / "samples.jsonl"
    if not samples.exists():
        pytest.skip("the sample run is not beside this checkout")
    done = run("convert", samples, "y.jsonl", "--answers-of", "tuned")
    assert done.code == 0
    assert len(rows(tmp_path / "y.jsonl")) == 64
    assert rows(tmp_path / "y.jsonl")[0]["messages"][-1] == {
        "role": "assistant",
        "content": "login",
    }
    done = run("convert", samples, "y.jsonl", "--answers-of", "nobody")
    assert done.code == 2
    assert "say --answers-of NAME; it has: base, tuned, classical" in done.err


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


def test_columns_the_other_way_round_are_told(run, file):
    file("问题,答案\n在吗,在\n", "x.csv")
    told = run("convert", "x.csv", "y.jsonl", "--columns", "问题=user,答案=assistant")
    assert told.code == 2
    assert "ROLE=HEADER, not the other way round; its columns: `问题`, `答案`" in told.err
