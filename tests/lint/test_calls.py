# SPDX-License-Identifier: Apache-2.0
"""Tool rules: each bad row is found, each safe fix mends it, and no needle hides a row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.core.pointer import replaced
from evalkit.data.recognise import layout, recognise
from evalkit.lint.calls import calls, declared, literal, parsed
from evalkit.lint.catalogue import every_rule
from evalkit.lint.engine import Settings, check
from evalkit.lint.shape import violations

RULES = Path(__file__).parent / "rules"
FAMILIES = ("tools", "images", "preference", "reinforcement")
OURS = {r.name: r for r in every_rule() if r.family in FAMILIES}
FOUND = sorted(path for family in FAMILIES for path in (RULES / family).glob("*/found/*.jsonl"))


def example(value, name=None):
    known = layout(name) if name else recognise([value])
    raw = json.dumps(value, ensure_ascii=False).encode()
    return Example(Location(source="x", line=1), raw, value, known)


def settings_of(path):
    file = path.parent.parent / "settings.json"
    given_ = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return Settings(select=(path.parent.parent.name.replace("_", "-"),), **given_)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_every_row_of_a_bad_file_is_found(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    found = {f.location.line for f in check([str(path)], settings_of(path)).findings}
    expected = set(range(1, len(lines) + 1))
    if path.parts[-3] == "contradictory_pairs":
        expected.discard(1)  # what the others contradict
    assert found == expected


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_safe_fixes_mend_what_they_are_of_and_break_nothing_else(path, tmp_path):
    settings = settings_of(path)
    for line in path.read_text(encoding="utf-8").splitlines():
        value = json.loads(line)
        place = tmp_path / "row.jsonl"
        place.write_text(line + "\n", encoding="utf-8")
        fixes = [f.fix for f in check([str(place)], settings).findings]
        if not fixes or not all(fix is not None and fix.safety == "safe" for fix in fixes):
            continue
        for fix in fixes:
            if fix.value is not None:
                value = fix.value
            for pointer, new in fix.edits.items():
                value = replaced(value, pointer, new)
        place.write_text(json.dumps(value, ensure_ascii=False) + "\n", encoding="utf-8")
        assert check([str(place)], settings).findings == ()
        others = Settings(select=("ROL", "SCH", "TLS", "MED"), ignore=("TLS010",))
        assert check([str(place)], others).findings == ()


def test_ids_are_renamed_together_and_always_alike():
    rows = (RULES / "tools/tool_call_id_format/found/results.jsonl").read_text(encoding="utf-8")
    value = json.loads(rows.splitlines()[0])
    rule = OURS["tool-call-id-format"].function
    pattern = "^[a-zA-Z0-9]{9}$"
    (fault,) = rule(example(value), tool_call_id_pattern=pattern)
    (again,) = rule(example(value), tool_call_id_pattern=pattern)
    assert fault.fix.edits == again.fix.edits
    assert set(fault.fix.edits) == {"/messages/1/tool_calls/0/id", "/messages/2/tool_call_id"}
    assert len(set(fault.fix.edits.values())) == 1


def test_legacy_functions_become_tools():
    call = {"name": "times", "arguments": '{"x": 6}'}
    value = {
        "messages": [
            {"role": "user", "content": "6 x 7?"},
            {"role": "assistant", "content": None, "function_call": call, "tool_calls": None},
            {"role": "function", "name": "times", "content": "42"},
            {"role": "assistant", "content": "42"},
            {"role": "assistant", "content": None, "function_call": call},
        ],
        "functions": [{"name": "times", "parameters": {}}],
        "lang": "en",
    }
    (fault,) = OURS["legacy-functions"].function(example(value))
    made = {"type": "function", "function": call}
    assert fault.fix.value == {
        "messages": [
            {"role": "user", "content": "6 x 7?"},
            {"role": "assistant", "content": None, "tool_calls": [{"id": "call_1", **made}]},
            {"role": "tool", "tool_call_id": "call_1", "content": "42"},
            {"role": "assistant", "content": "42"},
            {"role": "assistant", "content": None, "tool_calls": [{"id": "call_2", **made}]},
        ],
        "tools": [{"type": "function", "function": {"name": "times", "parameters": {}}}],
        "lang": "en",
    }


@pytest.mark.parametrize(
    ("text", "value", "is_json"),
    [
        ('{"x": 1}', {"x": 1}, True),
        ("null", None, True),
        ('{"x": NaN}', None, False),
        ("{'x': 1}", None, False),
        ("", None, False),
        ("[" * 100_000, None, True),  # too deep to tell
        ("1" * 5_000, None, True),  # Python refuses to read such numbers
    ],
)
def test_what_is_json(text, value, is_json):
    assert parsed(text) == (value, is_json)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'x': 1, 'y': None, 'z': [True, -1.5]}", {"x": 1, "y": None, "z": [True, -1.5]}),
        ("{'say': \"don't\\n\"}", {"say": "don't\n"}),
        ("{'x': (1, 2)}", None),
        ("{1: 2}", None),
        ("{'x': {1}}", None),
        ("{'x': 1e999}", None),
        ("{'path': 'C:\\data'}", None),  # `\d` is no escape: who knows what was meant
        ("{'x': __import__('os').system('true')}", None),
        ("[1]", None),
        ("{" * 90_000, None),
        ("{'a':" * 20_000, None),
        ("{'a': " + "-" * 90_000 + "1}", None),
    ],
)
def test_what_python_wrote_is_read_and_nothing_is_run(text, value):
    assert literal(text) == value


def test_calls_know_where_they_stand():
    call = {"id": "a", "type": "function", "function": {"name": "times", "arguments": "{}"}}
    chat = example({"messages": [{"role": "assistant", "tool_calls": [call]}]}, "openai-chat")
    assert [(c.name, c.place, c.own) for c in calls(chat)] == [
        ("times", "/messages/0/tool_calls/0/function/arguments", True)
    ]
    turns = [{"from": "function_call", "value": '{"name": "times", "arguments": {}}'}]
    told = example({"conversations": turns, "tools": '[{"name": "times"}]'})
    assert [(c.name, c.place, c.own) for c in calls(told)] == [("times", "/conversations/0", False)]
    assert [(t.name, t.pointer, t.own) for t in declared(told)] == [("times", "/tools", False)]
    given_ = {"messages": [], "tools": [{"type": "function", "function": {"name": "times"}}]}
    pair = example({"input": given_, "preferred_output": [], "non_preferred_output": []})
    assert declared(pair)[0].pointer == "/input/tools/0/function"


texts = st.sampled_from(
    ["", "hi", "{'x': 1}", "{}", '{"x": 1}', "data:image/png;base64,AAAA", "\u2028", "/9j/" + "A" * 80]
)  # fmt: skip
names = st.sampled_from(["times", "查天气", "a b", ""])
function = st.fixed_dictionaries({"name": names, "arguments": texts})
made_calls = st.lists(
    st.fixed_dictionaries({"id": texts, "type": st.just("function"), "function": function}),
    min_size=1,
    max_size=2,
)
part = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": texts}),
    st.fixed_dictionaries(
        {"type": st.just("image_url"), "image_url": st.fixed_dictionaries({"url": texts})}
    ),
)
message = st.one_of(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant"]), "content": texts | st.lists(part, max_size=2)}
    ),
    st.fixed_dictionaries({"role": st.just("assistant"), "tool_calls": made_calls}),
    st.fixed_dictionaries({"role": st.just("assistant"), "function_call": function}),
    st.fixed_dictionaries(
        {"role": st.just("tool"), "tool_call_id": texts, "content": texts | st.lists(part, max_size=2)}
    ),
    st.fixed_dictionaries({"role": st.just("function"), "name": names, "content": texts}),
)  # fmt: skip
parameters = st.sampled_from(
    [{}, {"type": "dict"}, {"properties": {}}, {"type": "object", "required": ["x"]}]
)
tool = st.fixed_dictionaries({"name": names, "parameters": parameters})
turn = st.one_of(
    st.fixed_dictionaries(
        {"from": st.sampled_from(["human", "gpt", "observation", "tool_response"]), "value": texts}
    ),
    st.fixed_dictionaries(
        {"from": st.sampled_from(["function_call", "tool_call"]), "value": function.map(json.dumps)}
    ),
)
messages = st.lists(message, max_size=5)
rows = st.one_of(
    st.fixed_dictionaries(
        {"messages": messages},
        optional={
            "tools": st.lists(tool.map(lambda f: {"type": "function", "function": f}), max_size=2),
            "functions": st.lists(tool, max_size=2),
            "images": st.lists(texts, max_size=3),
        },
    ),
    st.fixed_dictionaries(
        {"conversations": st.lists(turn, max_size=5)},
        optional={"tools": st.lists(tool, max_size=2).map(json.dumps)},
    ),
    st.fixed_dictionaries(
        {
            "input": st.fixed_dictionaries({"messages": messages}),
            "preferred_output": st.lists(message, max_size=2),
            "non_preferred_output": st.lists(message, max_size=2),
        }
    ),
)
_GIVEN = {
    "tool-call-id-format": {"tool_call_id_pattern": "[a-z]{9}"},
    "too-many-images": {"max_images": 1},
}


@given(rows, st.booleans())
def test_no_needle_hides_a_row(value, escaped):
    known = recognise([value])
    raw = json.dumps(value, ensure_ascii=escaped).encode()
    row = Example(Location(source="x", line=1), raw, value, known)
    if known is None or violations(row):
        return
    for rule in OURS.values():
        if rule.needles:
            faults = list(rule.function(row, **_GIVEN.get(rule.name, {})))
            assert not faults or any(needle in row.scanned for needle in rule.needles), rule.name
