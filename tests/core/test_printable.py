# SPDX-License-Identifier: Apache-2.0
import re

from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.printable import excerpt, printable

UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@given(st.text(st.characters()))
def test_nothing_that_moves_the_cursor_or_cannot_be_written_is_left(text):
    shown = printable(text)
    assert not UNSAFE.search(shown)
    shown.encode()


def test_how_it_looks():
    assert printable("a\x1b[31mb\u202e\ud83d\n") == "a\\x1b[31mb<U+202E><U+D83D>⏎"


def test_chinese_is_left_alone():
    assert printable("你好，世界！“引号”　") == "你好，世界！“引号”　"


@given(st.text(), st.integers(2, 80))
def test_an_excerpt_keeps_its_width(text, width):
    assert len(excerpt(text, width)) <= width
