# SPDX-License-Identifier: Apache-2.0
"""What the session was told: options and configuration, the same in every worker."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.measure import LEAST_CONFIDENCE
from evalkit.core.printable import excerpt
from evalkit.core.strings import Language

__all__ = ["Settings", "as_told", "clear", "for_workers", "settings_of", "shown"]

_WORKERS = pytest.StashKey[dict[str, Any]]()
_OPTION = re.compile(r"(?<!\S)--(budget|deadline|batch|replay)\b")
_KEPT = pytest.StashKey["Settings"]()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Options of the session, understood.

    Attributes:
        root: Where pytest was called: paths of options start there.
        results: Folder for runs.
        report: The session's page, where one is wanted.
        store: The answers' database.
        replay: A recording, or a folder of them; None = models are asked.
        models: Model's name to what is asked in its stead.
        limit: Only the first rows.
        repeats: Answers to each question; None = as the suite says.
        budget: US dollars for the whole session.
        ends: Clock time (seconds since 1970) after which nothing is asked.
        batch: By the batch route.
        confidence: Of suites that name none.
        allow_undecided: Whether an undecided gate is skipped.
        language: Of what is printed.
        shared: Folder that all workers of this session know; None = there are none.
    """

    root: Path
    results: Path
    store: Path
    report: Path | None = None
    replay: Path | None = None
    models: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None
    repeats: int | None = None
    budget: Decimal | None = None
    ends: float | None = None
    batch: bool = False
    confidence: float | None = None
    allow_undecided: bool = False
    language: Language = "en"
    shared: Path | None = None


def settings_of(config: pytest.Config) -> Settings:
    """The settings of this session.

    Raises:
        pytest.UsageError: An option that cannot be.
    """
    if _KEPT not in config.stash:
        try:
            config.stash[_KEPT] = _read(config)
        except EvalkitError as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[_KEPT]


def for_workers(config: pytest.Config) -> dict[str, Any]:
    """What every worker must know alike; nothing is created by that."""
    if _WORKERS not in config.stash:
        config.stash[_WORKERS] = {
            "root": str(config.invocation_params.dir),
            # Nobody else can guess the name, and who comes first makes it for this user alone.
            "shared": str(Path(tempfile.gettempdir()) / f"evalkit-pytest-{token_hex(12)}"),
            "ends": _ends(config),
        }
        config.stash[_KEPT] = _read(config)  # the controller knows the place too
    return config.stash[_WORKERS]


def as_told(error: EvalkitError) -> str:
    """The error with the names that options have here."""
    return _OPTION.sub(r"--evalkit-\1", str(error))


def shown(path: Path | None) -> str:
    """A path as one types it: from here where it lies below."""
    here = Path.cwd()
    return "" if path is None else str(path.relative_to(here) if here in path.parents else path)


def clear(config: pytest.Config) -> None:
    """Remove what the workers shared."""
    if _WORKERS in config.stash:
        shutil.rmtree(config.stash[_WORKERS]["shared"], ignore_errors=True)


def _read(config: pytest.Config) -> Settings:
    import os

    from evalkit.core.strings import language
    from evalkit.evaluation.run_settings import dollars

    told: Mapping[str, Any] | None = getattr(config, "workerinput", {}).get("evalkit")
    told = told or config.stash.get(_WORKERS, None)
    given = config.option
    root = Path(told["root"]) if told else config.invocation_params.dir
    if given.evalkit_limit is not None and given.evalkit_limit < 1:
        raise UsageError("--evalkit-limit: at least one row must be asked", "give 1 or more")
    return Settings(
        root=root,
        results=root / given.evalkit_results,
        store=root / given.evalkit_store,
        report=root / given.evalkit_report if given.evalkit_report else None,
        replay=_replay(config, root),
        models=_models(given.evalkit_model),
        limit=given.evalkit_limit,
        repeats=given.evalkit_repeats,
        budget=None if given.evalkit_budget is None else dollars(given.evalkit_budget),
        ends=told["ends"] if told else _ends(config),
        batch=given.evalkit_batch,
        confidence=_confidence(config.getini("evalkit_confidence")),
        allow_undecided=given.evalkit_allow_undecided,
        language=language(os.environ.get("EVALKIT_LANG")),
        shared=Path(told["shared"]) if told else None,
    )


def _ends(config: pytest.Config) -> float | None:
    from evalkit.evaluation.run_settings import seconds_in

    written = config.getoption("evalkit_deadline")
    return None if written is None else time.time() + seconds_in(written)


def _replay(config: pytest.Config, root: Path) -> Path | None:
    said = config.getoption("evalkit_replay")
    if said is not None:
        return None if said == "none" else root / said
    configured = config.getini("evalkit_replay")
    if not configured or configured == "none":
        return None
    folder: Path = config.inipath.parent if config.inipath else config.rootpath
    return folder / str(configured)


def _models(written: list[str]) -> dict[str, str]:
    found = {}
    for one in written:
        name, mark, spec = one.partition("=")
        if not mark or not name.strip() or not spec.strip():
            raise UsageError(
                f"--evalkit-model: `{excerpt(one)}` is not NAME=SPEC",
                "such as tuned=openai/gpt-4.1-mini",
            )
        found[name.strip()] = spec.strip()
    return found


def _confidence(written: str) -> float | None:
    if not written:
        return None
    try:
        value = float(written)
    except ValueError:
        value = 0.0
    if not LEAST_CONFIDENCE <= value < 1:
        raise UsageError(
            f"evalkit_confidence: `{excerpt(written)}` is none",
            f"give one from {LEAST_CONFIDENCE}, below 1, such as 0.95",
        )
    return value
