# SPDX-License-Identifier: Apache-2.0
"""One round of mending: a file is written anew, record by record, by what the findings say."""

from __future__ import annotations

import codecs
import json
import shutil
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import InputError
from evalkit.core.example import Example
from evalkit.core.finding import Finding, Fix, Safety
from evalkit.core.pointer import replaced
from evalkit.lint.changes import Changes, Origins

if TYPE_CHECKING:
    from evalkit.data.read import DataSet

__all__ = ["Mended", "Plan", "unpack", "write_as_jsonl"]


@dataclass(slots=True)
class Mended:
    """A file after its fixes, in a temporary place.

    Attributes:
        path: Of the original, as the user wrote it.
        place: Where the mended bytes lie.
        aside: Where the rows that were set aside lie, each one line of JSON: reason, line, row.
        fixed: Findings that were mended, by (code, name).
        set_aside: Rows that were set aside.
        changed: Whether the bytes differ from the original's.
        transcoded: Whether the file was written anew as UTF-8 without byte order mark.
        changes: Which lines changed.
    """

    path: str
    place: Path
    aside: Path
    fixed: Counter[tuple[str, str]] = field(default_factory=Counter)
    set_aside: int = 0
    changed: bool = False
    transcoded: bool = False
    changes: Changes = field(default_factory=Changes)

    def put_aside(self, reason: str, line: int, row: Any) -> None:
        """Keep a row that is dropped.

        Args:
            reason: Why.
            line: Where it stood in the original, 1-based.
            row: Its value, or its text where it has none.
        """
        from evalkit.data.write import json_line

        self.set_aside += 1
        with self.aside.open("ab") as stream:
            stream.write(json_line({"reason": reason, "line": line, "row": row}) + b"\n")


class Plan:
    """What to do with which line."""

    def __init__(self) -> None:
        self.transcode: list[Finding] = []
        self.rows: dict[int, list[Finding]] = {}

    @classmethod
    def of(cls, findings: Sequence[Finding], levels: Collection[Safety]) -> Plan:
        """The plan that findings make, as far as their fixes are allowed."""
        plan = cls()
        for finding in findings:
            if finding.fix is None or finding.fix.safety not in levels:
                continue
            if finding.fix.transcode:
                plan.transcode.append(finding)
            elif finding.location.line is not None:
                plan.rows.setdefault(finding.location.line, []).append(finding)
        return plan

    def __bool__(self) -> bool:
        return bool(self.transcode or self.rows)

    @staticmethod
    def counted(done: Sequence[Finding]) -> Counter[tuple[str, str]]:
        """Findings by rule."""
        return Counter((finding.code, finding.name) for finding in done)

    def carried_out(self, data: DataSet, result: Mended, place: Path) -> bool:
        """Write the file anew; returns whether anything was done."""
        if data.encoding != "utf-8" or (self.transcode and data.bom):
            _transcode(data, place)  # rows of two encodings help nobody; the lines come next
            result.fixed += self.counted(self.transcode)
            result.transcoded = True
        elif not self._lines(data, result, place):
            return False
        result.place, result.changed = place, True
        return True

    def _lines(self, data: DataSet, result: Mended, place: Path) -> bool:
        """Write the lines; returns whether one changed."""
        origins, changed, position = Origins(), False, 0
        with Path(data.place).open("rb") as source, place.open("wb") as target:
            for example in data:
                where = example.location
                first = where.line or 0
                last = where.end_line or first
                whole = source.read(where.end - position)
                head, body = whole[: where.start - position], whole[where.start - position :]
                position = where.end
                new = self._new(example, body, self.rows.get(first, ()), result)
                target.write(head + new)
                if new == body:
                    for line in range(first, last + 1):
                        origins.add(result.changes.origin(line))
                    continue
                changed = True
                result.changes.touch(first, last)
                for _ in range(new.count(b"\n") or bool(new)):
                    origins.add(result.changes.origin(first))
            shutil.copyfileobj(source, target, 1 << 20)
        result.changes.origins = origins
        return changed

    def _new(
        self, example: Example, body: bytes, findings: Sequence[Finding], result: Mended
    ) -> bytes:
        """The new bytes of a record."""
        if not findings:
            return body
        drops = [f for f in findings if f.fix is not None and f.fix.safety == "drop"]
        if drops:
            reason = "; ".join(f"{f.code} {f.name}: {f.message}" for f in drops)
            line = result.changes.origin(example.location.line or 0)
            row = example.value if example.broken is None else _text(example.raw)
            result.put_aside(reason, line, row)
            return b""
        end = b"\r\n" if body.endswith(b"\r\n") else b"\n" if body.endswith(b"\n") else b""
        for finding in findings:
            if finding.fix is not None and finding.fix.raw is not None:
                result.fixed += self.counted([finding])
                return finding.fix.raw + end if finding.fix.raw else b""
        value, done = _edited(example.value, findings)
        if not done:
            return body
        try:
            new = _dumped(value, example.raw)
        except (ValueError, RecursionError):  # a number of thousands of digits: read, not written
            return body
        result.fixed += self.counted(done)
        return new + end


def _edited(value: Any, findings: Sequence[Finding]) -> tuple[Any, list[Finding]]:
    """The value with all edits that do not overlap, and what they mend; the rest comes later."""
    touched: dict[str, Any] = {}
    done: list[Finding] = []
    for finding in findings:
        one = finding.fix or Fix("safe")
        if one.value is not None and not touched:
            return one.value, [finding]
        if one.edits and not any(_overlap(p, q) for p in one.edits for q in touched):
            try:
                for pointer, new in one.edits.items():
                    value = replaced(value, pointer, new)
            except LookupError:  # the rule means something that is not there
                continue
            touched |= one.edits
            done.append(finding)
        elif one.edits and all(touched.get(p) == new for p, new in one.edits.items()):
            done.append(finding)
    return value, done


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _dumped(value: Mapping[str, Any], like: bytes) -> bytes:
    """JSON of a row, with blanks or without as the original has them.

    Raises:
        ValueError: It holds a number that Python does not write.
    """
    from evalkit.data.write import json_line

    if b'": ' in like:
        return json_line(value)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:  # lone surrogates stay escapes
        return json_line(value)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def write_as_jsonl(data: DataSet, result: Mended, place: Path, *, strict: bool) -> None:
    """A table or a document as JSONL; what has no value is set aside.

    Raises:
        InputError: Strict, and there is such a row: nothing may be lost.
    """
    origins, last = Origins(), 1
    with place.open("wb") as target:
        for example in data:
            line = example.location.line or 0
            last = max(last, example.location.end_line or line)
            if example.broken is None:
                compact = b"\n" in example.raw
                raw = _dumped(example.value, example.raw) if compact else example.raw
                target.write(raw + b"\n")
                origins.add(line)
            elif example.broken.kind != "blank":
                reason = example.broken.args.get("reason", example.broken.kind)
                if strict:
                    raise InputError(
                        f"{data.path}:{line} cannot be written as a line: {reason}",
                        "mend that row first, or set it aside by --drop",
                    )
                result.put_aside(reason, line, _text(example.raw))
    result.changes.touch(1, last)
    result.changes.origins = origins
    result.place, result.changed = place, True


def unpack(path: str, data: DataSet, result: Mended, place: Path) -> None:
    """The bytes of a packed file."""
    from evalkit.data.source import open_source

    source = open_source(path, data.path)
    with source.open() as stream, place.open("wb") as target:
        shutil.copyfileobj(stream, target, 1 << 20)
    result.place, result.changed = place, True


def _transcode(data: DataSet, place: Path) -> None:
    """Write the file as UTF-8 without byte order mark; its line ends stay.

    Raises:
        InputError: It holds bytes that are none of its encoding.
    """
    from evalkit.data.encodings import named

    with Path(data.place).open("rb") as source, place.open("wb") as target:
        encoding = named(data.encoding, source.read(4))
        source.seek(encoding.mark if data.bom else 0)
        decoder = codecs.getincrementaldecoder(encoding.codec)("strict")
        try:
            for block in chain(iter(lambda: source.read(1 << 20), b""), [b""]):
                text = decoder.decode(block, final=not block)
                target.write(text.encode("utf-8", "surrogatepass"))
        except UnicodeError as error:
            raise InputError(
                f"{data.path} holds bytes that are no {data.encoding}",
                "name its encoding (--encoding), or mend the lines that `not-utf-8` names",
            ) from error
