# SPDX-License-Identifier: Apache-2.0
"""The examples of OpenAI's own page (images and vision, 2026-06-27), and what people measured."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.tokens.chat import layouts, prompt_tokens
from evalkit.tokens.images import Image, images_of, patch_tokens, tile_tokens

PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
FOUR = {"base": 85, "tile": 170}


def image(width, height, detail="auto"):
    return Image(width, height, detail)


@pytest.mark.parametrize(
    ("size", "tokens"),
    [
        ((1024, 1024), 765),  # 768 x 768: four tiles
        ((2048, 4096), 1_105),  # 1,024 x 2,048, then 768 x 1,536: six tiles
        ((512, 512), 255),
        ((513, 500), 425),
        ((1, 1), 255),
        ((100_000, 1), 85 + 170 * 4),
    ],
)
def test_tiles(size, tokens):
    assert tile_tokens(image(*size), **FOUR) == tokens
    assert tile_tokens(image(*reversed(size), "high"), **FOUR) == tokens
    assert tile_tokens(image(*size, "low"), **FOUR) == 85


def test_low_detail_costs_the_same_whatever_the_size():
    assert tile_tokens(image(4096, 8192, "low"), **FOUR) == 85
    assert tile_tokens(image(None, None, "low"), **FOUR) == 85
    assert tile_tokens(image(None, None), **FOUR) is None
    assert tile_tokens(image(1024, 1024), base=2833, tile=5667) == 25_501  # gpt-4o-mini
    assert tile_tokens(image(1024, 1024), base=70, tile=140) == 630  # gpt-5


@pytest.mark.parametrize(
    ("size", "patches"),
    [
        ((1024, 1024), 1_024),
        ((1800, 2400), 1_452),  # 1,056 x 1,408
        ((2048, 768), 1_536),
        ((1, 1), 1),
        ((33, 32), 2),
        ((4096, 512), 512),  # 2,048 x 256
    ],
)
def test_patches(size, patches):
    assert patch_tokens(image(*size), patches=1536, factor="1.00") == patches
    assert patch_tokens(image(*reversed(size)), patches=1536, factor="1.00") == patches


@pytest.mark.parametrize(
    ("size", "tokens"),
    [
        ((256, 256), 77),
        ((512, 512), 308),
        ((768, 1024), 922),
        ((1280, 720), 1_104),
        ((1024, 1024), 1_229),
        ((2048, 768), 1_844),
    ],
)
def test_the_factor_as_measured(size, tokens):
    # gpt-5-mini: usage with an image less usage without (community, 2026-06-17)
    assert patch_tokens(image(*size), patches=1536, factor="1.2") == tokens


def test_patches_of_low_detail_and_of_unknown_size():
    assert patch_tokens(image(2048, 2048, "low"), patches=1536, factor="1") == 256
    assert patch_tokens(image(100, 100, "low"), patches=1536, factor="1") == 16
    assert patch_tokens(image(None, None, "low"), patches=1536, factor="1.62") is None
    assert patch_tokens(image(1024, 1024), patches=1536, factor="1.62") == 1_659


sides = st.integers(1, 2**31 - 1) | st.integers(1, 5_000)


@given(sides, sides, st.sampled_from(["auto", "low", "high"]), st.sampled_from([1, 256, 1536]))
def test_bounds(width, height, detail, patches):
    one = image(width, height, detail)
    assert 1 <= patch_tokens(one, patches=patches, factor="1") <= patches
    assert 85 <= tile_tokens(one, **FOUR) <= 85 + 170 * 8
    turned = image(height, width, detail)
    assert tile_tokens(turned, **FOUR) == tile_tokens(one, **FOUR)
    assert patch_tokens(turned, patches=patches, factor="1") == patch_tokens(
        one, patches=patches, factor="1"
    )


def test_images_of_a_message():
    parts = [
        {"type": "text", "text": "x"},
        {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
        {"type": "image_url", "image_url": PIXEL, "detail": "high"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "image"},
        {"type": "image_url", "image_url": {"url": PIXEL, "detail": "original"}},
        {"type": ["image_url"]},
        "image_url",
        None,
    ]
    assert images_of({"role": "user", "content": parts}) == [
        image(1, 1, "low"),
        image(1, 1, "high"),
        image(None, None),
        image(None, None),
        image(1, 1),
    ]
    assert images_of({"role": "user", "content": "image_url"}) == []
    assert images_of({}) == []


values = st.recursive(
    st.none() | st.integers() | st.sampled_from([PIXEL, "low", "image_url", "data:,"]) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "image_url", "url", "detail", "content"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)


@given(values)
def test_any_content_is_no_error(value):
    for one in images_of({"content": value}):
        assert one.detail in {"auto", "low", "high"}


def test_images_in_a_layout():
    parts = [
        {"type": "image_url", "image_url": {"url": PIXEL}},
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
    ]
    row = ([{"role": "user", "content": parts}, {"role": "assistant", "content": "A dot."}], ())
    bare = layouts([row], encoding="o200k_base")[0]
    seen = layouts([row], encoding="o200k_base", image_tokens=lambda i: tile_tokens(i, **FOUR))[0]
    assert [span.images for span in seen.messages] == [255 + 85, 0]
    assert [span.images for span in bare.messages] == [0, 0]
    assert seen.tokens.billed == bare.tokens.billed + 340
    assert seen.tokens.cookbook == bare.tokens.cookbook  # the script knows no images
    assert seen.tokens.learned == bare.tokens.learned
    assert seen.learned_within(bare.tokens.billed) == 0  # pushed out by the images
    assert prompt_tokens([row], encoding="o200k_base", image_tokens=lambda _: 7) == [
        prompt_tokens([row], encoding="o200k_base")[0] + 14
    ]


def test_real_rows(shared):
    rows = [
        json.loads(line)
        for name in ("training", "validation")
        for line in (shared / "foundry-vision" / f"{name}.jsonl").read_bytes().split(b"\n")
        if line
    ]
    found = [one for row in rows for message in row["messages"] for one in images_of(message)]
    assert found == [image(None, None)] * 120  # addresses: nothing is fetched
