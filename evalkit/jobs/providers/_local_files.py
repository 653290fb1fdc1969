# SPDX-License-Identifier: Apache-2.0
"""Files of local training, called by the hash of their bytes: the same bytes lie there once."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from evalkit.core.atomic import atomic, write_text
from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.jobs.job import RemoteFile, TrainingFile

__all__ = ["Shelf", "pieces_of"]

_ID = re.compile(r"file-[0-9a-f]{32}\Z")  # an id becomes a path: nothing else may
_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folder of the files.

    Attributes:
        path: Of it; it need not be there.
    """

    path: Path

    def all(self) -> list[RemoteFile]:
        """Newest first."""
        found = [self.file(told.stem) for told in self.path.glob("file-*.json")]
        return sorted(found, key=lambda one: (-one.created, one.id))

    def add(self, file: TrainingFile, name: str) -> RemoteFile:
        """Copy a file, whole or not at all.

        Raises:
            InputError: It cannot be read, or changed since it was looked at.
        """
        id_ = f"file-{file.sha256[:32]}"
        place = self.path / f"{id_}.jsonl"
        digest = hashlib.sha256()
        try:
            with file.path.open("rb") as source, atomic(place) as stream:
                while piece := source.read(_CHUNK):
                    digest.update(piece)
                    stream.write(piece)
                if digest.hexdigest() != file.sha256:
                    raise InputError(
                        f"{printable(str(file.path))} changed while it was looked at",
                        "run the same command again",
                    )
        except OSError as error:
            raise InputError(
                f"cannot read {printable(str(file.path))}: {error.strerror}", "is the path right?"
            ) from error
        told = {"name": name, "size": file.size, "created": time.time()}
        write_text(self.path / f"{id_}.json", json.dumps(told, ensure_ascii=False) + "\n")
        return self.file(id_)

    def file(self, id_: str) -> RemoteFile:
        """A file as it stands.

        Raises:
            UsageError: There is none of that id.
            InputError: What is known of it cannot be read.
        """
        self.place(id_)
        path = self.path / f"{id_}.json"
        try:
            told = json.loads(path.read_text("utf-8"))
            return RemoteFile(
                id=id_,
                name=str(told["name"]),
                size=int(told["size"]),
                created=float(told["created"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"cannot read {printable(str(path))}", "delete it and submit the file again"
            ) from error

    def place(self, id_: str) -> Path:
        """Where its bytes lie.

        Raises:
            UsageError: There is none of that id.
        """
        if _ID.match(id_) and (path := self.path / f"{id_}.jsonl").is_file():
            return path
        raise UsageError(
            f"no file `{excerpt(id_)}` is here", "`evalkit job show JOB` names a job's files"
        )


async def pieces_of(path: Path) -> AsyncIterator[bytes]:
    """A file's bytes.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with path.open("rb") as stream:
            while piece := stream.read(_CHUNK):
                yield piece
    except OSError as error:
        raise InputError(f"cannot read {printable(str(path))}: {error.strerror}") from error
