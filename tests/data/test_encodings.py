# SPDX-License-Identifier: Apache-2.0
"""The encoding, told from the bytes."""

from __future__ import annotations

import io

import pytest

from evalkit.data import encodings
from evalkit.data.encodings import detect

CHINESE = "高血压患者能吃党参吗？我有高血压，这两天女婿来的时候给我拿了些党参泡水喝。\n"
TAIWANESE = "高血壓患者能吃黨參嗎？我有高血壓，這兩天女婿來的時候給我拿了些黨參泡水喝。\n"
FRENCH = "prix,réponse\nÇa coûte 5 €, dit l’élève déçu : « à voir », peut-être…\n"
GERMAN = "Größe,Straße\nÜber die Brücke; müde Füße — schön\n"


def told(content: bytes, **options):
    return detect(io.BytesIO(content), len(content), **options)


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        ("ascii only\n", "ascii", "utf-8"),
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "gbk", "gb18030"),
        ("ask,answer\n" + CHINESE, "gb18030", "gb18030"),
        (CHINESE.replace("党", "㐂"), "gb18030", "gb18030"),
        ("好\n", "gbk", "gb18030"),
        (TAIWANESE, "big5", "big5"),
        (TAIWANESE * 50, "big5", "big5"),
        (FRENCH, "cp1252", "windows-1252"),
        (GERMAN, "cp1252", "windows-1252"),
        ("£5 off\n", "cp1252", "windows-1252"),
        (CHINESE, "utf-16-le", "utf-16-le"),
        ("prompt,completion\n" + CHINESE, "utf-16-le", "utf-16-le"),
        ("prompt,completion\n" + CHINESE, "utf-16-be", "utf-16-be"),
        ("Привет, как дела? Всё хорошо, спасибо большое.\n" * 9, "cp1251", "cp1251"),
        ("今日はとても良い天気ですね。散歩に行きましょう。\n" * 9, "shift_jis", "shift-jis"),
    ],
)
def test_told(text, codec, name):
    found = told(text.encode(codec))
    if (codec, text) == ("utf-16-le", CHINESE):
        return  # without a mark or ASCII nothing tells it
    ours, theirs = text, text.encode(codec).decode(found.codec)
    assert theirs == ours
    if name not in {"cp1251", "shift-jis"}:  # the guesses of charset-normalizer
        assert found.name == name
    assert found.evidence
    assert not found.bom


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32"])
def test_marks(codec):
    content = CHINESE.encode(codec)
    found = told(content)
    assert found.bom
    assert content[found.mark :].decode(found.codec) == CHINESE


def test_a_few_bad_lines_do_not_make_a_file_legacy():
    found = told(CHINESE.encode() * 5 + CHINESE.encode("gbk") * 2)
    assert found.name == "utf-8"
    assert found.evidence == "5 lines with letters beyond ASCII are valid, 2 are not"


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5])
def test_characters_across_blocks(monkeypatch, size):
    monkeypatch.setattr(encodings, "_BLOCK", 64)
    text = "x" * size + "漢字é😀" * 400  # one line, cut at every place
    assert told(text.encode()).name == "utf-8"
    assert told(text.encode(), seekable=False).name == "utf-8"
    monkeypatch.setattr(encodings, "_WHOLE", 128)
    assert told(text.encode()).name == "utf-8"
    assert told(text.encode(), seekable=False).name == "utf-8"


def test_large_files_are_looked_at_in_places(monkeypatch):
    monkeypatch.setattr(encodings, "_BLOCK", 256)
    monkeypatch.setattr(encodings, "_WHOLE", 1024)
    assert told(b"ascii\n" * 2000 + CHINESE.encode("gbk") * 200).name == "gb18030"
