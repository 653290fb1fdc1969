# SPDX-License-Identifier: Apache-2.0
"""From any layout to any other by way of one conversation, with an account of what is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.data.conversation import INSTRUCTIONS, Conversation, Row
from evalkit.data.formats._layout import Layout
from evalkit.data.loss import Loss, losses
from evalkit.data.write import json_line

__all__ = [
    "ALL", "Account", "Converted", "Edits", "Fits", "Watch", "convert", "convert_each",
    "converted_lines",
]  # fmt: skip

ALL = ("all",)  # of the fields to keep

_ESCAPES = (("\\r\\n", "\n"), ("\\n", "\n"), ("\\t", "\t"))
_MOST_NAMED = 100_000  # rows that are left out and named; memory does not grow beyond


@dataclass(slots=True)
class Account:
    """What became of the rows; filled while they are converted.

    Attributes:
        written: Rows given on.
        left_out: Rows that were not converted, and why, in order; the first 100,000.
        more_left_out: Those after them.
        blank: Blank lines, which are no rows.
        lost: What the target layout cannot hold: key of `loss.FEATURES` to number of rows.
        rewritten: What it holds in another form, in the same way.
        fields: Names of the fields that were lost, to number of rows.
        kept: Names of the fields that were to be kept and stand in some row, in lower case.
        columns: Top-level keys of the rows given on.
    """

    written: int = 0
    left_out: list[tuple[Location, str]] = field(default_factory=list)
    more_left_out: int = 0
    blank: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    rewritten: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    kept: set[str] = field(default_factory=set)
    columns: set[str] = field(default_factory=set)

    @property
    def number_left_out(self) -> int:
        """Of rows that were not converted."""
        return len(self.left_out) + self.more_left_out

    def leave_out(self, location: Location, reason: str) -> None:
        """Count a row that was not converted."""
        if len(self.left_out) < _MOST_NAMED:
            self.left_out.append((location, reason))
        else:
            self.more_left_out += 1

    def add(self, found: Sequence[Loss]) -> None:
        """Count the losses of one row, each feature once."""
        for feature, kind in {(one.feature, one.kind) for one in found}:
            (self.lost if kind == "lost" else self.rewritten)[feature] += 1
        self.fields.update(one.pointer for one in found if one.feature == "fields")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    r"""What is to be changed in every conversation on the way.

    Attributes:
        system: A system prompt for conversations that have none.
        replace: Old and new text, in order, in every text of every message.
        unescape: Whether line feeds and tabs that are spelled `\n` and `\t` in the texts become
            what they mean, before anything is replaced.
    """

    system: str | None = None
    replace: tuple[tuple[str, str], ...] = ()
    unescape: bool = False

    def __bool__(self) -> bool:
        return self.system is not None or bool(self.replace) or self.unescape

    @property
    def swaps(self) -> tuple[tuple[str, str], ...]:
        """All that is replaced, in order."""
        return (*_ESCAPES, *self.replace) if self.unescape else self.replace


class Converted(NamedTuple):
    """What became of one example.

    Attributes:
        row: In the layout wanted; None where it could not be converted.
        reason: Why there is no row.
        losses: What the row lacks, or has in another form.
    """

    row: dict[str, Any] | None
    reason: str = ""
    losses: tuple[Loss, ...] = ()


Watch = Callable[[Example, Converted], None]  # told of rows that lost something or were left out
Fits = Callable[[Row], str]  # why a row cannot be written where it shall be; "" where it can


def convert(
    examples: Iterable[Example],
    to: Layout,
    account: Account,
    *,
    keep: Sequence[str] = (),
    edits: Edits = Edits(),
    watch: Watch | None = None,
    fits: Fits | None = None,
) -> Iterator[dict[str, Any]]:
    """Rows in another layout, in order.

    Args:
        examples: Of one source or of several.
        to: The layout wanted; it can be built from a conversation.
        account: Is filled on the way.
        keep: Fields to keep, by name without regard to case; `ALL` = all. They are written under
            `metadata`, or at the top where the layout has its fields there.
        edits: Changes to every conversation.
        watch: Is told of each row that lost something or was left out.
        fits: Whether the place that the rows go to can hold a row; others are left out.

    Raises:
        ValueError: The layout is only read.
    """
    way = _Way(to, keep, edits, watch, fits)
    for example in examples:
        found = _counted(example, way, account)
        if found.row is not None:
            yield found.row


def converted_lines(
    examples: Iterable[Example],
    to: Layout,
    account: Account,
    *,
    keep: Sequence[str] = (),
    edits: Edits = Edits(),
    watch: Watch | None = None,
) -> Iterator[bytes]:
    """The same as lines of JSON without line feeds; rows that are as wanted are not written anew.

    Args:
        examples: Of one source or of several.
        to: As for `convert`, as are the others.
        account: Is filled on the way.
        keep: Fields to keep.
        edits: Changes to every conversation.
        watch: Is told of each row that lost something or was left out.
    """
    way = _Way(to, keep, edits, watch)
    as_they_are = not keep and not edits
    name = to.name
    for example in examples:
        source = example.format
        if (
            as_they_are
            and source is not None
            and source.name == name
            and not example.repeated_keys
            and (example.cells or not _why_not(example))
        ):
            account.written += 1
            account.columns.update(example.value)
            raw = example.raw
            if not example.cells:
                yield raw if _is_line(raw) else json_line(example.value)
                continue
            if example.fields:
                account.lost["fields"] += 1
                for one in example.fields:
                    account.fields[one] += 1
                if watch is not None:
                    gone = tuple(Loss("fields", one) for one in example.fields)
                    watch(example, Converted(example.value, "", gone))
            yield raw
            continue
        found = _counted(example, way, account)
        if found.row is not None:
            yield json_line(found.row)


class _Way(NamedTuple):
    """Where rows go, and what is done to them."""

    to: Layout
    keep: Sequence[str]
    edits: Edits
    watch: Watch | None = None
    fits: Fits | None = None


def _is_line(raw: bytes) -> bool:
    r"""Whether a record can be copied: it is one line, and Chinese stands in it as itself."""
    return (
        b"\\u" not in raw
        and b"\n" not in raw
        and not raw.startswith((b" ", b"\t"))
        and not raw.endswith((b"\r", b" "))
    )


def _counted(example: Example, way: _Way, account: Account) -> Converted:
    if example.broken is not None and example.broken.kind == "blank":
        account.blank += 1
        return Converted(None)
    found = convert_each(example, way.to, keep=way.keep, edits=way.edits)
    if found.row is not None and way.fits is not None and (why := way.fits(found.row)):
        found = Converted(None, why)
    if found.row is None:
        account.leave_out(example.location, found.reason)
    else:
        account.written += 1
        account.columns.update(found.row)
        if way.keep and way.keep != ALL:
            account.kept |= _names_kept(example, way)
        if found.losses:
            account.add(found.losses)
    if way.watch is not None and (found.row is None or found.losses):
        way.watch(example, found)
    return found


def _names_kept(example: Example, way: _Way) -> set[str]:
    return {name.casefold() for name in way.keep} & {name.casefold() for name in _beside(example)}


def convert_each(
    example: Example,
    to: Layout,
    *,
    keep: Sequence[str] = (),
    edits: Edits = Edits(),
    drop_beside: bool = False,
) -> Converted:
    """One example in another layout.

    Args:
        example: Of any layout.
        to: As for `convert`, as are `keep` and `edits`.
        keep: Fields to keep.
        edits: Changes to the conversation.
        drop_beside: Whether fields that are not kept go from rows, too, that have the layout
            already; else such rows keep all they have.

    Raises:
        ValueError: The layout is only read.
    """
    if to.build is None:
        raise ValueError(f"{to.name} cannot be built from a conversation")
    source = example.format
    if (why := _why_not(example)) or not isinstance(source, Layout):
        return Converted(None, why)
    before = source.conversation(example.value)
    if edits:
        before = _edited(before, edits)
    same = source.name == to.name
    if same and not edits:
        row = dict(example.value)
        if drop_beside:
            row = {k: v for k, v in row.items() if k in to.keys and k != "metadata"}
        elif not example.cells:
            return Converted(row)  # what stands beside stands there as it did
        return _with_fields(row, example, to, keep, ())
    try:
        row = to.build(before)
    except ValueError as error:
        return Converted(None, str(error))
    lost = losses(before, to.conversation(row))
    if same:
        row = _changed(example.value, row, to)
        own = to.fields(example.value) if to.fields is not None else {}
        lost += tuple(Loss("fields", name) for name in own if name not in row.get("item", {}))
        if not example.cells and not drop_beside:
            return Converted(row, "", lost)
    return _with_fields(row, example, to, keep, lost)


def _why_not(example: Example) -> str:
    """Why an example cannot be converted into anything; "" where it may be."""
    if example.broken is not None:
        return example.broken.args.get("reason", example.broken.kind)
    source = example.format
    if not isinstance(source, Layout):
        return "its layout is not known"
    if source.why_not is not None and (why := source.why_not(example.value)):
        return why
    return "" if example.messages else "it holds no messages"


def _changed(value: Row, row: dict[str, Any], to: Layout) -> dict[str, Any]:
    """A row of the same layout with another conversation: what is no part of it stays.

    A key that the layout spells in two ways stands there once, in the new way.
    """
    gone = to.keys - {"metadata"} - row.keys()
    changed = {key: row.get(key, told) for key, told in value.items() if key not in gone} | row
    if to.beside == "item" and to.fields is not None:
        changed["item"] = {**to.fields(value), **row["item"]}
    return changed


def _with_fields(
    row: dict[str, Any],
    example: Example,
    to: Layout,
    keep: Sequence[str],
    lost: tuple[Loss, ...],
) -> Converted:
    beside = _beside(example)
    if not beside:
        return Converted(row, "", lost)
    wanted = {name.casefold() for name in keep}
    everything = wanted == {*ALL}
    kept = {k: v for k, v in beside.items() if everything or k.casefold() in wanted}
    if to.beside == "top":
        kept = {k: v for k, v in kept.items() if k not in to.keys}
        row = {**row, **kept}
    elif to.beside == "item":
        row = {**row, "item": {**kept, **row["item"]}}
    elif kept and "metadata" in to.keys:
        row = {**row, "metadata": kept}
    else:
        kept = {}
    gone = tuple(Loss("fields", name) for name in beside if name not in kept)
    return Converted(row, "", lost + gone)


def _beside(example: Example) -> dict[str, Any]:
    """What stands beside the conversation: further keys, those of `metadata`, columns of tables."""
    value, source = example.value, example.format
    if not isinstance(source, Layout):
        return {}
    metadata = value.get("metadata")
    found = dict(metadata) if isinstance(metadata, dict) else {}
    found |= {k: v for k, v in value.items() if k not in source.keys}
    found |= source.fields(value) if source.fields is not None else {}
    seen = {key.lower() for key in found}
    return found | {k: v for k, v in example.fields.items() if k not in seen}


def _edited(conversation: Conversation, edits: Edits) -> Conversation:
    swaps = edits.swaps
    messages = [_replaced(message, swaps) for message in conversation.messages]
    rejected = [_replaced(message, swaps) for message in conversation.rejected]
    if edits.system is not None and not any(m.get("role") in INSTRUCTIONS for m in messages):
        messages.insert(0, {"role": "system", "content": edits.system})
    return replace(conversation, messages=tuple(messages), rejected=tuple(rejected))


def _replaced(message: Row, pairs: Sequence[tuple[str, str]]) -> Row:
    if not pairs:
        return message
    changed = dict(message)
    for key in ("content", "reasoning_content", "refusal"):
        if isinstance(text := changed.get(key), str):
            changed[key] = _swapped(text, pairs)
    if isinstance(changed.get("content"), list):
        changed["content"] = [
            {**part, "text": _swapped(part["text"], pairs)}
            if isinstance(part, dict) and isinstance(part.get("text"), str)
            else part
            for part in changed["content"]
        ]
    return changed


def _swapped(text: str, pairs: Sequence[tuple[str, str]]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text
