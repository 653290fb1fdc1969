# SPDX-License-Identifier: Apache-2.0
"""A suite's answers in a file beside it: recorded once, replayed where no model can be asked."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.evaluation.asked import Asked
from evalkit.evaluation.judging.spec import JUDGE, asked_name
from evalkit.evaluation.sampling import for_repeat
from evalkit.evaluation.suite import SUFFIXES, Suite
from evalkit.models._wire import messages_digest
from evalkit.models.price import rate_of
from evalkit.models.recordings._read import read_own, read_recording
from evalkit.models.recordings._recorded import Recorded, asked_with, row_bytes
from evalkit.models.recordings._write import beside, write_recording
from evalkit.models.spec import ModelSpec, provider

__all__ = ["Kept", "add_rows", "check_recordable", "record_run", "replayed", "suite_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What recording left.

    Attributes:
        rows: In the file.
        new: Of these, that were not there before.
        left_out: Answers that are errors: they are not recorded.
    """

    rows: int
    new: int
    left_out: int


def check_recordable(path: Path, suite: Suite) -> None:
    """Whether a suite's answers may be recorded there: to be asked before anything is spent.

    Raises:
        UsageError: The file holds answers of another suite, or that nobody could record again.
        InputError: It is no recording.
    """
    _of_suite(path, suite)


def record_run(
    path: Path,
    suite: Suite,
    questions_requests: Mapping[str, Sequence[Request]],
    asked: Mapping[str, Asked],
    *,
    today: str,
) -> Kept:
    """Write what every model answered; the file is replaced whole or not at all.

    An answer that stands there already keeps its day, so that recording twice changes nothing.
    Rows that the suite no longer asks go, but for a run of its first rows only, which keeps them.

    Args:
        path: The recording; gzipped where the name ends in `.gz`.
        suite: Whose run it was.
        questions_requests: Model to requests as they were sent, of the first repeat; shape (n,).
        asked: Model to answers.
        today: ISO day, for answers that are new (the engine has no clock); replayed ones keep
            theirs.

    Returns:
        How many rows the file has, and how many errors it has not.

    Raises:
        UsageError: The file holds answers of another suite.
        InputError: It cannot be written.
    """
    before = _of_suite(path, suite)
    origin = {"suite": beside(path, suite_file(suite))}
    rows: list[Recorded] = []
    left_out = 0
    for name, requests in questions_requests.items():
        one = asked[name]
        for k, replies in enumerate(one.repeats or [one.replies]):
            left_out += sum(reply.finish == "error" for reply in replies)
            rows += _rows(
                zip(requests, replies, strict=True),
                k,
                {"model": name, "identity": one.identity, "date": one.recorded or today},
                origin,
            )
    drop = not suite.partial and not left_out
    return replace(add_rows(path, before, rows, drop=drop), left_out=left_out)


def replayed(suite: Suite, path: Path) -> Suite:
    """The suite with every model answered from a recording; nothing else of it changes.

    Prices stay what they are, so that gates on cost decide as they would.

    Raises:
        UsageError: A model of the suite is not in the recording.
        InputError: The file is missing or is no recording.
    """
    known = list(dict.fromkeys(row.model for row in read_recording(path)))
    place = _from(suite.folder, path)
    models = {}
    everyone = dict(suite.models)
    if suite.judge is not None and JUDGE in known:
        everyone[JUDGE] = suite.judge.model
    for name, spec in everyone.items():
        if name not in known:
            named = [model for model in known if model is not None]
            has = ", ".join(excerpt(model, 60) for model in named) or "answers of nobody by name"
            raise UsageError(
                f"the recording {path} holds no answers of the suite's model `{name}`"
                f"{suggestion(name, named)}; it has: {has}",
                f"record them: evalkit run {_shown(suite_file(suite))} --record {path}",
            )
        models[name] = replace(
            spec, use=f"replay:{place}#{name}", url=None, key_env=None, price=_price(spec)
        )
    suite = replace(suite, scorers=_scorers(suite, known, place))
    if suite.judge is None:
        return replace(suite, models=models)
    # Where only identical answers were judged, the judge was asked nothing and is not recorded: it
    # goes by another's name then, and is told to be missing when it is asked after all.
    unrecorded = "" if JUDGE in models else str(path)
    anyone = f"replay:{place}#{next(iter(models))}"
    judge = models.pop(JUDGE, None) or replace(
        suite.judge.model, use=anyone, url=None, key_env=None
    )
    file, known_as = provider(suite.judge.model)
    if judge.is_ is None and file == "openai_compatible":
        judge = replace(judge, is_=known_as)  # how it is asked goes by what it is
    judged_by = replace(suite.judge, model=judge, unrecorded=unrecorded)
    return replace(suite, models=models, judge=judged_by)


def _scorers(
    suite: Suite, known: Sequence[str | None], place: str
) -> Mapping[str, Mapping[str, Any]]:
    """The scorers of a suite, those that ask a model answered from the recording."""
    return {
        name: {**written, "ask": {"use": f"replay:{place}#{asked_name(name)}"}}
        if asked_name(name) in known
        else written
        for name, written in suite.scorers.items()
    }


def suite_file(suite: Suite) -> Path:
    """The file that a suite was read from, as its digest tells; by its name where none fits."""
    for file in sorted(suite.folder.iterdir()) if suite.folder.is_dir() else ():
        if file.name.endswith(SUFFIXES):
            try:
                raw = file.read_bytes()
            except OSError:
                continue
            if hashlib.blake2b(raw, digest_size=16).hexdigest() == suite.digest:
                return file
    return suite.folder / f"{suite.name}{SUFFIXES[0]}"


def add_rows(
    path: Path, before: Sequence[Recorded], rows: Sequence[Recorded], *, drop: bool = False
) -> Kept:
    """Write old and new rows: a new answer takes the place of the old one to the same request.

    Where that changes nothing, nothing is written.

    Args:
        path: The recording.
        before: In the file.
        rows: New ones; of equal ones the first counts, as in replaying.
        drop: Whether old rows without a new answer go.

    Raises:
        InputError: It cannot be written.
    """
    old, new = _by_key(before), _by_key(rows)
    kept = {key: _same_day(old[key], row) if key in old else row for key, row in new.items()}
    whole = list((kept if drop else {**old, **kept}).values())
    if list(map(row_bytes, before)) != list(map(row_bytes, whole)):
        write_recording(path, whole)
    return Kept(rows=len(whole), new=len(new.keys() - old.keys()), left_out=0)


def _by_key(rows: Sequence[Recorded]) -> dict[tuple[str | None, str, int], Recorded]:
    found: dict[tuple[str | None, str, int], Recorded] = {}
    for row in rows:
        found.setdefault(_key(row), row)
    return found


def _same_day(old: Recorded, row: Recorded) -> Recorded:
    """The old row where it says the same: the day on which it was first recorded stays."""
    alike = replace(row, date=old.date, ids=old.ids, origin=old.origin)
    return replace(row, date=old.date) if row_bytes(alike) == row_bytes(old) else row


def _rows(
    pairs: Iterable[tuple[Request, Reply]],
    repeat: int,
    about: Mapping[str, Any],
    origin: Mapping[str, str],
) -> list[Recorded]:
    return [
        asked_with(for_repeat(request, repeat), reply, repeat=repeat, origin=origin, **about)
        for request, reply in pairs
        if reply.finish != "error"
    ]


def _of_suite(path: Path, suite: Suite) -> list[Recorded]:
    """The rows that are there already; none where there is no file."""
    rows = read_own(path)
    ours = beside(path, suite_file(suite))
    for row in rows:
        theirs = row.origin.get("suite")
        if theirs != ours:
            what = f"of {excerpt(theirs, 80)}" if theirs else "that no suite recorded"
            raise UsageError(
                f"{path} holds answers {what}: they would be lost",
                "name another file, or delete this one",
            )
    return rows


def _key(row: Recorded) -> tuple[str | None, str, int]:
    asked_by = row.request_sha256 or messages_digest(row.messages or ())
    return row.model, asked_by, row.repeat


def _price(spec: ModelSpec) -> Mapping[str, Any] | None:
    """The price that is known of a model, written out: its new name tells none."""
    rate = rate_of(spec)
    if spec.price or rate is None:
        return spec.price
    whole = {
        "input": rate.input,
        "output": rate.output,
        "batch_input": rate.batch_input,
        "batch_output": rate.batch_output,
        "cached_input": rate.cached_input,
        "currency": rate.currency,
        "as_of": rate.as_of,
        "source": rate.source,
    }
    return {key: str(value) for key, value in whole.items() if value not in (None, "")}


def _from(folder: Path, path: Path) -> str:
    """The recording as the suite would name it."""
    try:
        return os.path.relpath(path, folder).replace(os.sep, "/")
    except ValueError:  # another drive
        return str(path.absolute())


def _shown(path: Path) -> str:
    return str(path).replace(os.sep, "/")
