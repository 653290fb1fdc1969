# SPDX-License-Identifier: Apache-2.0
"""`pytest suites/`: each gate of a suite file is one item.

This module is loaded in every pytest session: it imports pytest and nothing else, and creates
nothing unless an evalkit item runs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

__all__ = ["pytest_addoption", "pytest_collect_file", "pytest_configure"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Few options, all with our prefix."""
    group = parser.getgroup("evalkit", "evals: gates of *.eval.yaml suites")
    group.addoption(
        "--evalkit-reports", default="reports", metavar="DIR", help="folder for runs and pages"
    )
    group.addoption(
        "--evalkit-store",
        default=".evalkit/store.sqlite",
        metavar="FILE",
        help="answers already got; they are not asked for again",
    )
    group.addoption(
        "--evalkit-allow-undecided",
        action="store_true",
        help="an undecided gate is skipped, not failed",
    )
    group.addoption(
        "--evalkit-limit", type=int, metavar="N", help="only the first N rows of each suite"
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marker that every gate carries: `-m "not evalkit"` leaves them out."""
    config.addinivalue_line("markers", "evalkit: a gate of an evalkit suite (may ask models)")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Suite files become collectors; nothing is read before they are collected."""
    if not file_path.name.endswith((".eval.yaml", ".eval.yml", ".eval.json")):
        return None
    from evalkit.pytest_plugin.collect import SuiteFile

    return SuiteFile.from_parent(parent, path=file_path)
