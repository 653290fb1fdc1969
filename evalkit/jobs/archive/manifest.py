# SPDX-License-Identifier: Apache-2.0
"""What an archive says of itself: each file with its digest, its day and where it came from.

`manifest.json` lies beside the files of one job; its shape is schemas/job-archive.schema.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evalkit.core.atomic import write_text
from evalkit.core.errors import InputError
from evalkit.core.printable import printable

__all__ = ["MANIFEST", "Manifest", "Missing", "Part", "read_manifest", "write_manifest"]

MANIFEST = "manifest.json"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file of an archive.

    Attributes:
        file: Its name beside the manifest, given by us.
        what: "job", "order", "events", "checkpoints", "training", "validation" or "result".
        sha256: Of its bytes, as hex.
        bytes: How many.
        saved: When it was written, in UTC, to the second.
        source: "provider", "archive" (of another job of the same archive) or "this machine".
        id: The provider's, where it is a file there.
    """

    file: str
    what: str
    sha256: str
    bytes: int
    saved: str
    source: str
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What is not in an archive.

    Attributes:
        what: As of a `Part`.
        why: One printable line.
        again: Whether saving again may help.
        noted: When it was found out first.
        id: The provider's, where it is a file there.
    """

    what: str
    why: str
    again: bool
    noted: str
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The archive of one job.

    Attributes:
        target: Whose job it is.
        host: That was asked; None = this machine.
        job: The provider's id.
        model: That was tuned.
        tuned_model: What came of it, if anything.
        state: Of the job when it was last looked at, in our words.
        created: Of the job, in UTC; None = not said.
        finished: Likewise.
        files: What is there, by name.
        missing: What is not.
    """

    target: str
    host: str | None
    job: str
    model: str
    tuned_model: str | None
    state: str
    created: str | None
    finished: str | None
    files: tuple[Part, ...] = ()
    missing: tuple[Missing, ...] = ()

    def part(self, file: str) -> Part | None:
        """The file of that name."""
        return next((one for one in self.files if one.file == file), None)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder; None = there is none.

    Raises:
        InputError: It is not one.
    """
    path = folder / MANIFEST
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(
            f"cannot read {printable(str(path))}: {error.strerror}", "is it yours to read?"
        ) from error
    try:
        return _understood(json.loads(raw))
    except (KeyError, RecursionError, TypeError, ValueError) as error:
        raise InputError(
            f"{printable(str(path))} is no manifest of an archive",
            "move it away and save again: what is there is then fetched anew",
        ) from error


def write_manifest(folder: Path, manifest: Manifest) -> bool:
    """Write it where it says something new; whether it did."""
    if read_manifest(folder) == manifest:
        return False
    document = {"schema": 1, **asdict(manifest)}
    write_text(folder / MANIFEST, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    return True


def _understood(document: Mapping[str, Any]) -> Manifest:
    """Nothing of it is trusted: an archive may come from anywhere.

    Raises:
        KeyError: A key is missing.
        TypeError: A value is of another kind, or there is one more key.
        ValueError: A value cannot be.
    """
    whole = dict(document)
    if whole.pop("schema") != 1:
        raise ValueError("schema")
    parts = tuple(Part(**one) for one in whole.pop("files"))
    missing = tuple(Missing(**one) for one in whole.pop("missing"))
    for part in parts:
        if Path(part.file).name != part.file or "\\" in part.file or not part.file:
            raise ValueError(part.file)
        if not _SHA256.fullmatch(part.sha256):
            raise ValueError(part.sha256)
    if not all(isinstance(whole[key], str) for key in ("target", "job", "model", "state")):
        raise TypeError("not a text")
    return Manifest(**whole, files=parts, missing=missing)
