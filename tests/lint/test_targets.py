# SPDX-License-Identifier: Apache-2.0
"""What each target says of the same row: where they disagree, their files decide."""

from __future__ import annotations

import codecs
import json

import pytest

from evalkit.lint.engine import check
from evalkit.lint.settings import Settings
from evalkit.targets.load import target_names


def chat(*roles, **more):
    messages = [{"role": role, "content": f"{role} {n}"} for n, role in enumerate(roles)]
    return {"messages": messages, **more}


def with_tool(identifier="call_1", content="42"):
    call = {"id": identifier, "type": "function", "function": {"name": "f", "arguments": "{}"}}
    return {
        "messages": [
            {"role": "user", "content": "6 x 7?"},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": identifier, "content": content},
            {"role": "assistant", "content": "42"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
        ],
    }


PARTS = [{"type": "text", "text": "42"}]
FIRST = chat("user", "system", "assistant")
SAID = {"messages": [{"role": "user", "content": "Ask like this. User: hi"}, {"role": "assistant", "content": "a"}]}  # fmt: skip
PAIR = {
    "input": {"messages": [{"role": "user", "content": "a"}]},
    "preferred_output": [{"role": "assistant", "content": "b"}],
    "non_preferred_output": [{"role": "assistant", "content": "b"}],
}
HOSTED = {
    "openai",
    "azure",
    "together",
    "fireworks",
    "mistral",
    "bedrock-nova",
    "vertex",
    "bailian",
}
TRAINERS = {"trl", "llama-factory", "axolotl", "ms-swift", "local"}
ALL = HOSTED | TRAINERS


@pytest.fixture
def levels(tmp_path):
    """Target (and "none") to the severity of a rule's finding in some bytes; silence is left out."""

    def call(rule, data, name="data.jsonl"):
        path = tmp_path / name
        path.write_bytes(data)
        found = {}
        for target in [*target_names(), "none"]:
            targets = () if target == "none" else (target,)
            result = check([str(path)], Settings(targets=targets))
            for finding in result.findings:
                if finding.name == rule:
                    found[target] = finding.severity.label
        return found

    return call


def said(error=(), warning=(), info=()):
    return {**dict.fromkeys(error, "error"), **dict.fromkeys(warning, "warning"), **dict.fromkeys(info, "info")}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "row", "expected"),
    [
        ("extra-top-level-key", chat("user", "assistant", source="crm"),
         said(["openai", "azure"], {*HOSTED, "none"} - {"openai", "azure", "mistral"}, ["ms-swift"])),
        ("extra-top-level-key", chat("user", "assistant", metadata={"lang": "zh"}), said(["openai", "azure"])),
        ("consecutive-roles", chat("user", "user", "assistant"), said(["together", "bedrock-nova", "llama-factory"])),
        ("system-message-not-first", FIRST,
         said(["together", "fireworks", "mistral", "bedrock-nova", "vertex", "llama-factory"],
              ["trl", "axolotl", "ms-swift", "local", "none"])),
        ("last-message-not-assistant", chat("user", "assistant", "user"),
         said({*HOSTED, "llama-factory", "none"} - {"openai", "together", "fireworks"},
              ["openai", "together", "fireworks", "trl", "axolotl", "ms-swift", "local"])),
        ("tool-content-not-text", with_tool(content=PARTS), said({*ALL, "none"} - {"together", "vertex"})),
        ("tool-call-id-format", with_tool(), said(["mistral"])),
        ("tool-call-id-format", with_tool("a1B2c3D4e"), {}),
        ("role-marker-in-text", SAID, said(["bedrock-nova"])),
        ("missing-user-message", chat("system", "assistant"), said(["bedrock-nova", "llama-factory"], {*ALL, "none"} - {"bedrock-nova", "llama-factory"})),
        ("identical-pair", PAIR, said({*ALL, "none"})),
    ],
)  # fmt: skip
def test_rows(levels, rule, row, expected):
    assert levels(rule, json.dumps(row).encode() + b"\n") == expected


def test_message_keys(levels):
    row = chat("user", "assistant")
    row["messages"][1]["loss_weight"] = 0.5
    found = levels("extra-message-key", json.dumps(row).encode() + b"\n")
    assert set(found) == {*HOSTED, "ms-swift", "none"} - {"bailian", "mistral"}


def test_a_byte_order_mark(levels):
    data = codecs.BOM_UTF8 + json.dumps(chat("user", "assistant")).encode() + b"\n"
    assert levels("byte-order-mark", data) == said(HOSTED - {"azure"}, TRAINERS)


def test_a_document(levels):
    data = json.dumps([chat("user", "assistant")] * 2).encode()
    assert levels("json-document", data, "data.json") == said(HOSTED)


def test_too_few(levels):
    assert levels(
        "too-few-examples", json.dumps(chat("user", "assistant")).encode() + b"\n"
    ) == said(["openai", "azure", "fireworks"], ["vertex"])


@pytest.mark.parametrize(
    ("targets", "found"),
    [(("bailian",), False), (("bailian", "openai"), True), (("openai", "bailian"), True),
     (("bailian", "ms-swift"), True)],
)  # fmt: skip
def test_several_targets_accept_what_all_of_them_accept(tmp_path, targets, found):
    row = chat("user", "assistant")
    row["messages"][1]["loss_weight"] = 0.5
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    names = {f.name for f in check([str(path)], Settings(targets=targets)).findings}
    assert ("extra-message-key" in names) is found


def test_several_targets_refuse_what_one_of_them_refuses(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps(chat("user", "assistant", metadata={})) + "\n", encoding="utf-8")
    for targets in (("openai", "together"), ("together", "openai"), ("azure", "openai")):
        names = {f.name for f in check([str(path)], Settings(targets=targets)).findings}
        assert "extra-top-level-key" in names
    assert "extra-top-level-key" not in {
        f.name for f in check([str(path)], Settings(targets=("together",))).findings
    }
