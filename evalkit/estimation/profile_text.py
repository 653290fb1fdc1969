# SPDX-License-Identifier: Apache-2.0
"""A profile for the terminal: compact, aligned by columns of the screen, in 80 of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from evalkit.core.printable import clipped, columns, printable
from evalkit.core.strings import Language
from evalkit.estimation.profile_facts import Profile, Repeats
from evalkit.estimation.profile_some import Tools
from evalkit.estimation.profile_spread import Counted, Spread
from evalkit.estimation.profile_words import (
    counted,
    listed,
    many,
    method_name,
    number,
    percent,
    remarks,
    short,
    size,
    tokens_note,
)
from evalkit.estimation.text_lines import wrapped
from evalkit.page.phrase import Phrase, joined, same, say

__all__ = ["HEADS", "Style", "aligned", "as_text", "facts_of"]

Style = Callable[[str, str], str]  # a text, and "head", "bad", "warn" or "soft"

_LABELS = 12  # that are listed
_SHAPES = 5
_PROMPTS = 3
_NAMES = 8
_FIELDS = 12
HEADS = (
    say("min", "最小"), say("p5", "5%"), say("p25", "25%"), say("median", "中位"),
    say("p75", "75%"), say("p95", "95%"), say("max", "最大"), say("mean", "平均"),
)  # fmt: skip


def _plain(text: str, tone: str) -> str:  # noqa: ARG001  (the shape of a style)
    return text


def as_text(
    profile: Profile, *, language: Language = "en", width: int = 80, style: Style = _plain
) -> str:
    """Lines without a line feed at the end.

    Args:
        profile: What to show.
        language: Of the words.
        width: Columns of the terminal.
        style: How to colour.
    """

    def told(phrase: Phrase) -> str:
        return phrase.plain(language)

    lines = [style(clipped(printable(profile.path), width), "head")]
    lines += wrapped(_about(profile, language), width)
    for remark in remarks(profile):
        first, *more = wrapped(told(remark.text), width - 2)
        lines.append(style(f"! {first}", remark.tone))
        lines += [style(f"  {line}", remark.tone) for line in more]
    pairs = [(told(label), value) for label, value in facts_of(profile, language)]
    left = max((columns(label) for label, _ in pairs), default=0) + 2
    lines.append("")
    for label, value in pairs:
        first, *more = wrapped(value, width - left)
        lines.append(f"{_padded(label, left)}{first}")
        lines += [" " * left + line for line in more]
    lines += ["", *_lengths(profile, language, width, style)]
    for title, rows in _tables(profile):
        if rows:
            lines += ["", style(told(title), "head")]
            lines += [f"  {line}" for line in aligned(rows, width - 2, right=(0, 1))]
    return "\n".join(lines)


def _about(profile: Profile, language: Language) -> str:
    parts = [profile.layout or "–", method_name(profile.method).plain(language)]
    if profile.file is not None:
        file = profile.file
        parts += [file.container, *filter(None, [file.packing]), file.encoding, size(file.bytes)]
    joint = "，" if language == "zh" else ", "
    return joint.join(parts)


def facts_of(profile: Profile, language: Language) -> Iterator[tuple[Phrase, str]]:
    """One line for each thing that the set has: label and value."""

    def t(en: str, zh: str, **values: object) -> str:
        return say(en, zh, **values).plain(language)

    rows = profile.rows
    value = t("{n} usable", "可用 {n} 行", n=f"{rows.usable:,}")
    for count, en, zh in (
        (rows.broken, "{n} broken", "损坏 {n}"),
        (rows.unread, "{n} without a conversation", "没有对话 {n}"),
        (rows.blank, "{n} blank lines", "空行 {n}"),
    ):
        value += f"{t(', ', '，')}{t(en, zh, n=f'{count:,}')}" if count else ""
    yield say("rows", "行数"), value
    if profile.tokens is not None:
        yield (
            say("tokens", "token"),
            t(
                "{n} in all, {k} of them learned",
                "共 {n}，其中 {k} 参与学习",
                n=f"{profile.tokens.example.sum:,}",
                k=f"{profile.tokens.learned.sum:,}",
            ),
        )
        yield say("tokenizer", "分词器"), tokens_note(profile).plain(language)
    if profile.conversations is not None:
        turns, messages = profile.conversations.turns, profile.conversations.messages
        yield (
            say("turns", "轮次"),
            t(
                "{t} (median), at most {m}; messages {k}, at most {l}",
                "中位 {t}，最多 {m}；消息中位 {k}，最多 {l}",
                t=number(turns.median),
                m=f"{turns.max:,}",
                k=number(messages.median),
                l=f"{messages.max:,}",
            ),
        )
    yield from _said(profile, language)
    yield from _particular(profile, language)


def _said(profile: Profile, language: Language) -> Iterator[tuple[Phrase, str]]:
    if profile.languages.questions:
        yield say("questions", "提问"), listed(profile.languages.questions).plain(language)
    if profile.languages.answers:
        yield say("answers", "回答"), listed(profile.languages.answers).plain(language)
    answers, system = profile.answers, profile.system
    if answers.count:
        parts = [say("{n} different", "{n} 种不同", n=f"{answers.different:,}")]
        if answers.json:
            share = percent(answers.json / answers.count)
            parts.append(say("{s} are JSON", "{s} 是 JSON", s=share))
        if answers.empty:
            parts.append(say("{n} empty", "{n} 个为空", n=f"{answers.empty:,}"))
        yield say("last answers", "末尾回答"), _row_of(parts, language)
    parts = [say("none", "没有")]
    if system.rows:
        parts = [say("{n} different", "{n} 种不同", n=many(system.different))]
        if system.without:
            have = "has" if system.without == 1 else "have"
            parts.append(
                say("{n} {h} none", "{n} 行没有", n=counted(system.without, "row"), h=have)
            )
    yield say("system", "系统提示"), _row_of(parts, language)
    for repeated, label in (
        (profile.repeated_rows, say("same rows", "相同的行")),
        (profile.repeated_questions, say("same questions", "相同提问")),
    ):
        if repeated.copies:
            yield label, _repeats(repeated).plain(language)


def _row_of(parts: list[Phrase], language: Language) -> str:
    return joined(parts, en=", ", zh="，").plain(language)


def _repeats(repeated: Repeats) -> Phrase:
    places = [", ".join(map(str, lines)) for lines in repeated.places[:2]]
    return say(
        "{n} earlier ones (lines {l})",
        "{n} 行与前面的行相同（第 {l} 行）",
        n=say(
            "{n} row repeats" if repeated.copies == 1 else "{n} rows repeat",
            "{n}",
            n=f"{repeated.copies:,}",
        ),
        l=joined([same(one) for one in places], en="; ", zh="；"),
    )


def _particular(profile: Profile, language: Language) -> Iterator[tuple[Phrase, str]]:
    """What only some sets have."""

    def t(en: str, zh: str, **values: object) -> str:
        return say(en, zh, **values).plain(language)

    if profile.tools is not None:
        yield say("tools", "工具"), _row_of(list(_tools(profile.tools)), language)
    if (media := profile.media) is not None:
        parts = ", ".join(f"{printable(one.name)} {one.count:,}" for one in media.parts)
        yield (
            say("media", "媒体"),
            t("{p} in {n}", "{n} 行中有 {p}", p=parts, n=counted(media.rows, "row")),
        )
    if (weights := profile.weights) is not None:
        yield (
            say("weights", "权重"),
            t(
                "on {n}; {m} not learned",
                "{n} 条消息有权重；{m} 个回答不参与学习",
                n=counted(weights.messages, "message"),
                m=say(
                    "{m} answer is" if weights.masked == 1 else "{m} answers are",
                    "{m}",
                    m=f"{weights.masked:,}",
                ),
            ),
        )
    if (thoughts := profile.reasoning) is not None:
        yield (
            say("reasoning", "思考过程"),
            t(
                "in {n}; {m} characters (median)",
                "{n} 行有；字符数中位 {m}",
                n=counted(thoughts.rows, "row"),
                m=number(thoughts.characters.median),
            ),
        )
    if (pairs := profile.pairs) is not None:
        yield (
            say("pairs", "配对"),
            t(
                "preferred answer longer in {l}, shorter in {s}; median {a} against {b} characters",
                "偏好的回答更长占 {l}，更短占 {s}；字符数中位 {a} 对 {b}",
                l=percent(pairs.longer / pairs.rows),
                s=percent(pairs.shorter / pairs.rows),
                a=number(pairs.chosen.median),
                b=number(pairs.rejected.median),
            ),
        )
    if (verdicts := profile.verdicts) is not None:
        yield (
            say("verdicts", "评判"),
            t(
                "{g} good, {b} bad ({s} good)",
                "好 {g}，坏 {b}（好占 {s}）",
                g=f"{verdicts.good:,}",
                b=f"{verdicts.bad:,}",
                s=percent(verdicts.good / (verdicts.good + verdicts.bad)),
            ),
        )
    if profile.grader_fields:
        names = ", ".join(
            f"{one.name} {percent(one.share)}" for one in profile.grader_fields[:_NAMES]
        )
        yield say("for graders", "评分字段"), names


def _tools(tools: Tools) -> Iterator[Phrase]:
    yield say(
        "{d} defined in {r}",
        "{r} 行定义了 {d} 个",
        r=counted(tools.rows, "row"),
        d=len(tools.defined),
    )
    yield say(
        "{c} in {k}",
        "{k} 行共 {c} 次调用",
        c=counted(tools.calls, "call"),
        k=counted(tools.calling_rows, "row"),
    )
    if tools.parallel:
        yield say("{p} of several at once", "并行 {p}", p=f"{tools.parallel:,}")
    if tools.results:
        yield say("{s}", "{s} 个结果", s=counted(tools.results, "result"))


def _lengths(profile: Profile, language: Language, width: int, style: Style) -> Iterator[str]:
    """Quantiles of every length, a line each."""
    found: list[tuple[str, Spread | None]] = []

    def t(en: str, zh: str) -> str:
        return say(en, zh).plain(language)

    if profile.tokens is not None:
        found += [(t("tokens", "token 数"), None), (t("example", "整行"), profile.tokens.example)]
        found += profile.tokens.roles.items()
    if profile.characters is not None:
        found += [
            (t("characters", "字符数"), None),
            (t("example", "整行"), profile.characters.example),
        ]
        found += profile.characters.roles.items()
    if not found:
        return
    rows = [[t("lengths", "长度"), *(head.plain(language) for head in HEADS)]]
    for name, one in found:
        if one is None:
            rows.append([name, *[""] * len(HEADS)])
            continue
        values = (one.min, one.p5, one.p25, one.median, one.p75, one.p95, one.max, one.mean)
        rows.append([f"  {clipped(printable(name), 20)}", *map(short, values)])
    lines = aligned(rows, width, right=tuple(range(1, 9)))
    yield style(lines[0], "head")
    yield from lines[1:]


def _tables(profile: Profile) -> Iterator[tuple[Phrase, list[list[str]]]]:
    """Short lists: count, share, name."""
    if profile.conversations is not None and profile.conversations.different_shapes != 1:
        yield say("shapes", "对话结构"), _counted(profile.conversations.shapes, _SHAPES)
    elif profile.conversations is not None:
        yield say("shape", "对话结构"), _counted(profile.conversations.shapes, 1)
    yield say("labels", "标签"), _counted(profile.answers.labels, _LABELS)
    yield (
        say("system prompts", "系统提示"),
        [
            [f"{one.count:,}", percent(one.share), one.text]
            for one in profile.system.prompts[:_PROMPTS]
        ],
    )
    if profile.tools is not None:
        yield say("tool calls", "工具调用"), _counted(profile.tools.called, _NAMES)
    yield say("fields", "其他字段"), list(_fields(profile))


def _fields(profile: Profile) -> Iterator[list[str]]:
    for field in profile.fields[:_FIELDS]:
        values = ", ".join(f"{one.name} {percent(one.share)}" for one in field.values[:_NAMES])

        name = (
            f"{field.name}: {values}"
            if values
            else f"{field.name} ({many(field.different, 1_000)})"
        )
        yield [f"{field.filled:,}", percent(field.share), name]
    if (more := len(profile.fields) - _FIELDS) > 0:
        yield ["", "", f"… +{more:,}"]


def _counted(items: Sequence[Counted], most: int) -> list[list[str]]:
    rows = [[f"{one.count:,}", percent(one.share), one.name or "–"] for one in items[:most]]
    if (more := len(items) - most) > 0:
        rows.append(["", "", f"… +{more:,}"])
    return rows


def aligned(rows: Sequence[Sequence[str]], width: int, *, right: Sequence[int] = ()) -> list[str]:
    """Rows as lines, columns aligned by what they take on the screen; lines are cut at `width`.

    Args:
        rows: Of the same number of printable cells.
        width: Columns of the terminal.
        right: Indices of cells that are aligned at their right.
    """
    widths = [max(columns(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            " " * (space - columns(cell)) + cell if at in right else _padded(cell, space)
            for at, (cell, space) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(clipped("  ".join(cells).rstrip(), width))
    return lines


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))
