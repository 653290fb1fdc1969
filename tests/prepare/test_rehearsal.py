# SPDX-License-Identifier: Apache-2.0
import json
import re
from datetime import date

import pytest

from evalkit.core.errors import InputError, UsageError
from evalkit.data.division import SplitOptions
from evalkit.data.manifest import read_manifest
from evalkit.data.read import open_data
from evalkit.prepare.apply import apply, outputs_of
from evalkit.prepare.names import part_of_a_set, quoted, stem_of
from evalkit.prepare.rehearsal import Wanted, rehearsed
from evalkit.prepare.set_text import next_steps, set_lines
from evalkit.prepare.target_files import following
from evalkit.prepare.wording import step_lines
from evalkit.targets.load import target_named, target_names

SAID = {"legacy": False}


def chat(question, answer, **more):
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": messages, **more}, ensure_ascii=False)


def rows(count):
    words = ("退款", "发货", "发票", "换货", "会员", "积分", "优惠", "地址")
    return [
        chat(f"{words[n % 8]}的第{n}个问题{n * 7919}怎么办？", f"请看说明{n}。")
        for n in range(count)
    ]


def made(path, folder, *targets, **options):
    """Plan and apply; the plan's facts, and kind to the rows of each target's file."""
    stem = stem_of(str(path))
    with rehearsed(open_data(path), Wanted(targets=targets, stem=stem, **options)) as plan:
        outputs = outputs_of(plan, folder, stem, SAID)
        apply(outputs)
        found = {
            (one.target, one.kind): [
                json.loads(line) for line in one.place.read_text().splitlines()
            ]
            for one in outputs
            if one.kind != "manifest"
        }
        return plan, found


def lines_of(plan):
    return {one.name: one.lines for one in plan.steps}


def test_every_step_keeps_the_lines_of_the_input(tmp_path):
    file = tmp_path / "x.jsonl"
    good = rows(12)
    text = [
        good[0], "", good[1] + ",", "no json", chat("空的？", ""), good[0], *good[2:],
        '{"messages": "x"}',
    ]  # fmt: skip
    file.write_text("\n".join(text) + "\n")
    plan, found = made(file, tmp_path, "together", split=None)
    assert (plan.read, plan.usable) == (17 - 1, 12)
    lines = lines_of(plan)
    assert lines["broken-rows"] == (3,)
    assert lines["duplicates"] == (6,)
    aside = {row["line"]: row["reason"] for row in found["together", "rejected"]}
    assert set(aside) == {4, 5, 6, 17}
    assert "empty-content" in aside[5]
    assert found["together", "train"] == [json.loads(line) for line in good]


def test_the_same_rows_are_held_out_for_every_target(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text("\n".join(rows(40)) + "\n")
    plan, found = made(
        file, tmp_path, "openai", "llama-factory", split=SplitOptions(test=8, valid=4)
    )
    asked = {
        key: sorted(
            (
                row["messages"][0]["content"]
                if "messages" in row
                else row["conversations"][0]["value"]
            )
            for row in values
        )
        for key, values in found.items()
    }
    for part in ("train", "valid", "test"):
        assert asked["openai", part] == asked["llama-factory", part]
    assert [len(asked["openai", p]) for p in ("train", "valid", "test")] == [28, 4, 8]
    assert plan.targets[1].given.converted
    manifest = read_manifest(tmp_path / "x.llama-factory.manifest.json")
    assert manifest.parts["test"].rows == 8


def test_preparing_what_is_prepared_proposes_nothing(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text("\n".join(rows(30)) + "\n")
    made(file, tmp_path, "azure")
    train = tmp_path / "x.azure.train.jsonl"
    assert part_of_a_set(str(train)) == "train"
    assert part_of_a_set(str(file)) is None
    with rehearsed(open_data(train), Wanted(targets=("azure",), split=None)) as plan:
        assert not plan.changed
        assert not plan.steps
        assert plan.targets[0].files[0].place.read_bytes() == train.read_bytes()
    train.write_text(train.read_text() + rows(31)[-1] + "\n")
    assert part_of_a_set(str(train)) is None  # edited


def test_the_same_input_gives_the_same_bytes(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text("\n".join(rows(30)) + "\n")
    for folder in ("a", "b"):
        made(file, tmp_path / folder, "trl")
    for one in sorted((tmp_path / "a").iterdir()):
        assert one.read_bytes() == (tmp_path / "b" / one.name).read_bytes()


def test_fields_serve_the_split_and_are_left_out(tmp_path):
    file = tmp_path / "客服.csv"
    body = "".join(f"问题{n * 7919}是什么,回答{n}。,{'ab'[n % 2]}\n" for n in range(20))
    file.write_text("问题,回答,组\n" + body)
    plan, found = made(file, tmp_path, "azure", split=SplitOptions(test=10, group="组"))
    assert plan.targets[0].given.account.fields == {"组": 20}
    assert all(set(row) == {"messages"} for row in found["azure", "train"])
    odd = {"1": 0, "0": 0}
    for row in found["azure", "test"]:
        number = int(row["messages"][0]["content"][2:-3]) // 7919
        odd[str(number % 2)] += 1
    assert sorted(odd.values()) == [0, 10]
    _, found = made(file, tmp_path / "kept", "trl", split=None, keep=("组",))
    assert found["trl", "train"][1]["metadata"] == {"组": "b"}


def test_what_lint_would_mend_is_mended_unless_skipped(tmp_path):
    file = tmp_path / "x.jsonl"
    zero = chat("零宽\u200b字符在哪里？", "在这里。")
    file.write_text("\n".join([*rows(12), zero]) + "\n")
    plan, found = made(file, tmp_path / "a", "openai", split=None)
    assert lines_of(plan)["zero-width-character"] == ()
    assert "\u200b" not in json.dumps(found["openai", "train"], ensure_ascii=False)
    plan, found = made(file, tmp_path / "b", "openai", split=None, skip=("fixes",))
    assert "\u200b" in json.dumps(found["openai", "train"], ensure_ascii=False)
    assert plan.targets[0].warnings["zero-width-character"] == 1
    with pytest.raises(UsageError, match="did you mean `duplicates`"):
        made(file, tmp_path, "openai", skip=("duplicate",))


def test_rows_that_a_layout_cannot_say_are_set_aside_with_their_reasons(tmp_path):
    file = tmp_path / "x.jsonl"
    turns = [{"role": "user", "content": "一"}, {"role": "assistant", "content": "二"}]
    bad = json.dumps({"messages": [*turns, {"role": "narrator", "content": "三"}]})
    file.write_text("\n".join([*rows(5), bad]) + "\n")
    plan, found = made(file, tmp_path, "llama-factory", split=None)
    rejected = found["llama-factory", "rejected"]
    assert [row["line"] for row in rejected] == [6]
    assert rejected[0]["reason"]
    assert len(found["llama-factory", "train"]) == 5
    assert plan.usable - 5 == plan.targets[0].given.aside.total or plan.usable == 5


def test_files_that_say_something_else_are_not_replaced_unasked(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text("\n".join(rows(10)) + "\n")
    made(file, tmp_path, "trl", split=None)
    made(file, tmp_path, "trl", split=None)  # the same again is no harm
    (tmp_path / "x.trl.train.jsonl").write_text("mine\n")
    with pytest.raises(InputError, match="already there"):
        made(file, tmp_path, "trl", split=None)
    assert (tmp_path / "x.trl.train.jsonl").read_text() == "mine\n"


def test_one_row_is_not_split(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text(rows(1)[0] + "\n")
    plan, found = made(file, tmp_path, "trl")
    assert lines_of(plan) == {"split": ()}
    assert not plan.changed
    assert len(found["trl", "train"]) == 1


def test_nothing_usable_is_an_error_that_says_where_to_look(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text("no json\n")
    with pytest.raises(InputError, match="the only row of"):
        made(file, tmp_path, "trl")


def test_the_estimate_and_the_end_of_a_model_are_said(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text("\n".join(rows(12)) + "\n")
    plan, _ = made(file, tmp_path, "openai", split=None, today=date(2026, 11, 21))
    assert plan.targets[0].estimate.examples == 12
    assert plan.targets[0].estimate.cost is not None
    assert "retired-model" in plan.targets[0].warnings
    assert "few-examples" not in plan.targets[0].errors


@pytest.mark.parametrize("name", target_names())
def test_what_comes_next_is_filled_and_nothing_is_left_open(tmp_path, name):
    file = tmp_path / "x.jsonl"
    file.write_text("\n".join(rows(20)) + "\n")
    assert target_named(name).next
    with rehearsed(open_data(file), Wanted(targets=(name,))) as plan:
        only = list(following(plan.targets[0], {"train": "a b.jsonl", "test": "t.jsonl"}, "客服 1"))
        every = list(following(plan.targets[0], {"train": "{valid}", "valid": "v.jsonl"}, "x"))
    assert only
    assert len(every) >= len(only)
    for line in only:
        assert "{train" not in line
        assert "{valid" not in line
        assert "{name}" not in line
    # One pass: a file that is called like a mark is not taken for one.
    assert any("{valid}" in line for line in every)
    assert any("a b.jsonl" in line for line in only)


@pytest.mark.parametrize("name", ["openai", "azure", "together", "fireworks", "local"])
def test_where_evalkit_can_train_the_next_command_does(tmp_path, name):
    file = tmp_path / "x.jsonl"
    file.write_text("\n".join(rows(20)) + "\n")
    with rehearsed(open_data(file), Wanted(targets=(name,))) as plan:
        made = plan.targets[0]
        (alone,) = following(made, {"train": "a b.jsonl"}, "x")
        (both,) = following(made, {"train": "t.jsonl", "valid": "v w.jsonl"}, "x")
    model = made.model.name
    assert alone == f"evalkit job submit 'a b.jsonl' --target {name} --model {model}"
    assert both == (
        f"evalkit job submit t.jsonl --validation 'v w.jsonl' --target {name} --model {model}"
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [("openai", "  evalkit job suite last --data "), ("trl", "  evalkit run SUITE.eval.yaml  #")],
)
def test_the_test_set_goes_to_a_suite(tmp_path, name, said):
    file = tmp_path / "x.jsonl"
    file.write_text("\n".join(rows(40)) + "\n")
    with rehearsed(open_data(file), Wanted(targets=(name,))) as plan:
        outputs = outputs_of(plan, tmp_path, "x", SAID)
        last = list(next_steps(plan, outputs, "x", "en"))[-1]
    assert last.startswith(said)
    assert f".{name}.test.jsonl" in last


def test_a_model_that_cannot_be_trained_that_way_is_not_named(lined, tmp_path):
    plan, _ = made(lined(rewarded(20, answers=0)), tmp_path, "openai", split=None)
    (line,) = following(plan.targets[0], {"train": "t.jsonl"}, "x")
    said = "evalkit job submit t.jsonl --target openai --model MODEL --grader GRADER.json"
    assert line == said


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("客服.jsonl", "客服.jsonl"), ("a b", "'a b'"), ("-x", "-x"), ("a'b", "'a'\"'\"'b'"),
        ("$(id)", "'$(id)'"), ("", "''"), ("~/x", "'~/x'"),
    ],
)  # fmt: skip
def test_paths_are_quoted_only_where_a_shell_needs_it(path, shown):
    assert quoted(path) == shown


@pytest.mark.parametrize(
    ("path", "stem"),
    [("a/客服.xlsx", "客服"), ("x.jsonl.gz", "x"), ("-", "stdin"), ("x", "x"), ("a.b.csv", "a.b")],
)
def test_names_of_sets(path, stem):
    assert stem_of(path) == stem


def verdicts(count):
    """Single answers, every other a bad one."""
    for n, row in enumerate(rows(count)):
        question, answer = json.loads(row)["messages"]
        yield json.dumps({"prompt": [question], "completion": [answer], "label": n % 2 == 0})


def pairs(count):
    for row in rows(count):
        question, answer = json.loads(row)["messages"]
        other = {"role": "assistant", "content": f"{answer['content']}？？"}
        yield json.dumps({"prompt": [question], "chosen": [answer], "rejected": [other]})


def rewarded(count, *, answers):
    for n, row in enumerate(rows(count)):
        question, answer = json.loads(row)["messages"]
        more = {"reference_answer": answer["content"]} if n < answers else {}
        yield json.dumps({"messages": [question], "goal": n, **more})


def sizes(found):
    return {key: len(values) for key, values in found.items()}


@pytest.fixture
def lined(tmp_path):
    def write(lines):
        file = tmp_path / "x.jsonl"
        file.write_text("\n".join(lines) + "\n")
        return file

    return write


def test_the_promised_share_is_that_of_what_is_written(lined, tmp_path):
    plan, found = made(lined(verdicts(60)), tmp_path, "bailian")
    assert sizes(found) == {
        ("bailian", "train"): 24, ("bailian", "test"): 6, ("bailian", "rejected"): 30,
    }  # fmt: skip
    split = next(one for one in plan.steps if one.name == "split")
    assert "out of the 30 that can be written: train 24, test 6" in split.mend.en
    assert "bad ones are set aside" in plan.targets[0].given.instead.en
    assert not plan.targets[0].fewer  # it gets all that was divided


def test_a_target_that_holds_fewer_rows_of_the_common_split_says_so(lined, tmp_path):
    plan, found = made(lined(verdicts(60)), tmp_path, "trl", "bailian")
    assert (sizes(found)["trl", "train"], sizes(found)["trl", "test"]) == (48, 12)
    trl, bailian = plan.targets
    assert not trl.fewer
    assert bailian.fewer["train"] == (sizes(found)["bailian", "train"], 48)
    text = "\n".join(set_lines(plan, [], "en"))
    assert f"train {bailian.fewer['train'][0]} of 48" in text
    asked = {
        part: {row["prompt"][0]["content"] for row in found["trl", part]}
        for part in ("train", "test")
    }
    for part, questions in asked.items():
        assert {r["messages"][0]["content"] for r in found["bailian", part]} <= questions


@pytest.mark.parametrize(
    ("make", "method"), [(verdicts, True), (pairs, False)], ids=["verdicts", "pairs"]
)
def test_no_target_gets_preferences_of_the_other_kind(lined, tmp_path, make, method):
    plan, found = made(lined(make(10)), tmp_path, *target_names(), split=None)
    for one in plan.targets:
        to = one.given.layout
        assert to.method in ("sft", "preference")
        if to.method == "preference":
            assert to.judged is method
            commands = "\n".join(following(one, {"train": "t.jsonl"}, "x"))
            assert commands
            assert not re.search(r"\bsft\b|supervised", commands)
        else:
            assert one.name in one.given.instead.en
        assert len(found[one.name, "train"]) == (5 if method and to.method == "sft" else 10)


def test_reinforcement_rows_without_answers_block_a_target_and_no_other(lined, tmp_path):
    plan, found = made(lined(rewarded(20, answers=0)), tmp_path, "trl", "openai", split=None)
    assert sizes(found) == {("openai", "train"): 20}
    (blocked,) = plan.blocked
    assert blocked.target.name == "trl"
    assert "openai" in blocked.hint
    assert "trl has no layout for reinforcement rows" in "\n".join(set_lines(plan, [], "en"))
    with rehearsed(open_data(tmp_path / "x.jsonl"), Wanted(targets=("trl",))) as alone:
        assert not alone.possible
        assert not alone.changed
        assert alone.division is None


def test_reinforcement_rows_with_answers_become_examples(lined, tmp_path):
    plan, found = made(lined(rewarded(10, answers=8)), tmp_path, "trl", split=None)
    assert sizes(found) == {("trl", "train"): 8, ("trl", "rejected"): 2}
    assert all(row["messages"][-1]["role"] == "assistant" for row in found["trl", "train"])
    assert "SFT" in plan.targets[0].given.instead.en
    assert {row["line"] for row in found["trl", "rejected"]} == {9, 10}


def test_a_target_without_rows_gets_neither_files_nor_commands(lined, tmp_path):
    bad = [json.dumps({**json.loads(row), "label": False}) for row in verdicts(6)]
    file = lined(bad)
    with rehearsed(open_data(file), Wanted(targets=("openai", "trl"), stem="x")) as plan:
        outputs = outputs_of(plan, tmp_path, "x", SAID)
        assert {one.target for one in outputs} == {"trl"}
        text = "\n".join(next_steps(plan, outputs, "x", "en"))
    assert "openai" not in text
    assert "trl kto" in text


def test_commands_wait_until_the_errors_are_mended(lined, tmp_path):
    with rehearsed(open_data(lined(rows(4))), Wanted(targets=("openai",), split=None)) as plan:
        assert plan.targets[0].errors
        assert not plan.targets[0].ready
        text = "\n".join(next_steps(plan, [], "x", "en"))
    assert "mend the errors first" in text
    assert "evalkit job submit" not in text


def test_rows_set_aside_are_one_step_with_its_reasons(lined, tmp_path):
    good = rows(3)
    file = lined([good[0], "no json", '{"messages": []}', good[1], "nor this", good[2]])
    plan, _ = made(file, tmp_path, "trl", split=None)
    (one,) = [one for one in plan.steps if one.name == "unusable-rows"]
    assert (one.rows, one.lines) == (3, (2, 3, 5))
    assert sum(why.rows for why in one.reasons) == 3
    shown = "\n".join(step_lines(plan.steps, "en"))
    assert shown.count("unusable-rows") == 1
    for why in one.reasons:
        assert why.what.en in shown


def calling(count):
    for n, row in enumerate(rows(count)):
        question, answer = json.loads(row)["messages"]
        function = {"name": "look_up", "arguments": json.dumps({"id": n})}
        call = {"id": f"call_{n:09d}", "type": "function", "function": function}
        messages = [
            question,
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call["id"], "content": "ok"},
            answer,
        ]
        parameters = {"type": "object", "properties": {"id": {"type": "integer"}}}
        tool = {"name": "look_up", "description": "Looks up.", "parameters": parameters}
        yield json.dumps({"messages": messages, "tools": [{"type": "function", "function": tool}]})


def test_what_one_target_minds_is_not_mended_for_another(lined, tmp_path):
    plan, found = made(lined(calling(12)), tmp_path, "mistral", "openai", split=None)
    ids = {
        name: [row["messages"][1]["tool_calls"][0]["id"] for row in found[name, "train"]]
        for name in ("mistral", "openai")
    }
    assert ids["openai"] == [f"call_{n:09d}" for n in range(12)]
    assert all(len(one) == 9 for one in ids["mistral"])
    assert not any(one.errors for one in plan.targets)
    with rehearsed(
        open_data(tmp_path / "x.jsonl"), Wanted(targets=("mistral",), skip=("tool-call-id-format",))
    ) as plan:
        assert not plan.targets[0].fixed


def test_fields_that_are_kept_stay_where_the_layout_is_the_same(lined, tmp_path):
    file = lined([chat(f"问{n * 7919}", f"答{n}", metadata={"组": "a", "来": n}) for n in range(4)])
    _, found = made(file, tmp_path / "a", "trl", split=None, keep=("组",))
    assert [row["metadata"] for row in found["trl", "train"]] == [{"组": "a"}] * 4
    plan, found = made(file, tmp_path / "b", "trl", split=None)
    assert all(set(row) == {"messages"} for row in found["trl", "train"])
    assert plan.targets[0].given.account.fields == {"组": 4, "来": 4}


def test_history_and_the_windows_table_keep_every_row(shared, tmp_path):
    folder = shared / "csv-xlsx-to-jsonl"
    _, found = made(folder / "history_training_data.xlsx", tmp_path / "h", "openai", split=None)
    theirs = [
        json.loads(x) for x in (folder / "history_training_data.jsonl").read_text().splitlines()
    ]
    ours = found["openai", "train"]
    assert len(ours) == len(theirs) == 82
    # The author put a system prompt before each, and made line feeds of a spelled \n in 48 cells.
    for one, other in zip(ours, theirs, strict=True):
        answer = one["messages"][-1]["content"].replace("\\n", "\n")
        assert answer.split() == other["messages"][-1]["content"].split()
    _, found = made(folder / "finetuned_cp1252.csv", tmp_path / "f", "openai", split=None)
    assert len(found["openai", "train"]) == 15
    assert "•" in json.dumps(found["openai", "train"], ensure_ascii=False)
