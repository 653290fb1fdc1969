# SPDX-License-Identifier: Apache-2.0
"""Tables whose cells hold conversations."""

from __future__ import annotations

import csv
import io
import json

import pytest

from evalkit.data.read import TableOptions, open_data
from evalkit.data.readers._json_cells import parsed

CHAT = [{"role": "user", "content": 'say "hi"\n'}, {"role": "assistant", "content": "it's 好"}]
OTHER = [{"role": "user", "content": "b"}, {"role": "assistant", "content": None}]


@pytest.fixture
def table(tmp_path):
    def write(*rows, name="x.csv"):
        out = io.StringIO(newline="")
        csv.writer(out).writerows(rows)
        (tmp_path / name).write_bytes(out.getvalue().encode())
        return tmp_path / name

    return write


def test_json(table):
    path = table(
        ["id", "messages", "lang"], ["1", json.dumps(CHAT), "zh"], [], ["2", json.dumps(OTHER), ""]
    )
    data = open_data(path)
    one, two = data
    assert (data.container, data.format, data.columns) == ("csv", "openai-chat", {})
    assert one.value == {"messages": CHAT} == json.loads(one.raw)
    assert (one.fields, two.fields) == ({"id": "1", "lang": "zh"}, {"id": "2"})
    assert (one.cells, two.cells) == ({"/messages": "B2"}, {"/messages": "B4"})
    assert (two.location.line, two.location.number) == (4, 2)
    assert data.headers == ("id", "messages", "lang")
    assert data.notes == ("the cells of messages hold JSON: read as openai-chat",)


def test_as_python_shows_it(table, tmp_path):
    """What pandas writes: `str()` of lists, and of arrays, which have no commas."""
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"messages": [CHAT, OTHER], "n": [1, 2]})
    frame.to_csv(tmp_path / "list.csv", index=False)
    import numpy as np

    frame["messages"] = [np.array(CHAT), np.array(OTHER)]
    frame.to_csv(tmp_path / "array.csv", index=False)
    for name in ("list.csv", "array.csv"):
        assert [e.value for e in open_data(tmp_path / name)] == [
            {"messages": CHAT},
            {"messages": OTHER},
        ]


def test_layouts(table):
    said = [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]
    cases = {
        "sharegpt": (["conversations", "system"], [json.dumps(said), "Be brief"]),
        "openai-preference": (
            ["input", "preferred_output", "non_preferred_output"],
            [json.dumps({"messages": CHAT[:1]}), json.dumps(CHAT[1:]), json.dumps(CHAT[1:])],
        ),
        "chat-preference": None,
    }
    for name, rows in cases.items():
        if rows is None:
            continue
        data = open_data(table(*rows))
        assert data.format == name
        [example] = data
        assert example.broken is None
        assert example.messages


def test_tools_are_read_too(table):
    tools = [{"type": "function", "function": {"name": "f"}}]
    [example] = open_data(table(["messages", "tools"], [json.dumps(CHAT), json.dumps(tools)]))
    assert example.value == {"messages": CHAT, "tools": tools}


def test_a_cell_that_is_no_json_is_broken(table):
    good = json.dumps(CHAT)
    found = list(open_data(table(["messages"], [good], [good[:-9]], [good])))
    assert [e.broken and e.broken.kind for e in found] == [None, "json", None]
    assert found[1].broken.args["reason"].startswith("cell A3: ")
    assert found[1].location.line > found[0].location.line


def test_answers_in_json_stay_texts(table):
    path = table(["prompt", "completion"], ["q", '{"name": "x"}'], ["r", '[{"name": "y"}]'])
    assert [e.messages[1].text for e in open_data(path)] == ['{"name": "x"}', '[{"name": "y"}]']


def test_the_users_columns_win(table):
    path = table(["messages", "label"], [json.dumps(CHAT), "yes"])
    options = TableOptions(columns={"user": "messages", "assistant": "label"})
    [example] = open_data(path, table=options)
    assert example.messages[0].text == json.dumps(CHAT)


def test_workbooks(tmp_path):
    xlsxwriter = pytest.importorskip("xlsxwriter")
    book = xlsxwriter.Workbook(tmp_path / "x.xlsx")
    sheet = book.add_worksheet("S")
    sheet.write_row(0, 0, ["n", "messages"])
    sheet.write_row(1, 0, [1, json.dumps(CHAT)])
    book.close()
    data = open_data(tmp_path / "x.xlsx")
    [example] = data
    assert example.value == {"messages": CHAT}
    assert (example.location.sheet, example.cells) == ("S", {"/messages": "B2"})
    assert [e.value for e in data] == [{"messages": CHAT}]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[1, 2",
        "__import__('os').system('x')",
        "[__import__('os').system('x')]",
        "[{'a': {1, 2}}]",
        "[{'a': b'x'}]",
        "[" * 5_000 + "'",
        "['" + "x" * (1 << 18) + "'",
        "[{'a': 1e999}, NaN]",
    ],
)
def test_what_is_nothing(text):
    assert parsed(text) is None


def test_literals():
    assert parsed("[{'role': 'user', 'content': \"it's\"}, (1, None, True)]") == [
        {"role": "user", "content": "it's"},
        [1, None, True],
    ]
    assert parsed("[{'a': 'x}\\n {y'}\n {'a': '\\d'}]") == [{"a": "x}\n {y"}, {"a": "\\d"}]
    assert parsed("""[{'a': "it's} {"} {'b': '"} {"'}]""") == [{"a": "it's} {"}, {"b": '"} {"'}]
