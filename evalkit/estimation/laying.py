# SPDX-License-Identifier: Apache-2.0
"""Where the tokens of sequences lie, by one tokenizer; images by a model's rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from evalkit.estimation.sequences import Sequences
from evalkit.targets.card import ImageRule
from evalkit.tokens.chat import layouts
from evalkit.tokens.images import Image, patch_tokens, tile_tokens
from evalkit.tokens.layout import Layout, Span
from evalkit.tokens.plain import plain_layouts
from evalkit.tokens.tokenizer import Tokenizer

__all__ = ["Price", "laid_out", "price_of", "with_images"]

Price = Callable[[Image], int | None]  # None = not known


def laid_out(read: Sequence[Sequences], counter: Tokenizer) -> list[list[Layout]]:
    """The layouts of the conversations of some examples, images apart.

    Args:
        read: What is trained on in each example.
        counter: What counts.
    """
    talks = iter(_talks([one for one in read if _is_talk(one)], counter))
    chats = [(row, one.tools) for one in read if _is_chat(one) for row in one.rows]
    in_frames = iter(layouts(chats, encoding=counter, threads=0) if chats else ())
    texts = [row for one in read if one.plain for row in one.rows]
    alone = iter(plain_layouts(texts, encoding=counter, threads=0) if texts else ())
    found = []
    for one in read:
        if _is_talk(one):
            found.append([next(talks)])
        else:
            source = alone if one.plain else in_frames
            found.append([_learned(next(source), one) for _ in one.rows])
    return found


def _is_talk(one: Sequences) -> bool:
    return one.texts is not None and not one.plain


def _is_chat(one: Sequences) -> bool:
    return one.texts is None and not one.plain


def _talks(read: Sequence[Sequences], counter: Tokenizer) -> list[Layout]:
    """Layouts of conversations of nothing but roles and texts.

    What stands around the texts depends on the roles alone: it is laid out once for each sequence
    of roles, of which there are few, and then only texts are counted.
    """
    if not read:
        return []
    numbers: dict[str, int] = {}  # of texts, each counted once: system prompts repeat
    number = numbers.setdefault
    said = [[number(text, len(numbers)) for text in one.texts or ()] for one in read]
    kinds = list(dict.fromkeys(one.roles[0] for one in read))
    empty = [([{"role": role, "content": ""} for role in roles], ()) for roles in kinds]
    forms = dict(zip(kinds, layouts(empty, encoding=counter, threads=0), strict=True))
    counts = counter.count(list(numbers), threads=0)
    found = []
    for one, indices in zip(read, said, strict=True):
        form = forms[one.roles[0]]
        spans = [
            Span(span[0], counts[index], span[2])
            for span, index in zip(form.messages, indices, strict=True)
        ]
        found.append(Layout(before=form.before, messages=tuple(spans), extra=form.extra))
    return found


def _learned(layout: Layout, one: Sequences) -> Layout:
    """The layout, with nothing learned before the answer where only that is learned."""
    if not one.learns_from:
        return layout
    first = one.learns_from
    spans = [
        span if index >= first or not span.learns else span._replace(learns=False)
        for index, span in enumerate(layout.messages)
    ]
    return replace(layout, messages=tuple(spans))


def price_of(rule: ImageRule | None) -> Price:
    """Tokens of an image; None = not known."""
    if rule is None:
        return lambda image: None  # noqa: ARG005  (the shape of a callback)
    if rule.kind == "tiles":
        return lambda image: tile_tokens(image, base=rule.base, tile=rule.tile)
    return lambda image: patch_tokens(image, patches=rule.patches, factor=rule.factor)


def with_images(sides: Sequence[Layout], one: Sequences, price: Price) -> list[Layout]:
    """The layouts of an example's conversations with the tokens of its images.

    Args:
        sides: Without them.
        one: The example.
        price: Tokens of an image; what is not known counts nothing.
    """
    return [
        replace(
            layout,
            messages=tuple(
                Span(span.overhead, span.said, span.learns, sum(price(i) or 0 for i in shown))
                for span, shown in zip(layout.messages, images, strict=True)
            ),
        )
        for layout, images in zip(sides, one.images, strict=True)
    ]
