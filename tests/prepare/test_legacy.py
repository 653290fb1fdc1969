# SPDX-License-Identifier: Apache-2.0
import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evalkit.core.errors import InputError, UsageError
from evalkit.data.read import open_data
from evalkit.prepare.legacy import legacy_plan, outputs, parts, written_lines
from evalkit.prepare.pairs import read_pairs
from evalkit.prepare.proposal import Facts, Pair, Pairs, proposers


def plan_of(path, skip=(), keep="first", **options):
    return legacy_plan(read_pairs(open_data(path, **options), keep), skip)


def written(plan):
    return b"".join(line + b"\n" for line in written_lines(plan.rows))


def values(data):
    return [json.loads(line) for line in data.splitlines()]


def of(rows, skip=(), keep="first"):
    """The plan of (prompt, completion) rows; line numbers count from 1."""
    made = [Pair(p, c, n) for n, (p, c) in enumerate(rows, 1)]
    return legacy_plan(Pairs(made, Facts(), keep), skip)


def step(plan, name):
    return next((one for one in plan.steps if one.name == name), None)


@pytest.fixture
def authors(shared):
    return shared / "prepare-data-before-after"


def test_autotune_is_as_its_author_has_it_to_the_byte(authors):
    plan = plan_of(authors / "autotune_data.jsonl")
    assert written(plan) == (authors / "autotune_data_prepared.jsonl").read_bytes()
    assert plan.stop == " END"


def test_gendern_is_as_its_author_has_it_where_the_last_of_equal_rows_stays(authors):
    # prepare_data keeps the first of equal rows, and so did its code in every version. The author's
    # file holds the last of each: it can only have been made from the rows in another order.
    golden = (authors / "gendern_data_prepared.jsonl").read_bytes()
    last = plan_of(authors / "gendern_data_unprepared.jsonl", keep="last")
    assert written(last) == golden
    first = plan_of(authors / "gendern_data_unprepared.jsonl")
    assert sorted(written(first).splitlines()) == sorted(golden.splitlines())
    assert step(first, "duplicates").lines == (495, 544, 563, 564, 602, 742, 768, 825)


def test_poc_is_as_its_author_has_it_without_the_separator(authors):
    # The author said no to the separator; line 4 has a comma before its bracket, which pandas reads
    # over: it is read as what it surely means, and said.
    plan = plan_of(authors / "poc_fine_tune.jsonl", ["separator"])
    assert written(plan) == (authors / "poc_fine_tune_prepared.jsonl").read_bytes()
    assert step(plan, "broken-rows").lines == (4,)
    assert step(plan, "separator").kind == "skipped"


def test_quickstart_is_as_its_author_has_it_but_for_one_escaped_slash(authors):
    plan = plan_of(authors / "quickstart_data.jsonl")
    golden = (authors / "quickstart_data_prepared.jsonl").read_bytes()
    assert golden.count(b"\\/") == 1  # pandas escapes every slash; JSON asks for none
    assert written(plan) == golden.replace(b"\\/", b"/")
    # The separator inside the second prompt is said and not touched, as the author's tool did.
    assert step(plan, "separator").kind == "message"
    assert plan.separator == "\nAgent:"


def test_tuningtitans_is_equal_by_content(authors):
    # Its author's file was written with blanks behind colons and commas, and without the blank at
    # the beginning of completions. prepare_data 0.28.1 would have added no stop sequence: all
    # completions end with a full stop, but it stands inside them as well and would cut them off.
    plan = plan_of(authors / "tuningtitans_cleaned.jsonl", ["leading-blank"])
    golden = (authors / "tuningtitans_cleanedPrepared.jsonl").read_bytes()
    assert values(written(plan)) == values(golden)
    assert "content and no stop sequence" in step(plan, "stop-suffix").what.en


def test_the_cantonese_table_is_as_its_author_has_it(shared):
    folder = shared / "csv-xlsx-to-jsonl"
    plan = plan_of(folder / "cantonese_data.csv")
    assert written(plan) == (folder / "cantonese_data_prepared.jsonl").read_bytes()
    assert step(plan, "duplicates").rows == 309
    assert (plan.read, len(plan.rows)) == (3874, 3565)


@pytest.mark.parametrize(
    ("name", "skip"),
    [
        ("autotune_data", ()), ("gendern_data_unprepared", ()), ("poc_fine_tune", ("separator",)),
        ("quickstart_data", ()), ("tuningtitans_cleaned", ("leading-blank",)),
    ],
)  # fmt: skip
def test_preparing_what_is_prepared_changes_nothing(authors, tmp_path, name, skip):
    first = plan_of(authors / f"{name}.jsonl", skip)
    (tmp_path / "x.jsonl").write_bytes(written(first))
    again = plan_of(tmp_path / "x.jsonl", skip)
    assert not again.changed
    assert written(again) == written(first)


def test_null_is_no_text(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text(
        '{"prompt": "a", "completion": null}\n{"prompt": null, "completion": "b"}\n'
        '{"prompt": "c", "completion": "d"}\n'
    )
    plan = plan_of(file)
    assert step(plan, "empty-completions").lines == (1,)
    assert b"None" not in written(plan)
    assert values(written(plan))[0] == {"prompt": " ->", "completion": " b\n"}


def test_numbers_are_spelled_as_json_does(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text('{"prompt": "a", "completion": 1.50}\n{"prompt": "b", "completion": true}\n')
    plan = plan_of(file, ["separator", "stop-suffix", "leading-blank"])
    assert [row.completion for row in plan.rows] == ["1.5", "true"]
    assert step(plan, "not-text").lines == (1, 2)


def test_one_row_is_enough(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text('{"prompt": "Where?", "completion": "There."}\n')
    plan = plan_of(file)
    assert values(written(plan)) == [{"prompt": "Where? ->", "completion": " There.\n"}]
    assert not plan.blocked


def test_content_is_no_separator():
    # Fifty questions of one template: prepare_data 0.28.1 advised "：血压高能献血吗？" as separator.
    rows = [
        (f"病人{n}问：血压高能献血吗？", f"第{n}种情况：不宜献血。请咨询医生。") for n in range(50)
    ]
    plan = of(rows)
    assert step(plan, "separator").kind == "optional"
    assert "content and no separator" in step(plan, "separator").what.en
    assert plan.separator == " ->"
    assert plan.stop == "\n"


@pytest.mark.parametrize(
    ("end", "known"),
    [
        (" ->", " ->"), ("吗？\n\n###\n\n", "\n\n###\n\n"), ("?\nAgent:", "\nAgent:"), ("?", "?"),
        ("that END", " END"), ("x\n", "\n"), ("<|end|>", "<|end|>"), ("答[END]", "[END]"),
        ("献血吗？", ""), ("the same", ""), ("", ""), (" A:", "A:"), ("=>", "=>"),
    ],
)  # fmt: skip
def test_what_counts_as_a_mark(end, known):
    from evalkit.prepare.ends import mark

    assert mark(end) == known


def test_line_numbers_are_those_of_the_input_whatever_was_removed_before(tmp_path):
    file = tmp_path / "x.jsonl"
    rows = ["", '{"prompt": "a", "completion": ""}', "# no JSON", '{"prompt": "b", "completion": "c"}',
            '{"prompt": "b", "completion": "c"}', '{"prompt": "d", "completion": "%s"}' % ("x" * 10_001)]  # fmt: skip
    file.write_text("\n".join(rows))
    plan = plan_of(file)
    assert step(plan, "empty-completions").lines == (2,)
    assert step(plan, "unusable-rows").lines == (3,)
    assert step(plan, "duplicates").lines == (5,)
    assert step(plan, "long-rows").lines == (6,)


def test_labels_are_split_as_the_tool_split_them():
    rows = [(f"message number {n}", ("spam", "ham")[n % 3 == 0]) for n in range(20)]
    plan = of(rows)
    assert plan.task == "classification"
    assert step(plan, "stop-suffix") is None
    train, valid = parts(plan)
    # What pandas draws of 20 rows: sample(n=16) with the tool's seed of 42.
    numbers = [0, 17, 15, 1, 8, 5, 11, 3, 18, 16, 13, 2, 9, 19, 4, 12]
    assert [row.line - 1 for row in train] == numbers
    assert [row.line - 1 for row in valid] == [6, 7, 10, 14]
    assert plan.labels == {" spam": 13, " ham": 7}
    assert parts(of(rows, ["classification"])) == [list(plan.rows)]


def test_prompts_that_are_all_the_same_stop_the_plan():
    plan = of([("Say it.", "a"), ("Say it.", "b")])
    assert plan.blocked
    assert not of([("Say it.", "a"), ("Say it.", "b")], ["identical-prompts"]).blocked
    assert of([("a", "same"), ("b", "same"), ("c", "same"), ("d", "same")]).blocked
    assert of([]).blocked


def test_free_generation_needs_no_marks():
    plan = of([("", f"Story number {n}, quite long.") for n in range(5)])
    assert plan.task == "open-ended"
    assert [one.name for one in plan.steps if one.kind == "optional"] == [
        "completion-prefix", "leading-blank",
    ]  # fmt: skip


def test_no_word_is_cut_in_two():
    plan = of([("Please translate that: x", "a"), ("Please translate this: y", "b")])
    assert [row.prompt for row in plan.rows] == ["that: x ->", "this: y ->"]


def test_a_completion_is_never_emptied():
    plan = of([("a", "Answer: "), ("b", "Answer: yes")])
    assert step(plan, "completion-prefix") is None


def test_other_layouts_say_what_is_lost(tmp_path):
    file = tmp_path / "x.jsonl"
    chat = [{"role": "system", "content": "S"}, {"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}]  # fmt: skip
    file.write_text(
        json.dumps({"messages": chat}) + "\n" + json.dumps({"messages": chat[1:] * 2}) + "\n"
    )
    plan = plan_of(file)
    lost = step(plan, "lost-parts")  # its own step: who writes JSONL does not expect a loss
    assert lost.kind == "message"
    assert "system prompts (1)" in lost.what.en
    assert "system" not in step(plan, "jsonl").what.en
    assert step(plan, "unusable-rows").lines == (2,)
    assert [row.prompt for row in plan.rows] == ["问 ->"]


def test_keys_of_another_case_are_taken(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text(
        '{"Prompt": "a", " COMPLETION": "b", "id": 1}\n{"Prompt": "c", " COMPLETION": "d"}\n'
    )
    plan = plan_of(file, ["separator", "stop-suffix", "leading-blank"])
    assert values(written(plan))[1] == {"prompt": "c", "completion": "d"}
    assert step(plan, "column-names").kind == "necessary"
    assert "`id` (1)" in step(plan, "extra-columns").what.en


def test_a_gbk_table_is_read_and_its_columns_are_named(tmp_path):
    file = tmp_path / "客服.csv"
    file.write_bytes(
        "问题,回答,编号\n怎么退款？,请联系客服。\n多久到货？,三天内。谢谢。,7\n".encode("gbk")
    )
    plan = plan_of(file)
    assert "gb18030" in step(plan, "jsonl").what.en
    assert "`问题` = `prompt`" in step(plan, "column-names").mend.en
    assert values(written(plan))[0] == {"prompt": "怎么退款？", "completion": " 请联系客服。\n"}


def test_names_do_not_clash(tmp_path):
    source = tmp_path / "data.jsonl"
    assert outputs(str(source), None, split=False) == (tmp_path / "data_prepared.jsonl",)
    (tmp_path / "data_prepared.jsonl").touch()
    assert outputs(str(source), None, split=False) == (tmp_path / "data_prepared (1).jsonl",)
    (tmp_path / "data_prepared_valid.jsonl").touch()
    assert [p.name for p in outputs(str(source), None, split=True)] == [
        "data_prepared_train (1).jsonl", "data_prepared_valid (1).jsonl",
    ]  # fmt: skip
    with pytest.raises(InputError, match="already there"):
        outputs(str(source), str(tmp_path / "data_prepared.jsonl"), split=False)


def test_unknown_names_are_refused():
    with pytest.raises(UsageError, match="did you mean `separator`"):
        of([("a", "b")], ["seperator"])


def test_every_proposal_says_what_it_does_in_both_languages():
    assert len(proposers()) >= 15
    for one in proposers().values():
        assert one.does.en
        assert one.does.zh
        assert one.propose.__doc__


texts = st.text(st.sampled_from("abAB 问？。.\n->#:"), max_size=8)


@given(st.lists(st.tuples(texts, texts), max_size=12))
def test_what_is_prepared_needs_no_more_preparing(rows):
    # Duplicates are looked for before blanks and letters change, as the tool of 2021 did: texts that
    # differ by these only are twins afterwards.
    for column in zip(*rows, strict=True):
        assume(len({text.strip().lower() for text in column}) == len(set(column)))
    plan = of(rows)
    if plan.blocked:
        return
    again = of([(row.prompt, row.completion) for row in plan.rows])
    assert [one.name for one in again.steps if one.kind in ("necessary", "stop")] == []
    if plan.task == again.task and plan.rows:
        assert step(again, "duplicates") is None
        assert step(again, "leading-blank") is None
