# SPDX-License-Identifier: Apache-2.0
"""MED001."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.images import IMAGE_NEEDLES, images
from evalkit.lint.rule import rule

__all__ = ["image_in_answer"]


@rule(
    "MED001",
    scope="example",
    severity="error",
    needles=IMAGE_NEEDLES,
    en="the assistant's message holds an image; only users can show images",
    zh="assistant 消息中含有图片；只有 user 能发图片",
)
def image_in_answer(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds images in messages of the assistant.
    ## Why is this bad?
    Models that answer with text cannot learn to show images; servers refuse the file.
    ## Example
    {"messages": [{"role": "user", "content": "Show me a cat"}, {"role": "assistant", "content": [{"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}}]}]}
    ## Use instead
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}}]}, {"role": "assistant", "content": "A cat."}]}
    ## References
    OpenAI, vision fine-tuning guide, 2025: no images in messages of the assistant. together 1.5.35 takes
    them in user messages only.
    """
    for image in images(example):
        if image.role == "assistant":
            yield Fault(pointer=image.pointer)
