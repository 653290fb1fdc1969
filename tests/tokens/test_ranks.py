# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib

import pytest

from evalkit.core.errors import InputError
from evalkit.tokens import ranks

R50K = "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"


@pytest.mark.parametrize("name", ranks.ORIGIN)
def test_the_text_that_tiktoken_checks_can_be_made_from_ours(name):
    lines = (base64.b64encode(t) + b" %d\n" % rank for t, rank in ranks.read(name).items())
    assert hashlib.sha256(b"".join(lines)).hexdigest() == ranks.ORIGIN[name]


def _checked_by_tiktoken(monkeypatch):
    """Encoding to the sha256 that the installed tiktoken checks after its download."""
    from tiktoken_ext import openai_public

    asked = {}

    def load(url, expected_hash):
        asked[url.rpartition("/")[2].removesuffix(".tiktoken")] = expected_hash
        return {}

    monkeypatch.setattr(openai_public, "load_tiktoken_bpe", load)
    for name in ("r50k_base", "p50k_base", "cl100k_base", "o200k_base", "o200k_harmony"):
        getattr(openai_public, name)()
    return asked


def test_the_hashes_are_those_of_the_installed_tiktoken(monkeypatch):
    asked = _checked_by_tiktoken(monkeypatch)
    assert asked.pop("r50k_base") == R50K
    assert asked == ranks.ORIGIN  # harmony asks for the ranks of o200k


def test_their_origin_is_told(root):
    notice = (root / "NOTICE").read_text(encoding="utf-8")
    assert all(name in notice for name in ranks.ORIGIN)
    assert "tiktoken" in notice
    assert "MIT" in notice


def test_r50k_is_the_beginning_of_p50k():
    lines = (base64.b64encode(t) + b" %d\n" % n for t, n in ranks.read("p50k_base").items())
    first = b"".join(line for line, _ in zip(lines, range(50_256), strict=False))
    assert hashlib.sha256(first).hexdigest() == R50K


def test_damaged_ranks_are_refused(tmp_path, monkeypatch):
    body = bytearray((ranks.FOLDER / "p50k_base.xz").read_bytes())
    body[1000] ^= 1
    (tmp_path / "p50k_base.xz").write_bytes(body)
    monkeypatch.setattr(ranks, "FOLDER", tmp_path)
    with pytest.raises(InputError, match="damaged"):
        ranks.read("p50k_base")
    with pytest.raises(InputError, match="cannot be read"):
        ranks.read("cl100k_base")
