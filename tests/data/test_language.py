# SPDX-License-Identifier: Apache-2.0
"""Languages are told by letters, text by text, whatever stands beside them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.data.language import LANGUAGES, LOOKED_AT, languages


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("你好，请问怎么退款？", "zh"),
        ("使用 TensorFlow 和 PyTorch 训练模型", "zh"),
        ("今日はいい天気ですね", "ja"),
        ("カタカナ", "ja"),
        ("中国人民银行公告如下事项内容一二三四の", "zh"),  # a lone kana is decoration
        ("안녕하세요", "ko"),
        ("Where is my parcel?", "latin"),
        ("Où est la bibliothèque ?", "latin"),
        ("Ｆｕｌｌ　ｗｉｄｔｈ", "latin"),
        ("Привет, мир", "cyrillic"),
        ("Γειά σου Κόσμε", "greek"),
        ("مرحبا بالعالم", "arabic"),
        ("שלום עולם", "hebrew"),
        ("नमस्ते दुनिया", "devanagari"),
        ("สวัสดีชาวโลก", "thai"),
        ("Բարեւ աշխարհ", "other"),
        ("Translate into English: 今天天气很好", "mixed"),
        ("12 + 3 = 15 🎉 ，。", "none"),
        ("", "none"),
        ("\ud800", "none"),
    ],
)
def test_each_language_by_its_letters(text, wanted):
    assert languages([text]) == [wanted]


def test_only_the_beginning_of_a_text_counts():
    assert languages(["a" * LOOKED_AT + "中" * 100_000]) == ["latin"]
    assert languages(["中" * LOOKED_AT + "a" * 100_000]) == ["zh"]


@given(st.lists(st.text(max_size=40), max_size=20))
def test_neighbours_do_not_matter(texts):
    together = languages(texts)
    assert together == [languages([text])[0] for text in texts]
    assert set(together) <= set(LANGUAGES)


def test_many_batches_are_as_one():
    texts = ["Hello there", "你好世界", "..."] * 1000 + ["x" * 2000] * 600
    assert languages(texts) == ["latin", "zh", "none"] * 1000 + ["latin"] * 600
