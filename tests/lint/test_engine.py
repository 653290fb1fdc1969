# SPDX-License-Identifier: Apache-2.0
"""The engine: order, shards, scopes, selection by target, several files."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.core.example import Broken, Example
from evalkit.core.finding import Severity
from evalkit.core.location import Location
from evalkit.data.recognise import layout
from evalkit.lint.engine import FileReport, Settings, check, check_examples


def row(user: object, answer: object = "ok", **more: object) -> dict:
    return {
        "messages": [{"role": "user", "content": user}, {"role": "assistant", "content": answer}],
        **more,
    }


def write(path, *rows: object) -> str:
    path.write_text(
        "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8"
    )
    return str(path)


def examples(rows: list) -> list[Example]:
    chat = layout("openai-chat")
    made = []
    for line, value in enumerate(rows, 1):
        place = Location(source="x.jsonl", line=line, end_line=line, number=line)
        broken = Broken("blank") if value is None else None
        raw = b"" if value is None else json.dumps(value, ensure_ascii=False).encode()
        cells = {"/messages/1/content": f"B{line}"}
        made.append(Example(place, raw, value, None if broken else chat, broken, cells))
    return made


texts = st.sampled_from(
    ["", "a", "b", "Yes", "yes", "yes.", "cafÃ©", "\ufffd", "{{name}}", "x" * 60]
)
rows = st.one_of(
    st.none(),
    st.builds(row, texts, texts),
    st.builds(lambda t: {"messages": [{"role": "user", "content": t}]}, texts),
    st.just({"messages": [{"role": "gpt", "content": "a"}]}),
    st.just({"messages": []}),
)


@limits(deadline=None, max_examples=30)
@given(st.lists(rows, max_size=24), st.sampled_from([2, 7]))
def test_findings_are_the_same_for_any_sharding(values, shards):
    options = {"over-context": {"training_limit": 12}}
    wanted = Settings(select=("ALL",), options=options)
    file = FileReport(path="x.jsonl", lines=len(values), examples=len(values))
    whole = check_examples(examples(values), wanted, file)
    assert check_examples(examples(values), wanted, file, shards=shards) == whole


def test_findings_are_ordered_by_file_line_and_code(tmp_path):
    first = write(tmp_path / "b.jsonl", row("", ""), row("{{x}}", ""))
    second = write(tmp_path / "a.jsonl", row("hi"), row("hi"))
    found = check([first, second]).findings
    keys = [(f.location.source, f.location.line, f.code) for f in found]
    assert keys == [
        (first, 1, "CNT001"), (first, 1, "CNT001"), (first, 2, "CNT001"), (first, 2, "CNT004"),
        (second, 2, "DUP001"),
    ]  # fmt: skip


def test_a_row_of_a_wrong_shape_is_reported_once_and_no_other_rule_sees_it(tmp_path):
    path = write(tmp_path / "x.jsonl", {"messages": [{"role": "human", "content": None}]})
    assert [f.name for f in check([path]).findings] == ["unknown-role"]


def test_a_missing_file_does_not_stop_the_others(tmp_path):
    there = write(tmp_path / "x.jsonl", row("hi", ""))
    result = check([str(tmp_path / "missing.jsonl"), there])
    assert result.exit_code == 2
    assert len(result.unreadable) == 1
    assert "missing.jsonl" in result.unreadable[0]
    assert [f.name for f in result.findings] == ["empty-content"]


def test_an_empty_file_fails(tmp_path):
    (tmp_path / "x.jsonl").write_bytes(b"")
    result = check([str(tmp_path / "x.jsonl")])
    assert result.exit_code == 1
    assert [(f.name, f.location.line) for f in result.findings] == [("empty-file", None)]


def test_targets_set_severities_and_limits(tmp_path):
    path = write(
        tmp_path / "x.jsonl",
        {"messages": [*row("a")["messages"], {"role": "user", "content": "b"}]},
    )

    def level(*targets: str) -> dict[str, Severity]:
        return {f.name: f.severity for f in check([path], Settings(targets=targets)).findings}

    assert level() == {"last-message-not-assistant": Severity.ERROR}
    strict = level("openai", "mistral")
    assert strict["last-message-not-assistant"] == Severity.ERROR  # the stricter of the two
    assert level("openai")["last-message-not-assistant"] == Severity.WARNING
    assert level("openai")["too-few-examples"] == Severity.ERROR  # its limit, 10
    assert "too-few-examples" not in level("mistral")
    assert level("all")["last-message-not-assistant"] == Severity.ERROR


def test_a_byte_order_mark_matters_only_where_the_target_minds(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(row("a")).encode() + b"\n")

    def names(**given) -> dict[str, Severity]:
        return {f.name: f.severity for f in check([str(path)], Settings(**given)).findings}

    assert names() == {}
    assert names(targets=("openai",))["byte-order-mark"] == Severity.ERROR
    assert "byte-order-mark" not in names(targets=("azure",))
    assert names(select=("ENC",)) == {"byte-order-mark": Severity.INFO}
    assert names(severity={"byte-order-mark": "error"}, select=("ENC001",)) == {
        "byte-order-mark": Severity.ERROR
    }


def test_selection_by_name_code_prefix_and_ignore(tmp_path):
    path = write(tmp_path / "x.jsonl", row("", "{{x}}"), row("", "{{x}}"))

    def names(**given) -> set[str]:
        return {f.name for f in check([path], Settings(**given)).findings}

    assert names() == {"empty-content", "placeholder-left", "exact-duplicate"}
    assert names(select=("empty-content",)) == {"empty-content"}
    assert names(select=("DUP001", "CNT004")) == {"exact-duplicate", "placeholder-left"}
    assert names(select=("CNT",)) == {"empty-content", "placeholder-left"}
    assert names(ignore=("CNT", "exact-duplicate")) == set()
    with pytest.raises(UsageError, match="did you mean `empty-content`"):
        check([path], Settings(select=("emty-content",)))
    with pytest.raises(UsageError, match="no rule"):
        check([path], Settings(ignore=("CNTX",)))


def test_leaks_are_told_from_both_sides(tmp_path):
    train = write(tmp_path / "train.jsonl", row("How much?", "5"), row("Where?", "here"))
    valid = write(tmp_path / "valid.jsonl", row("how  much?", "6"), row("When?", "now"))
    for paths in ([train], [train, valid]):
        result = check(paths, Settings(against=(valid,)))
        leaks = [f for f in result.findings if f.name == "leaked-example"]
        assert [(f.location.source, f.location.line) for f in leaks] == [(train, 1)]
        assert "valid.jsonl:1" in leaks[0].message
        assert [file.path for file in result.files] == paths


def test_held_out_files_are_not_linted_themselves(tmp_path):
    train = write(tmp_path / "train.jsonl", row("a"))
    valid = write(tmp_path / "valid.jsonl", row("b", ""), row("", ""))
    assert check([train], Settings(against=(valid,))).findings == ()


def test_tables_name_the_cell(tmp_path):
    path = tmp_path / "support.csv"
    path.write_text("id,question,answer\n1,Hi,Hello\n2,Where?,\n", encoding="utf-8")
    (finding,) = check([str(path)]).findings
    assert (finding.name, finding.location.line, finding.cell) == ("empty-content", 3, "C3")


def test_label_variants_name_the_cell_too(tmp_path):
    path = tmp_path / "intents.csv"
    labels = ["refund"] * 6 + ["Refund"] + ["order"] * 3
    path.write_text(
        "text,label\n" + "".join(f"q{i},{v}\n" for i, v in enumerate(labels)), encoding="utf-8"
    )
    (finding,) = check([str(path)]).findings
    assert (finding.name, finding.cell) == ("label-variant", "B8")
    assert "Refund" in finding.message
    assert "refund" in finding.message


def test_legal_but_unusual_rows_are_silent(tmp_path):
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    rows = [
        {"messages": [{"role": "developer", "content": "Be kind."}, *row("a")["messages"]]},
        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [call]}]},
        {"messages": [{"role": "user", "content": "b"}, {"role": "assistant", "content": None, "tool_calls": [call]},
                      {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "content": "1"}]},
        row([{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]),
        row("👨‍👩‍👧？", "全角标点：“好”——！"),
        row("نمی‌خواهم", "क्‍ष"),
        {"messages": [{"role": "user", "name": "ada", "content": "x"}, {"role": "assistant", "content": "y", "weight": 0}, {"role": "user", "content": "and?"}, {"role": "assistant", "content": "z", "weight": 1}]},
    ]  # fmt: skip
    path = tmp_path / "x.jsonl"
    path.write_bytes("\r\n".join(json.dumps(r, ensure_ascii=False) for r in rows).encode())
    assert [(f.location.line, f.message) for f in check([str(path)]).findings] == []


def test_chinese_messages(tmp_path):
    path = write(tmp_path / "x.jsonl", row("a"), row("a"))
    (finding,) = check([path], Settings(language="zh")).findings
    assert finding.message == "与第 1 行相同，请删一条"


def test_messages_are_printable_whatever_the_data(tmp_path):
    path = write(
        tmp_path / "x.jsonl", {"messages": [{"role": "\x1b[31m\u202e\nx", "content": "a"}]}
    )
    (finding,) = check([path]).findings
    assert finding.message.isprintable()


def test_one_clean_row_imports_nothing_heavy(tmp_path):
    path = write(tmp_path / "x.jsonl", row("怎么退款？", "请在订单页申请。"))
    code = (
        "import sys; from evalkit.lint.engine import check; "
        f"assert check([{path!r}]).findings == (); "
        "print([m for m in ('ftfy','tiktoken','numpy','rich','jsonschema','yaml','jinja2','pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
