# SPDX-License-Identifier: Apache-2.0
import json

import jsonschema
import pytest

from evalkit.core.resources import schema

PAIRS = "".join(
    json.dumps({"prompt": f"Question number {n * 31}", "completion": f"It is {n * 31}"}) + "\n"
    for n in range(6)
)


@pytest.fixture
def workbook(tmp_path):
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "客服.xlsx"))
    sheet = book.add_worksheet("问答")
    sheet.write_row(0, 0, ["问题", "回答", "主题"])
    for n in range(30):
        row = [
            f"第{n * 7919}号订单怎么{'退换修'[n % 3]}？",
            f"请联系{n}号客服。",
            "物流退款"[n % 2 :][:2],
        ]
        sheet.write_row(n + 1, 0, row)
    book.close()
    return "客服.xlsx"


def test_a_mode_must_be_named(run, file):
    file(PAIRS)
    for arguments in ((), ("--legacy", "--target", "trl")):
        told = run("prepare", "x.jsonl", *arguments)
        assert told.code == 2
        assert "--legacy" in told.err
        assert "--target" in told.err


def test_legacy_plans_first_and_writes_nothing(run, file, tmp_path):
    file(PAIRS)
    told = run("prepare", "x.jsonl", "--legacy")
    assert told.code == 0
    assert "separator" in told.out
    assert "x_prepared.jsonl" in told.out
    assert "--apply" in told.out
    assert [p.name for p in tmp_path.iterdir()] == ["x.jsonl"]


def test_legacy_writes_when_told_and_says_what_follows(run, file, tmp_path):
    file(PAIRS)
    told = run(
        "prepare", "x.jsonl", "--legacy", "--apply", "--skip", "common-prefix,completion-prefix"
    )
    assert told.code == 0
    first = (tmp_path / "x_prepared.jsonl").read_text().splitlines()[0]
    assert first == '{"prompt":"Question number 0 ->","completion":" It is 0\\n"}'
    assert 'stop=["\\n"]' in told.out
    assert "` ->`" in told.out
    assert "davinci-002" in told.out
    assert "--target" in told.out
    assert run("prepare", "x.jsonl", "--legacy", "--apply").code == 0
    assert (tmp_path / "x_prepared (1).jsonl").exists()
    assert run("prepare", "x.jsonl", "--legacy", "--apply", "-o", "x_prepared.jsonl").code == 2
    assert run("prepare", "x.jsonl", "--legacy", "--apply", "-o", "x.jsonl", "--force").code == 2


def test_legacy_stops_with_code_1_and_writes_nothing(run, file, tmp_path):
    file("".join(f'{{"prompt": "Same", "completion": "{n}"}}\n' for n in range(3)))
    told = run("prepare", "x.jsonl", "--legacy", "--apply")
    assert told.code == 1
    assert "--skip identical-prompts" in told.out
    assert [p.name for p in tmp_path.iterdir()] == ["x.jsonl"]


def test_legacy_splits_labels_and_gives_the_parameters(run, file, tmp_path):
    rows = (json.dumps({"prompt": f"text {n} here", "completion": "ab"[n % 2]}) for n in range(20))
    file("\n".join(rows) + "\n")
    told = run("prepare", "x.jsonl", "--legacy", "--apply")
    assert len((tmp_path / "x_prepared_train.jsonl").read_text().splitlines()) == 16
    assert len((tmp_path / "x_prepared_valid.jsonl").read_text().splitlines()) == 4
    assert '--classification_positive_class " ' in told.out


def test_legacy_speaks_chinese(run, file):
    file(PAIRS)
    told = run("prepare", "x.jsonl", "--legacy", "--lang", "zh")
    assert "提示末尾没有统一的分隔符" in told.out
    assert "尚未写入" in told.out


def test_help_lists_what_can_be_skipped(run):
    told = run("prepare", "--help")
    for name in ("separator", "stop-suffix", "leading-blank", "duplicates", "identical-prompts"):
        assert name in told.out


def test_options_of_the_other_mode_are_refused(run, file):
    file(PAIRS)
    assert "--test-share" in run("prepare", "x.jsonl", "--legacy", "--test-share", "0.1").err
    assert "--out" in run("prepare", "x.jsonl", "--target", "trl", "-o", "y.jsonl").err
    assert "first or last" in run("prepare", "x.jsonl", "--legacy", "--keep", "lang").err
    assert run("prepare", "x.jsonl", "--legacy", "--skip", "seperator").code == 2
    assert (
        "--take"
        in run("prepare", "x.jsonl", "--target", "trl", "--take", "1", "--test-share", "0.1").err
    )


@pytest.mark.parametrize("mode", [("--legacy",), ("--target", "openai,trl")])
def test_the_plan_for_machines_is_as_its_schema_says(run, file, mode):
    file(PAIRS)
    told = run("prepare", "x.jsonl", *mode, "--output-format", "json")
    document = json.loads(told.out)
    jsonschema.validate(document, schema("plan"))
    assert document["applied"] is False
    assert document["steps"]


def test_a_chinese_workbook_goes_the_whole_way(run, workbook, tmp_path):
    told = run("prepare", workbook, "--target", "azure,trl")
    assert told.code == 0
    assert "nothing is written yet" in told.out
    assert [p.name for p in tmp_path.iterdir()] == [workbook]
    told = run("prepare", workbook, "--target", "azure", "--target", "trl", "--apply")
    assert told.code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "客服.azure.manifest.json", "客服.azure.test.jsonl", "客服.azure.train.jsonl",
        "客服.trl.manifest.json", "客服.trl.test.jsonl", "客服.trl.train.jsonl", "客服.xlsx",
    ]  # fmt: skip
    assert "trl sft" in told.out
    assert "evalkit job submit 客服.azure.train.jsonl --target azure" in told.out
    assert "evalkit estimate 客服.azure.train.jsonl --target azure" in told.out
    assert "\\u" not in (tmp_path / "客服.azure.train.jsonl").read_text()
    for target in ("azure", "trl"):
        assert run("lint", f"客服.{target}.train.jsonl", "--target", target).code == 0
    told = run("prepare", "客服.azure.train.jsonl", "--target", "azure", "--apply")
    assert "nothing to change" in told.out
    assert "part `train`" in told.err
    assert len(list(tmp_path.iterdir())) == 7


def test_files_go_where_they_are_wanted_and_chinese_is_spoken(run, workbook, tmp_path):
    told = run(
        "prepare", workbook, "--target", "together", "--apply", "--out", "d/e", "--lang", "zh"
    )
    assert told.code == 0
    assert "已写入 3 个文件" in told.out
    assert (tmp_path / "d" / "e" / "客服.together.train.jsonl").exists()


def test_what_a_target_refuses_is_code_1(run, file):
    file(
        "".join(
            json.dumps(
                {
                    "messages": [
                        {"role": "user", "content": f"q{n * 97}"},
                        {"role": "assistant", "content": f"a{n}"},
                    ]
                }
            )
            + "\n"
            for n in range(4)
        )
    )
    told = run("prepare", "x.jsonl", "--target", "openai", "--no-split")
    assert told.code == 1
    assert "too-few-examples" in told.out


def test_the_configuration_may_name_the_target(run, file, tmp_path):
    file(PAIRS)
    (tmp_path / "evalkit.toml").write_text('[prepare]\ntarget = ["trl"]\ntest-share = 0.5\n')
    told = run("prepare", "x.jsonl")
    assert told.code == 0
    assert "train 3, test 3" in told.out
    assert "separator" in run("prepare", "x.jsonl", "--legacy").out


def test_standard_input_is_a_source_too(run, tmp_path):
    told = run("prepare", "-", "--legacy", "--apply", stdin=PAIRS.encode())
    assert told.code == 0
    assert (tmp_path / "stdin_prepared.jsonl").exists()
    told = run("prepare", "-", "--target", "trl", "--apply", stdin=PAIRS.encode())
    assert told.code == 0
    assert (tmp_path / "stdin.trl.train.jsonl").exists()


def test_on_a_terminal_it_asks_and_steps_can_be_left_out(run, file, tmp_path, monkeypatch):
    file(PAIRS)
    monkeypatch.setattr("evalkit.cli._prepare_legacy.on_a_terminal", lambda: True)
    monkeypatch.setattr("evalkit.cli._prepare_set.on_a_terminal", lambda: True)
    told = run("prepare", "x.jsonl", "--legacy", stdin=b"n\n")
    assert "leave out" in told.out
    assert [p.name for p in tmp_path.iterdir()] == ["x.jsonl"]
    told = run("prepare", "x.jsonl", "--legacy", stdin=b"nonsense\nseparator, common-prefix\nyes\n")
    assert "no proposal named `nonsense`" in told.err
    assert "left out as asked" in told.out
    first = (tmp_path / "x_prepared.jsonl").read_text().splitlines()[0]
    assert first == '{"prompt":"Question number 0","completion":" 0\\n"}'
    run("prepare", "x.jsonl", "--target", "trl", stdin=b"n\n")
    assert not (tmp_path / "x.trl.train.jsonl").exists()
    run("prepare", "x.jsonl", "--target", "trl", stdin=b"\n")
    assert (tmp_path / "x.trl.train.jsonl").exists()


def test_all_is_a_word_of_lint(run, file):
    file(PAIRS)
    told = run("prepare", "x.jsonl", "--target", "all")
    assert told.code == 2
    assert "lint's" in told.err
    assert "openai" in told.err


def test_what_is_there_already_is_not_written_again(run, workbook, tmp_path):
    assert "3 files written" in run("prepare", workbook, "--target", "trl", "--apply").out
    for more in (["--apply"], []):
        told = run("prepare", workbook, "--target", "trl", *more)
        assert told.code == 0
        assert "3 files are already there, byte for byte" in told.out
        assert "written" not in told.out.replace("can be written", "")
    (tmp_path / "客服.trl.test.jsonl").unlink()
    told = run("prepare", workbook, "--target", "trl", "--apply")
    assert "1 file written; 2 already there" in told.out


def test_a_blocked_target_is_code_1_and_gets_no_command(run, file, tmp_path):
    rows = [
        {"messages": [{"role": "user", "content": f"Reach {n * 31}"}], "goal": n} for n in range(12)
    ]
    file("".join(json.dumps(row) + "\n" for row in rows))
    told = run("prepare", "x.jsonl", "--target", "trl", "--apply")
    assert told.code == 1
    assert "nothing can be written" in told.out
    assert "trl sft" not in told.out
    assert [p.name for p in tmp_path.iterdir()] == ["x.jsonl"]
    told = run("prepare", "x.jsonl", "--target", "trl,azure", "--output-format", "json")
    assert told.code == 1
    document = json.loads(told.out)
    jsonschema.validate(document, schema("plan"))
    by_name = {one["name"]: one for one in document["targets"]}
    assert by_name["trl"]["blocked"]
    assert by_name["azure"]["blocked"] is None
    assert run("convert", "x.jsonl", "y.jsonl", "--to", "trl").code == 2


def test_standard_input_is_called_so(run):
    told = run("prepare", "-", "--target", "trl", stdin=PAIRS.encode())
    assert told.out.startswith("standard input: 6 rows")


def test_money_is_shown_as_elsewhere(run, file):
    file("问题,答案\n" + "".join(f"订单{i}怎么退,退款\n" for i in range(30)), "x.csv")
    told = run("prepare", "x.csv", "--target", "openai", "--lang", "zh")
    (line,) = (one for one in told.out.splitlines() if "训练费用" in one)
    assert " 个 token，" in line
    assert "，$0.0" in line
    assert "（价格截至 " in line
    assert "$0.0" in run("prepare", "x.csv", "--target", "openai").out
