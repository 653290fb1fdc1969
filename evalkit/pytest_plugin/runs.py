# SPDX-License-Identifier: Apache-2.0
"""What was run in this session: each suite once, whichever process comes first."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evalkit.core.errors import EvalkitError, RemoteError, StoppedError, UsageError
from evalkit.core.printable import printable
from evalkit.pytest_plugin import once
from evalkit.pytest_plugin.settings import Settings, as_told, settings_of, shown
from evalkit.pytest_plugin.voice import Voice

if TYPE_CHECKING:
    from evalkit.evaluation.result import Run
    from evalkit.evaluation.suite import Suite
    from evalkit.models.ask import Terms

__all__ = ["Outcome", "Runs", "key_of", "runs_of"]

_KEPT = pytest.StashKey["Runs"]()
_RUN = "run-"
_PURSE = "purse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one suite.

    Attributes:
        suite: Its name.
        run: The result; None where it could not be run.
        folder: Where the run and its page are; None where it could not be run.
        wrong: Why it could not be run, or is not whole; "" where it is.
        partial: Rows were left out by --evalkit-limit: no gate is judged.
    """

    suite: str
    run: Run | None = None
    folder: Path | None = None
    wrong: str = ""
    partial: bool = False

    @property
    def page(self) -> Path | None:
        """The run's page."""
        return self.folder / "index.html" if self.folder else None


def runs_of(config: pytest.Config) -> Runs:
    """The session's runs."""
    if _KEPT not in config.stash:
        config.stash[_KEPT] = Runs(settings_of(config), Voice(config))
    return config.stash[_KEPT]


def key_of(kind: str, value: object) -> str:
    """A file's name for a value, the same in every process: its parts are plain and ordered."""
    return f"{kind}{hashlib.blake2b(repr(value).encode(), digest_size=12).hexdigest()}"


class Runs:
    """Runs suites, each once; under pytest-xdist once for all workers.

    Args:
        settings: Of the session.
        voice: Says what goes where before it goes.
    """

    def __init__(self, settings: Settings, voice: Voice) -> None:
        self.settings = settings
        self._voice = voice
        self._done: dict[str, Any] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._mine: dict[str, Run] = {}
        self._spent = Decimal(0)

    def outcome(self, suite: Suite) -> Outcome:
        """What became of the suite."""
        key = key_of(_RUN, suite)
        if key not in self._outcomes:
            told = self.once(key, lambda: self._record(key, suite))
            self._outcomes[key] = self._outcome(told, self._mine.pop(key, None))
        return self._outcomes[key]

    def outcomes(self) -> list[Outcome]:
        """Of all suites that were run in this session, in whichever process; by name."""
        shared = self.settings.shared
        if shared is None:
            found = list(self._outcomes.values())
        else:
            found = [self._outcome(told, None) for told in once.done(shared, _RUN)]
        return sorted(found, key=lambda one: one.suite)

    def once(self, key: str, work: Callable[[], Any]) -> Any:
        """JSON values of work that is done once in the session."""
        if self.settings.shared is not None:
            return once.once(self.settings.shared, key, work)
        if key not in self._done:
            self._done[key] = work()
        return self._done[key]

    @contextmanager
    def terms(self) -> Iterator[Terms]:
        """What asking is bound to: what is left of the session's budget and time, and Ctrl-C."""
        from evalkit.evaluation.run_settings import terms_of
        from evalkit.evaluation.stopping import stoppable

        ends = self.settings.ends
        seconds = None if ends is None else max(0.001, ends - time.time())
        with stoppable(self._voice.stopping) as stop, self._purse() as left:
            terms = terms_of(budget=left, seconds=seconds, stop=stop)
            try:
                yield terms
            except StoppedError:
                raise KeyboardInterrupt from None
            finally:
                if terms.budget is not None:
                    self._settle(terms.budget.spent)

    @property
    def voice(self) -> Voice:
        """What says how far it is."""
        return self._voice

    @contextmanager
    def _purse(self) -> Iterator[Decimal | None]:
        """What is left to spend. Who asks has the whole purse: the sum holds for all workers."""
        budget, shared = self.settings.budget, self.settings.shared
        if budget is None:
            yield None
        elif shared is None:
            yield max(Decimal(0), budget - self._spent)
        else:
            with once.alone(shared, _PURSE):
                place = shared / f"{_PURSE}.json"
                self._spent = Decimal(once.read(place)) if place.exists() else Decimal(0)
                # A worker that dies while it asks may have spent all of it.
                once.write(place, str(max(budget, self._spent)))
                try:
                    yield max(Decimal(0), budget - self._spent)
                finally:
                    once.write(place, str(self._spent))

    def _settle(self, spent: Decimal) -> None:
        self._spent += spent

    def _record(self, key: str, suite: Suite) -> dict[str, Any]:
        """Run the suite; what comes of it, as JSON values."""
        told: dict[str, Any] = {"suite": suite.name, "folder": None, "wrong": ""}
        try:
            run, folder, missing = self._run(suite)
        except EvalkitError as error:
            return {**told, "wrong": as_told(error), "partial": suite.partial}
        self._mine[key] = run
        rows = len({(row.source, row.line) for row in run.rows})
        if missing:
            again = "run pytest again: the rest is stored"
            told["wrong"] = str(RemoteError("; ".join(map(printable, missing)), again))
        return {
            **told,
            "folder": str(folder),
            "partial": suite.partial and rows == suite.limit,
        }

    def _run(self, suite: Suite) -> tuple[Run, Path, Sequence[str]]:
        from evalkit.core.atomic import write_text
        from evalkit.evaluation.forgetting.run import save_finished
        from evalkit.evaluation.forgetting.spec import FORGETTING
        from evalkit.evaluation.recording import replayed
        from evalkit.evaluation.run import run_suite
        from evalkit.report.build import build_report

        if self.settings.replay is not None:
            suite = replayed(suite, _recording(self.settings.replay, suite))
        started, folder = _fresh(self.settings.results, suite.name)
        try:
            with self.terms() as terms:
                done = run_suite(
                    suite,
                    store=self.settings.store,
                    started=started,
                    outlook=self._voice.outlook,
                    progress=self._voice.progress,
                    terms=terms,
                    batch=self.settings.batch,
                    tell=self._voice.say,
                )
            save_finished(done, folder)
            pages = {folder: done.run}
            if done.forgetting is not None:
                pages[folder / FORGETTING] = done.forgetting.run
            for place, run in pages.items():
                page = build_report(run, language=self.settings.language)
                write_text(place / "index.html", page)
        finally:
            with suppress(OSError):  # only where nothing was written into it
                folder.rmdir()
        return done.run, folder, done.incomplete

    def _outcome(self, told: dict[str, Any], run: Run | None) -> Outcome:
        from evalkit.evaluation.stored import load_run

        folder = Path(told["folder"]) if told["folder"] else None
        if run is None and folder is not None:
            run = load_run(folder)
        return Outcome(
            suite=told["suite"],
            run=run,
            folder=folder,
            wrong=told["wrong"],
            partial=told["partial"],
        )


def _fresh(results: Path, name: str) -> tuple[str, Path]:
    """The start and a folder of this run alone, made now: others may start in the same second."""
    from evalkit.evaluation.folder import new_run_folder

    while True:
        started, folder = new_run_folder(results, name)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            time.sleep(0.01)
        except OSError as error:
            raise UsageError(
                f"cannot write {folder}: {error.strerror}", "name a folder: --evalkit-results DIR"
            ) from None
        else:
            return started, folder


def _recording(replay: Path, suite: Suite) -> Path:
    """The recording itself, or that of the suite in a folder."""
    if not replay.is_dir():
        return replay
    from evalkit.evaluation.recording import suite_file

    names = [f"{suite.name}.answers.jsonl{end}" for end in (".gz", "")]
    for name in names:
        if (replay / name).is_file():
            return replay / name
    raise UsageError(
        f"no recording of the suite {suite.name} in {replay}",
        f"record it: evalkit run {shown(suite_file(suite))} --record {shown(replay / names[0])}",
    )
