# SPDX-License-Identifier: Apache-2.0
"""Mends files: safe and unsafe fixes are written, rows to drop are set aside with their reasons.

What no fix touches keeps its bytes. A fix may uncover another fault (a row that is readable again
may hold mojibake), so a file is mended in rounds until nothing is left to mend; mending twice is
therefore the same as mending once.
"""

from __future__ import annotations

import codecs
import json
import shutil
import tempfile
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.atomic import atomic
from evalkit.core.errors import InputError, UsageError
from evalkit.core.example import Example
from evalkit.core.finding import Finding, Fix, Safety
from evalkit.core.pointer import replaced
from evalkit.lint.engine import check
from evalkit.lint.settings import Settings

if TYPE_CHECKING:
    from evalkit.data.read import DataSet

__all__ = ["Mended", "differences", "fix", "mended"]

_ROUNDS = 8


@dataclass(slots=True)
class Mended:
    """A file after its fixes, in a temporary place.

    Attributes:
        path: Of the original, as the user wrote it.
        place: Where the mended bytes lie.
        fixed: Findings that were mended.
        rejected: Rows that were set aside, each one line of JSON: reason, line, row.
        changed: Whether the bytes differ from the original's.
    """

    path: str
    place: Path
    fixed: int = 0
    rejected: list[bytes] = field(default_factory=list)
    changed: bool = False


def fix(
    path: str, settings: Settings, levels: Collection[Safety], destination: str | None = None
) -> Mended:
    """Mend a file.

    Args:
        path: The data set.
        settings: Of the lint that finds what to mend.
        levels: Which fixes to apply: "safe", "unsafe", "drop".
        destination: Where to write; None = in place (JSONL that is not packed only).

    Returns:
        What was done; its temporary place is gone.

    Raises:
        UsageError: In place, and the file is a table, a JSON document or packed.
        InputError: The file cannot be read or the result cannot be written.
    """
    with mended(path, settings, levels, anew=destination is not None) as result:
        target = Path(destination) if destination is not None else Path(path).resolve()
        if result.rejected:  # first: a row must never be in neither file
            aside = rejected_path(destination or path)
            earlier = aside.read_bytes() if aside.exists() else b""
            with atomic(aside) as stream:
                stream.write(earlier + b"".join(result.rejected))
        if result.changed or destination is not None:
            with result.place.open("rb") as source, atomic(target) as stream:
                shutil.copyfileobj(source, stream, 1 << 20)
        return result


def rejected_path(path: str) -> Path:
    """Where the rows that are set aside go: `train.rejected.jsonl` beside `train.jsonl`."""
    place = Path(path)
    return place.with_name(f"{place.stem}.rejected.jsonl")


def differences(path: str, settings: Settings, levels: Collection[Safety]) -> Iterator[str]:
    """What `fix` would change, as lines of a unified diff; nothing where nothing would."""
    import difflib

    with mended(path, settings, levels, anew=False) as result:
        if result.changed:
            before = Path(path).read_bytes().decode("utf-8", "replace").split("\n")
            after = result.place.read_bytes().decode("utf-8", "replace").split("\n")
            yield from difflib.unified_diff(before, after, path, path, n=0, lineterm="")


@contextmanager
def mended(
    path: str, settings: Settings, levels: Collection[Safety], *, anew: bool
) -> Iterator[Mended]:
    """The mended file in a temporary place, for as long as the block runs.

    Args:
        path: The data set.
        settings: Of the lint that finds what to mend.
        levels: Which fixes to apply.
        anew: Whether it will be written to another place: then tables become chat JSONL.

    Raises:
        UsageError: Not `anew`, and the file is no plain JSONL.
        InputError: The file cannot be read.
    """
    data = _open(path, settings)
    plain = data.container == "jsonl" and not data.packing
    if not plain and not anew:
        kind = "packed" if data.packing else f"a {data.container.upper()} file"
        raise UsageError(
            f"{path} is {kind}: fixes are written as JSONL, not into it",
            f"name the file to write: evalkit lint {path} --fix -O {Path(path).stem}.jsonl",
        )
    with tempfile.TemporaryDirectory(prefix="evalkit-fix-") as folder:
        result = Mended(path, Path(folder) / "0.jsonl")
        lines = None if plain else _written_as_jsonl(data, result)
        result.changed = not plain
        current = Path(path) if plain else result.place
        inner = settings if plain else replace(settings, table=None)
        for number in range(1, _ROUNDS + 1):
            plan = _Plan.of(check([str(current)], inner).findings, levels)
            if not plan:
                break
            result.place = Path(folder) / f"{number}.jsonl"
            data = _open(str(current), inner)
            if plan.transcode or data.encoding != "utf-8":  # rows of two encodings help nobody
                _transcode(data, result.place)
                inner = replace(settings, table=None)
                result.fixed += int(plan.transcode)
            else:
                lines = plan.carried_out(data, result, lines)
                result.fixed += plan.fixed
            result.changed = True
            current = result.place
        result.place = current
        yield result


class _Plan:
    """What to do with which line."""

    def __init__(self) -> None:
        self.transcode = False
        self.rows: dict[int, list[Finding]] = {}
        self.fixed = 0

    @classmethod
    def of(cls, findings: Sequence[Finding], levels: Collection[Safety]) -> _Plan:
        plan = cls()
        for finding in findings:
            if finding.fix is None or finding.fix.safety not in levels:
                continue
            if finding.fix.transcode:
                plan.transcode = True  # the lines are looked at again in the next round
            elif finding.location.line is not None:
                plan.rows.setdefault(finding.location.line, []).append(finding)
        return plan

    def __bool__(self) -> bool:
        return self.transcode or bool(self.rows)

    def carried_out(self, data: DataSet, result: Mended, lines: array[int] | None) -> array[int]:
        """Write the file anew, line by line; returns the original line of each new one."""
        kept = array("q")
        position = 0
        with Path(data.path).open("rb") as source, result.place.open("wb") as target:
            for example in data:
                place = example.location
                whole = source.read(place.end - position)
                head, body = whole[: place.start - position], whole[place.start - position :]
                position = place.end
                first = place.line or 0
                findings = self.rows.get(first, ())
                new, done = self._new(example, body, findings, result, _origin(lines, first))
                self.fixed += done
                target.write(head + new)
                kept.extend(_origin(lines, first + i) for i in range(new.count(b"\n") or bool(new)))
            target.write(source.read())
        return kept

    def _new(
        self, example: Example, body: bytes, findings: Sequence[Finding], result: Mended, line: int
    ) -> tuple[bytes, int]:
        """The new bytes of a record, and how many findings they mend."""
        drops = [f for f in findings if f.fix is not None and f.fix.safety == "drop"]
        if drops:
            result.rejected.append(_rejected(example, drops, line))
            return b"", 0
        fixes = [f.fix for f in findings if f.fix is not None]
        if not fixes:
            return body, 0
        end = b"\r\n" if body.endswith(b"\r\n") else b"\n" if body.endswith(b"\n") else b""
        raw = next((one.raw for one in fixes if one.raw is not None), None)
        if raw is not None:
            return (raw + end if raw else b""), 1
        value, done = _edited(example.value, fixes)
        return (_dumped(value, example.raw) + end, done) if done else (body, 0)


def _origin(lines: array[int] | None, line: int) -> int:
    return line if lines is None or not 0 < line <= len(lines) else lines[line - 1]


def _edited(value: Any, fixes: Sequence[Fix]) -> tuple[Any, int]:
    """The value with all edits that do not overlap; the next round does the rest."""
    touched: dict[str, Any] = {}
    done = 0
    for one in fixes:
        if one.value is not None and not touched:
            return one.value, 1
        if one.edits and not any(_overlap(p, q) for p in one.edits for q in touched):
            touched |= one.edits
            done += 1
        elif one.edits and all(touched.get(p) == new for p, new in one.edits.items()):
            done += 1
    for pointer, new in touched.items():
        value = replaced(value, pointer, new)
    return value, done


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _dumped(value: Mapping[str, Any], like: bytes) -> bytes:
    """JSON of a row, with blanks or without as the original has them."""
    tight = b'": ' not in like
    separators = (",", ":") if tight else (", ", ": ")
    text = json.dumps(value, ensure_ascii=False, separators=separators)
    return text.encode("utf-8", "surrogatepass")


def _rejected(example: Example, findings: Sequence[Finding], line: int) -> bytes:
    row = example.value if example.broken is None else example.raw.decode("utf-8", "replace")
    reason = "; ".join(f"{f.code} {f.name}: {f.message}" for f in findings)
    record = {"reason": reason, "line": line, "row": row}
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _written_as_jsonl(data: DataSet, result: Mended) -> array[int]:
    """A table or a document as chat JSONL; what has no value is set aside. Returns the origins."""
    lines = array("q")
    with result.place.open("wb") as target:
        for example in data:
            line = example.location.line or 0
            if example.broken is None:
                target.write(_one_line(example) + b"\n")
                lines.append(line)
            elif example.broken.kind != "blank":
                reason = example.broken.args.get("reason", example.broken.kind)
                row = example.raw.decode("utf-8", "replace")
                record = {"reason": reason, "line": line, "row": row}
                text = json.dumps(record, ensure_ascii=False)
                result.rejected.append(text.encode("utf-8", "surrogatepass") + b"\n")
    return lines


def _one_line(example: Example) -> bytes:
    if b"\n" in example.raw:
        return _dumped(example.value, example.raw)
    return example.raw


def _transcode(data: DataSet, place: Path) -> None:
    """Write the file as UTF-8 without byte order mark; its line ends stay."""
    from evalkit.data.encodings import named

    with Path(data.path).open("rb") as source, place.open("wb") as target:
        encoding = named(data.encoding, source.read(4))
        source.seek(encoding.mark if data.bom else 0)
        decoder = codecs.getincrementaldecoder(encoding.codec)("strict")
        try:
            while block := source.read(1 << 20):
                target.write(decoder.decode(block).encode("utf-8", "surrogatepass"))
            target.write(decoder.decode(b"", final=True).encode("utf-8", "surrogatepass"))
        except UnicodeError as error:
            raise InputError(
                f"{data.path} holds bytes that are no {data.encoding}",
                "name its encoding (--encoding), or mend the lines that `not-utf-8` names",
            ) from error


def _open(path: str, settings: Settings) -> DataSet:
    from evalkit.data.read import open_data

    return open_data(path) if settings.table is None else open_data(path, table=settings.table)
