# SPDX-License-Identifier: Apache-2.0
"""Which column of a table holds which part of the conversation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion

__all__ = ["NAMES", "ROLES", "ColumnMap", "MissingColumnError", "map_columns", "simplified"]

ROLES = ("system", "user", "input", "assistant")

# Usual headers, the strongest first: where several match, the first is taken and the others are
# named in a note. A reply outranks a label, for a label is also a field of a row with a reply.
NAMES: Mapping[str, tuple[str, ...]] = {
    "system": (
        "system", "system prompt", "system message", "system instruction", "meta instruction",
        "系统", "系统提示", "系统提示词", "系统消息", "系统指令", "角色设定",
    ),
    "user": (
        "user", "user message", "user input", "human", "prompt", "question", "query", "ask",
        "instruction", "input", "message", "customer message", "customer", "utterance", "request",
        "用户", "用户消息", "用户输入", "用户问题", "问题", "提问", "咨询", "咨询内容",
        "问", "问句", "客户", "客户消息", "客户问题", "指令", "输入", "消息",
        "text", "source", "sentence", "review", "content", "body", "description", "title",
        "文本", "内容", "正文", "标题",
    ),
    "assistant": (
        "assistant", "assistant message", "completion", "response", "ai response",
        "model response", "reply", "answer", "output", "ideal", "target", "expected",
        "expected answer", "gold", "reference", "bot", "gpt",
        "助手", "助理", "客服", "客服回复", "回复", "回答", "答复", "答案", "答",
        "输出", "参考答案", "标准答案",
        "label", "intent", "category", "class", "classification", "topic",
        "标签", "意图", "类别", "分类",
    ),
}  # fmt: skip
_WEAK = "text"  # of the user's names, from here on they are mentioned only when taken

_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Where each part stands.

    Attributes:
        roles: Role to column index, 0-based; "input" is joined to the user's text.
        fields: Field name in lower case to column index, for the other columns.
        shown: Role to header as it is written.
        notes: What a person should know of the choice.
    """

    roles: Mapping[str, int]
    fields: Mapping[str, int]
    shown: Mapping[str, str]
    notes: tuple[str, ...] = ()


class MissingColumnError(InputError):
    """Some part of the conversation has a column, and the question or the answer has none.

    Attributes:
        headers: As they stand there.
        columns: Role to header, of those that were found.
    """

    def __init__(
        self, message: str, hint: str, headers: Sequence[str], columns: Mapping[str, str]
    ) -> None:
        super().__init__(message, hint)
        self.headers = tuple(headers)
        self.columns = dict(columns)


def simplified(header: str) -> str:
    """A header without what people vary: case, width, blanks, hyphens, plural, a final colon."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", header)).casefold()
    text = " ".join(re.sub(r"[\s_\-./]+", " ", text).strip(" :：*\"'").split())
    return text[:-1] if len(text) > 3 and text.endswith("s") and not text.endswith("ss") else text


def map_columns(
    headers: Sequence[str], wanted: Mapping[str, str], *, source: str, system: bool = False
) -> ColumnMap:
    """Match headers to roles; what the user wants comes first, usual names fill the rest.

    Args:
        headers: Of the table, in order.
        wanted: Role (or a name for a field) to header.
        source: For messages.
        system: Whether a constant system prompt is given, so that none is looked for.

    Raises:
        UsageError: A wanted header is not there.
        InputError: No column for the user's or the assistant's text; the message lists the headers.
            It is a `MissingColumnError` where the other one, or the system's, was found.
    """
    chosen: dict[str, int] = {}
    named: dict[str, int] = {}
    for role, header in wanted.items():
        known = role.strip().casefold()
        if known not in ROLES and (near := suggestion(known, list(ROLES))):
            raise UsageError(f"no role named `{excerpt(role)}`{near}", f"roles: {', '.join(ROLES)}")
        (chosen if known in ROLES else named)[known] = _index(headers, header, source)
    names = [simplified(h) for h in headers]
    notes: list[str] = []
    if not wanted and {"instruction", "input"} <= {*names}:  # Alpaca as a table
        chosen |= {"user": names.index("instruction"), "input": names.index("input")}
    for role, usual in NAMES.items():
        if role in chosen or (role == "system" and system):
            continue
        ranks = {name: rank for rank, name in enumerate(map(simplified, usual))}
        free = [
            i for i in range(len(names)) if i not in chosen.values() and i not in named.values()
        ]
        found = sorted((ranks[names[i]], i) for i in free if names[i] in ranks)
        if found:
            chosen[role] = found[0][1]
            notes += _also(role, headers, found)
    missing = [r for r in ("user", "assistant") if r not in chosen]
    if missing and not ({"user", "assistant"} & {r.strip().casefold() for r in wanted}):
        raise _lacking(missing, chosen, headers, source)
    taken = {*chosen.values(), *named.values()}
    fields = dict(named)
    for index, header in enumerate(headers):
        name = " ".join(_INVISIBLE.sub("", header).split()).lower()
        if index not in taken and name:
            fields.setdefault(name, index)
    shown = {role: headers[chosen[role]].strip() for role in ROLES if role in chosen}
    return ColumnMap(chosen, fields, shown, tuple(notes))


def _lacking(
    missing: Sequence[str], chosen: Mapping[str, int], headers: Sequence[str], source: str
) -> InputError:
    message = (
        f"{source}: no column for the text of the {' and the '.join(missing)}; "
        f"the first row holds: {_listed(headers)}"
    )
    hint = "say which: --columns user=HEADER,assistant=HEADER"
    found = {role: headers[index].strip() for role, index in chosen.items()}
    return MissingColumnError(message, hint, headers, found) if found else InputError(message, hint)


def _index(headers: Sequence[str], wanted: str, source: str) -> int:
    """The column of that header: as written, else but for case, blanks and plural."""
    for spelled in (str, simplified):
        for index, header in enumerate(headers):
            if spelled(header) == spelled(wanted):
                return index
    near = suggestion(wanted, [h.strip() for h in headers])
    raise UsageError(
        f"{source} has no column `{excerpt(wanted)}`{near}", f"its columns: {_listed(headers)}"
    )


def _also(role: str, headers: Sequence[str], found: Sequence[tuple[int, int]]) -> list[str]:
    """A note where another column could hold the same; the weak names do not count."""
    strong = NAMES[role].index(_WEAK) if role == "user" else len(NAMES[role])
    others = [headers[i].strip() for rank, i in found[1:] if rank < strong or role != "user"]
    if not others:
        return []
    first = excerpt(headers[found[0][1]].strip())
    instead = f"--columns {role}={excerpt(others[0])}"
    return [f"the {role}'s text is column `{first}`; for {_listed(others)} say {instead}"]


def _listed(headers: Sequence[str]) -> str:
    shown = [f"`{excerpt(h.strip(), 40)}`" for h in headers if h.strip()]
    return ", ".join(shown[:20]) + (f" and {len(shown) - 20} more" if len(shown) > 20 else "")
