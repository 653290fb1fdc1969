# SPDX-License-Identifier: Apache-2.0
"""Profiles of data sets become one HTML page: pure, so the same profiles give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from markupsafe import Markup

from evalkit.core.strings import Language
from evalkit.estimation.profile_comparison import comparison, overlap_text, short_names
from evalkit.estimation.profile_facts import Profile
from evalkit.estimation.profile_overlap import Overlap
from evalkit.page.markup import data, fill
from evalkit.page.phrase import Phrase, Text, same, say
from evalkit.report.data_page import Part, data_page
from evalkit.report.stats_parts import parts_of

__all__ = ["stats_page"]


def stats_page(
    profiles: Sequence[Profile], common: Sequence[Overlap] = (), *, language: Language = "en"
) -> str:
    """The whole self-contained HTML file.

    Args:
        profiles: One or more.
        common: What every two of several have in common.
        language: The one that the file opens in; both are in it.

    Returns:
        Deterministic text, ready to be written as UTF-8.
    """
    text = Text(language)
    names = short_names(profiles)
    title = same(", ".join(names))
    if len(names) > 3:
        title = say("{n} files", "{n} 个文件", n=len(names))
    title = say("{t} · evalkit stats", "{t} · 数据概况", t=title)
    if len(profiles) == 1:
        return data_page(title, parts_of(profiles[0], text), language=language)
    parts = [_comparison(profiles, common, names, text)]
    for number, (profile, name) in enumerate(zip(profiles, names, strict=True), 1):
        first, *more = parts_of(profile, text, prefix=f"file-{number}-", heading="p")
        inner = tuple(replace(part, headed=True) for part in more)
        parts.append(Part(f"file-{number}", _name(name), first.body, parts=inner))
    return data_page(title, parts, language=language)


def _name(name: str) -> Phrase:
    return same(data(name, 60))


def _comparison(
    profiles: Sequence[Profile], common: Sequence[Overlap], names: Sequence[str], text: Text
) -> Part:
    title = say("Side by side", "对比")
    told = dict(zip((one.path for one in profiles), names, strict=True))
    found = [("bad", line) for one in common if (line := overlap_text(one, told))]
    nothing = say("No row of one file asks what a row of another asks", "各文件之间没有相同的提问")
    body = fill(
        "evalkit.report",
        "stats_table.html",
        text=text,
        title=title,
        note=same(""),
        heads=[(say("Figure", "指标"), False), *((_name(name), True) for name in names)],
        rows=[(line.label, line.values) for line in comparison(profiles)],
        remarks=found or [("", nothing)],
    )
    hero = Markup('<div class="hero"><h1>{}</h1></div>').format(
        text("{n} data sets side by side", "{n} 份数据对比", n=len(names))
    )
    return Part("overview", title, hero + body, headed=False)
