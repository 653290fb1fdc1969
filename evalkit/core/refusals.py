# SPDX-License-Identifier: Apache-2.0
"""How a model begins an answer in which it refuses."""

from __future__ import annotations

import re

__all__ = ["begins_as_refusal"]

# Narrow on purpose: "I'm sorry, but I can't find your order" is support, not a refusal.
_BEGINS = re.compile(
    r"""\s*(?:
        (?:(?:i['’]?m|i\ am)\ (?:very\ |so\ )?sorry|sorry|i\ apologi[sz]e)[,.!]?\ +(?:but\ +)?
            (?:i\ (?:can['’]?t|can\ ?not|am\ unable\ to|won['’]?t)|i['’]m\ (?:unable|not\ able)\ to)
            \ (?:help|assist|comply|fulfil|do\ that|answer\ that|provide\ that|continue\ with)
        | i\ (?:can['’]?t|can\ ?not|am\ unable\ to|won['’]?t)\ (?:help|assist|comply)
            \ with\ (?:that|this)
        | as\ an\ ai(?:\ language)?\ model[,\ ]
        | (?:非常|很)?(?:抱歉|对不起|不好意思)[,，。!！]?\s*(?:但是?|不过)?[,，]?\s*
            我(?:无法|不能|没办法)(?:提供|回答|协助|帮助|满足|完成|继续)(?:您|你|这|该|此|相关|任何)
        | 作为(?:一个|一名)?(?:人工智能|ai)(?:语言)?(?:模型|助手)[,，]
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def begins_as_refusal(text: str) -> bool:
    """Whether an answer begins as refusals do."""
    return _BEGINS.match(text) is not None
