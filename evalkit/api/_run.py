# SPDX-License-Identifier: Apache-2.0
"""`evalkit.run`: a suite is run as by the command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.api._read import said
from evalkit.core.strings import language as spoken_language

if TYPE_CHECKING:
    from decimal import Decimal

    from evalkit.core.strings import Language
    from evalkit.evaluation.result import Run
    from evalkit.models.ask import IfMaybePaid

__all__ = ["run"]


def run(
    suite: str | Path,
    *,
    store: str | Path = ".evalkit/store.sqlite",
    replay: str | Path | None = None,
    record: str | Path | None = None,
    reports: str | Path | None = None,
    limit: int | None = None,
    repeats: int | None = None,
    turns: str | None = None,
    temperature: float | None = None,
    seed: int | None = None,
    concurrency: int | None = None,
    budget: str | float | Decimal | None = None,
    deadline: str | float | None = None,
    if_maybe_paid: IfMaybePaid = "ask-again",
    batch: bool = False,
    progress: bool = False,
    language: Language | None = None,
) -> Run:
    """Ask the models of a suite, score, compare and judge them, as the command `run` does.

    Works in a notebook too, whose event loop runs already. Ctrl-C finishes what is under way and
    stores it; the same call goes on where it was.

    Args:
        suite: Such as "suites/intent.eval.yaml".
        store: Answers already got; they are not asked for again.
        replay: A recording to take every answer from; no model is called.
        record: Where to keep all questions and answers for that.
        reports: Folder for the run and its page, reports/SUITE/TIME/; None = nothing is written.
        limit: Only the first rows.
        repeats: Answers to each question.
        turns: Which answers of a conversation: "last", "all" or "tool-calls".
        temperature: Instead of the suite's; a model's own stays.
        seed: Of sampling and resampling, likewise.
        concurrency: Requests under way at most, of each model.
        budget: US dollars that may be spent at most.
        deadline: Seconds, or such as "30m": nothing is asked after it.
        if_maybe_paid: "ask-again", "skip" or "fail" for what was sent and not answered.
        batch: By the provider's batch route, where it has one.
        progress: Whether to print, to standard error, what is ahead and how far it is.
        language: Of the page and of what is printed; the locale's where not given.

    Returns:
        The result: models, rows, measures, differences, gates and the decision.

    Raises:
        UsageError: The suite, an option or a recording is off; nothing was spent.
        RemoteError: A remote refused, or budget or time ran out; what was answered is kept.
        StoppedError: Ctrl-C; likewise.
    """
    from contextlib import nullcontext

    from evalkit.cli._progress import RunProgress
    from evalkit.core.atomic import write_text
    from evalkit.evaluation import run_settings
    from evalkit.evaluation.folder import new_run_folder
    from evalkit.evaluation.forgetting.run import save_finished
    from evalkit.evaluation.recording import check_recordable, record_run, replayed
    from evalkit.evaluation.run import run_suite
    from evalkit.evaluation.stopping import stoppable
    from evalkit.evaluation.suite import load_suite
    from evalkit.report.build import build_report

    spoken = spoken_language(language)
    asked = run_settings.adjusted(
        load_suite(suite),
        limit=limit,
        repeats=repeats,
        turns=turns,
        temperature=temperature,
        seed=seed,
        concurrency=concurrency,
    )
    if replay is not None:
        asked = replayed(asked, Path(replay))
    if record is not None:
        check_recordable(Path(record), asked)
    started, folder = new_run_folder(Path(reports or "reports"), asked.name)
    shown = RunProgress(spoken) if progress else None
    with stoppable(shown.stopping if shown else lambda: None) as stop, shown or nullcontext():
        done = run_suite(
            asked,
            store=Path(store),
            started=started,
            progress=shown.step if shown else lambda _name, _tally: None,
            outlook=shown.outlook if shown else None,
            terms=run_settings.terms_of(
                budget=None if budget is None else run_settings.dollars(budget),
                seconds=None if deadline is None else run_settings.seconds_in(deadline),
                if_maybe_paid=if_maybe_paid,
                stop=stop,
            ),
            batch=batch,
            tell=said if progress else lambda _line: None,
        )
    if reports is not None:
        save_finished(done, folder)
        write_text(folder / "index.html", build_report(done.run, language=spoken))
    if record is not None:
        requests = {name: answers.requests for name, answers in done.asked.items()}
        record_run(Path(record), asked, requests, done.asked, today=started[:10])
    return done.run
