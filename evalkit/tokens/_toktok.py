# SPDX-License-Identifier: Apache-2.0
"""The fast engine: toktok-rs (MIT), where it is installed and agrees with golden counts."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache

__all__ = ["ENCODINGS", "count", "usable"]

ENCODINGS = ("cl100k_base", "o200k_base")

# Texts with their tokens as tiktoken 0.14 counts them: (text, cl100k_base, o200k_base). A damaged
# wheel, or a version with other rules, must show here and not in somebody's bill.
_GOLDEN: tuple[tuple[str, int, int], ...] = (
    ("", 0, 0),
    ("user", 1, 1),
    ("Hello, world! It's 2026; they'll pay $1,234.56.", 20, 18),
    ("  leading\n\n\ttabs \r\n and   blanks   ", 10, 10),
    ("请问劳动合同到期后公司不续签，需要支付经济补偿吗？", 28, 18),
    ("你好，世界！今天天氣很好。", 16, 9),
    ("東京特許許可局へ行きます。ありがとう", 17, 12),
    ("안녕하세요, 무엇을 도와드릴까요?", 21, 11),
    ("Привет, как дела? Ещё не вечер.", 16, 11),
    ("مرحبا بالعالم", 10, 4),
    ("नमस्ते दुनिया", 13, 5),
    ("สวัสดีชาวโลก", 13, 7),
    ("👩\u200d👩\u200d👧\u200d👦 🇨🇳 café naïve ﬁ ①", 32, 21),
    ("def f(x):\n    return {'a': [1, 2, 3], \"b\": x ** 2}  # ok\n", 30, 30),
    ("<|endoftext|><|im_start|>system", 13, 13),
    ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!", 9, 7),
    ('{"name": "get_price", "arguments": {"symbol": "BAC", "period": "1mo"}}', 24, 23),
    ("camelCaseHTTPServer snake_case SCREAMING", 9, 9),
    ("I'VE we'D DON'T y'all'd", 10, 9),
    ("1234567890 12.5% 3/4 ½ ٣٤٥", 22, 19),
    ("x x x x x                                                                      end", 7, 7),
)


@cache
def usable(encoding: str) -> bool:
    """Whether the engine is there, knows the encoding and counts the golden texts right."""
    if encoding not in ENCODINGS:
        return False
    try:
        import toktok  # noqa: F401
    except ImportError:
        return False
    column = 1 + ENCODINGS.index(encoding)
    wanted = [row[column] for row in _GOLDEN]
    try:
        counted = count([row[0] for row in _GOLDEN], encoding)
    except Exception as error:  # noqa: BLE001 - whatever a young library does, tiktoken is there
        counted, reason = [], f": {type(error).__name__}"
    else:
        reason = ""
    if counted == wanted:
        return True
    warnings.warn(
        f"toktok-rs does not count {encoding} as tiktoken does{reason}; counting with tiktoken",
        stacklevel=2,
    )
    return False


def count(texts: Sequence[str], encoding: str, *, threads: int = 1) -> list[int]:
    """Tokens of each text; none may hold what `_trusted.doubtful` finds.

    Args:
        texts: Any number of texts.
        encoding: One of `ENCODINGS`.
        threads: Native threads; 0 = one per core.
    """
    import toktok

    counted: list[int] = toktok.batch_count(texts, encoding, threads)
    return counted
