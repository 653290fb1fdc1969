# SPDX-License-Identifier: Apache-2.0
"""What images cost: OpenAI's two rules for tokens, on the sizes that can be told from the data.

Both rules: OpenAI, "Images and vision", calculating costs (copy of 2026-06-27 of
https://developers.openai.com/api/docs/guides/images-vision), whose examples are our tests.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from evalkit.tokens.image_size import size_of

__all__ = ["Image", "images_of", "patch_tokens", "tile_tokens"]

_LONGEST = 2048  # pixels that a side may have; larger images are scaled down first
_SHORTEST = 768  # to which the shorter side is then scaled down, by the tile rule
_TILE = 512
_PATCH = 32
_LOW = 512  # pixels of the square that low detail is scaled down to
_KINDS = frozenset({"image_url", "input_image", "image"})


@dataclass(frozen=True, slots=True)
class Image:
    """An image of a message.

    Attributes:
        width: Pixels; None = not known: it stands elsewhere, or its head cannot be read.
        height: Pixels, likewise.
        detail: "auto", "low" or "high"; what the data says otherwise is "auto".
    """

    width: int | None
    height: int | None
    detail: str


def images_of(message: Mapping[str, Any]) -> list[Image]:
    """The images of a message, in order; never an exception, whatever the data holds.

    Args:
        message: In the terms of chat completions: parts `{"type": "image_url", "image_url": {"url",
            "detail"}}`; an image without an address is one of unknown size.
    """
    content = message.get("content")
    if not isinstance(content, list):
        return []
    return [
        _image(part)
        for part in content
        if isinstance(part, Mapping) and (_is_image(part.get("type")) or "image_url" in part)
    ]


def _is_image(kind: Any) -> bool:
    return isinstance(kind, str) and kind in _KINDS


def _image(part: Mapping[str, Any]) -> Image:
    address = part.get("image_url")
    inner = address if isinstance(address, Mapping) else {"url": address}
    url, detail = inner.get("url"), inner.get("detail", part.get("detail"))
    size = size_of(url) if isinstance(url, str) else None
    width, height = size or (None, None)
    return Image(width, height, detail if detail in ("low", "high") else "auto")


def tile_tokens(image: Image, *, base: int, tile: int) -> int | None:
    """Tokens of an image of a model that cuts it into tiles (gpt-4o, gpt-4.1 and others).

    base + tile x ceil(w / 512) x ceil(h / 512), after scaling down into 2,048 x 2,048 and then to a
    shorter side of 768 pixels; base alone at low detail. "auto" is high.

    Args:
        image: Of any size.
        base: Tokens of every image.
        tile: Tokens of each tile.

    Returns:
        None where the size is not known and matters.
    """
    if image.detail == "low":
        return base
    if image.width is None or image.height is None:
        return None
    width, height = _within(image.width, image.height, _LONGEST)
    shortest = min(width, height)
    if shortest > _SHORTEST:
        width, height = width * _SHORTEST // shortest, height * _SHORTEST // shortest
    return base + tile * -(-width // _TILE) * -(-height // _TILE)


def patch_tokens(image: Image, *, patches: int, factor: str) -> int | None:
    """Tokens of an image of a model that covers it with patches (gpt-4.1-mini and others).

    ceil(factor x ceil(w / 32) x ceil(h / 32)), after scaling down into 2,048 x 2,048 and, if it
    takes more than `patches`, so that whole patches cover it. That parts of tokens count as whole
    ones is measured (gpt-5-mini at factor 1.2: 77 for 64 patches, 308 for 256, 922 for 768, 1,844
    for 1,536; community, 2026-06-17). Low detail: as the image scaled down into 512 x 512.

    Args:
        image: Of any size.
        patches: Most that an image may have, at least 1.
        factor: Decimal number, tokens for each patch.

    Returns:
        None where the size is not known.
    """
    if image.width is None or image.height is None:
        return None
    longest = _LOW if image.detail == "low" else _LONGEST
    width, height = _within(image.width, image.height, longest)
    if _cover(width, height) > patches:
        shrink = math.sqrt(_PATCH**2 * patches / (width * height))
        across, down = width * shrink / _PATCH, height * shrink / _PATCH
        shrink *= min(max(1, math.floor(side)) / side for side in (across, down))
        width, height = int(width * shrink), int(height * shrink)
    number = min(patches, _cover(width, height))
    return int((Decimal(factor) * number).to_integral_value(ROUND_CEILING))


def _within(width: int, height: int, longest: int) -> tuple[int, int]:
    """Scaled down, in whole pixels, so that no side is longer."""
    side = max(width, height)
    if side <= longest:
        return width, height
    return max(1, width * longest // side), max(1, height * longest // side)


def _cover(width: int, height: int) -> int:
    return max(1, -(-width // _PATCH)) * max(1, -(-height // _PATCH))
