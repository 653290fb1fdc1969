# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib

import pytest

from evalkit.core.errors import InputError
from evalkit.tokens import ranks


@pytest.mark.parametrize("name", ranks.ORIGIN)
def test_the_text_that_tiktoken_checks_can_be_made_from_ours(name):
    lines = (base64.b64encode(t) + b" %d\n" % rank for t, rank in ranks.read(name).items())
    assert hashlib.sha256(b"".join(lines)).hexdigest() == ranks.ORIGIN[name]


def test_the_hashes_are_those_of_the_installed_tiktoken():
    from pathlib import Path

    from tiktoken_ext import openai_public

    source = Path(openai_public.__file__).read_text(encoding="utf-8")
    assert all(digest in source for digest in ranks.ORIGIN.values())


def test_r50k_is_the_beginning_of_p50k():
    lines = (base64.b64encode(t) + b" %d\n" % n for t, n in ranks.read("p50k_base").items())
    first = b"".join(line for line, _ in zip(lines, range(50_256), strict=False))
    # as in tiktoken_ext/openai_public.py
    known = "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"
    assert hashlib.sha256(first).hexdigest() == known


def test_damaged_ranks_are_refused(tmp_path, monkeypatch):
    body = bytearray((ranks.FOLDER / "p50k_base.xz").read_bytes())
    body[1000] ^= 1
    (tmp_path / "p50k_base.xz").write_bytes(body)
    monkeypatch.setattr(ranks, "FOLDER", tmp_path)
    with pytest.raises(InputError, match="damaged"):
        ranks.read("p50k_base")
    with pytest.raises(InputError, match="cannot be read"):
        ranks.read("cl100k_base")
