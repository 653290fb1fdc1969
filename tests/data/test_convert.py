# SPDX-License-Identifier: Apache-2.0
"""From one layout to another: rows, their account, edits, fields, and who is told."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.core.example import Broken, Example
from evalkit.core.location import Location
from evalkit.data import convert as module
from evalkit.data.conversation import parts_of
from evalkit.data.convert import (
    ALL,
    Account,
    Edits,
    convert,
    convert_each,
    converted_lines,
)
from evalkit.data.loss_report import loss_records
from evalkit.data.read import open_data
from evalkit.data.recognise import layout
from evalkit.data.wanted_layout import layout_for

CHAT = ({"role": "user", "content": "a"}, {"role": "assistant", "content": "b"})
SYSTEM = {"role": "system", "content": "s"}


def example(value, name="openai-chat", line=1, **more):
    where = Location(source="x", line=line, end_line=line, number=line)
    raw = json.dumps(value, ensure_ascii=False).encode()
    return Example(where, raw, value, layout(name) if name else None, **more)


def chat(*messages, **more):
    return {"messages": [dict(m) for m in messages], **more}


def broken(line, kind="json"):
    where = Location(source="x", line=line)
    return Example(where, b"{", None, layout("openai-chat"), Broken(kind, args={"reason": "why"}))


def done(rows, to, **options):
    account = Account()
    return list(convert(rows, layout(to), account, **options)), account


def test_an_account_says_what_became_of_every_row():
    rows = [
        example(chat(SYSTEM, *CHAT)),
        broken(2),
        broken(3, "blank"),
        example(chat(SYSTEM, *CHAT, *CHAT), line=4),
        example(chat(*CHAT), line=5),
        example({"q": 1}, None, line=6),
        example(chat(), line=7),
    ]
    made, account = done(rows, "prompt-completion")
    assert made == [{"prompt": "a", "completion": "b"}] * 2
    assert (account.written, account.blank, account.number_left_out) == (2, 1, 4)
    assert [(where.line, why) for where, why in account.left_out] == [
        (2, "why"),
        (4, "several turns do not fit into one prompt"),
        (6, "its layout is not known"),
        (7, "it holds no messages"),
    ]
    assert account.lost == {"system": 1}
    assert account.rewritten == {}
    assert account.columns == {"prompt", "completion"}


def test_no_more_rows_are_named_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(module, "_MOST_NAMED", 2)
    _, account = done([broken(n) for n in range(1, 6)], "sharegpt")
    assert [where.line for where, _ in account.left_out] == [1, 2]
    assert (account.more_left_out, account.number_left_out) == (3, 5)


@pytest.mark.parametrize(
    ("edits", "messages", "wanted"),
    [
        (Edits(system="你"), CHAT, ["你", "a", "b"]),
        (Edits(system="你"), (SYSTEM, *CHAT), ["s", "a", "b"]),
        (Edits(replace=(("a", "x"), ("x", "y"))), CHAT, ["y", "b"]),
        (Edits(system="a", replace=(("a", "x"),)), CHAT, ["a", "x", "b"]),
        (Edits(replace=(("s", ""),)), (SYSTEM, *CHAT), ["", "a", "b"]),
        (
            Edits(unescape=True),
            ({"role": "user", "content": "1\\n2\\r\\n3\\t4\n"}, CHAT[1]),
            ["1\n2\n3\t4\n", "b"],
        ),
        (
            Edits(unescape=True, replace=(("\n", "|"),)),
            ({"role": "user", "content": "1\\n2"}, CHAT[1]),
            ["1|2", "b"],
        ),
    ],
)
@pytest.mark.parametrize("to", ["openai-chat", "table-row"])
def test_edits(edits, messages, wanted, to):
    [row], account = done([example(chat(*messages))], to, edits=edits)
    texts = [m["content"] for m in row["messages"]] if to == "openai-chat" else [*row.values()]
    assert texts == [text for text in wanted if text or to == "openai-chat"]
    assert account.lost == {} or wanted[0] == ""
    [line] = converted_lines([example(chat(*messages))], layout(to), Account(), edits=edits)
    assert json.loads(line) == row


def test_edits_reach_every_text():
    parts = [{"type": "text", "text": "old"}, {"type": "image_url", "image_url": {"url": "old"}}]
    answer = {"role": "assistant", "content": "old", "reasoning_content": "old", "refusal": "old"}
    row = chat({"role": "user", "content": parts}, answer)
    [made], _ = done([example(row)], "openai-chat", edits=Edits(replace=(("old", "new"),)))
    user, assistant = made["messages"]
    assert user["content"][0]["text"] == "new"
    assert user["content"][1]["image_url"]["url"] == "old"  # a place, not a text
    assert {assistant[k] for k in ("content", "reasoning_content", "refusal")} == {"new"}
    assert row["messages"][1]["content"] == "old"  # the example is as it was
    assert not Edits()


@pytest.mark.parametrize(
    ("keep", "metadata", "gone"),
    [
        ((), None, {"lang", "Topic", "id"}),
        (("LANG",), {"lang": "zh"}, {"Topic", "id"}),
        (("topic", "id"), {"Topic": {"a": 1}, "id": 7}, {"lang"}),
        (ALL, {"lang": "zh", "Topic": {"a": 1}, "id": 7}, set()),
    ],
)
def test_fields_are_kept_by_name(keep, metadata, gone):
    row = chat(*CHAT, metadata={"lang": "zh"}, Topic={"a": 1}, id=7)
    [made], account = done([example(row)], "sharegpt", keep=keep)
    assert made.get("metadata") == metadata
    assert {*account.fields} == gone
    assert account.lost == ({"fields": 1} if gone else {})
    assert account.kept == (set() if keep == ALL else {name.casefold() for name in keep})


def test_fields_stand_at_the_top_of_a_table():
    row = chat(*CHAT, lang="zh", user="u7")
    [made], account = done([example(row)], "table-row", keep=ALL)
    assert made == {"user": "a", "assistant": "b", "lang": "zh"}
    assert account.fields == {"user": 1}  # its name is taken
    [row], account = done([example(chat(*CHAT, lang="zh"))], "openai-chat")
    assert row["lang"] == "zh"  # the same layout: a row stays as it is
    assert account.lost == {}


def test_columns_of_a_table_are_lost_or_kept():
    row = example(chat(*CHAT), cells={"/messages/0/content": "A2"}, fields={"lang": "zh"})
    [made], account = done([row], "openai-chat")
    assert made == chat(*CHAT)
    assert account.fields == {"lang": 1}
    [made], account = done([row], "openai-chat", keep=["lang"])
    assert made["metadata"] == {"lang": "zh"}
    assert account.lost == {}
    [line] = converted_lines([row], layout("openai-chat"), account := Account())
    assert json.loads(line) == chat(*CHAT)
    assert (account.lost, account.fields) == ({"fields": 1}, {"lang": 1})


@pytest.mark.parametrize(
    "raw",
    [
        b'{"messages": [{"role": "user", "content": "a"},{"role":"assistant","content":"b"}]}',
        b' {"messages": [{"role": "user", "content": "a"},{"role":"assistant","content":"b"}]}\r',
        b'{"messages": [{"role": "user", "content": "\\u4f60"},{"role":"assistant","content":"b"}]}',
        b'{"messages":\n[{"role": "user", "content": "a"},{"role":"assistant","content":"b"}]}',
    ],
)
def test_lines_that_are_as_wanted_are_copied_where_they_are_lines(raw):
    one = Example(Location(source="x", line=1), raw, json.loads(raw), layout("openai-chat"))
    account = Account()
    [line] = converted_lines([one], layout("openai-chat"), account)
    assert account.written == 1
    assert json.loads(line) == json.loads(raw)
    assert b"\n" not in line
    assert b"\\u" not in line
    copied = not raw.startswith(b" ") and b"\\u" not in raw and b"\n" not in raw
    assert (line == raw) == copied


def test_keys_that_stand_twice_are_written_once(tmp_path):
    path = tmp_path / "x.jsonl"
    twice = (
        b'{"messages": [{"role": "user", "content": "old", "content": "new"}, '
        b'{"role": "assistant", "content": "b"}], "n": 1, "n": 2}'
    )
    path.write_bytes(twice + b"\n")
    [line] = converted_lines(open_data(path), layout("openai-chat"), Account())
    assert line == (
        b'{"messages": [{"role": "user", "content": "new"}, '
        b'{"role": "assistant", "content": "b"}], "n": 2}'
    )


def test_edits_of_rows_that_have_the_layout_already():
    row = {"prompt": "old", "completion": "b", "n": 1}
    one = example(row, "prompt-completion")
    edits = Edits(system="s", replace=(("old", "new"),))
    [made], account = done([one], "prompt-completion", edits=edits)
    assert made == {"prompt": "new", "completion": "b", "n": 1}
    assert account.lost == {"system": 1}  # there is no place for it
    two = example({"prompt": [*CHAT], "completion": "b"}, "prompt-completion")
    _, account = done([two], "prompt-completion", edits=edits)
    assert account.number_left_out == 1


@given(
    st.lists(
        st.tuples(st.text(max_size=5), st.text(max_size=5), st.sampled_from(["", "zh"])), max_size=5
    )
)
def test_lines_say_what_rows_say(rows):
    made = [
        example(chat({"role": "user", "content": q}, {"role": "assistant", "content": a}, lang=z))
        for q, a, z in rows
    ]
    for to in ("openai-chat", "sharegpt", "alpaca"):
        one, other = Account(), Account()
        lines = list(converted_lines(made, layout(to), one))
        assert [json.loads(line) for line in lines] == list(convert(made, layout(to), other))
        assert one == other


def test_who_watches_is_told_of_losses_and_of_rows_that_are_left_out():
    told = []
    rows = [
        example(chat(SYSTEM, *CHAT)),
        broken(2),
        example(chat(*CHAT), line=3),
        example(chat(*CHAT, *CHAT), line=4),
    ]
    done(rows, "prompt-completion", watch=lambda e, c: told.append((e.location.line, c)))
    assert [line for line, _ in told] == [1, 2, 4]
    assert [one.feature for one in told[0][1].losses] == ["system"]
    assert told[1][1].reason == "why"
    records = [r for e, (_, c) in zip((rows[0], rows[1], rows[3]), told, strict=True)
               for r in loss_records(e, c)]  # fmt: skip
    assert [(r["line"], r["kind"]) for r in records] == [
        (1, "lost"), (2, "left-out"), (4, "left-out"),
    ]  # fmt: skip


def test_rows_that_do_not_fit_are_left_out():
    def fits(row):
        return "too long" if len(row["prompt"]) > 1 else ""

    long = chat({"role": "user", "content": "aa"}, CHAT[1])
    rows = [example(chat(*CHAT)), example(long, line=2)]
    made, account = done(rows, "prompt-completion", fits=fits)
    assert len(made) == account.written == 1
    assert [(w.line, why) for w, why in account.left_out] == [(2, "too long")]


def test_layouts_by_name():
    assert layout_for(" sharegpt ").name == "sharegpt"
    assert layout_for("trl_prompt_completion").name == "trl-prompt-completion"
    assert layout_for("together").name == "openai-chat"
    pairs = layout("openai-preference")
    assert layout_for("trl", pairs).name == "trl-preference"
    assert layout_for("ms-swift", pairs).name == "openai-chat"  # it has KTO, which is no pair
    assert layout_for("bailian", pairs).name == "chat-preference"
    assert layout_for("openai", layout("trl-kto")).name == "openai-chat"
    rewards = layout("openai-reinforcement")
    assert layout_for("azure", rewards).name == "openai-reinforcement"
    assert layout_for("mistral", rewards, answered=True).name == "mistral"
    for name in ("trl", "mistral"):
        with pytest.raises(UsageError, match="no layout for reinforcement rows") as caught:
            layout_for(name, rewards)
        assert "azure, fireworks, openai" in caught.value.hint
    for name, words in {
        "sharegtp": "did you mean `sharegpt`?",
        "togther": "did you mean `together`?",
        "recorded-answers": "only read, never written",
        "csv": "is a container, not a layout",
        "\x1b[2J": "cannot write the layout",
    }.items():
        with pytest.raises(UsageError) as caught:
            layout_for(name)
        assert words in caught.value.message
        assert "\x1b" not in str(caught.value)
    with pytest.raises(ValueError, match="cannot be built"):
        convert_each(example(chat(*CHAT)), layout("recorded-answers"))


# ---------------------------------------------------------------- recorded answers


def recorded(**reply):
    return {"messages": [CHAT[0]], "reply": {"text": "b", "finish": "stop", **reply}, "model": "m"}


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ({"finish": "error", "error": "429", "text": ""}, "the request failed"),
        ({"error": "429"}, "the request failed"),
        ({"finish": "length"}, "cut off"),
        ({"text": " \n"}, "the answer is empty"),
        ({"refusal": "no"}, "the answer is a refusal"),
        ({"text": "I'm sorry, but I can't help with that."}, "the answer is a refusal"),
        ({"text": "抱歉，我无法回答这个问题。"}, "the answer is a refusal"),
        ({"finish": "content_filter"}, "filtered"),
        ({"text": None}, "no text"),
    ],
)
def test_answers_that_teach_nothing_are_left_out(reply, why):
    found = convert_each(example(recorded(**reply), "recorded-answers"), layout("openai-chat"))
    assert found.row is None
    assert why in found.reason


def test_recorded_answers_are_training_data(tmp_path):
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    rows = [
        recorded(),
        recorded(text="I can't find your order, sorry."),
        recorded(text="", finish="tool_calls", tool_calls=[call]),
        recorded(reasoning_content="hm"),
    ]
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    data = open_data(path)
    assert data.format == "recorded-answers"
    made, account = done(data, "openai-chat", keep=["model"])
    assert [row["messages"][-1] for row in made] == [
        {"role": "assistant", "content": "b"},
        {"role": "assistant", "content": "I can't find your order, sorry."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "assistant", "content": "b", "reasoning_content": "hm"},
    ]
    assert made[0]["metadata"] == {"model": "m"}
    assert account.lost == {}


def test_what_is_recorded_is_what_replay_reads(tmp_path):
    from evalkit.core.exchange import Reply
    from evalkit.models.replay import Recorded, write_recording

    rows = [
        Recorded(messages=[CHAT[0]], reply=Reply(text="您好"), model="m", date="2026-11-20"),
        Recorded(messages=[CHAT[0]], reply=Reply(text="", finish="error", error="429")),
    ]
    write_recording(tmp_path / "a.jsonl.gz", rows)
    made, account = done(open_data(tmp_path / "a.jsonl.gz"), "openai-chat")
    assert made == [chat(CHAT[0], {"role": "assistant", "content": "您好"})]
    assert account.number_left_out == 1


def test_rows_of_a_run(root):
    from dataclasses import replace

    from evalkit.data.formats.run_samples import answers_of

    answer = {"text": "x", "finish": "stop", "error": None}
    row = {
        "id": "1", "source": "s", "line": 1, "messages": [["system", "s"], ["user", "a"]],
        "expected": "e", "slices": {}, "answers": {"base": answer, "a/b": {**answer, "text": "y"}},
    }  # fmt: skip
    one = example(row, "run-samples")
    assert (
        "whose answer? say --answers-of NAME; it has: base, a/b"
        in convert_each(one, layout("openai-chat")).reason
    )
    bound = replace(one, format=answers_of("a/b"))
    assert convert_each(bound, layout("openai-chat")).row == chat(
        SYSTEM, CHAT[0], {"role": "assistant", "content": "y"}
    )
    assert bound.messages[-1].pointer == "/answers/a~1b/text"
    lonely = {**row, "answers": {"base": {**answer, "finish": "length"}}}
    assert "cut off" in convert_each(example(lonely, "run-samples"), layout("openai-chat")).reason


@pytest.mark.parametrize("to", ["sharegpt", "mistral", "gemini", "anthropic", "bedrock-converse"])
@given(label=st.integers() | st.booleans() | st.dictionaries(st.text(max_size=3), st.integers()))
def test_answers_that_are_no_texts_are_written_as_json(to, label):
    """Labels are often numbers: an answer of 1 must not become an empty one."""
    row = chat(CHAT[0], {"role": "assistant", "content": label})
    made = convert_each(example(row), layout(to))
    said = layout(to).conversation(made.row).messages[-1]
    assert json.loads("".join(p["text"] for p in parts_of(said["content"]))) == label
    assert not made.losses


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("prompt-completion", {"prompt": "spam?", "completion": 1}),
        ("alpaca", {"instruction": "spam?", "input": "", "output": 1}),
        ("sharegpt", {"conversations": [{"from": "human", "value": "spam?"}, {"from": "gpt", "value": 1}]}),
    ],
)  # fmt: skip
def test_a_label_that_is_a_number_becomes_chat(name, row):
    made = convert_each(example(row, name), layout("openai-chat"))
    assert made.row == chat(
        {"role": "user", "content": "spam?"}, {"role": "assistant", "content": "1"}
    )


def test_texts_in_a_list_that_are_no_parts_are_texts():
    row = chat({"role": "user", "content": ["a", {"type": "text", "text": "b"}, 5]}, CHAT[1])
    made = convert_each(example(row), layout("prompt-completion"))
    assert made.row == {"prompt": "ab5", "completion": "b"}


@pytest.mark.parametrize("value", [{"messages": {}}, {"messages": None}, {"messages": [1]}, {}])
def test_rows_that_hold_no_conversation_are_left_out_of_their_own_layout_too(value):
    account = Account()
    rows = [example(value), example(chat(*CHAT), line=2)]
    assert len(list(converted_lines(rows, layout("openai-chat"), account))) == 1
    assert [reason for _, reason in account.left_out] == ["it holds no messages"]


def test_what_stands_beside_can_be_left_out_of_rows_that_have_the_layout():
    row = chat(*CHAT, lang="zh", topic="x", metadata={"n": 1})
    made = convert_each(example(row), layout("openai-chat"), keep=["lang"], drop_beside=True)
    assert made.row == chat(*CHAT, metadata={"lang": "zh"})
    assert {one.pointer for one in made.losses} == {"topic", "n"}
