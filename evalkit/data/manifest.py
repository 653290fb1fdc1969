# SPDX-License-Identifier: Apache-2.0
"""The manifest of a split: what is where, so that leaks can be found later.

It holds file names, counts, and digests of files and of questions: no text of the data, no clock
value, so that equal splits have equal manifests (schemas/manifest.schema.json). A question takes 19
bytes, a set of a million rows 19 MB. Who knows a question can tell whether it is in the set.
"""

from __future__ import annotations

import hashlib
import json
import os
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, overload

from evalkit.core.errors import InputError
from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.core.resources import schema
from evalkit.data.facts import question_key
from evalkit.data.write import json_line

__all__ = [
    "Digits",
    "Manifest",
    "Part",
    "digest_of",
    "leaks",
    "manifest_text",
    "read_manifest",
    "seen_from",
    "write_manifest",
]

_SCHEMA = 1
_AT_ONCE = 1 << 14  # questions


class Digits(Sequence[str]):
    """Numbers of 64 bits as 16 hexadecimal digits each, at 8 bytes a number.

    Args:
        numbers: Such as `facts.question_key` gives.
    """

    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = array("Q", numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [f"{number:016x}" for number in self._numbers[index]]
        return f"{self._numbers[index]:016x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of a split.

    Attributes:
        file: With slashes, as seen from the folder of the manifest.
        rows: How many.
        sha256: Of the file's bytes, 64 hexadecimal digits.
        questions: What each row asks, 16 hexadecimal digits, in the order of the file.
    """

    file: str
    rows: int
    sha256: str
    questions: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What `evalkit split` did.

    Attributes:
        evalkit: The version that did it.
        source: Name of the file that was split, without its folder.
        source_sha256: Of its bytes.
        options: How it was split.
        parts: Name of a part ("train", "test", "valid") to its file.
    """

    evalkit: str
    source: str
    source_sha256: str
    options: Mapping[str, Any]
    parts: Mapping[str, Part]


def digest_of(path: str | Path) -> str:
    """SHA-256 of a file's bytes, 64 hexadecimal digits.

    Raises:
        OSError: It cannot be read.
    """
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def seen_from(manifest: str | Path, path: str | Path) -> str:
    """A file as it is called in a manifest: with slashes, from its folder."""
    try:
        return Path(os.path.relpath(path, Path(manifest).parent)).as_posix()
    except ValueError:  # another drive
        return Path(path).absolute().as_posix()


def write_manifest(manifest: Manifest, stream: BinaryIO) -> None:
    """The manifest as JSON: one line for the questions of a part, so that it stays readable."""
    source = {"file": manifest.source, "sha256": manifest.source_sha256}
    head = {
        "schema": _SCHEMA,
        "evalkit": manifest.evalkit,
        "source": source,
        "options": dict(manifest.options),
    }
    stream.write(b"{\n")
    lines = (f'  "{key}": '.encode() + json_line(value) + b",\n" for key, value in head.items())
    stream.writelines(lines)
    stream.write(b'  "parts": {')
    for number, (name, part) in enumerate(manifest.parts.items()):
        facts = {"file": part.file, "rows": part.rows, "sha256": part.sha256}
        stream.write(b",\n" if number else b"\n")
        stream.write(f'    "{name}": '.encode() + json_line(facts)[:-1] + b', "questions": [')
        for start in range(0, len(part.questions), _AT_ONCE):
            some = part.questions[start : start + _AT_ONCE]
            stream.write(b"," if start else b"")
            stream.write(",".join([f'"{question}"' for question in some]).encode())
        stream.write(b"]}")
    stream.write(b"\n  }\n}\n")


def manifest_text(manifest: Manifest) -> str:
    """The same as text."""
    stream = BytesIO()
    write_manifest(manifest, stream)
    return stream.getvalue().decode()


def read_manifest(path: str | Path) -> Manifest:
    """The manifest in a file.

    Raises:
        InputError: The file is missing, or is no manifest.
    """
    import jsonschema_rs

    try:
        document = json.loads(Path(path).read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"no such manifest: {path}", "evalkit split writes one") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "name a manifest") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no manifest of a split", "evalkit split writes one") from error
    if isinstance(document, dict) and document.get("schema", _SCHEMA) != _SCHEMA:
        raise InputError(
            f"{path} is a manifest of another version of evalkit", "split the source anew"
        )
    if not jsonschema_rs.validator_for(schema("manifest")).is_valid(document):
        raise InputError(f"{path} is no manifest of a split", "evalkit split writes one")
    return Manifest(
        evalkit=document["evalkit"],
        source=document["source"]["file"],
        source_sha256=document["source"]["sha256"],
        options=document["options"],
        parts={
            name: Part(
                file=part["file"],
                rows=part["rows"],
                sha256=part["sha256"],
                questions=Digits(int(digits, 16) for digits in part["questions"]),
            )
            for name, part in document["parts"].items()
        },
    )


def leaks(examples: Iterable[Example], manifest: Manifest) -> Iterator[tuple[Location, str, int]]:
    """Rows that ask what a held-out row asks.

    Args:
        examples: Of another file; broken ones are skipped.
        manifest: Of the split.

    Yields:
        Where the row stands, the held-out part ("test" before "valid"), and the first row of it
        that asks the same, from 1.
    """
    known: dict[int, tuple[str, int]] = {}
    for name in ("test", "valid"):
        if part := manifest.parts.get(name):
            for number, question in enumerate(part.questions, 1):
                known.setdefault(int(question, 16), (name, number))
    for example in examples:
        if example.broken is None and (where := known.get(question_key(example))):
            yield example.location, *where
