# SPDX-License-Identifier: Apache-2.0
"""`evalkit split` as users call it."""

from __future__ import annotations

import gzip
import hashlib
import json

import jsonschema
import pytest

from evalkit.core.example import Message
from evalkit.core.resources import schema
from evalkit.data.similarity import prompt_key
from evalkit.data.split import legacy


def chat(question, answer):
    return {
        "messages": [
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer},
        ]
    }


@pytest.fixture
def labelled(tmp_path):
    lines = [
        json.dumps(chat(f"question {n}", "ab"[n % 4 == 0]), ensure_ascii=False) for n in range(100)
    ]
    lines[50] = lines[50].replace(" ", "  ")  # bytes of its own
    lines += [json.dumps(chat(f"QUESTION  {n}", "a")) for n in range(5)]  # asked before
    (tmp_path / "x.jsonl").write_bytes("\r\n".join(lines).encode() + b"\r\n\r\n")
    return lines


def manifest(tmp_path, name="x"):
    written = json.loads((tmp_path / f"{name}.manifest.json").read_bytes())
    jsonschema.validate(written, schema("manifest"))
    return written


def call(evalkit, *more):
    return evalkit("split", "x.jsonl", "--train", "train.jsonl", "--test", "test.jsonl", *more)


def read(tmp_path, name):
    return (tmp_path / name).read_text(encoding="utf-8").splitlines()


def test_rows_go_over_byte_for_byte(evalkit, labelled, tmp_path):
    done = call(evalkit)
    assert done.code == 0
    train, test = read(tmp_path, "train.jsonl"), read(tmp_path, "test.jsonl")
    assert sorted(train + test) == sorted(labelled)
    assert len(test) == 21
    assert [line for line in labelled if line in test] == test  # in order
    assert "test        21  test.jsonl" in done.out


def asked(lines):
    return {" ".join(json.loads(line)["messages"][0]["content"].split()).lower() for line in lines}


def test_what_asks_the_same_never_straddles(evalkit, labelled, tmp_path):
    for seed in range(4):
        assert call(evalkit, "--seed", seed, "--take", 50).code == 0
        assert not asked(read(tmp_path, "train.jsonl")) & asked(read(tmp_path, "test.jsonl"))


def test_stratified_and_reproducible(evalkit, labelled, tmp_path):
    first = call(evalkit, "--take", 20, "--valid", "valid.jsonl")
    kept = [(tmp_path / f"{n}.jsonl").read_bytes() for n in ("train", "test", "valid")]
    answers = [json.loads(t)["messages"][1]["content"] for t in read(tmp_path, "test.jsonl")]
    assert len(answers) == 20
    assert answers.count("b") in {4, 5}  # of 5, one of which may be asked twice
    assert len(read(tmp_path, "valid.jsonl")) == 10
    assert call(evalkit, "--take", 20, "--valid", "valid.jsonl") == first
    assert kept == [(tmp_path / f"{n}.jsonl").read_bytes() for n in ("train", "test", "valid")]
    call(evalkit, "--take", 20, "--valid", "valid.jsonl", "--seed", 1)
    assert kept[1] != (tmp_path / "test.jsonl").read_bytes()


def test_tables_by_a_field(evalkit, tmp_path):
    body = "".join(f"q{n},answer {n},{'zh' if n < 20 else 'en'}\n" for n in range(100))
    (tmp_path / "x.csv").write_text(f"question,answer,Lang\n{body}")
    parts = ("--train", "train.jsonl", "--test", "test.jsonl")
    done = evalkit("split", "x.csv", *parts, "--by", "lang", "--keep", "lang")
    assert done.code == 0
    found = [json.loads(line)["metadata"]["lang"] for line in read(tmp_path, "test.jsonl")]
    assert (found.count("zh"), found.count("en")) == (4, 16)
    wrong = evalkit("split", "x.csv", *parts, "--by", "langs")
    assert wrong.code == 2
    assert "did you mean `lang`?" in wrong.err


def test_broken_rows_are_named(evalkit, labelled, tmp_path):
    with (tmp_path / "x.jsonl").open("ab") as stream:
        stream.write(b"nonsense\r\n")
    done = call(evalkit)
    assert done.code == 1
    assert "x.jsonl:107: left out: this is text, not JSON" in done.err
    assert len(read(tmp_path, "train.jsonl")) + len(read(tmp_path, "test.jsonl")) == 105


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--train", "x.jsonl", "--test", "t.jsonl"], "is the source itself"),
        (["--train", "t.jsonl", "--test", "./t.jsonl"], "is given twice"),
        (["--train", "t.csv", "--test", "u.jsonl"], "split writes JSONL"),
        (["--train", "t.jsonl", "--test", "u.jsonl", "--take", 105], "leave none to learn"),
        (["--train", "t.jsonl"], "where shall the rows of test go?"),
        (["--train", "t.jsonl", "--test", "u.jsonl", "--valid-share", 0.1], "rows of valid go?"),
        (["--train", "t.jsonl", "--test", "u.jsonl", "--out", "p"], "--out names all files"),
        (["--train", "t.jsonl", "--test", "u.jsonl", "--manifest", "u.jsonl"], "is given twice"),
        (["--train", ".", "--test", "u.jsonl"], "is a folder"),
        (["--take", 3, "--test-share", 0.1], "both say how many"),
        (["--test-share", 1.5], "1.5 is not between 0 and 1"),
        (["--test-share", 0], "0 is not between 0 and 1"),
        (["--test-share", 0.9, "--valid-share", 0.5], "leave none to learn"),
        (["--group", "customer"], "no row of x.jsonl has the field `customer`"),
        (["--date", "day"], "no row of x.jsonl has the field `day`"),
        (["--date", "day", "--by", "lang"], "leave --by away"),
        (["--by", "lang"], "has the field `lang`"),
        (["--legacy", "--seed", 3], "leave --seed away"),
        (["--legacy", "--no-near"], "leave --near away"),
        (["--legacy", "--train", "t.jsonl", "--test", "u.jsonl"], "rows of valid go?"),
        (["--manifest", "m.json", "--no-manifest"], "exclude each other"),
        (["y.jsonl"], "one data set, not 2"),
        (["--check", "absent.json"], "no such manifest: absent.json"),
        (["--check", "x.jsonl"], "x.jsonl is no manifest"),
        (["--check", "absent.json", "--force"], "--check splits nothing"),
    ],
)
def test_wrong_calls(run, labelled, tmp_path, arguments, words):
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    done = run("split", "x.jsonl", *arguments)
    assert done.code == 2
    assert words in done.err
    assert "Traceback" not in done.err
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_too_little_to_split(evalkit, tmp_path):
    for rows in ([], [chat("a", "b")], [chat("a", "b")] * 5):
        (tmp_path / "x.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
        done = call(evalkit)
        assert done.code == 2
        assert done.err.startswith("error: no")
        assert not (tmp_path / "test.jsonl").exists()


def test_without_any_file_named(run, labelled, tmp_path):
    done = run("split", "x.jsonl")
    assert done.code == 0
    names = {"x.jsonl", "x.train.jsonl", "x.test.jsonl", "x.manifest.json"}
    assert {p.name for p in tmp_path.iterdir()} == names
    written = manifest(tmp_path)
    assert written["source"] == {
        "file": "x.jsonl",
        "sha256": hashlib.sha256((tmp_path / "x.jsonl").read_bytes()).hexdigest(),
    }
    for part in ("train", "test"):
        facts = written["parts"][part]
        body = (tmp_path / facts["file"]).read_bytes()
        lines = body.splitlines()
        assert facts["sha256"] == hashlib.sha256(body).hexdigest()
        assert facts["rows"] == len(lines) == len(facts["questions"])
        asked = [json.loads(line)["messages"][0]["content"] for line in lines]
        keys = [prompt_key([Message("user", text, "", {})]).hex()[:16] for text in asked]
        assert facts["questions"] == keys
    assert "question" not in json.dumps(written).replace("questions", "")  # no text of the data


def test_nothing_is_written_over(run, labelled, tmp_path):
    (tmp_path / "x.test.jsonl").write_text("precious")
    done = run("split", "x.jsonl")
    assert (done.code, "x.test.jsonl is there already" in done.err) == (2, True)
    assert not (tmp_path / "x.train.jsonl").exists()
    assert run("split", "x.jsonl", "--force").code == 0
    first = (tmp_path / "x.manifest.json").read_bytes()
    assert run("split", "x.jsonl").code == 2
    assert run("split", "x.jsonl", "--force").code == 0
    assert (tmp_path / "x.manifest.json").read_bytes() == first  # no clock in it


def test_a_file_that_is_no_manifest_is_not_written_over(run, labelled, tmp_path):
    files = ("--train", "train.jsonl", "--test", "test.jsonl")
    assert run("split", "x.jsonl", *files).code == 0
    assert run("split", "x.jsonl", *files).code == 0  # named files are written over, as ever
    (tmp_path / "train.manifest.json").write_text("{}")
    assert run("split", "x.jsonl", *files).code == 2
    assert run("split", "x.jsonl", *files, "--no-manifest").code == 0
    assert run("split", "x.jsonl", *files, "--manifest", "other.json").code == 0
    assert (tmp_path / "train.manifest.json").read_text() == "{}"


@pytest.mark.parametrize("out", ["parts/", "parts", "parts/day1"])
def test_a_folder_or_a_beginning(run, labelled, tmp_path, out):
    (tmp_path / "parts").mkdir()
    assert run("split", "x.jsonl", "--out", out, "--valid-share", 0.1).code == 0
    stem = "day1" if out.endswith("day1") else "x"
    names = {
        f"{stem}.{end}" for end in ("train.jsonl", "test.jsonl", "valid.jsonl", "manifest.json")
    }
    assert {p.name for p in (tmp_path / "parts").iterdir()} == names
    assert manifest(tmp_path / "parts", stem)["parts"]["valid"]["file"] == f"{stem}.valid.jsonl"
    assert run("split", "x.jsonl", "--out", out, "--valid-share", 0.1).code == 2


def test_names_of_packed_files_and_of_standard_input(run, labelled, tmp_path):
    body = (tmp_path / "x.jsonl").read_bytes()
    (tmp_path / "y.jsonl.gz").write_bytes(gzip.compress(body))
    assert run("split", "y.jsonl.gz").code == 0
    assert run("split", "x.jsonl").code == 0
    assert (tmp_path / "y.test.jsonl").read_bytes() == (tmp_path / "x.test.jsonl").read_bytes()
    assert run("split", "-", "--out", "z", stdin=body).code == 0
    assert (tmp_path / "z.test.jsonl").read_bytes() == (tmp_path / "x.test.jsonl").read_bytes()
    assert manifest(tmp_path, "z")["source"]["sha256"] == hashlib.sha256(body).hexdigest()


def test_a_split_is_checked_later(run, labelled, tmp_path):
    assert run("split", "x.jsonl", "--valid-share", 0.1).code == 0
    done = run("split", "--check", "x.manifest.json")
    assert done.code == 0
    assert "x.test.jsonl: test part, as it was split, 21 rows" in done.out
    stolen = read(tmp_path, "x.test.jsonl")[4].replace("question", "QUESTION ")
    fresh = [json.dumps(chat(f"new {n}", "a")) for n in range(3)]
    (tmp_path / "new.jsonl").write_text("\n".join([*fresh, stolen, ""]))
    done = run("split", "--check", "x.manifest.json", "new.jsonl")
    assert done.code == 1
    assert "new.jsonl:4: asks what row 5 of the test part asks" in done.out
    assert "new.jsonl: 1 of 4 rows ask what the test part asks" in done.out
    assert "question" not in done.out  # no text of the data
    (tmp_path / "new.jsonl").write_text("\n".join([*fresh, *read(tmp_path, "x.valid.jsonl")]))
    done = run("split", "--check", "x.manifest.json", "new.jsonl", "x.train.jsonl", "x.test.jsonl")
    assert done.code == 0
    assert "new.jsonl: no row asks what the test part asks" in done.out
    assert "new.jsonl: 10 rows ask what the valid part asks" in done.err


def test_parts_that_have_changed(run, labelled, tmp_path):
    assert run("split", "x.jsonl").code == 0
    train, test = tmp_path / "x.train.jsonl", tmp_path / "x.test.jsonl"
    train.write_bytes(train.read_bytes() + test.read_bytes().splitlines(keepends=True)[0])
    done = run("split", "--check", "x.manifest.json")
    assert done.code == 1
    assert "x.train.jsonl: train part, CHANGED since the split" in done.out
    assert "x.train.jsonl:85: asks what row 1 of the test part asks" in done.out
    fresh = json.dumps(chat("new", "a")) + "\n"
    train.write_text(fresh)  # no leak, and no longer what was split
    assert run("split", "--check", "x.manifest.json").code == 1
    train.unlink()
    done = run("split", "--check", "x.manifest.json")
    assert (done.code, "x.train.jsonl: train part, not there" in done.out) == (1, True)
    (tmp_path / "new.jsonl").write_text(fresh)
    assert run("split", "--check", "x.manifest.json", "new.jsonl").code == 0
    assert run("split", "--check", "x.manifest.json", "absent.jsonl").code == 2
    (tmp_path / "copy.jsonl").write_bytes(test.read_bytes())
    done = run("split", "--check", "x.manifest.json", "copy.jsonl")
    assert (done.code, "copy.jsonl: a copy of the test part" in done.out) == (0, True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": 2}, "of another version"),
        ({"parts": {}}, "is no manifest"),
        ({"source": "x"}, "is no manifest"),
        (None, "is no manifest"),
    ],
)
def test_what_is_no_manifest(run, labelled, tmp_path, change, words):
    assert run("split", "x.jsonl").code == 0
    written = manifest(tmp_path)
    wrong = [] if change is None else {**written, **change}
    (tmp_path / "m.json").write_text(json.dumps(wrong))
    done = run("split", "--check", "m.json")
    assert (done.code, words in done.err) == (2, True)


def test_parts_in_folders_of_their_own(run, labelled, tmp_path):
    places = ("--train", "a/t.jsonl", "--test", "b/u.jsonl", "--manifest", "m/m.json")
    assert run("split", "x.jsonl", *places).code == 0
    parts = json.loads((tmp_path / "m" / "m.json").read_bytes())["parts"]
    assert [parts[name]["file"] for name in ("train", "test")] == ["../a/t.jsonl", "../b/u.jsonl"]
    assert run("split", "--check", "m/m.json").code == 0


def test_groups_and_how_near_the_number_came(run, tmp_path):
    lines = [
        json.dumps({**chat(f"q{n}", "a"), "metadata": {"Customer": n // 7}}) for n in range(98)
    ]
    (tmp_path / "x.jsonl").write_text("\n".join(lines))
    done = run("split", "x.jsonl", "--group", "customer", "--take", 20)
    assert done.code == 0
    held = {json.loads(line)["metadata"]["Customer"] for line in read(tmp_path, "x.test.jsonl")}
    learned = {json.loads(line)["metadata"]["Customer"] for line in read(tmp_path, "x.train.jsonl")}
    assert (len(held), held & learned) == (3, set())
    assert "14 groups of one `customer` each stay together." in done.err
    assert "test has 21 rows for 20 wanted: rows that belong together are never parted." in done.err
    assert manifest(tmp_path)["options"]["group"] == "customer"


def test_the_newest_are_the_test(run, tmp_path):
    body = "".join(f"q{n},a{n},2024年{1 + n % 10}月1日\n" for n in range(100))
    (tmp_path / "x.csv").write_text(f"question,answer,created\n{body}q,a,unknown\n", "utf-8")
    done = run("split", "x.csv", "--date", "created", "--keep", "created")
    assert done.code == 0
    found = {json.loads(line)["metadata"]["created"] for line in read(tmp_path, "x.test.jsonl")}
    assert found == {"2024年9月1日", "2024年10月1日"}
    assert "test begins at 2024-09-01." in done.err
    assert "1 row without a date that can be read in `created` (line 102): in train" in done.err


def test_legacy(run, tmp_path):
    lines = [json.dumps({"prompt": f"p{n}", "completion": f" {n % 2}"}) for n in range(50)]
    (tmp_path / "x.jsonl").write_text("\n".join(lines))
    done = run("split", "x.jsonl", "--legacy")
    assert done.code == 0
    train, valid = legacy(50)
    assert read(tmp_path, "x.train.jsonl") == [lines[n] for n in train]
    assert read(tmp_path, "x.valid.jsonl") == [lines[n] for n in valid]
    assert manifest(tmp_path)["options"] == {"legacy": True}
    assert run("split", "--check", "x.manifest.json").code == 0
    (tmp_path / "new.jsonl").write_text(lines[valid[0]])
    done = run("split", "--check", "x.manifest.json", "new.jsonl")
    assert (done.code, "new.jsonl:1: asks what row 1 of the valid part asks" in done.out) == (
        1,
        True,
    )
    sentences = [json.dumps({"prompt": f"p{n}", "completion": f" {n}"}) for n in range(50)]
    (tmp_path / "y.jsonl").write_text("\n".join(sentences))
    done = run("split", "y.jsonl", "--legacy")
    assert (done.code, "50 different answers in 50 rows are no labels" in done.err) == (2, True)
    assert not (tmp_path / "y.train.jsonl").exists()


@pytest.mark.parametrize("name", ["llama-factory-demos/alpaca_zh_demo.json", "banking77/test.csv"])
def test_lint_finds_no_leak_afterwards(run, shared, name):
    assert run("split", shared / name, "--out", "a", "--valid-share", 0.1).code == 0
    select = ("--select", "leaked-example,leaked-near-duplicate")
    against = ("--against", "a.test.jsonl", "--against", "a.valid.jsonl")
    done = run("lint", "a.train.jsonl", *against, *select)
    assert (done.code, done.out.split(" in ")[0]) == (0, "Nothing found")
    assert run("split", shared / name, "--out", "b", "--no-near", "--take", 300).code == 0
    done = run("lint", "b.train.jsonl", "--against", "b.test.jsonl", *select)
    assert "alpaca" in name or "DUP005" in done.out  # what --near is for


def test_an_interrupted_split_leaves_nothing(run, labelled, tmp_path, monkeypatch):
    from evalkit.data import placing

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(placing.Written, "write", stopped)
    assert run("split", "x.jsonl").code == 130
    assert [p.name for p in tmp_path.iterdir()] == ["x.jsonl"]


def test_a_full_disk_leaves_nothing(run, labelled, tmp_path, monkeypatch):
    from evalkit.data import manifest as written

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(written, "write_manifest", full)
    done = run("split", "x.jsonl")
    assert (done.code, "No space left" in done.err) == (2, True)
    assert [p.name for p in tmp_path.iterdir()] == ["x.jsonl"]


def test_settings_of_the_project(run, labelled, tmp_path):
    (tmp_path / "evalkit.toml").write_text("[split]\nvalid-share = 0.1\nseed = 3\nnear = false\n")
    assert run("split", "x.jsonl").code == 0
    options = manifest(tmp_path)["options"]
    assert (options["valid"], options["seed"], options["near"]) == (0.1, 3, False)


def test_standard_input_has_a_name(evalkit, tmp_path):
    lines = [json.dumps(chat(f"question {n}", f"answer {n}")) for n in range(20)]
    for out, folder in ((["--out", "st/"], tmp_path / "st"), ([], tmp_path)):
        assert evalkit("split", "-", *out, stdin="\n".join(lines).encode()).code == 0
        names = {path.name for path in folder.iterdir() if path.is_file()}
        assert {"stdin.train.jsonl", "stdin.test.jsonl", "stdin.manifest.json"} <= names


def test_a_share_may_be_a_percentage_and_a_bare_number_of_rows_is_none(run, labelled, tmp_path):
    assert run("split", "x.jsonl", "--test-share", "20%", "--out", "a").code == 0
    assert run("split", "x.jsonl", "--test-share", "0.2", "--out", "b").code == 0
    assert (tmp_path / "a.test.jsonl").read_bytes() == (tmp_path / "b.test.jsonl").read_bytes()
    told = run("split", "x.jsonl", "--test-share", "20")
    assert told.code == 2
    assert "20 is not between 0 and 1" in told.err
    assert "--take N holds out a number of rows" in told.err
    assert "`a fifth` is no share" in run("split", "x.jsonl", "--test-share", "a fifth").err
