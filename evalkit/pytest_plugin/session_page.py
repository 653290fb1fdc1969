# SPDX-License-Identifier: Apache-2.0
"""`--evalkit-report`: one page of the session, the suite's own where there is but one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evalkit.core.errors import EvalkitError
from evalkit.core.strings import Language
from evalkit.pytest_plugin.runs import runs_of
from evalkit.pytest_plugin.settings import settings_of

if TYPE_CHECKING:
    from evalkit.evaluation.result import Run

__all__ = ["PROBLEM", "write_page"]

PROBLEM = pytest.StashKey[str]()  # why no page could be written


def write_page(config: pytest.Config) -> None:
    """Write the page; of several suites a list, with a page beside it for each.

    Nothing is written where nothing was run. What goes wrong is told in the summary.
    """
    settings = settings_of(config)
    runs = [outcome.run for outcome in runs_of(config).outcomes() if outcome.run is not None]
    if settings.report is None or not runs:
        return
    try:
        _write(settings.report, runs, settings.language)
    except EvalkitError as error:
        config.stash[PROBLEM] = str(error)


def _write(path: Path, runs: list[Run], language: Language) -> None:
    from evalkit.core.atomic import write_text
    from evalkit.report.build import build_report

    if len(runs) == 1:
        write_text(path, build_report(runs[0], language=language))
        return
    names = []
    for number, run in enumerate(runs, 1):
        names.append(f"{path.stem}-{number}.html")
        write_text(path.with_name(names[-1]), build_report(run, language=language))
    write_text(path, _list(runs, names, language))


def _list(runs: list[Run], names: list[str], language: Language) -> str:
    """Each suite with its verdict and its gates; its name leads to its page."""
    from markupsafe import Markup

    from evalkit.core.printable import excerpt
    from evalkit.evaluation.wording import gate_line, headline
    from evalkit.page.phrase import Text
    from evalkit.page.shell import page

    text = Text(language)
    verdicts = {
        "pass": text("pass", "通过"),
        "fail": text("FAIL", "失败"),
        "undecided": text("undecided", "未定"),
    }
    parts = []
    for run, name in zip(runs, names, strict=True):
        gates = Markup("").join(
            Markup('<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>').format(
                excerpt(gate.gate, 200),
                verdicts[gate.verdict],
                text(gate_line(gate, "en"), gate_line(gate, "zh")),
            )
            for gate in run.gates
        )
        parts.append(
            Markup(
                '<section><h2><a href="{}">{}</a></h2><p class="intro">{}</p>'
                '<table class="list"><tbody>{}</tbody></table></section>'
            ).format(
                name,
                excerpt(run.suite, 80),
                text(headline(run, "en"), headline(run, "zh")),
                gates,
            )
        )
    title = text("Suites of this session", "本次测试")
    body = Markup("<h1>{}</h1>{}").format(title, Markup("").join(parts))
    return page({"en": "Suites of this session", "zh": "本次测试"}, body, None, language)
