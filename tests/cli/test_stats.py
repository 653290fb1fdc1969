# SPDX-License-Identifier: Apache-2.0
"""`evalkit stats`, end to end."""

import json
import subprocess
import sys

import jsonschema
import pytest

from evalkit.core.printable import columns
from evalkit.core.resources import schema


def rows(*triples):
    made = [
        {"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}], **more}
        for q, a, more in triples
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made)


LABELS = rows(
    *(
        (f"第 {i} 条反馈：快递太慢了", "投诉" if i % 3 else "咨询", {"渠道": "网页"})
        for i in range(12)
    )
)


def test_the_text_says_what_the_set_is_made_of(run, file):
    told = run("stats", file(LABELS, "train.jsonl"))
    assert told.code == 0
    assert told.err == ""
    lines = told.out.splitlines()
    assert lines[0] == "train.jsonl"
    assert lines[1].startswith("openai-chat, supervised fine-tuning, jsonl, utf-8, ")
    assert "12 usable" in told.out
    assert "questions     Chinese 100%" in told.out
    assert "  8  66.7%  投诉" in told.out
    assert "  4  33.3%  咨询" in told.out
    assert "渠道: 网页 100%" in told.out
    assert "o200k_base: texts exact" in told.out
    assert "\x1b" not in told.out
    assert max(map(columns, lines)) <= 80


def test_it_speaks_chinese(run, file):
    told = run("stats", file(LABELS), "--lang", "zh")
    assert "可用 12 行" in told.out
    assert "提问      中文 100%" in told.out
    assert max(map(columns, told.out.splitlines())) <= 80


def test_what_stands_out_comes_first(run, file):
    text = rows(*[("q", "same", {})] * 3) + "{broken\n"
    told = run("stats", file(text))
    assert told.code == 0
    first = told.out.splitlines()[2:4]
    assert first == [
        "! 1 of 4 records cannot be used: not JSON on line 4",
        "! copies of earlier rows: 2 rows (66.7%)",
    ]


def test_json_is_what_the_schema_says(run, file):
    told = run("stats", file(LABELS), "--output-format", "json")
    document = json.loads(told.out)
    jsonschema.validate(document, schema("stats"))
    (one,) = document["files"]
    assert one["path"] == "x.jsonl"
    assert one["rows"]["usable"] == 12
    assert one["tokens"]["encoding"] == "o200k_base"
    assert one["answers"]["labels"][0] == {
        "name": "投诉",
        "count": 8,
        "share": pytest.approx(2 / 3),
    }
    assert "投诉" in told.out  # as itself


def test_tokens_by_model_by_name_or_not_at_all(run, file):
    name = file(LABELS)

    def tokens(*options):
        told = run("stats", name, "--output-format", "json", *options)
        assert told.code == 0, told.err
        return json.loads(told.out)["files"][0]["tokens"]

    assert tokens("--model", "gpt-3.5-turbo-0125")["encoding"] == "cl100k_base"
    assert tokens("--encoding-name", "p50k_base")["encoding"] == "p50k_base"
    assert tokens("--model", "davinci-002")["form"] == "plain"
    assert tokens("--no-tokens") is None


def test_several_files_are_compared(run, file):
    train = file(LABELS, "train.jsonl")
    test = file(LABELS.splitlines()[0] + "\n" + rows(("neu", "投诉", {})), "test.jsonl")
    told = run("stats", train, test)
    assert "side by side" in told.out
    assert "! 1 row of test.jsonl ask" in told.out
    document = json.loads(run("stats", train, test, "--output-format", "json").out)
    assert document["overlaps"] == [
        {"first": "train.jsonl", "second": "test.jsonl", "rows": 1, "questions": 1}
    ]
    alone = file(rows(("other", "x", {})), "alone.jsonl")
    assert "no row of one asks what a row of another asks" in run("stats", train, alone).out


def test_the_same_path_twice_is_one_file(run, file):
    name = file(LABELS)
    assert run("stats", name, name).out == run("stats", name).out


def test_the_name_of_the_output_says_the_format(run, file, tmp_path):
    name = file(LABELS)
    assert run("stats", name, "-o", "made.json").out == ""
    assert json.loads((tmp_path / "made.json").read_text("utf-8"))["schema"] == 1
    assert run("stats", name, "-o", "made.html").code == 0
    page = (tmp_path / "made.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert run("stats", name, "-o", "made.txt").code == 0
    assert (tmp_path / "made.txt").read_text("utf-8").startswith("x.jsonl\n")
    assert run("stats", name, "--output-format", "html").out.rstrip("\n") == page.rstrip("\n")
    assert run("stats", name, "-o", "-").out == run("stats", name).out


def test_tables_are_read_by_the_options_of_reading(run, file):
    name = file(b"Frage,Antwort,Art\nWo?,Hier.,a\nWann?,Heute.,b\n", "x.csv")
    assert run("stats", name).code == 2
    told = run("stats", name, "--columns", "user=Frage,assistant=Antwort", "--system", "Kurz.")
    assert told.code == 0
    assert "2  100%  Kurz." in told.out
    assert "system user assistant" in told.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no rows"),
        ("{oops\n{oops\n", "no record of x.jsonl can be read (1 broken)"),
        ('{"item": {"a": 1}}\n', "no row of x.jsonl holds a conversation (read as evals-item)"),
        ('{"foo": 1}\n', "no known layout"),
    ],
)
def test_a_file_without_conversations_is_one_line(run, file, text, said):
    told = run("stats", file(text))
    assert told.code == 2
    assert said in told.err
    assert len(told.err.strip().splitlines()) == 2  # what is wrong, and what to do
    assert told.out == ""


@pytest.mark.parametrize(
    "options",
    [
        ["missing.jsonl"],
        ["x.jsonl", "--encoding-name", "cl200k_base"],
        ["x.jsonl", "--model", "gpt-0"],
        ["x.jsonl", "-o", "x.jsonl/y.json"],
    ],
)
def test_what_cannot_be_done_is_exit_2(run, file, options):
    file(LABELS)
    told = run("stats", *options)
    assert told.code == 2
    assert "Traceback" not in told.err


def test_hostile_text_never_reaches_the_terminal(run, file):
    nasty = "\x1b[31mred\x07\u202eevil\u2028{0.__class__}"
    text = rows(*((nasty, nasty, {nasty: nasty}) for _ in range(8)))
    told = run("stats", file(text))
    assert told.code == 0
    for bad in ("\x1b", "\x07", "\u202e", "\u2028"):
        assert bad not in told.out
    assert "\\x1b[31mred" in told.out


def test_settings_come_from_the_configuration(run, file):
    name = file(LABELS)
    file('[stats]\nencoding-name = "cl100k_base"\n', "evalkit.toml")
    assert "cl100k_base" in run("stats", name).out
    assert "o200k_base" in run("stats", name, "--encoding-name", "o200k_base").out


def test_no_color_and_forced_color(run, file, monkeypatch):
    name = file(LABELS)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1mtrain.jsonl" not in run("stats", name).out
    assert "\x1b[1mx.jsonl" in run("stats", name).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("stats", name).out


def test_the_output_is_the_same_each_time(run, file):
    name = file(LABELS)
    for form in ("text", "json", "html"):
        first = run("stats", name, "--output-format", form).out
        assert run("stats", name, "--output-format", form).out == first


def test_real_sets(run, shared):
    pair = run("stats", shared / "foundry-tool-calls" / "stock_toolcall_training.jsonl")
    assert "36 calls in 36 rows" in pair.out
    labels = run("stats", shared / "20news-baseball-hockey" / "train.jsonl", "--no-tokens")
    assert "600  50.1%  hockey" in labels.out
    vision = run("stats", shared / "foundry-vision" / "training.jsonl", "--no-tokens")
    assert "image_url 100 in 100 rows" in vision.out
    table = run("stats", shared / "gbk-csv-medical-zh" / "neike_part1_gbk.csv", "--no-tokens")
    assert "csv, gb18030" in table.out
    assert "心血管科 29.2%" in table.out


PROBE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
sys.stderr.write(f"{done.returncode} {peak if sys.platform == 'darwin' else peak * 1024}")
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path):
    pytest.importorskip("resource", reason="peak memory is read from the resource module")
    peaks = []
    for number in (150_000, 450_000):  # both more than buffers hold
        path = tmp_path / "x.jsonl"
        with path.open("w", encoding="utf-8") as stream:
            stream.writelines(rows((f"q {i}", f"a {i}", {"k": i})) for i in range(number))
        command = [sys.executable, "-m", "evalkit", "stats", str(path), "--no-tokens"]
        probe = [sys.executable, "-c", PROBE, *command]
        done = subprocess.run(probe, capture_output=True, text=True)
        code, peak = done.stderr.split()
        assert code == "0"
        peaks.append(int(peak) / 2**20)
    assert peaks[1] < 150  # MB
    assert peaks[1] - peaks[0] < 30


def test_one_forgotten_answer_makes_the_others_no_less_labels(run, file):
    file(LABELS, "a.jsonl")
    file(LABELS + rows(("在吗", "", {})), "b.jsonl")
    told = run("stats", "a.jsonl", "b.jsonl", "--no-tokens")
    assert "  8  61.5%  投诉" in told.out
    assert "  8  66.7%  投诉" in told.out
    (line,) = (one for one in told.out.splitlines() if one.startswith("label 投诉"))
    assert line.split() == ["label", "投诉", "66.7%", "61.5%"]


def test_a_file_without_labels_has_none_of_a_label_not_zero(run, file):
    file(LABELS, "a.jsonl")
    file(rows(*((f"问题 {i}", f"第 {i} 个回答", {}) for i in range(12))), "b.jsonl")
    told = run("stats", "a.jsonl", "b.jsonl", "--no-tokens")
    (line,) = (one for one in told.out.splitlines() if one.startswith("label 投诉"))
    assert line.split() == ["label", "投诉", "66.7%", "–"]
