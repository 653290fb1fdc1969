# SPDX-License-Identifier: Apache-2.0
import base64
import struct
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.tokens import image_size
from evalkit.tokens.image_size import size_of


def png(width, height):
    return b"\x89PNG\r\n\x1a\n" + struct.pack(
        ">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 6, 0, 0, 0
    )


def gif(width, height):
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0)


JFIF = b"\xff\xe0" + struct.pack(">H5s9x", 16, b"JFIF\0")


def jpeg(width, height, *, before=JFIF, sof=0xC0):
    frame = struct.pack(">BBHBHHB", 0xFF, sof, 17, 8, height, width, 3) + bytes(9)
    return b"\xff\xd8" + before + frame + b"\xff\xda" + bytes(40)


def webp(kind, body):
    chunk = kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def lossy(width, height):
    return webp(
        b"VP8 ", b"\x30\x01\x00\x9d\x01\x2a" + struct.pack("<HH", width, height) + bytes(10)
    )


def lossless(width, height):
    return webp(b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(9))


def extended(width, height):
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return webp(b"VP8X", bytes(4) + sides + bytes(8))


def url(body, kind="image/png"):
    return f"data:{kind};base64," + base64.b64encode(body).decode()


MAKERS = (png, gif, jpeg, lossy, lossless, extended)


@pytest.mark.parametrize("make", MAKERS)
@given(st.integers(1, 0x3FFF), st.integers(1, 0x3FFF))
def test_each_kind(make, width, height):
    assert size_of(url(make(width, height))) == (width, height)


def test_the_kind_that_is_said_is_not_believed():
    assert size_of(url(jpeg(640, 480), "image/png")) == (640, 480)
    assert size_of(url(png(3, 4), "text/html")) == (3, 4)
    assert size_of(url(png(3, 4), "")) == (3, 4)


def segment(marker, size):
    return bytes((0xFF, marker)) + struct.pack(">H", size + 2) + bytes(size)


def test_the_size_of_a_jpeg_may_lie_far_behind():
    camera = segment(0xE1, 60_000) + segment(0xE2, 65_000) * 10 + b"\xff" * 3 + segment(0xC4, 400)
    assert size_of(url(jpeg(4000, 3000, before=camera, sof=0xC2))) == (4000, 3000)


def test_a_jpeg_ends_somewhere():
    endless = segment(0xE1, 1) * 5_000
    assert size_of(url(jpeg(10, 10, before=endless))) is None
    assert size_of(url(jpeg(10, 10, before=b"\xff\xe1\x00\x00"))) is None  # a length that is none
    assert size_of(url(jpeg(10, 10, before=b"\xff\xda" + bytes(9)))) is None  # no frame
    assert size_of(url(jpeg(10, 10, before=segment(0xE1, 100)[:-50]))) is None


def test_only_the_head_is_decoded(monkeypatch):
    decoded = []
    real = base64.b64decode

    def counting(text, **options):
        decoded.append(len(text))
        return real(text, **options)

    monkeypatch.setattr(image_size.base64, "b64decode", counting)
    for make in MAKERS:
        assert size_of(url(make(800, 600) + bytes(3_000_000))) == (800, 600)
    camera = segment(0xE1, 60_000) * 20
    assert size_of(url(jpeg(800, 600, before=camera) + bytes(1_000_000))) == (800, 600)
    assert sum(decoded) < 2_000


@pytest.mark.parametrize("make", [png, jpeg, lossy])
def test_ways_to_write_a_data_url(make):
    body = make(1000, 700) + bytes(range(256)) * 20
    plain = base64.b64encode(body).decode()
    lines = "\r\n".join(plain[i : i + 76] for i in range(0, len(plain), 76))
    safe = base64.urlsafe_b64encode(body).decode()
    for text in (
        f"DATA:image/png;BASE64,{plain}",
        f"  data:image/png;base64, {plain}",
        f"data:image/png;base64,{plain.rstrip('=')}",
        f"data:image/png;base64,{lines}",
        f"data:image/png;base64,\n{lines}\n",
        f"data:image/png;base64,{safe}",
        f"data:image/png;base64,{quote(plain, safe='')}",
        f"data:image/png;charset=utf-8;base64,{plain}",
        f"data:;base64,{plain}",
        f"data:image/png,{quote(body)}",
    ):
        assert size_of(text) == (1000, 700), text[:60]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "data:",
        "data:,",
        "data:image/png;base64,",
        "data:image/png;base64",
        "data:" + "x" * 10_000 + ",",
        "https://example.com/a.png",
        "a.png",
        "data:image/png;base64,!!!!",
        "data:image/png;base64,图片",
        "data:image/png;base64,%",
        "data:image/png;base64,%zz%",
        "data:image/svg+xml,<svg width='1' height='1'/>",
        "\ud800data:image/png;base64,iVBORw0KGgo=",
        "data:image/png;base64,\ud800",
        url(png(0, 5)),
        url(png(5, 0)),
        url(png(2**32 - 1, 5)),
        url(jpeg(5, 0)),  # said later, by DNL: nothing writes that
        url(gif(0, 0)),
        url(png(5, 5)[:20]),
        url(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\4CgBI" + bytes(30)),
        url(b"\xff\xd8"),
        url(b"RIFF\0\0\0\0WEBPVP9 " + bytes(30)),
        url(b"BM" + bytes(60)),
        url(b"\0"),
    ],
)
def test_what_cannot_be_read_has_no_size(text):
    assert size_of(text) is None


@given(
    st.sampled_from(MAKERS),
    st.integers(0, 60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=8),
)
def test_damaged_heads_are_no_error(make, end, changes):
    body = bytearray(make(300, 200) + bytes(30))
    for place, value in changes:
        body[place % len(body)] = value
    got = size_of(url(bytes(body[:end])))
    assert got is None or (min(got) > 0 and max(got) < 2**31)


@given(st.text(), st.text())
def test_any_text_is_no_error(head, body):
    size_of(head)
    size_of(f"data:{head};base64,{body}")
    size_of(f"data:{head},{body}")
