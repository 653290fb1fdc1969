# SPDX-License-Identifier: Apache-2.0
"""However a file is encoded and packed, the same rows stand on the same lines."""

from __future__ import annotations

import csv
import gzip
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.data.read import open_data

try:
    from backports import zstd
except ImportError:
    zstd = None

ENDS = ["\n", "\r\n"]
ENCODINGS = {
    "utf-8": lambda text: text.encode(),
    "bom": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-be": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32"),
}
PACKINGS = {"": lambda content: content, ".gz": gzip.compress}
if zstd is not None:
    PACKINGS[".zst"] = zstd.compress

# What readers get wrong: separators that are text, quotes, blanks, letters beyond the first plane.
text = st.text(
    st.one_of(
        st.sampled_from("，。\"'\\,;\t|\n {}[]:\u2028\u2029\u0085é€中😀=+-@"),
        st.characters(codec="utf-8", exclude_characters="\0\r"),
    ),
    max_size=12,
)
pair = st.tuples(text, text)


def jsonl(rows, end):
    return "".join(json.dumps(row, ensure_ascii=False) + end for row in chats(rows))


def document(rows, end):
    return json.dumps(chats(rows), ensure_ascii=False, indent=1).replace("\n", end) + end


def table(rows, end):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end).writerows([("prompt", "completion"), *rows])
    return out.getvalue()


def chats(rows):
    return [
        {
            "messages": [
                {"role": "user", "content": question},
                {"role": "assistant", "content": answer},
            ]
        }
        for question, answer in rows
    ]


KINDS = {".jsonl": jsonl, ".json": document, ".csv": table}


def seen(path):
    data = open_data(path)
    found = [
        (e.value, e.location.line, e.location.end_line, e.location.number, dict(e.cells))
        for e in data
    ]
    return found, data.lines, data.examples


@pytest.mark.parametrize("suffix", KINDS)
@settings(max_examples=30)
@given(rows=st.lists(pair, min_size=1, max_size=4))
def test_alike(tmp_path_factory, suffix, rows):
    folder = tmp_path_factory.mktemp("alike")
    wanted = [row for row in chats(rows) if suffix != ".csv" or any(map(str.strip, texts(row)))]
    first = None
    for end in ENDS:
        content = KINDS[suffix](rows, end)
        for encode in ENCODINGS.values():
            for packing, pack in PACKINGS.items():
                path = folder / f"x{suffix}{packing}"
                path.write_bytes(pack(encode(content)))
                now = seen(path)
                path.unlink()
                assert [value for value, *_ in now[0]] == wanted
                first = first or now
                assert now == first


def texts(row):
    return [message["content"] for message in row["messages"]]


@settings(max_examples=30)
@given(rows=st.lists(pair, min_size=1, max_size=40), block=st.integers(1, 64))
def test_blocks_do_not_matter(tmp_path_factory, monkeypatch_module, rows, block):
    """Lines are cut out of blocks: at any size they are the same, and their bytes are theirs."""
    path = tmp_path_factory.mktemp("blocks") / "x.csv"
    content = table(rows, "\n").encode()
    path.write_bytes(content)
    with monkeypatch_module.context() as patch:
        before = [(e.value, e.location, e.cells) for e in open_data(path)]
        patch.setattr("evalkit.data.lines._TEXT_BLOCK", block)
        after = [(e.value, e.location, e.cells) for e in open_data(path)]
    assert before == after
    for value, where, _ in after:
        [cells] = csv.reader(io.StringIO(content[where.start : where.end].decode(), newline=""))
        assert cells == texts(value)


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


LEGACY = {
    "gb18030": [
        "prompt,completion\n你好,您好\n",
        "问题,回答\n怎么退款？,请联系客服。\n",
        "text,label\n不错！,好评\n",
        "q,a\n是,否\n",
        "prompt,completion\nhi,你\n",
        "姓名,性别\n张三,男\n",
        "prompt,completion\n訂單問題，請問,好的\n",
    ],
    "big5": [
        "prompt,completion\n你好,您好\n",
        "問題,回答\n怎麼退款？,請聯繫客服。\n",
        "prompt,completion\n今天天氣,晴\n",
        "prompt,completion\n謝謝,不客氣\n",
        "q,a\n是,否\n",
    ],
    "windows-1252": [
        "prompt,completion\ncafé,thé\n",
        "text,label\nit’s fine,ok\n",
        "q,a\nprice £5,5 €\n",
        "frage,antwort\nWie heißt du?,Ich heiße Bär\n",
        "a,b\nÉÉ,ÄÖÜ\n",
        "q,a\nœuvre,déjà vu\n",
        "a,b\n½ tasse,30°C\n",
        "a,b\nNº 5,¿qué?\n",
        "a,b\nçà,là\n",
    ],
}


@pytest.mark.parametrize(
    ("name", "content"), [(name, one) for name, texts_ in LEGACY.items() for one in texts_]
)
@pytest.mark.parametrize("times", [1, 20])
def test_short_files_of_old_encodings(tmp_path, name, content, times):
    from evalkit.data.encodings import detect

    raw = (content * times).encode({"windows-1252": "cp1252"}.get(name, name))
    found = detect(io.BytesIO(raw), len(raw))
    assert (found.name, raw.decode(found.codec)) == (name, content * times)
    assert found.evidence.startswith("not UTF-8; as ")


@pytest.mark.parametrize(
    ("codec", "content"),
    [
        ("euc-kr", "안녕하세요 반갑습니다 주문은 어떻게 하나요\n"),
        ("shift_jis", "今日はとても良い天気ですね。散歩に行きましょう。\n"),
        ("cp1251", "Привет, как дела? Всё хорошо, спасибо большое.\n"),
    ],
)
def test_other_scripts_are_not_taken_for_chinese(codec, content):
    from evalkit.data.encodings import detect

    raw = (content * 5).encode(codec)
    found = detect(io.BytesIO(raw), len(raw))
    assert raw.decode(found.codec) == content * 5
