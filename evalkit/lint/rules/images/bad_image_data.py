# SPDX-License-Identifier: Apache-2.0
"""MED005."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.images import KINDS, decoded, images, is_cut, kind_of
from evalkit.lint.rule import rule

__all__ = ["bad_image_data"]

# How PNG, JPEG, WEBP and GIF begin in base64.
_BARE = ("iVBORw0K", "/9j/", "UklGR", "R0lGOD")


@rule(
    "MED005",
    scope="example",
    severity="error",
    fix="safe",
    needles=(b"data:", *(start.encode() for start in _BARE)),
    en="the image cannot be read: {what}",
    zh="图片无法读取：{what_zh}",
)
def bad_image_data(example: Example, *, max_image_bytes: int = 0) -> Iterator[Fault]:
    """## What it does
    Looks into images that stand in the row as data: is it base64, is it a PNG, JPEG, WEBP or GIF as it
    says, is it whole, is it small enough for the target? Addresses and paths are not opened.
    ## Why is this bad?
    Servers refuse such images, or silently leave the example out.
    ## Example
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,R0lGODlhAQABAAAAACw="}}]}, {"role": "assistant", "content": "A dot."}]}
    ## Use instead
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "data:image/gif;base64,R0lGODlhAQABAAAAACw="}}]}, {"role": "assistant", "content": "A dot."}]}
    ## Fix safety
    The type of the image is written as its bytes say, and bare base64 of an image gets the `data:` that it
    lacks. What is cut, broken, too large or of another kind is left to you.
    ## References
    OpenAI, vision fine-tuning, 2025: JPEG, PNG or WEBP, 10 MB each; images that cannot be read are skipped.
    """
    for image in images(example):
        wrong = _wrong(image.url, max_image_bytes)
        if wrong is not None:
            what, what_zh, url = wrong
            fix = Fix("safe", edits={image.pointer: url}) if url and image.own else None
            yield Fault(pointer=image.pointer, args={"what": what, "what_zh": what_zh}, fix=fix)


def _wrong(url: str, most: int) -> tuple[str, str, str] | None:
    """What is wrong in both languages, and the address that would be right, "" where none is known."""
    if url.startswith(_BARE) and len(url) > 64 and (data := decoded(url)) is not None:
        kind = kind_of(data)
        if kind:
            return (
                "`data:` before the base64 is missing",
                "base64 之前缺少 `data:`",
                f"data:{kind};base64,{url}",
            )
    if not url.startswith("data:"):
        return None
    head, comma, body = url[5:].partition(",")
    declared, *flags = head.lower().split(";")
    if not comma or "base64" not in flags:
        return "the data URL is not base64", "data URL 不是 base64", ""
    data = decoded(body)
    if not data:
        return "the base64 is broken or cut off", "base64 不完整或已损坏", ""
    kind = kind_of(data)
    if not kind:
        return "it is no PNG, JPEG, WEBP or GIF", "不是 PNG、JPEG、WEBP 或 GIF", ""
    if is_cut(data, kind):
        return f"the end of the {KINDS[kind]} is missing", f"{KINDS[kind]} 的末尾缺失", ""
    if most and len(data) > most:
        return (
            f"{len(data):,} bytes, {most:,} are allowed",
            f"{len(data):,} 字节，上限 {most:,}",
            "",
        )
    if declared.replace("/jpg", "/jpeg") != kind:
        says = f"says `{declared[:24]}`" if declared else "says no type"
        says_zh = f"写着 `{declared[:24]}`" if declared else "没有写明类型"
        true = f"data:{kind};base64,{body}"
        return f"it {says} and is a {KINDS[kind]}", f"{says_zh}，实为 {KINDS[kind]}", true
    return None
