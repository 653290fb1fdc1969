# SPDX-License-Identifier: Apache-2.0
"""Whatever the bytes are: an example, a broken example, or an error that a user can act on."""

from __future__ import annotations

import gzip
import json
import random

import pytest

from evalkit.core.errors import EvalkitError
from evalkit.core.example import canonical
from evalkit.core.printable import printable
from evalkit.data.convert import Account, convert
from evalkit.data.read import open_data
from evalkit.data.recognise import layout
from evalkit.data.similarity import prompt_key
from evalkit.data.write import json_line

ROW = {"messages": [{"role": "user", "content": "什么？é"}, {"role": "assistant", "content": "x"}]}
SEEDS = {
    "x.jsonl": "".join(json.dumps(ROW, ensure_ascii=False) + "\n" for _ in range(4)).encode(),
    "x.json": json.dumps([ROW] * 3, indent=1).encode(),
    "g.jsonl": json.dumps(
        {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}
    ).encode()
    * 2,
    "x.csv": 'prompt,completion,lang\n什么,x,zh\n"a,\nb",c,en\n'.encode("gb18030"),
    "x.tsv": "问题\t回答\n什么\tx\n".encode("utf-16"),
    "x.gz": gzip.compress(b"prompt,completion\na,b\n", mtime=0),
    "p.jsonl": b'{"prompt": "a", "completion": "b"}\n{"instruction": 1, "output": []}\n',
}
FRAGMENTS = [
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r",
    b"\n",
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[" * 300,
    b"]",
    b"NaN",
    b"1e999",
    b"9" * 4400,
    b"\\ud83d",
    b"\xed\xa0\xbd",
    b"\xe2\x80\xa8",
    b'{"messages":',
    b"null",
    b',"messages":[{"role":[]}]',
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"',;\t|",
]


def mutated(content: bytes, dice: random.Random) -> bytes:
    for _ in range(dice.randint(1, 4)):
        at = dice.randint(0, len(content))
        match dice.randint(0, 3):
            case 0:
                content = content[:at] + dice.choice(FRAGMENTS) + content[at:]
            case 1:
                content = content[:at]
            case 2:
                content = content[:at] + content[at + dice.randint(1, 9) :]
            case 3 if content:
                at = min(at, len(content) - 1)
                content = content[:at] + bytes([dice.randrange(256)]) + content[at + 1 :]
    return content


def use(path) -> None:
    """What every caller does with what it reads."""
    data = open_data(path)
    found = list(data)
    for example in found:
        where = example.location
        assert where.line >= 1
        assert where.end_line >= where.line
        assert (example.value is None) == (example.broken is not None)
        assert example.digest
        if example.broken:
            assert all(text == printable(text) for text in example.broken.args.values())
            json_line(example.broken.recovered)
        else:
            canonical(example.value)
            json_line(example.value)
            assert len(prompt_key(example.messages)) == 16
            assert all(isinstance(m.text, str) for m in example.messages)
    for name in ("openai-chat", "sharegpt", "alpaca", "prompt-completion", "evals-row"):
        for row in convert(found, layout(name), Account()):
            json_line(row)


@pytest.mark.parametrize("name", SEEDS)
def test_mutated_files(tmp_path, name):
    dice = random.Random(f"{name} 1")  # noqa: S311
    path = tmp_path / name
    for _ in range(300):
        content = mutated(SEEDS[name], dice)
        path.write_bytes(content)
        try:
            use(path)
        except EvalkitError as error:
            said = error.message
        except BaseException as error:
            raise AssertionError(f"{error!r} on {content!r}") from error
        else:
            said = ""
        assert said == printable(said)


def test_mutated_workbooks(tmp_path):
    xlsxwriter = pytest.importorskip("xlsxwriter")
    path = tmp_path / "x.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for row, cells in enumerate([["prompt", "completion"], ["a", "b"], [1, True]]):
        sheet.write_row(row, 0, cells)
    book.close()
    content, dice = path.read_bytes(), random.Random(1)  # noqa: S311
    for _ in range(300):
        path.write_bytes(mutated(content, dice))
        try:
            use(path)
        except EvalkitError as error:
            said = error.message
        else:
            said = ""
        assert said == printable(said)
