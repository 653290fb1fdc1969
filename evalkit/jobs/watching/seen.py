# SPDX-License-Identifier: Apache-2.0
"""Which events of a job were shown here: a watch that is taken up again shows only the others.

One file per job in the folder of the records, one line per event, written after the event was
shown: a process that is killed in between shows that one event again and loses none.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Self

from evalkit.core.atomic import write_text
from evalkit.core.errors import InputError

__all__ = ["Seen"]

_SCHEMA = 1
# Providers may list events of one second in another order than they happened in: so many of the
# last ones are asked for again.
_OVERLAP = 20


class Seen:
    """Ids of events that were shown.

    Attributes:
        lost: Why nothing can be kept on the disk; "" = it is kept.
    """

    def __init__(self) -> None:
        """Nothing shown yet, and nothing is kept on the disk."""
        self._ids: dict[str, None] = {}
        self._last: list[str] = []
        self._file: int | None = None
        self.lost = ""

    @classmethod
    def kept(cls, folder: Path, target: str, url: str | None, job: str) -> Self:
        """What was shown of a job, from its file in a folder; and what will be goes there.

        Where the folder cannot be written it is kept in memory alone.
        """
        self = cls()
        name = hashlib.sha256("\0".join((target, url or "", job)).encode()).hexdigest()[:16]
        path = folder / f"watch-{name}.jsonl"
        try:
            head = {"schema": _SCHEMA, "target": target, "job": job}
            if self._read(path) is False:
                write_text(path, json.dumps(head, ensure_ascii=False) + "\n")
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
            self._file = os.open(path, flags, 0o666)
        except (OSError, InputError) as error:
            why = getattr(error, "strerror", None) or getattr(error, "message", "")
            self.lost = str(why)
        return self

    def __contains__(self, event: str) -> bool:
        return event in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def forget(self) -> None:
        """Show everything again; what is shown is noted as before."""
        self._ids.clear()
        self._last.clear()

    def add(self, event: str) -> None:
        """An event was shown; noted on return, even if the process is killed then."""
        self._note(event)
        if self._file is None:
            return
        line = json.dumps(event, ensure_ascii=True) + "\n"
        try:
            os.write(self._file, line.encode())  # one call: a killed process writes all or nothing
        except OSError as error:
            self.lost = error.strerror or "the file cannot be written"
            self.close()

    @property
    def after(self) -> str | None:
        """The event after which to ask for more; None = from the beginning."""
        return self._last[0] if len(self._last) > _OVERLAP else None

    def close(self) -> None:
        """Write no more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _note(self, event: str) -> None:
        self._ids[event] = None
        self._last.append(event)
        del self._last[: -_OVERLAP - 1]

    def _read(self, path: Path) -> bool:
        """Take in a file; False where there is none that can be gone on with."""
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return False
        head, *lines = raw.decode("utf-8", "replace").split("\n")
        try:
            known = json.loads(head)
        except ValueError:
            return False
        if not isinstance(known, dict) or known.get("schema") != _SCHEMA:
            return False
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:  # the machine lost power in it, or the end of the file
                continue
            if isinstance(event, str):
                self._note(event)
        # A line without an end would run into the next one.
        return raw.endswith(b"\n") or self._mended(path)

    def _mended(self, path: Path) -> bool:
        with path.open("ab") as stream:
            stream.write(b"\n")
        return True
