# SPDX-License-Identifier: Apache-2.0
"""Hostile files, always the same ones: seeded mutations of small good files."""

from __future__ import annotations

import gzip
import io
import json
import random
from collections.abc import Iterator

import pytest

PARAMETERS = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}
TOOL = {"type": "function", "function": {"name": "f", "parameters": PARAMETERS}}
USED = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x": "1"}'}}
CALL = {"role": "assistant", "tool_calls": [USED]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "ok"}
PICTURE = {"type": "image_url", "image_url": {"url": "https://x.example/a.png"}}


def said(*turns: str) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": text} for n, text in enumerate(turns)]


def lines(*rows: object) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


ANSWER = said("a", "b")[1]
CHAT = {"messages": [{"role": "system", "content": "你是客服。"}, *said("什么？é", "x")]}
TOOLS = {"messages": [*said("q"), CALL, RESULT, ANSWER], "tools": [TOOL]}
PARTS = {
    "messages": [{"role": "user", "content": [{"type": "text", "text": "?"}, PICTURE]}, ANSWER]
}
PREFERENCE = {
    "input": {"messages": said("a")},
    "preferred_output": [ANSWER],
    "non_preferred_output": [said("a", "c")[1]],
}
SHAREGPT = {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}
ALPACA = {"instruction": "a", "input": "", "output": "b"}
LEGACY = {"prompt": "a ->", "completion": " b\n"}
FILES = {
    "chat.jsonl": lines(CHAT, CHAT, {"messages": said("a", "b", "c", "d")}, CHAT),
    "tools.jsonl": lines(TOOLS, TOOLS, TOOLS),
    "parts.jsonl": lines(PARTS, PARTS),
    "preference.jsonl": lines(PREFERENCE, PREFERENCE),
    "sharegpt.jsonl": lines(SHAREGPT, SHAREGPT),
    "alpaca.jsonl": lines(ALPACA, {"instruction": 1, "output": []}),
    "legacy.jsonl": lines(LEGACY, {**LEGACY, "prompt": "c ->"}),
    "document.json": json.dumps([CHAT] * 3, indent=1, ensure_ascii=False).encode(),
    "table.csv": 'prompt,completion,lang\n什么,x,zh\n"a,\nb",c,en\n'.encode("gb18030"),
    "table.tsv": "问题\t回答\n什么\tx\n".encode("utf-16"),
    "packed.jsonl.gz": gzip.compress(lines(CHAT, CHAT), mtime=0),
}
FRAGMENTS = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b'"', b"\\", b"{", b"}", b"[" * 300, b"]", b"NaN",
    b"1e999", b"9" * 4400, b"\\ud83d", b"\xed\xa0\xbd", b"\xe2\x80\xa8", b'{"messages":', b"null",
    b',"messages":[{"role":[]}]', b"\x1b[2J\xc2\x9b", b"<|im_start|>", b"',;\t|",
]  # fmt: skip


def workbook() -> bytes:
    xlsxwriter = pytest.importorskip("xlsxwriter")
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet()
    for row, cells in enumerate([["prompt", "completion"], ["a", "b"], [1, True]]):
        sheet.write_row(row, 0, cells)
    book.close()
    return stream.getvalue()


def mutated(content: bytes, dice: random.Random) -> bytes:
    """The content with one to four cuts, flips, insertions and deletions."""
    for _ in range(dice.randint(1, 4)):
        at = dice.randint(0, len(content))
        match dice.randint(0, 4):
            case 0 | 1:
                content = content[:at] + dice.choice(FRAGMENTS) + content[at:]
            case 2:
                content = content[:at]
            case 3:
                content = content[:at] + content[at + dice.randint(1, 9) :]
            case 4 if content:
                at = min(at, len(content) - 1)
                content = (
                    content[:at] + bytes([content[at] ^ 1 << dice.randrange(8)]) + content[at + 1 :]
                )
    return content


@pytest.fixture(scope="session")
def good_files() -> dict[str, bytes]:
    """Name to content of one small good file of each kind."""
    return {**FILES, "book.xlsx": workbook()}


@pytest.fixture(scope="session")
def hostile_bytes():
    """A function: so many mutations of a content, the same ones for the same seed."""

    def made(content: bytes, count: int, seed: str) -> Iterator[bytes]:
        dice = random.Random(seed)  # noqa: S311
        for _ in range(count):
            yield mutated(content, dice)

    return made
