# SPDX-License-Identifier: Apache-2.0
"""MED003."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.images import IMAGE_NEEDLES, images
from evalkit.lint.rule import rule

__all__ = ["too_many_images"]


@rule(
    "MED003",
    scope="example",
    severity="error",
    needles=IMAGE_NEEDLES,
    en="{count} images in one example; {most} are allowed; split it or leave some out",
    zh="一条样本有 {count} 张图片，最多 {most} 张；请拆分或删减",
)
def too_many_images(example: Example, *, max_images: int = 0) -> Iterator[Fault]:
    """## What it does
    Finds examples with more images than the target takes. Silent where no target says how many.
    ## Why is this bad?
    The example is refused or left out of the training.
    ## Example
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "Same?"}, {"type": "image_url", "image_url": {"url": "https://example.org/1.png"}}, {"type": "image_url", "image_url": {"url": "https://example.org/2.png"}}, {"type": "image_url", "image_url": {"url": "https://example.org/3.png"}}]}, {"role": "assistant", "content": "No."}]}
    ## Use instead
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "Same?"}, {"type": "image_url", "image_url": {"url": "https://example.org/1.png"}}, {"type": "image_url", "image_url": {"url": "https://example.org/2.png"}}]}, {"role": "assistant", "content": "No."}]}
    ## References
    2025: OpenAI and Together 10 per example, Azure 64.
    """
    if not max_images:
        return
    count = len(images(example))
    listed = example.value.get("images")
    if not count and isinstance(listed, list):  # LLaMA-Factory: `<image>` in texts, paths here
        count = len(listed)
    if count > max_images:
        yield Fault(args={"count": count, "most": max_images})
