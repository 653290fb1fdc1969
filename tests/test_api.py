# SPDX-License-Identifier: Apache-2.0
"""evalkit as a library: its page is true, and frames lose nothing."""

import doctest
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import evalkit
from evalkit.core.errors import InputError, UsageError


def test_the_page_is_true(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = doctest.testfile(
        str(root / "docs" / "python.md"), module_relative=False, encoding="utf-8"
    )
    assert found.attempted > 20
    assert found.failed == 0


def test_importing_it_imports_nothing_heavy():
    code = (
        "import sys, evalkit; print([m for m in ('pandas', 'numpy', 'click') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def file(tmp_path):
    """Writes values as JSONL and gives the path."""

    def made(name, rows):
        path = tmp_path / name
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return made


TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
CHATS = st.lists(
    st.tuples(st.none() | TEXTS, st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=3)),
    min_size=1,
    max_size=4,
)


def chat(system, pairs):
    told = [] if system is None else [{"role": "system", "content": system}]
    for question, answer in pairs:
        told += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": told}


@given(CHATS)
def test_a_frame_of_examples_comes_back(chats):
    import pandas as pd

    values = [chat(system, pairs) for system, pairs in chats]
    data = evalkit.from_frame(pd.DataFrame(values))
    assert [example.value for example in data] == values
    again = evalkit.from_frame(evalkit.to_frame(data))
    assert [example.value for example in again] == values


def test_tools_pairs_and_verdicts_stand_in_columns_of_their_own(file):
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    source = file(
        "a.jsonl",
        [
            {**chat(None, [("q", "a")]), "tools": [tool]},
            {**chat(None, [("问", "答")]), "lang": "zh"},
        ],
    )
    frame = evalkit.to_frame(evalkit.read(source))
    assert list(frame.columns) == ["messages", "tools", "lang"]
    assert frame["tools"].tolist()[0] == [tool]
    assert frame["lang"].tolist()[1] == "zh"
    back = list(evalkit.from_frame(frame))
    assert back[0].value["tools"] == [tool]
    assert "tools" not in back[1].value
    assert back[1].fields == {"lang": "zh"}
    pair = {
        "input": {"messages": [{"role": "user", "content": "q"}]},
        "preferred_output": [{"role": "assistant", "content": "good"}],
        "non_preferred_output": [{"role": "assistant", "content": "bad"}],
    }
    frame = evalkit.to_frame(evalkit.read(file("p.jsonl", [pair])))
    assert list(frame.columns) == ["prompt", "chosen", "rejected"]
    assert list(evalkit.convert(frame, "openai-preference")) == [pair]


def test_frames_by_message_and_of_nothing(file):
    data = evalkit.read(file("a.jsonl", [chat("s", [("q", "a")])]))
    frame = evalkit.to_frame(data, by="message")
    assert frame[["message", "role", "content"]].to_numpy().tolist() == [
        [0, "system", "s"],
        [1, "user", "q"],
        [2, "assistant", "a"],
    ]
    assert frame.index.tolist() == [1, 1, 1]
    empty = evalkit.to_frame([], by="exchange")
    assert list(empty.columns) == ["system", "user", "assistant", "turns"]


def test_missing_numbers_and_dates_of_a_frame():
    import pandas as pd

    frame = pd.DataFrame(
        {
            "question": ["q", None],
            "answer": ["a", "b"],
            "score": [1.5, float("nan")],
            "when": pd.to_datetime(["2024-05-01", None]),
        }
    )
    first, second = evalkit.from_frame(frame)
    assert first.fields == {"score": "1.5", "when": "2024-05-01T00:00:00"}
    assert second.fields == {}
    assert [m.text for m in second.messages] == ["", "b"]


def test_columns_may_be_named():
    import pandas as pd

    frame = pd.DataFrame({"frage": ["q"], "antwort": ["a"]})
    data = evalkit.from_frame(frame, columns={"user": "frage", "assistant": "antwort"}, system="s")
    assert [m.text for m in next(iter(data)).messages] == ["s", "q", "a"]
    with pytest.raises(InputError, match="`frage`, `antwort`"):
        evalkit.from_frame(frame)


def test_a_conversion_says_what_became_of_the_rows(file, tmp_path):
    rows = [chat("s", [("q", "a")]), chat(None, [("q", "a"), ("r", "b")]), "not an object"]
    found = evalkit.convert(evalkit.read(file("a.jsonl", rows)), "prompt_completion")
    assert list(found) == [{"prompt": "q", "completion": "a"}]
    assert found.lost == {"system prompts": 1}
    assert [where.rpartition(":")[2] for where, _ in found.left_out] == ["2", "3"]
    assert "<td>left out</td><td>2</td>" in found._repr_html_()
    assert found.write(tmp_path / "out.jsonl") == 1
    assert (tmp_path / "out.jsonl").read_bytes() == b'{"prompt": "q", "completion": "a"}\n'


def test_wrong_names_are_said(file):
    source = file("a.jsonl", [chat(None, [("q", "a")])])
    with pytest.raises(UsageError, match="did you mean `together`"):
        evalkit.convert(source, "togther")
    with pytest.raises(AttributeError, match="nothing_such"):
        _ = evalkit.nothing_such


def test_labels_stay_whole_numbers_though_one_is_missing():
    import pandas as pd

    frame = pd.DataFrame({"user": ["a", "b", "c"], "assistant": [0, 1, float("nan")]})
    assert [e.messages[1].text for e in evalkit.from_frame(frame)] == ["0", "1", ""]
    halves = pd.DataFrame({"user": ["a", "b"], "assistant": [0.5, float("nan")]})
    assert [e.messages[1].text for e in evalkit.from_frame(halves)] == ["0.5", ""]


def test_frames_of_paths_and_their_errors(file):
    import pandas as pd

    source = file("a.jsonl", [chat("s<b>", [("q", "a")])])
    assert len(evalkit.to_frame(source, by="message")) == 3
    with pytest.raises(UsageError, match="no frame by `turn`"):
        evalkit.to_frame(source, by="turn")
    with pytest.raises(InputError, match="no columns"):
        evalkit.from_frame(pd.DataFrame())
    with pytest.raises(InputError, match="say which: columns=") as caught:
        evalkit.from_frame(pd.DataFrame({"x": ["1"], "y": ["2"]}))
    assert "--" not in str(caught.value)
    shown = evalkit.read(source)._repr_html_()
    assert "<td>openai-chat</td>" in shown
