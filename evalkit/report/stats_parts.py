# SPDX-License-Identifier: Apache-2.0
"""The sections of a page about one data set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from evalkit.estimation.profile_facts import Profile, Repeats
from evalkit.estimation.profile_spread import Counted
from evalkit.estimation.profile_words import (
    language_name,
    many,
    percent,
    why,
)
from evalkit.page.markup import data, fill
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, Text, joined, same, say
from evalkit.report.data_page import Part
from evalkit.report.stats_overview import overview
from evalkit.report.stats_spreads import figures_of, lengths, quantiles, spread_tables

__all__ = ["parts_of"]

_PACKAGE = "evalkit.report"
_LISTED = 30  # items of a list
_SHAPES = 12

_List = tuple[Phrase, Phrase, list[tuple[object, float, str, str]], Phrase]


def parts_of(profile: Profile, text: Text, *, prefix: str = "", heading: str = "h1") -> list[Part]:
    """The sections that apply, the overview first.

    Args:
        profile: What is shown.
        text: The language that the page opens in.
        prefix: Of anchors, where a page shows several sets.
        heading: Element of the first line: "h1", or "p" where the page has another heading.
    """
    made = [
        Part("overview", say("Overview", "概览"), overview(profile, text, heading), headed=False),
        Part("lengths", say("Lengths", "长度"), lengths(profile, text)),
        Part("conversations", say("Conversations", "对话结构"), _conversations(profile, text)),
        Part("languages", say("Languages", "语言"), _languages(profile, text)),
        Part("answers", say("Answers", "回答"), _answers(profile, text)),
        Part("system", say("System prompts", "系统提示"), _system(profile, text)),
    ]
    if profile.tools is not None or profile.media is not None:
        made.append(Part("tools", say("Tools and media", "工具与媒体"), _tools(profile, text)))
    if profile.pairs is not None:
        made.append(
            Part("pairs", say("Preferred and rejected", "偏好与拒绝"), _pairs(profile, text))
        )
    if profile.repeated_rows.copies or profile.repeated_questions.copies:
        made.append(Part("repeats", say("Repeats", "重复"), _repeats(profile, text)))
    if profile.fields or profile.grader_fields:
        made.append(Part("fields", say("Fields", "其他字段"), _fields(profile, text)))
    made.append(Part("record", say("Record", "记录"), _record(profile, text)))
    return [Part(f"{prefix}{one.name}", one.title, one.body, headed=one.headed) for one in made]


def _list(
    title: Phrase, head: Phrase, items: Sequence[Counted], named: object = None, most: int = _LISTED
) -> _List:
    """A table of names with their shares as bars."""
    shown: list[tuple[object, float, str, str]] = [
        (
            language_name(one.name) if named is language_name else data(one.name or "–", 120),
            one.share,
            percent(one.share),
            count(one.count),
        )
        for one in items[:most]
    ]
    left = len(items) - most
    more = say("and {n} more", "另有 {n} 项", n=count(left)) if left > 0 else same("")
    return title, head, shown, more


def _lists(
    text: Text,
    lists: Sequence[_List],
    *,
    note: Phrase | None = None,
    facts: Sequence[tuple[Phrase, object]] = (),
) -> Markup:
    return fill(
        _PACKAGE,
        "stats_lists.html",
        text=text,
        note=note or same(""),
        lists=[one for one in lists if one[2]],
        facts=facts,
    )


def _conversations(profile: Profile, text: Text) -> Markup:
    if profile.conversations is None:
        return Markup()
    found = profile.conversations
    lists = [
        _list(
            say("Sequences of roles", "角色序列"),
            say("Sequence", "序列"),
            found.shapes,
            most=_SHAPES,
        ),
        _list(say("Messages by role", "各角色消息"), say("Role", "角色"), found.roles),
    ]
    note = say(
        "A turn begins where the user speaks. Different sequences of roles: {n}.",
        "用户每次发言算一轮。共有 {n} 种角色序列。",
        n=many(found.different_shapes),
    )
    named = [(say("Turns", "轮次"), found.turns), (say("Messages", "消息数"), found.messages)]
    if profile.reasoning is not None:
        named.append((say("Characters of reasoning", "思考字符数"), profile.reasoning.characters))
    figures = figures_of(named)
    tables = [
        (say("Of a conversation", "每个对话"), [(name, quantiles(one)) for name, one in named])
    ]
    return _lists(text, lists, note=note) + spread_tables(text, same(""), tables, figures)


def _languages(profile: Profile, text: Text) -> Markup:
    head = say("Language", "语言")
    note = say(
        "Told by the letters of each message: Chinese, Japanese and Korean have their own; other "
        "languages that share a script are not told apart.",
        "按每条消息的文字判断：中日韩有各自的文字；使用同一种字母的其他语言不再区分。",
    )
    lists = [
        _list(say("Questions", "提问"), head, profile.languages.questions, language_name),
        _list(say("Answers", "回答"), head, profile.languages.answers, language_name),
    ]
    return _lists(text, lists, note=note)


def _answers(profile: Profile, text: Text) -> Markup:
    answers = profile.answers
    facts: list[tuple[Phrase, object]] = [
        (say("Rows that end with a text", "以文本回答结尾的行"), count(answers.count)),
        (say("Different answers", "不同的回答"), count(answers.different)),
        (say("JSON objects or arrays", "JSON 对象或数组"), count(answers.json)),
        (say("Empty", "为空"), count(answers.empty)),
    ]
    note = say(
        "The answers are no labels: they are too long, or too many of them differ.",
        "这些回答不是标签：太长，或互不相同的太多。",
    )
    if answers.labels:
        note = say(
            "The answers are {n} labels; the most frequent one in {a} rows, the rarest in {b}.",
            "回答是 {n} 种标签；最多的有 {a} 行，最少的有 {b} 行。",
            n=count(len(answers.labels)),
            a=count(answers.labels[0].count),
            b=count(answers.labels[-1].count),
        )
    if profile.verdicts is not None:
        facts += [
            (say("Called good", "评为好"), count(profile.verdicts.good)),
            (say("Called bad", "评为坏"), count(profile.verdicts.bad)),
        ]
    if profile.weights is not None:
        masked = count(profile.weights.masked)
        facts.append((say("Not learned (weight 0)", "不参与学习（权重 0）"), masked))
    lists = [_list(say("Labels", "标签"), say("Label", "标签"), answers.labels)]
    return _lists(text, lists, note=note, facts=facts)


def _system(profile: Profile, text: Text) -> Markup:
    system = profile.system
    if not system.rows:
        none = say("No row has a system prompt.", "没有任何一行带系统提示。")
        return _lists(text, [], note=none)
    note = say(
        "{n} rows have one, {k} have none; {d} different ones.",
        "{n} 行有，{k} 行没有；共 {d} 种。",
        n=count(system.rows),
        k=count(system.without),
        d=many(system.different),
    )
    heads = [
        (say("Beginning", "开头"), False),
        (say("Characters", "字符数"), True),
        (say("Rows", "行数"), True),
        (say("Share", "占比"), True),
    ]
    rows = [
        (data(one.text or "–"), (count(one.characters), count(one.count), percent(one.share)))
        for one in system.prompts
    ]
    return _table(text, say("System prompts", "系统提示"), heads, rows, note)


def _table(
    text: Text,
    title: Phrase,
    heads: Sequence[tuple[Phrase, bool]],
    rows: Sequence[tuple[object, Sequence[object]]],
    note: Phrase,
) -> Markup:
    return fill(
        _PACKAGE,
        "stats_table.html",
        text=text,
        title=title,
        heads=heads,
        rows=rows,
        note=note,
        remarks=(),
    )


def _tools(profile: Profile, text: Text) -> Markup:
    lists: list[_List] = []
    facts: list[tuple[Phrase, object]] = []
    if (tools := profile.tools) is not None:
        name = say("Name", "名称")
        lists += [
            _list(say("Calls by tool", "各工具的调用"), name, tools.called),
            _list(say("Defined in rows", "定义它的行"), name, tools.defined),
        ]
        facts += [
            (say("Rows with definitions", "有定义的行"), count(tools.rows)),
            (say("Rows with calls", "有调用的行"), count(tools.calling_rows)),
            (say("Calls", "调用"), count(tools.calls)),
            (say("Messages with several calls", "并行调用的消息"), count(tools.parallel)),
            (say("Results", "结果"), count(tools.results)),
        ]
    if (media := profile.media) is not None:
        lists.append(
            _list(say("Parts that are no text", "非文本内容"), say("Kind", "类型"), media.parts)
        )
        facts.append((say("Rows with media", "有媒体的行"), count(media.rows)))
    return _lists(text, lists, facts=facts)


def _pairs(profile: Profile, text: Text) -> Markup:
    pairs = profile.pairs
    if pairs is None:
        return Markup()
    equal = pairs.rows - pairs.longer - pairs.shorter
    items = [
        Counted(one, n, n / pairs.rows)
        for one, n in (("longer", pairs.longer), ("as long", equal), ("shorter", pairs.shorter))
    ]
    words = {
        "longer": say("longer", "更长"),
        "as long": say("as long", "一样长"),
        "shorter": say("shorter", "更短"),
    }
    shown: list[tuple[object, float, str, str]] = [
        (words[one.name], one.share, percent(one.share), count(one.count)) for one in items
    ]
    lists: list[_List] = [
        (say("The preferred answer is", "偏好的回答"), say("Length", "长度"), shown, same(""))
    ]
    tables = []
    for title, chosen, rejected in (
        (say("Tokens", "token 数"), pairs.chosen_tokens, pairs.rejected_tokens),
        (say("Characters", "字符数"), pairs.chosen, pairs.rejected),
    ):
        if chosen is not None and rejected is not None:
            lines = [
                (say("preferred", "偏好"), quantiles(chosen)),
                (say("rejected", "拒绝"), quantiles(rejected)),
            ]
            tables.append((title, lines))
    figures = figures_of(
        [
            (say("Preferred, characters", "偏好的回答，字符数"), pairs.chosen),
            (say("Rejected, characters", "拒绝的回答，字符数"), pairs.rejected),
        ]
    )
    return _lists(text, lists) + spread_tables(text, same(""), tables, figures)


def _repeats(profile: Profile, text: Text) -> Markup:
    heads = [
        (say("What", "内容"), False),
        (say("Copies", "副本"), True),
        (say("Of rows", "源自"), True),
        (say("Lines of the largest groups", "最大几组的行号"), False),
    ]
    rows = [
        (name, (count(one.copies), count(one.groups), _lines(one)))
        for name, one in (
            (say("same row", "相同的行"), profile.repeated_rows),
            (say("same question", "相同提问"), profile.repeated_questions),
        )
    ]
    note = say(
        "Rows are the same where only key order and white space differ; questions, where only "
        "case, width and blanks do.",
        "键的顺序与空白不同仍算相同的行；大小写、全半角与空白不同仍算相同的提问。",
    )
    return _table(text, say("Repeats", "重复"), heads, rows, note)


def _lines(one: Repeats) -> Phrase:
    return joined([same(", ".join(map(str, lines))) for lines in one.places], en="; ", zh="；")


def _fields(profile: Profile, text: Text) -> Markup:
    heads = [
        (say("Field", "字段"), False),
        (say("Filled", "有值"), True),
        (say("Different", "不同值"), True),
        (say("Values", "取值"), False),
    ]
    scalar = {one.name for one in profile.fields}
    rows = [
        (
            data(one.name, 60),
            (
                percent(one.share),
                many(one.different, 1_000),
                joined(
                    [
                        say("{v} {s}", "{v} {s}", v=data(v.name, 40), s=percent(v.share))
                        for v in one.values
                    ],
                    en=", ",
                    zh="，",
                ),
            ),
        )
        for one in profile.fields
    ] + [
        (data(one.name, 60), (percent(one.share), same("–"), say("list or object", "列表或对象")))
        for one in profile.grader_fields
        if one.name.lower() not in scalar
    ]
    note = say(
        "What stands beside the conversation. Values are shown where they are few and repeat.",
        "对话以外的内容。取值少且重复出现时才列出。",
    )
    return _table(text, say("Fields", "其他字段"), heads, rows, note)


def _record(profile: Profile, text: Text) -> Markup:
    facts: list[tuple[Phrase, object]] = [(say("File", "文件"), data(profile.path))]
    if (file := profile.file) is not None:
        kind = ", ".join(filter(None, [file.container, file.packing, file.encoding]))
        facts += [(say("Read as", "读取方式"), kind), (say("Bytes", "字节"), count(file.bytes))]
        facts += [
            (say("Column of {r}", "{r} 所在的列", r=role), data(header))
            for role, header in file.columns.items()
        ]
        if file.sheet is not None:
            facts.append((say("Sheet", "工作表"), data(file.sheet)))
    facts += [
        (say("Layout", "格式"), data(profile.layout or "–")),
        (say("Blank lines", "空行"), count(profile.rows.blank)),
    ]
    if profile.tokens is not None:
        learned, cookbook = profile.tokens.learned.sum, profile.tokens.cookbook.sum
        facts += [
            (say("Tokenizer", "分词器"), data(profile.tokens.encoding)),
            (say("Tokens learned", "参与学习的 token"), count(learned)),
            (say("Tokens by the cookbook's script", "cookbook 脚本的 token 数"), count(cookbook)),
        ]
    facts += _unusable(profile)
    note = say(
        "Made by evalkit. Nothing on this page was fetched, and nothing is sent. Secrets and "
        "personal data in quotations are masked.",
        "由 evalkit 生成。本页未加载任何外部内容，也不发送任何数据。引文中的密钥与个人信息已遮盖。",
    )
    return _lists(text, [], note=note, facts=facts)


def _unusable(profile: Profile) -> Iterator[tuple[Phrase, object]]:
    """Why some records are of no use, and where the first ones stand."""
    for one in profile.rows.broken_by_kind:
        yield say("Broken: {k}", "损坏：{k}", k=why(one.name)), count(one.count)
    for place in profile.rows.places[:5]:
        yield say("Line {n}", "第 {n} 行", n=place.line or "?"), why(place.why)
