# SPDX-License-Identifier: Apache-2.0
from evalkit.tokens.chat import TrainingTokens
from evalkit.tokens.encodings import count
from evalkit.tokens.plain import plain_layouts


def test_texts_and_nothing_else():
    pair = [{"role": "user", "content": "hockey ->"}, {"role": "assistant", "content": " sport\n"}]
    (layout,) = plain_layouts([pair], encoding="r50k_base")
    prompt, completion = count(["hockey ->", " sport\n"], "r50k_base")
    assert layout.tokens == TrainingTokens(prompt + completion, prompt + completion, completion)
