# SPDX-License-Identifier: Apache-2.0
"""Which column of a table holds which part of the conversation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache

from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.data.cells import column_letters
from evalkit.data.templates import bound, parsed

__all__ = [
    "NAMES", "ROLES", "ColumnMap", "MissingColumnError", "map_columns", "named_columns",
    "simplified",
]  # fmt: skip

ROLES = ("system", "user", "input", "assistant", "chosen", "rejected")

# Usual headers, the strongest first: where several match, the first is taken and the others are
# named in a note. A reply outranks a label, for a label is also a field of a row with a reply.
NAMES: Mapping[str, tuple[str, ...]] = {
    "system": (
        "system", "system prompt", "system message", "system instruction", "meta instruction",
        "系统", "系统提示", "系统提示词", "系统消息", "系统指令", "角色设定",
        "系統", "系統提示", "系統提示詞", "系統訊息", "系統指令", "角色設定",
    ),
    "user": (
        "user", "user message", "user input", "user query", "user prompt", "user question",
        "human", "prompt", "question", "query", "ask", "q", "problem",
        "instruction", "input", "message", "customer message", "customer", "utterance", "request",
        "input text", "question text",
        "用户", "用户消息", "用户输入", "用户问题", "问题", "提问", "咨询", "咨询内容",
        "问", "问句", "客户", "客户消息", "客户问题", "指令", "输入", "消息",
        "用戶", "使用者", "用戶訊息", "用戶輸入", "用戶問題", "問題", "提問", "諮詢", "諮詢內容",
        "問", "問句", "客戶", "客戶訊息", "客戶問題", "輸入", "訊息",
        "text", "source", "sentence", "review", "content", "body", "description", "title",
        "文本", "内容", "正文", "标题", "文字", "內容", "標題",
    ),
    "assistant": (
        "assistant", "assistant message", "assistant response", "completion", "response",
        "ai response", "model response", "bot response", "reply", "answer", "a", "output",
        "model output", "ideal", "target", "expected", "expected answer", "expected output",
        "gold", "gold answer", "correct answer", "reference", "reference answer", "solution",
        "output text", "answer text", "bot", "gpt",
        "助手", "助理", "客服", "客服回复", "回复", "回答", "答复", "答案", "答",
        "输出", "参考答案", "标准答案",
        "客服回覆", "回覆", "答覆", "輸出", "參考答案", "標準答案",
        "label", "intent", "category", "class", "classification", "topic",
        "标签", "意图", "类别", "分类", "標籤", "意圖", "類別", "分類",
    ),
    # Both or neither: a table of pairs.
    "chosen": (
        "chosen", "chosen response", "chosen answer", "preferred", "preferred output",
        "preferred response", "accepted", "response chosen", "优选", "优选回答", "優選",
        "優選回答",
    ),
    "rejected": (
        "rejected", "rejected response", "rejected answer", "non preferred",
        "non preferred output", "non preferred response", "dispreferred", "response rejected",
        "拒绝", "拒绝回答", "劣选", "劣选回答", "拒絕", "拒絕回答", "劣選", "劣選回答",
    ),
}  # fmt: skip
_WEAK = "text"  # of the user's names, from here on they are mentioned only when taken
_LIKE = 0.75  # of difflib's ratio, from which on a name is a misspelled role
_PAIR = ("chosen", "rejected")
# What is asked in two columns, as Alpaca, Dolly and their translations have it.
_TWO_PARTS = (
    ("instruction", "input"), ("instruction", "context"), ("指令", "输入"), ("指令", "輸入"),
)  # fmt: skip

_NUMBER = re.compile("[0-9]{1,5}")
_LETTERS = re.compile("[A-Z]{1,3}")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Where each part stands.

    Attributes:
        roles: Role to column index, 0-based; "input" is joined to the user's text. With "chosen"
            and "rejected" it is a table of pairs.
        fields: Field name in lower case to column index, for the other columns.
        shown: Role to header as it is written, or to the template.
        notes: What a person should know of the choice.
        templates: Role to a text made of several columns: literal parts and column indexes.
    """

    roles: Mapping[str, int]
    fields: Mapping[str, int]
    shown: Mapping[str, str]
    notes: tuple[str, ...] = ()
    templates: Mapping[str, tuple[str | int, ...]] = field(default_factory=dict)


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
    headers: Sequence[str],
    wanted: Mapping[str, str],
    *,
    source: str,
    system: bool = False,
    templates: Mapping[str, str] | None = None,
    noun: str = "column",
    numbered: bool = False,
) -> ColumnMap:
    """Match headers to roles; what the user wants comes first, usual names fill the rest.

    Args:
        headers: Of the table, in order.
        wanted: Role (or a name for a field) to header.
        source: For messages.
        system: Whether a constant system prompt is given, so that none is looked for.
        templates: Role to a text with {HEADER} in it.
        noun: What the headers head, for messages.
        numbered: Whether the headers are only letters: they may be given by number as well, 1 for
            the first, and mean nothing by themselves.

    Raises:
        UsageError: A wanted header is not there, or a template is none.
        InputError: No column for the user's or the assistant's text; the message lists the headers.
            It is a `MissingColumnError` where the other one, or the system's, was found.
    """
    look = _Headers(headers, source, noun, numbered=numbered)
    chosen, named = _asked_for(wanted, look)
    made = {role: bound(parsed(text), look.index) for role, text in (templates or {}).items()}
    within = {part for parts in made.values() for part in parts if isinstance(part, int)}
    given = {*chosen, *made}
    names = [] if numbered else [simplified(h) for h in headers]  # column A is no answer
    if not wanted and "user" not in made:
        chosen |= _two_parts(names)
    notes: list[str] = []
    roles = _roles(names, given, look)
    for role in roles:
        if role in chosen or role in made or (role == "system" and system):
            continue
        taken = {*chosen.values(), *named.values()}
        # A column of a template is the last to be taken for something else.
        found = [one for one in _usual(role, names) if one[1] not in taken]
        if found:
            chosen[role] = min(found, key=lambda one: (one[1] in within, one))[1]
            notes += _also(role, look, [one for one in found if one[1] not in within])
    missing = [r for r in ("user", "assistant") if r in roles and r not in {*chosen, *made}]
    if missing and not ({"user", "assistant"} & given):
        raise look.lacking(missing, chosen)
    used = {*chosen.values(), *named.values(), *within}
    fields = dict(named)
    plain = [" ".join(_INVISIBLE.sub("", header).split()).lower() for header in headers]
    heads = {plain[index] for index in used} if noun == "column" else set()
    for index, name in enumerate(plain):
        if index in used or not name:
            continue
        if (name in heads or name in fields) and noun == "column":
            name = f"{name}_{column_letters(index).lower()}"  # noqa: PLW2901  (of two columns)
        fields.setdefault(name, index)
    said = {role: headers[index].strip() for role, index in chosen.items()} | {**(templates or {})}
    shown = {role: said[role] for role in ROLES if role in said}
    return ColumnMap(chosen, fields, shown, tuple(notes), made)


def named_columns(
    headers: Sequence[str], wanted: Mapping[str, str], *, source: str, noun: str = "column"
) -> tuple[dict[str, int], dict[str, int]]:
    """The columns that the user named: of roles, and of fields by lower-case name.

    Raises:
        UsageError: A header is not there, or a role is misspelled.
    """
    return _asked_for(wanted, _Headers(headers, source, noun, numbered=False))


def _asked_for(wanted: Mapping[str, str], look: _Headers) -> tuple[dict[str, int], dict[str, int]]:
    """What the user named: columns of roles, and of fields."""
    chosen: dict[str, int] = {}
    named: dict[str, int] = {}
    for role, header in wanted.items():
        known = role.strip().casefold()
        near = get_close_matches(known, ROLES, n=1, cutoff=_LIKE)  # `number` is a field
        if known not in ROLES and near:
            raise UsageError(
                f"no role named `{excerpt(role)}`; did you mean `{near[0]}`?",
                f"roles: {', '.join(ROLES)}; any other name is a field's",
            )
        (chosen if known in ROLES else named)[known] = look.index(header)
    return chosen, named


def _two_parts(names: Sequence[str]) -> dict[str, int]:
    for question, more in _TWO_PARTS:
        if question in names and more in names:
            return {"user": names.index(question), "input": names.index(more)}
    return {}


def _roles(names: Sequence[str], given: AbstractSet[str], look: _Headers) -> tuple[str, ...]:
    """The roles to look for: of one answer, or of a pair."""
    there = [role for role in _PAIR if role in given or _usual(role, names)]
    if len(there) == 2 and "assistant" not in given:
        return ("system", "user", *_PAIR)
    if half := [role for role in _PAIR if role in given]:
        other = _PAIR[1 - _PAIR.index(half[0])]
        raise UsageError(
            f"{look.source}: `{half[0]}` is named and `{other}` is not",
            f"say which {look.noun} it is: {other}=NAME",
        )
    return ("system", "user", "assistant")


def _usual(role: str, names: Sequence[str]) -> list[tuple[int, int]]:
    """Rank and index of the headers that are usual for a role, the strongest first."""
    ranks = _ranks()[role]
    return sorted((ranks[name], index) for index, name in enumerate(names) if name in ranks)


@cache
def _ranks() -> Mapping[str, Mapping[str, int]]:
    return {
        role: {simplified(name): rank for rank, name in reversed([*enumerate(usual)])}
        for role, usual in NAMES.items()
    }


@dataclass(frozen=True, slots=True)
class _Headers:
    """The headers of one source, for finding and for naming them."""

    names: Sequence[str]
    source: str
    noun: str
    numbered: bool

    def index(self, wanted: str) -> int:
        """The place of a header: as written, else but for case, blanks and plural.

        Raises:
            UsageError: There is no such header.
        """
        for spelled in (str, simplified):
            for index, header in enumerate(self.names):
                if spelled(header) == spelled(wanted):
                    return index
        if self.numbered and _NUMBER.fullmatch(wanted) and 0 < int(wanted) <= len(self.names):
            return int(wanted) - 1
        if (place := self._lettered(wanted)) is not None:
            return place
        near = suggestion(wanted, [h.strip() for h in self.names])
        listed = _listed(self.names)
        turned = "ROLE=HEADER, not the other way round; " if wanted in ROLES else ""
        raise UsageError(
            f"{self.source} has no {self.noun} `{excerpt(wanted)}`{near}",
            f"{turned}its {self.noun}s: {listed}"
            if listed
            else f"no {self.noun} holds a text by itself: leave --columns out",
        )

    def _lettered(self, wanted: str) -> int | None:
        """The place of a column by its letter, as spreadsheets have it; None where it has none."""
        if self.noun != "column" or not _LETTERS.fullmatch(wanted):
            return None
        places = (i for i in range(len(self.names)) if column_letters(i) == wanted)
        return next(places, None)

    def call(self, index: int) -> str:
        """What to call a column so that `index` finds it: by its header, of two alike by letter."""
        header = self.names[index].strip()
        if self.noun != "column" or self.index(header) == index:
            return header
        return column_letters(index)

    def lacking(self, missing: Sequence[str], chosen: Mapping[str, int]) -> InputError:
        """Why the table cannot be read: it names what it saw."""
        text = f"{self.source}: no {self.noun} for the text of the {' and the '.join(missing)}"
        if self.numbered:
            return InputError(
                f"{text}: without a header nothing tells the columns apart",
                f"say which: --columns user=A,assistant=B (its columns: {_listed(self.names)})",
            )
        found = {role: self.names[index].strip() for role, index in chosen.items()}
        held = "the first row holds" if self.noun == "column" else "the rows hold"
        message = f"{text}; {held}: {_listed(self.names)}"
        name = "HEADER" if self.noun == "column" else self.noun.upper()
        hint = f"say which: --columns user={name},assistant={name}"
        if found or self.noun != "column":
            return MissingColumnError(message, hint, self.names, found)
        return InputError(
            message, f"{hint}; where that row is data: --no-header --columns user=A,assistant=B"
        )


def _also(role: str, look: _Headers, found: Sequence[tuple[int, int]]) -> list[str]:
    """A note where another column could hold the same; the weak names do not count."""
    strong = NAMES[role].index(_WEAK) if role == "user" else len(NAMES[role])
    others = [i for rank, i in found[1:] if rank < strong or role != "user"]
    if not others:
        return []
    first = look.names[found[0][1]].strip()
    alike = any(look.names[index].strip() == first for index in others)
    called = column_letters(found[0][1]) if alike and look.noun == "column" else first
    said = [look.call(index) for index in others]
    instead = f"--columns {role}={excerpt(said[0])}"
    return [
        f"the {role}'s text is {look.noun} `{excerpt(called)}`; for {_listed(said)} say {instead}"
    ]


def _listed(headers: Sequence[str]) -> str:
    shown = [f"`{excerpt(h.strip(), 40)}`" for h in headers if h.strip()]
    return ", ".join(shown[:20]) + (f" and {len(shown) - 20} more" if len(shown) > 20 else "")
