# SPDX-License-Identifier: Apache-2.0
"""The plan of `prepare --legacy`: what each proposal finds, and the rows after all of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.prepare.ends import common_end, mark, only_punctuation
from evalkit.prepare.names import stem_of
from evalkit.prepare.plan import Step, step
from evalkit.prepare.proposal import Pair, Pairs, Proposal, Task, proposers

__all__ = ["Legacy", "legacy_plan", "outputs", "parts", "written_lines"]

_SPLIT = "classification"


@dataclass(frozen=True, slots=True, kw_only=True)
class Legacy:
    """What is proposed, and what comes of it.

    Attributes:
        steps: In the order in which they are taken.
        read: Rows of the file that could be read as a prompt and a completion.
        rows: After all steps.
        task: What is trained, of the rows after all steps.
        split: Whether rows are held out.
        separator: What ends every prompt, to be appended when the model is asked; empty = nothing.
        stop: Where the answer ends; empty = nowhere in particular.
        labels: Completion to number of rows, most frequent first, where the task is classification.
        changed: Whether a file of these rows says anything else than the input.
    """

    steps: tuple[Step, ...]
    read: int
    rows: Sequence[Pair]
    task: Task
    split: bool
    separator: str
    stop: str
    labels: Mapping[str, int]
    changed: bool

    @property
    def blocked(self) -> bool:
        """Whether nothing may be written."""
        return any(one.kind == "stop" for one in self.steps) or not self.rows


def legacy_plan(pairs: Pairs, skip: Collection[str] = ()) -> Legacy:
    """Ask every proposal in turn; each sees the rows as those before it leave them.

    Args:
        pairs: As read.
        skip: Names of proposals to leave out.

    Raises:
        UsageError: A name that is none.
    """
    known = proposers()
    if unknown := [name for name in skip if name not in known]:
        raise UsageError(
            f"no proposal named `{excerpt(unknown[0])}`{suggestion(unknown[0], list(known))}",
            f"known: {', '.join(known)}",
        )
    steps: list[Step] = []
    now, taken = pairs, set[str]()
    for name, one in known.items():
        found = one.propose(now)
        if found is None:
            continue
        skipped = name in skip and found.kind != "necessary"
        steps.append(_step(name, found, len(now.rows), skipped=skipped))
        if skipped or found.kind in ("message", "stop"):
            continue
        taken.add(name)
        if found.rows is not None:
            now = Pairs(found.rows(now.rows), now.facts, now.keep)
        if not now.rows:
            break
    task = now.task
    return Legacy(
        steps=tuple(steps),
        read=len(pairs.rows),
        rows=now.rows,
        task=task,
        split=_SPLIT in taken and len(now.rows) > 1,
        separator="" if task == "open-ended" else _separator(now.prompts),
        stop="" if task == "classification" else _stop(now.completions),
        labels=dict(Counter(now.completions).most_common()) if task == "classification" else {},
        changed=bool(taken),
    )


def _step(name: str, found: Proposal, rows: int, *, skipped: bool) -> Step:
    made = step(
        name, "skipped" if skipped else found.kind, found.what, found.mend, lines=found.lines
    )
    if found.rows is not None and not found.lines:
        return Step(name=name, kind=made.kind, what=found.what, mend=found.mend, rows=rows)
    return made


def _separator(prompts: Sequence[str]) -> str:
    """What every prompt ends with; a question mark is the asker's own and needs no reminder."""
    found = mark(common_end(prompts))
    return "" if only_punctuation(found.strip()) else found


def _stop(completions: Sequence[str]) -> str:
    found = mark(common_end(completions))
    inside = any(found in text[: -len(found)] for text in completions) if found else False
    return "" if inside and only_punctuation(found) else found


def parts(plan: Legacy) -> list[list[Pair]]:
    """The rows of each file: all of them, or those to learn and those that are held out."""
    if not plan.split:
        return [list(plan.rows)]
    from evalkit.data.split import legacy

    return [[plan.rows[index] for index in part] for part in legacy(len(plan.rows))]


def written_lines(rows: Sequence[Pair]) -> Iterator[bytes]:
    """As pandas' `to_json(orient="records", lines=True, force_ascii=False)` writes them.

    But for `/`, which it escapes and JSON does not ask to.
    """
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for row in rows:
        value = {"prompt": row.prompt, "completion": row.completion}
        try:
            yield encode(value).encode()
        except UnicodeEncodeError:  # half of a surrogate pair can only be an escape
            yield json.dumps(value, separators=(",", ":")).encode()


def outputs(
    source: str, wanted: str | None, *, split: bool, replace: bool = False
) -> tuple[Path, ...]:
    """Where the rows go: one place, or two where some are held out.

    Args:
        source: The input.
        wanted: The place asked for; None = `<stem>_prepared.jsonl` beside the input, with ` (1)`
            and so on where that is taken, as the legacy tool did: nothing is ever overwritten.
        split: Whether there are two, `_train` and `_valid`.
        replace: Whether a file at the place asked for may be replaced.

    Raises:
        InputError: The place asked for is taken.
    """
    suffixes = ("_train", "_valid") if split else ("",)
    if wanted is not None:
        place = Path(wanted)
        places = tuple(place.with_name(f"{place.stem}{end}{place.suffix}") for end in suffixes)
        taken = [one for one in places if one.exists()]
        if taken and not replace:
            raise InputError(f"{taken[0]} is already there", "--force replaces it")
        return places
    folder, stem = Path(source).parent, stem_of(source)
    number = 0
    while True:
        count = f" ({number})" if number else ""
        places = tuple(folder / f"{stem}_prepared{end}{count}.jsonl" for end in suffixes)
        if not any(one.exists() for one in places):
            return places
        number += 1
