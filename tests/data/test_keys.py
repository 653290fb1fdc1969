# SPDX-License-Identifier: Apache-2.0
"""JSON rows whose keys are named, or have usual names."""

from __future__ import annotations

import json

import pytest

from evalkit.core.errors import EvalkitError, InputError, UsageError
from evalkit.data.layouts import described
from evalkit.data.read import TableOptions, open_data


@pytest.fixture
def read(tmp_path):
    def opened(*rows, layouts=None, guess=True, name="x.jsonl", layout=None, **options):
        path = tmp_path / name
        text = json.dumps(rows) if name.endswith(".json") else "\n".join(map(json.dumps, rows))
        path.write_text(text)
        table = TableOptions(**options)
        return open_data(path, table=table, layouts=layouts or {}, guess=guess, format=layout)

    return opened


def said(data):
    return [tuple(m.text for m in e.messages) for e in data]


@pytest.mark.parametrize("name", ["x.jsonl", "x.json"])
@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ({"question": "q", "answer": "a"}, {"user": "question", "assistant": "answer"}),
        ({"q": "q", "a": "a", "n": 1}, {"user": "q", "assistant": "a"}),
        ({"Query": "q", "AI Response": "a"}, {"user": "Query", "assistant": "AI Response"}),
        ({"问题": "q", "回答": "a"}, {"user": "问题", "assistant": "回答"}),
        ({"label": "a", "text": "q"}, {"user": "text", "assistant": "label"}),
        (
            {"user": {"message": "q"}, "assistant": {"message": "a"}},
            {"user": "user.message", "assistant": "assistant.message"},
        ),
    ],
)
def test_usual_names(read, row, columns, name):
    data = read(row, row, name=name)
    assert (data.format, data.columns) == ("key-map", columns)
    assert said(data) == [("q", "a")] * 2
    assert said(read(row, guess=False)) == [()]


def test_numbers_and_the_question_in_two_parts(read):
    assert said(read({"text": "q", "label": 3}, {"text": "r", "label": False})) == [
        ("q", "3"), ("r", "false"),
    ]  # fmt: skip
    data = read({"instruction": "Sum up", "context": "x", "response": "y", "category": "z"})
    assert said(data) == [("Sum up\nx", "y")]
    assert [e.fields for e in data] == [{"category": "z"}]
    assert "`category`" in data.notes[0]


def test_pairs_whose_question_is_not_called_prompt(read):
    data = read({"system": "s", "question": "q", "chosen": "c", "rejected": "r"})
    assert said(data) == [("s", "q", "c")]
    [row] = data
    assert row.format.conversation(row.value).rejected[0]["content"] == "r"
    assert read({"prompt": "q", "chosen": "c", "rejected": "r"}).format == "trl-preference"


@pytest.mark.parametrize(
    "rows",
    [
        [{"foo": "x", "bar": "y"}],
        [{"question": "q"}],
        [{"question": ["q"], "answer": ["a"]}],
        [{"question": "q", "answer": None}] * 2 + [{"question": "q", "answer": "a"}],
        [],
    ],
)
def test_what_is_no_conversation_is_not_guessed(read, rows):
    data = read(*rows)
    assert (data.format, data.columns) == (None, {})
    assert not any(said(data))


def test_known_layouts_are_not_guessed(read):
    messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    assert read({"messages": messages, "question": "x", "answer": "y"}).format == "openai-chat"
    assert read({"prompt": "p", "completion": "c"}).format == "prompt-completion"


def test_named_keys(read):
    row = {"data": {"Q": "q", "a": {"text": "a"}}, "list": ["x"], "id": 7}
    columns = {"user": "data.q", "assistant": "/data/a/text", "number": "id"}
    data = read(row, columns=columns)
    assert said(data) == [("q", "a")]
    assert [m.pointer for m in next(iter(data)).messages] == ["/data/Q", "/data/a/text"]
    assert next(iter(data)).fields["number"] == "7"


def test_an_element_of_a_list(read):
    row = {"turns": ["q"], "out": [{"text": "a"}]}
    data = read(row, columns={"user": "/turns/0", "assistant": "out.0.text"})
    assert said(data) == [("q", "a")]


def test_named_keys_stand_above_a_known_layout(read):
    row = {"prompt": "p", "completion": "c", "better": "b", "meta": {"kind": "k"}}
    assert said(read(row, columns={"assistant": "better"})) == [("p", "b")]
    named = read(row, columns={"kind": "meta.kind"})
    assert named.format == "prompt-completion"
    assert next(iter(named)).fields["kind"] == "k"
    with pytest.raises(UsageError, match="--from prompt-completion"):
        read(row, columns={"assistant": "better"}, layout="prompt-completion")
    # Of several files that are linted, not each has the keys.
    assert read(row, columns={"user": "ask"}, guess=False).format == "prompt-completion"
    assert read({"ask": "q", "answer": "a"}, columns={"user": "ask"}, guess=False).columns


def test_templates(read):
    row = {"title": "{ask}", "ask": "{{x}}", "answer": "a"}
    data = read(row, templates={"user": r"{title}\n{Ask}", "system": "Be kind"})
    assert said(data) == [("Be kind", "{ask}\n{{x}}", "a")]
    assert [m.pointer for m in next(iter(data)).messages] == ["", "/title", "/answer"]
    assert data.columns == {
        "system": "Be kind", "user": r"{title}\n{Ask}", "assistant": "answer",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "kind", "message", "hint"),
    [
        ({"columns": {"user": "qustion"}}, UsageError, "did you mean `question`?", "`question`"),
        ({"columns": {"usr": "question"}}, UsageError, "did you mean `user`?", "roles:"),
        ({"templates": {"user": "{qestion}"}}, UsageError, "no key `qestion`", "`question`"),
        ({"columns": {"system": "foo"}}, InputError, "no key for the text of the assistant", "KEY"),
        ({"columns": {"chosen": "foo"}}, UsageError, "`chosen` is named and `rejected`", "="),
    ],
)
def test_names_that_are_not_there(read, options, kind, message, hint):
    with pytest.raises(kind) as caught:
        read({"question": "q", "foo": "x"}, **options)
    assert message in caught.value.message
    assert hint in caught.value.hint


LAYOUTS = described(
    {"own": {"turns": "chat", "turn": {"user": "q", "assistant": "a"}, "fields": {"kind": "m.k"}}}
)


def test_described_layouts_come_first(read):
    rows = [{"chat": [{"q": "x", "a": "y"}], "messages": [], "m": {"k": "z"}, "n": 1}] * 2
    data = read(*rows, {"messages": [{"role": "user", "content": "u"}]}, layouts=LAYOUTS)
    assert (data.format, data.layout.name) == ("own", "own")
    assert said(data) == [("x", "y"), ("x", "y"), ()]
    assert next(iter(data)).fields == {"n": "1", "kind": "z"}
    assert read(*rows).format == "openai-chat"


def test_described_layouts_are_not_taken_for_others(read):
    turns = described({"own": {"turns": "messages", "turn": {"role": "who", "text": "what"}}})
    chat = {"messages": [{"role": "user", "content": "u"}]}
    assert read(chat, layouts=turns).format == "openai-chat"
    assert read({"messages": [{"who": "客服", "what": "x"}]}, layouts=turns).format == "own"


def test_layouts_by_name(read):
    row = {"chat": "no list", "prompt": "p", "completion": "c"}
    assert said(read(row, layouts=LAYOUTS, layout="own")) == [()]
    assert read(row, layouts=LAYOUTS, layout="prompt_completion").format == "prompt-completion"
    with pytest.raises(EvalkitError, match="did you mean `own`") as caught:
        read(row, layouts=LAYOUTS, layout="owm")
    assert "own, alpaca" in caught.value.hint


def test_parts_of_a_file_are_read_by_the_same_map(read):
    rows = [{"prompt": str(n), "reply": "x"} for n in range(9)]
    data = read(*rows)
    assert data.divisible
    assert said(data.part(0, None)) == said(data)
