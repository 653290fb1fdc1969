# SPDX-License-Identifier: Apache-2.0
"""`pytest suites/`: each gate of a suite file is an item; tests ask models by `evaluate`.

This module is loaded in every pytest session: it imports pytest and the standard library and
nothing else, and creates nothing unless something of evalkit is run.
"""

from __future__ import annotations

import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from evalkit.pytest_plugin.asking import Ask
    from evalkit.pytest_plugin.evaluating import Evaluate

__all__ = [
    "ask",
    "evaluate",
    "pytest_addoption",
    "pytest_assertrepr_compare",
    "pytest_collect_file",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_configure_node",
    "pytest_generate_tests",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_unconfigure",
]

_FILES = ["*.eval.yaml", "*.eval.yml", "*.eval.json"]
_ROWS = "evalkit_rows"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Few options, all with our prefix."""
    add = parser.getgroup("evalkit", "evals: gates of suites, and tests that ask models").addoption
    add("--evalkit-report", metavar="FILE", help="one page of the session's suites")
    add(
        "--evalkit-results",
        "--evalkit-reports",
        dest="evalkit_results",
        default="reports",
        metavar="DIR",
        help="folder for runs and their pages",
    )
    add(
        "--evalkit-store",
        default=".evalkit/store.sqlite",
        metavar="FILE",
        help="answers already got; they are not asked for again",
    )
    add(
        "--evalkit-replay",
        metavar="FILE|none",
        help="take every answer from this recording (or DIR/SUITE.answers.jsonl.gz) and ask no "
        "model; none: ask, whatever evalkit_replay says",
    )
    add(
        "--evalkit-model",
        action="append",
        default=[],
        metavar="NAME=SPEC",
        help="ask SPEC as the suites' model NAME; repeatable",
    )
    add("--evalkit-limit", type=int, metavar="N", help="only the first N rows: no gate is judged")
    add("--evalkit-repeats", type=int, metavar="K", help="answers to each question")
    add("--evalkit-budget", metavar="USD", help="spend at most so much in this session")
    add("--evalkit-deadline", metavar="TIME", help="ask nothing after 30m, 2h, 1h30m")
    add("--evalkit-batch", action="store_true", help="by the batch route where a model has one")
    add(
        "--evalkit-allow-undecided",
        action="store_true",
        help="an undecided gate is skipped, not failed",
    )
    parser.addini("evalkit_files", "which files are suites", type="args", default=_FILES)
    parser.addini("evalkit_confidence", "of suites that name none: 0.95 unless given")
    parser.addini("evalkit_replay", "as --evalkit-replay, from the folder of the configuration")


def pytest_configure(config: pytest.Config) -> None:
    """The markers; options that cannot be are told before anything is collected."""
    for line in (
        "evalkit: a gate of an evalkit suite, or a test that asks models",
        f"{_ROWS}(path): one item per row of a small golden set (evalkit.rows)",
    ):
        config.addinivalue_line("markers", line)
    given = [config.getoption(f"evalkit_{name}") for name in ("budget", "deadline", "limit")]
    given += [*config.getoption("evalkit_model"), config.getini("evalkit_confidence") or None]
    if not hasattr(config, "workerinput") and any(value is not None for value in given):
        from evalkit.pytest_plugin.settings import settings_of

        settings_of(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Suite files become collectors; nothing is read before they are collected."""
    patterns = parent.config.getini("evalkit_files")
    if not any(fnmatch(file_path.name, p) or fnmatch(file_path.as_posix(), p) for p in patterns):
        return None
    from evalkit.pytest_plugin.collect import SuiteFile

    return SuiteFile.from_parent(parent, path=file_path)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests under `evalkit.rows` get an item per row."""
    mark = metafunc.definition.get_closest_marker(_ROWS)
    if mark is not None:
        from evalkit.pytest_plugin.golden import parametrise

        parametrise(metafunc, mark)


@pytest.hookimpl(tryfirst=True)  # before `-m` deselects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that ask models carry the marker that gates carry."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        if ("evaluate" in names and _ours(item, "evaluate")) or (
            "ask" in names and _ours(item, "ask")
        ):
            item.add_marker("evalkit")


def _ours(item: pytest.Item, name: str) -> bool:
    """Whether the fixture is ours: tests may have one of that name themselves."""
    known: Any = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    found = known.get(name)
    return bool(found) and getattr(found[-1].func, "__module__", "") == __name__


@pytest.fixture
def evaluate(request: pytest.FixtureRequest) -> Evaluate:
    """What runs a suite, once in the session, and gives its measures."""
    from evalkit.pytest_plugin.evaluating import Evaluate

    return Evaluate(request)


@pytest.fixture
def ask(request: pytest.FixtureRequest) -> Ask:
    """What gives a model's answer to a row of a golden set."""
    from evalkit.pytest_plugin.asking import Ask

    return Ask(request)


def pytest_assertrepr_compare(
    config: pytest.Config, op: str, left: object, right: object
) -> list[str] | None:
    """A failed comparison of a measure shows its interval, n, what lacks and the worst rows."""
    numbers = sys.modules.get("evalkit.pytest_plugin.numbers")
    if numbers is None:  # nothing was evaluated in this session
        return None
    from evalkit.pytest_plugin.explain import explained

    return explained(config, op, left, right)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Workers of pytest-xdist get the controller's place for what is run once."""
    from evalkit.pytest_plugin.settings import for_workers

    node.workerinput["evalkit"] = for_workers(node.config)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The page of the session, by the controller alone."""
    if session.config.getoption("evalkit_report") and not hasattr(session.config, "workerinput"):
        from evalkit.pytest_plugin.session_page import write_page

        write_page(session.config)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The gates and what they saw, where there were any."""
    if any(
        name.startswith("evalkit.")
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, _ in getattr(report, "user_properties", ())
    ):
        from evalkit.pytest_plugin.terminal import summary

        summary(terminalreporter)


def pytest_unconfigure(config: pytest.Config) -> None:
    """What workers shared goes."""
    if "evalkit.pytest_plugin.settings" in sys.modules and not hasattr(config, "workerinput"):
        from evalkit.pytest_plugin.settings import clear

        clear(config)
