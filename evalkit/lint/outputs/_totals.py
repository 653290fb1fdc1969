# SPDX-License-Identifier: Apache-2.0
"""The last lines of text outputs: what was looked at, what was found, what can be done about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from evalkit.core.finding import Severity
from evalkit.core.printable import printable
from evalkit.lint.outputs._groups import kinds
from evalkit.lint.outputs._look import Look
from evalkit.lint.outputs._matrix import matrix_lines
from evalkit.lint.outputs._words import counted, kinds_of, shown_path, word
from evalkit.lint.result import FileReport, Result

__all__ = ["closing", "notes", "overview", "partial", "token_lines", "totals"]

_FILES = 30  # that the overview and the notes name
_LEVELS = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def closing(result: Result, look: Look) -> Iterator[str]:
    """Everything below the findings."""
    yield from overview(result, look)
    yield from token_lines(result, look)
    yield from matrix_lines(result, look)
    yield from totals(result, look)


def notes(result: Result, look: Look) -> Iterator[str]:
    """How files were read where it could be otherwise, and which were left alone."""
    for file in result.files:
        for note in file.notes:
            yield f"{shown_path(file.path)}: {printable(note)}"
    for sentence in result.skipped[:_FILES]:
        yield shown_path(sentence)
    if len(result.skipped) > _FILES:
        yield word("skipped-more", look, n=len(result.skipped) - _FILES)


def overview(result: Result, look: Look) -> Iterator[str]:
    """A line for each file with findings, where several files were checked."""
    if len(result.files) < 2:
        return
    levels: dict[str, Counter[Severity]] = {}
    safe: Counter[str] = Counter()
    for kind in kinds(result):
        levels.setdefault(kind.path, Counter())[kind.severity] += kind.number
        safe[kind.path] += kind.safe
    reports = {file.path: file for file in result.files}
    for path in list(levels)[:_FILES]:
        what = [kinds_of(((s.label, levels[path][s]) for s in _LEVELS), look)]
        if path in reports:
            what.insert(0, counted(reports[path].examples, "example", look))
        if safe[path]:
            what.append(word("fixable", look, n=safe[path]))
        named = shown_path(path) if path else word("across", look)
        yield f"{named}{_colon(look)}{_comma(look).join(what)}"
    if len(levels) > _FILES:
        yield word("files-more", look, n=len(levels) - _FILES)


def token_lines(result: Result, look: Look) -> Iterator[str]:
    """A line for each file whose tokens were asked for."""
    for file in result.files:
        if line := _tokens(file, look):
            yield line


def _tokens(file: FileReport, look: Look) -> str:
    if file.tokens is None:
        return ""
    return word(
        "tokens",
        look,
        path=shown_path(file.path),
        total=file.tokens.total,
        n=file.tokens.examples,
        encoding=printable(file.tokens.encoding),
        largest=file.tokens.largest,
    )


def partial(result: Result, look: Look) -> str:
    """The sentence that says that not all was looked at; "" where all was."""
    if not result.partial:
        return ""
    return word("partial", look, what=printable(result.partial).rstrip(".。"))


def totals(result: Result, look: Look) -> list[str]:
    """The last lines: what was found, where, and what can be done about it."""
    summary = result.summary()
    files = counted(len(result.files), "file", look)
    examples = counted(sum(file.examples for file in result.files), "example", look)
    found = kinds_of(((s.label, summary[f"{s.label}s"]) for s in _LEVELS), look)
    lines = [partial(result, look)] if result.partial else []
    done = [word("done", look, n=result.fixed)] if result.fixed else []
    done += _set_aside(result, look)
    if done:
        lines.append(_comma(look).join(done) + _stop(look))
    if found:
        lines.append(word("found", look, what=found, files=files, examples=examples))
    elif result.files:
        lines.append(word("clean", look, files=files, examples=examples))
    elif result.skipped and not result.unreadable:
        lines.append(word("nothing", look, n=len(result.skipped)))
    if result.known:
        lines.append(word("known", look, n=result.known))
    if found:
        lines += _mends(result, look)
        lines.append(word("explain", look, name=printable(_worst(result))))
    return lines  # nothing at all where no file could be read: that is not "nothing found"


def _set_aside(result: Result, look: Look) -> Iterator[str]:
    """How many rows, and in which file they are where it is one."""
    n = result.set_aside
    if n and len(result.files) == 1:
        from evalkit.lint.fixing import rejected_path

        path = printable(str(rejected_path(result.files[0].path)))
        yield word("aside-in", look, n=n, path=path)
    elif n:
        yield word("aside", look, n=n)


def _mends(result: Result, look: Look) -> list[str]:
    ways = Counter(f.fix.safety for f in result.findings if f.fix is not None)
    for kind, number in result.omitted.items():
        if kind.safety in ("safe", "unsafe", "drop"):
            ways[kind.safety] += number  # type: ignore[index]  # narrowed by the line above
    unsafe = "unsafe" if ways["safe"] else "unsafe-only"
    phrases = {"safe": "fix", "unsafe": unsafe, "drop": "drop"}
    offers = [word(phrases[s], look, n=ways[s]) for s in ("safe", "unsafe", "drop") if ways[s]]
    return [("；" if look.language == "zh" else "; ").join(offers) + _stop(look)] if offers else []


def _worst(result: Result) -> str:
    named = [(f.severity, f.name) for f in result.findings]
    named += [(kind.severity, kind.name) for kind in result.omitted]
    return max(named, key=lambda one: one[0])[1]


def _comma(look: Look) -> str:
    return "、" if look.language == "zh" else ", "


def _colon(look: Look) -> str:
    return "：" if look.language == "zh" else ": "


def _stop(look: Look) -> str:
    return "。" if look.language == "zh" else "."
