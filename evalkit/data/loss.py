# SPDX-License-Identifier: Apache-2.0
"""What a conversion lost: the row that was made is read back and compared with what went in.

Nothing is declared, so nothing can be forgotten: what the target layout cannot say is not there
when it is read again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any, Literal, NamedTuple

from evalkit.data.conversation import INSTRUCTIONS, Conversation, Row, parts_of

__all__ = ["FEATURES", "Feature", "Loss", "losses"]

Kind = Literal["lost", "rewritten"]


class Feature(NamedTuple):
    """A thing that rows have.

    Attributes:
        words: As a person would say it.
        kind: "lost" = it is gone; "rewritten" = it is there in another form.
    """

    words: str
    kind: Kind = "lost"


FEATURES: Mapping[str, Feature] = {
    "system": Feature("system prompts"),
    "turns": Feature("turns of the conversation"),
    "text": Feature("texts, which are not as they were"),
    "tools": Feature("tool definitions"),
    "tool-details": Feature("details of tool definitions (strict and the like)"),
    "calls": Feature("tool calls and their results"),
    "call-ids": Feature("ids of tool calls"),
    "parts": Feature("images, sounds, videos, files and other parts"),
    "part-details": Feature("details of images, sounds, videos and files"),
    "weights": Feature("weights of messages (which answers are learned)"),
    "names": Feature("names of speakers"),
    "refusals": Feature("refusals"),
    "reasoning": Feature("reasoning before the answer"),
    "rejected": Feature("answers that were not preferred"),
    "verdicts": Feature("whether an answer is a good one"),
    "answer-start": Feature("where the answer begins"),
    "parallel-calls": Feature("the setting parallel_tool_calls"),
    "other-keys": Feature("other keys of messages"),
    "fields": Feature("fields beside the conversation (--keep NAME,… or --keep all keeps them)"),
    "roles": Feature("roles under another name (developer, system)", "rewritten"),
    "system-place": Feature("system prompts joined or moved to the beginning", "rewritten"),
    "text-parts": Feature("texts in several parts as one text, or the other way", "rewritten"),
    "part-order": Feature("the order of texts and images", "rewritten"),
    "new-call-ids": Feature("ids of tool calls, made anew", "rewritten"),
    "reasoning-as-text": Feature("reasoning as <think> in the text", "rewritten"),
    "more-turns": Feature("messages divided into several", "rewritten"),
}


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that one row had and has no longer, or has in another form.

    Attributes:
        feature: A key of `FEATURES`.
        pointer: JSON pointer in the row as chat completions would have it; a field's name.
    """

    feature: str
    pointer: str

    @property
    def kind(self) -> Kind:
        """Whether it is gone, or only written differently."""
        return FEATURES[self.feature].kind


def losses(before: Conversation, after: Conversation) -> tuple[Loss, ...]:
    """What a conversation lost on its way into a layout and back.

    Args:
        before: What the row was made from.
        after: What is read from the row that was made.
    """
    return () if before == after else tuple(_compared(before, after))


def _compared(before: Conversation, after: Conversation) -> Iterator[Loss]:
    yield from _messages(before.messages, after.messages, "/messages")
    if before.rejected and not after.rejected:
        yield Loss("rejected", "/rejected")
    else:
        yield from _messages(before.rejected, after.rejected, "/rejected")
    defined, kept = _tools(before.tools), _tools(after.tools)
    if defined != kept:
        same = [*map(_signature, defined)] == [*map(_signature, kept)]
        yield Loss("tool-details" if same else "tools", "/tools")
    if before.verdict != after.verdict:
        yield Loss("verdicts", "/verdict")
    if (before.answer or 1) > 1 and before.answer != after.answer:
        yield Loss("answer-start", "/answer")
    if before.parallel_tool_calls not in (None, after.parallel_tool_calls):
        yield Loss("parallel-calls", "/parallel_tool_calls")


def _messages(before: Sequence[Row], after: Sequence[Row], pointer: str) -> Iterator[Loss]:
    if before == after:
        return
    said, heard = _numbered(before, pointer), _numbered(after, pointer)
    yield from _instructions(said[0], heard[0])
    pairs, gone, more = _aligned(said[1], heard[1])
    for place, message in gone:
        yield Loss("calls" if message.get("role") == "tool" else "turns", place)
    for place, _ in more:
        yield Loss("more-turns", place)
    ids: dict[Any, Any] = {}
    for place, one, other in pairs:
        yield from _message(place, one, other)
        ids |= _ids(one, other)
    if changed := {old: new for old, new in ids.items() if old != new and old is not None}:
        renamed = None not in ids.values() and len({*ids.values()}) == len(ids)
        yield Loss("new-call-ids" if renamed else "call-ids", f"{pointer}: {len(changed)} ids")


_Placed = tuple[str, Row]


def _numbered(messages: Sequence[Row], pointer: str) -> tuple[list[_Placed], list[_Placed]]:
    """Instructions, and all other messages, each with its pointer."""
    both: tuple[list[_Placed], list[_Placed]] = [], []
    begun = False
    for index, message in enumerate(messages):
        told = message.get("role") in INSTRUCTIONS
        both[not told].append((f"{pointer}/{index}", {**message, "\0late": told and begun}))
        begun = begun or not told
    return both


def _instructions(before: Sequence[_Placed], after: Sequence[_Placed]) -> Iterator[Loss]:
    if len(before) == len(after):
        for (place, one), (_, other) in zip(before, after, strict=True):
            yield from _message(place, one, other)
            if one["\0late"] != other["\0late"]:
                yield Loss("system-place", place)
        return
    said, heard = (_squeezed("".join(_text(m) for _, m in some)) for some in (before, after))
    place = before[0][0] if before else after[0][0]
    yield Loss("system-place" if said == heard else "system", place)


def _squeezed(text: str) -> str:
    """Without the blanks that joining puts in."""
    return "".join(text.split())


def _aligned(
    before: Sequence[_Placed], after: Sequence[_Placed]
) -> tuple[list[tuple[str, Row, Row]], list[_Placed], list[_Placed]]:
    """Pairs of messages that are meant to be the same, those that are gone, those that are more."""
    if len(before) == len(after):
        pairs = zip(before, after, strict=True)
        return [(place, one, other) for (place, one), (_, other) in pairs], [], []
    told, heard = ([(str(m.get("role")), _text(m)) for _, m in some] for some in (before, after))
    found = SequenceMatcher(None, told, heard, autojunk=False).get_opcodes()
    same: list[tuple[str, Row, Row]] = []
    gone: list[_Placed] = []
    more: list[_Placed] = []
    for _, start, stop, first, last in found:
        both = min(stop - start, last - first)
        matched = zip(before[start:stop], after[first:last], strict=False)
        same += [(place, one, other) for (place, one), (_, other) in matched]
        gone += before[start + both : stop]
        more += after[first + both : last]
    return same, gone, more


_SEEN = {
    "role", "content", "tool_calls", "tool_call_id", "name", "weight", "refusal",
    "reasoning_content", "\0late",
}  # fmt: skip
_KEYS = {"name": "names", "weight": "weights", "refusal": "refusals"}


def _message(place: str, before: Row, after: Row) -> Iterator[Loss]:
    if before == after:
        return
    if before.get("role") != after.get("role"):
        both = {before.get("role"), after.get("role")}
        yield Loss("roles" if both == INSTRUCTIONS else "turns", f"{place}/role")
    yield from _content(place, before, after)
    for key, feature in _KEYS.items():
        if _meant(before, key) not in (None, after.get(key)):
            yield Loss(feature, f"{place}/{key}")
    if _calls(before) != _calls(after):
        yield Loss("calls", f"{place}/tool_calls")
    for key in before.keys() - _SEEN:
        if before[key] is not None and before[key] != after.get(key):
            yield Loss("other-keys", f"{place}/{key}")


def _meant(message: Row, key: str) -> Any:
    """What a key says; None for the weight that a message of its role has anyway."""
    value = message.get(key)
    usual = key == "weight" and value == (message.get("role") == "assistant")
    return None if usual else value


def _content(place: str, before: Row, after: Row) -> Iterator[Loss]:
    said, heard = parts_of(before.get("content")), parts_of(after.get("content"))
    text, other_text = _text(before), _text(after)
    thought = before.get("reasoning_content")
    if thought and thought != after.get("reasoning_content"):
        written = isinstance(thought, str) and thought.strip() in other_text
        yield Loss("reasoning-as-text" if written else "reasoning", f"{place}/reasoning_content")
        if written:
            other_text = text if other_text.endswith(text.lstrip()) else other_text
            said = heard = [p for p in said if not _is_text(p)]
    if text != other_text:
        if before.get("role") != "tool" or not _same(text, other_text):
            yield Loss("text", f"{place}/content")
    elif said != heard:
        media, other_media = ([p for p in some if not _is_text(p)] for some in (said, heard))
        if len(media) != len(other_media):
            yield Loss("parts", f"{place}/content")
        elif media != other_media:
            yield Loss("part-details", f"{place}/content")
        elif media and _kinds(said) != _kinds(heard):
            yield Loss("part-order", f"{place}/content")
        else:
            yield Loss("text-parts", f"{place}/content")


def _same(text: str, other: str) -> bool:
    """Whether two results of tools are the same JSON object; how it is spelled does not count."""
    found = _loaded(text) if text else None
    return isinstance(found, dict) and found == _loaded(other)


def _kinds(parts: Sequence[Any]) -> list[bool]:
    """What follows what, however a text is divided: whether it is text, in turn."""
    return [kind for kind, _ in groupby(_is_text(p) for p in parts if not _is_text(p) or p["text"])]


def _is_text(part: Any) -> bool:
    return isinstance(part, Mapping) and isinstance(part.get("text"), str)


def _text(message: Row) -> str:
    return "".join(p["text"] for p in parts_of(message.get("content")) if _is_text(p))


def _calls(message: Row) -> list[Any]:
    """Names and arguments; how the arguments are spelled as JSON does not count."""
    found = message.get("tool_calls")
    calls = found if isinstance(found, list) else []
    functions = [c.get("function") if isinstance(c, Mapping) else None for c in calls]
    return [
        (f.get("name"), _loaded(f.get("arguments"))) if isinstance(f, Mapping) else None
        for f in functions
    ]


def _loaded(text: Any) -> Any:
    if text is None or text == "":  # a call without arguments
        return {}
    try:
        return json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return text


def _ids(before: Row, after: Row) -> dict[Any, Any]:
    """Ids of calls before, and what they are after; the reference in a result counts too."""
    found: dict[Any, Any] = {}
    if isinstance(known := before.get("tool_call_id"), str):
        found[known] = _id(after.get("tool_call_id"))
    calls, others = before.get("tool_calls"), after.get("tool_calls")
    if isinstance(calls, list) and isinstance(others, list):
        for one, other in zip(calls, others, strict=False):
            if isinstance(one, Mapping) and isinstance(other, Mapping):
                old = _id(one.get("id"))
                found |= {old: _id(other.get("id"))} if old is not None else {}
    return found


def _id(given: Any) -> str | None:
    return given if isinstance(given, str) else None


# Said by saying nothing, too.
_NOTHING: tuple[Any, ...] = (None, "", {}, {"type": "object", "properties": {}})


def _tools(tools: Sequence[Any]) -> list[Any]:
    """Definitions without the wrapper, which some layouts leave out, and without empty words."""
    inner = [t.get("function", t) if isinstance(t, Mapping) else t for t in tools]
    return [
        {key: told for key, told in f.items() if told not in _NOTHING}
        if isinstance(f, Mapping)
        else f
        for f in inner
    ]


def _signature(function: Any) -> Any:
    if not isinstance(function, Mapping):
        return function
    return [function.get(key) for key in ("name", "description", "parameters")]
