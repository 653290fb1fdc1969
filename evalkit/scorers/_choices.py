# SPDX-License-Identifier: Apache-2.0
"""Reading a choice out of an answer, and the options out of a question."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from evalkit.scorers._normalise import normalise, unquoted
from evalkit.scorers._occurs import named, places

__all__ = ["options_in", "read_choice"]

_LETTERS = "ABCDEFGHIJ"
_MARK = r"[.)\]、:．。]"
# An option begins a line, or stands in it after a blank: "A. Paris  B. Rome", "(1) 北京 (2) 上海".
_OPTION = re.compile(rf"(?:^|(?<=\s))[(\[]?([A-J]|[1-9]\d?){_MARK}[ \t]*", re.MULTILINE)
# One way only to read each gap: "A A A …" must not be tried in 2^n ways.
_AND = r"(?:\s?(?:[,、/&+和与及]|and)\s?|\s)?"
_KEYS = rf"[(\[{{\"'*`]{{0,4}}((?:[A-J]|[1-9]\d?)(?:{_AND}[A-J]){{0,9}})(?![A-Za-z0-9])"
_STATED = (
    re.compile(
        r"(?:answers?|choices?|options?|choose|select|pick)\b"
        r"(?:\s*(?:is|are|would be|should be|to be|=|:|-)){0,4}\s*"
        rf"(?:(?:the\s+)?(?:option|choice|letter|number)s?\s*:?\s*)?{_KEYS}",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:答案|正确(?:的)?(?:选项|答案)?|应选|故选|因此选|所以选|我选|选择|选项|选)"
        rf"(?:应该|应当|应)?(?:是|为|:|选择|选){{0,3}}\s*(?:选项)?\s*{_KEYS}"
    ),
    re.compile(rf"\\boxed\s*{{\s*(?:\\text\s*{{)?{_KEYS}"),
)
_WHOLE = re.compile(rf"{_KEYS}[)\]}}\"'*`.。\s]*")
_FIRST = re.compile(rf"\s*{_KEYS}[)\]\"'*`]*\s*(?:{_MARK}|\n|\s-\s|$)")
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\n(?: ?\n)+")
# "A" before a small letter is an article, "I" there a pronoun.
_ALONE = re.compile(r"(?<![A-Za-z0-9'])([B-HJ]|[AI](?!\s+[a-z]))(?![A-Za-z0-9'])")

_KEY = r"[(\[{\"'*`]{0,4}([A-J]|[1-9]\d?)(?![A-Za-z0-9])[)\]}\"'*`]{0,4}"
_NAMED = r"(?:(?:the\s|an?\s)?(?:option|choice|answer|letter)s?\s|选项\s?)?"
# One of several, which is no choice, or several at once. "A" is here no article.
_OR = r"(?:\s(?:or|nor)\s|\s?[/|]\s?|\s?(?:或者|或是|或|还是)\s?)"
_OR_ANOTHER = re.compile(rf"[)\]}}\"'*`]*,?{_OR}{_NAMED}{_KEY}", re.IGNORECASE)
_ANOTHER_OR = re.compile(rf"(?<![A-Za-z0-9']){_KEY},?{_OR}$", re.IGNORECASE)
_EITHER = re.compile(rf"(?<![A-Za-z0-9']){_KEY},?{_OR}{_NAMED}{_KEY}")
_BOTH = re.compile(rf"(?<![A-Za-z0-9']){_KEY}(?:\s(?:and|&)\s|\s?[&+和与及]\s?){_NAMED}{_KEY}")
# What is denied is not chosen: "not B", "it isn't (B)", "B is wrong", 不是B, B错.
_NOT = (
    re.compile(
        r"(?:\b(?:not|cannot|never|neither|nor|except|excluding|without|eliminat(?:e|ed|ing)"
        r"|rul(?:e|ed|es|ing) out)|n't)\s(?:(?:be|choose|select|pick|is|necessarily|either)\s)*"
        rf"{_NAMED}{_KEY}",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:不(?:应该?|能|要|可以?|会)?(?:是|为|选择|选)|并非|而非|排除|除了|别选|勿选)"
        rf"\s?{_NAMED}{_KEY}"
    ),
    re.compile(
        rf"(?<![A-Za-z0-9']){_KEY}\s?(?:is|are|was|would be|can be)?\s?(?:(?:clearly|also)\s)?"
        r"(?:(?:wrong|incorrect|false|ruled out|eliminated|excluded)\b"
        r"|(?:not|n't|cannot be)\s(?:the\s)?(?:right|correct|true|answer)\b)",
        re.IGNORECASE,
    ),
    re.compile(rf"{_KEY}\s?(?:选?项)?\s?(?:是|也|都)*\s?(?:错|不对|不正确|有误|不符)"),
)
_BEFORE = re.compile(r"(?:\b(?:not|neither|nor|never)|n't|不是|并非|而非)\s?(?:(?:in|the|an?)\s)*$")
_NEAR = 30  # characters before an option's text that are looked at


def options_in(question: str) -> dict[str, str]:
    """The options that a question lists, by their letter or number; empty where it lists none.

    They must run on from A or 1 and be two at least; the last such run counts.
    """
    text = _plain(question)
    found = list(_OPTION.finditer(text))
    best: dict[str, str] = {}
    run: dict[str, str] = {}
    for at, match in enumerate(found):
        key = match[1]
        end = found[at + 1].start() if at + 1 < len(found) else len(text)
        body = text[match.end() : end].partition("\n\n")[0].strip()
        if key in ("A", "1"):
            run = {key: body}
        elif run and key == _next(list(run)[-1]):
            run[key] = body
            best = run
        else:
            run = {}
    if best:  # what stands on further lines under the last option is no part of it
        last = list(best)[-1]
        best[last] = best[last].partition("\n")[0].strip()
    return best


def read_choice(text: str, options: Mapping[str, str]) -> tuple[str, ...]:
    r"""The choices that an answer makes, sorted; empty where it makes none.

    What is stated counts first ("Answer: B", "the answer is (B)", 选B, 答案是B, `\boxed{B}`), the
    last statement of several; then an answer that begins with a choice ("B. Because"), that is or
    names exactly one option's text, or that holds exactly one letter by itself. What is denied
    ("not B", "B is wrong", 不是B) is not chosen, and "A or B" chooses nothing.

    Args:
        text: Of the answer.
        options: Letter or number to text; empty = letters A to J, or numbers.
    """
    plain = _plain(text).strip()
    if whole := _WHOLE.fullmatch(plain.upper() if len(plain) <= 3 else plain):
        return _keys(whole[1], options)
    denied = {m.start(1) for pattern in _NOT for m in pattern.finditer(plain)}
    stated = [m for pattern in _STATED for m in pattern.finditer(plain) if m.start(1) not in denied]
    for match in sorted(stated, key=lambda m: -m.end()):
        if keys := _keys(match[1], options):
            return () if _hedged(plain, match, options) else keys
    first = _FIRST.match(plain)
    if first and first.start(1) not in denied and (keys := _keys(first[1], options)):
        return keys
    if keys := _by_text(plain, options):
        return keys
    return _alone(plain, denied, options)


def _hedged(plain: str, match: re.Match[str], options: Mapping[str, str]) -> bool:
    """Whether "or" and another choice stand before or behind what is stated."""
    other = _OR_ANOTHER.match(plain, match.end(1))
    before = _ANOTHER_OR.search(plain[max(0, match.start() - _NEAR) : match.start()])
    return any(one is not None and _keys(one[1], options) for one in (other, before))


def _alone(plain: str, denied: set[int], options: Mapping[str, str]) -> tuple[str, ...]:
    """The one letter that stands by itself, or those that "and" joins."""
    known = set(options or _LETTERS)
    for pair in _EITHER.finditer(plain):
        if {pair[1], pair[2]} <= known and not {pair.start(1), pair.start(2)} & denied:
            return ()
    alone = {m[1] for m in _ALONE.finditer(plain) if m.start(1) not in denied} & known
    both = {
        key
        for pair in _BOTH.finditer(plain)
        if {pair[1], pair[2]} <= known and not {pair.start(1), pair.start(2)} & denied
        for key in pair.groups()
    }
    if both:
        return tuple(sorted(both)) if alone <= both else ()
    return tuple(alone) if len(alone) == 1 else ()


def _by_text(plain: str, options: Mapping[str, str]) -> tuple[str, ...]:
    forms = {key: unquoted(normalise(body)) for key, body in options.items() if body}
    answer = unquoted(normalise(plain))
    same = [key for key, form in forms.items() if form == answer]
    if not same:
        meant = named(answer, list(forms.values()))
        same = [
            key for key, form in forms.items() if form in meant and not _only_denied(form, answer)
        ]
    return tuple(same) if len(same) == 1 else ()


def _only_denied(form: str, answer: str) -> bool:
    """Whether every time that the text stands there it is denied: "not Rome"."""
    return all(_BEFORE.search(answer[max(0, at - _NEAR) : at]) for at, _ in places(form, answer))


def _keys(written: str, options: Mapping[str, str]) -> tuple[str, ...]:
    """The letters, or the one number, of "A, C" or "12"; empty where one is no option."""
    upper = written.upper()
    found = re.findall(r"\d+", upper) or [c for c in upper.replace("AND", " ") if c in _LETTERS]
    if options and not set(found) <= set(options):
        return ()
    return tuple(sorted(set(found)))


def _next(key: str) -> str:
    return str(int(key) + 1) if key.isdigit() else chr(ord(key) + 1)


def _plain(text: str) -> str:
    """Full width folded, blanks one by one: patterns of optional blanks stay fast on any text."""
    return _LINES.sub("\n\n", _BLANKS.sub(" ", unicodedata.normalize("NFKC", text)))


def chosen_by_position(key: str, options: Sequence[str]) -> str | None:
    """The option meant by a number where options have letters, or by a letter where numbers."""
    place = int(key) - 1 if key.isdigit() else _LETTERS.find(key)
    return options[place] if 0 <= place < len(options) else None
