# SPDX-License-Identifier: Apache-2.0
"""The merge ranks of OpenAI's encodings, beside this file: read from the package, never fetched.

tools/make_ranks.py makes the files and describes their format; NOTICE says where they come from.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from evalkit.core.errors import InputError

__all__ = ["DATA", "FOLDER", "ORIGIN", "read", "sha256_of"]

FOLDER = Path(__file__).resolve().parent

# sha256 of the `.tiktoken` files as tiktoken 0.14 checks them (tiktoken_ext/openai_public.py).
ORIGIN = {
    "p50k_base": "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}

# sha256 of our files, checked at every load: a damaged rank would give wrong counts in silence.
DATA = {
    "p50k_base": "9e1e50524c7d42267b8acbcd1bc2bf8749afcfa563d214b59424273ff926a499",
    "cl100k_base": "78547a0627037220026847af5d319e7d43129a70bd421de3ac3947aa99a0d71b",
    "o200k_base": "87508deffd16cd4d57371d214f9d166bb30982fedaac630aaa25ba379bac5c18",
}


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read(name: str, *, checked: bool = True) -> dict[bytes, int]:
    """Token to rank.

    Args:
        name: p50k_base, cl100k_base or o200k_base.
        checked: Whether the file must be the one that this version was built with.

    Raises:
        InputError: The file of this installation is missing or damaged.
    """
    import lzma

    path = FOLDER / f"{name}.xz"
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"the token ranks {path} cannot be read: {error.strerror}",
            "install evalkit again: pip install --force-reinstall evalkit-ft",
        ) from error
    if checked and hashlib.sha256(packed).hexdigest() != DATA[name]:
        raise InputError(
            f"the token ranks {path} are damaged: their sha256 is not as built",
            "install evalkit again: pip install --force-reinstall evalkit-ft",
        )
    body = lzma.decompress(packed)
    ranks: dict[bytes, int] = {}
    position = rank = 0
    end = len(body)
    while position < end:
        stop = position + 1 + body[position]
        if stop > position + 1:  # an empty token is a rank that nothing has
            ranks[body[position + 1 : stop]] = rank
        position = stop
        rank += 1
    return ranks
