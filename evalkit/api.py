# SPDX-License-Identifier: Apache-2.0
"""What a notebook or a script does: read, convert, estimate, run, frames of pandas."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt
from evalkit.core.strings import language as spoken_language
from evalkit.data import frames
from evalkit.data.convert import Account, Edits
from evalkit.data.convert import convert as converted
from evalkit.data.formats._layout import Layout
from evalkit.data.frames import By, from_frame
from evalkit.data.layouts import described
from evalkit.data.loss import FEATURES
from evalkit.data.read import DataSet, TableOptions, open_data
from evalkit.data.recognise import layout
from evalkit.data.remote import fetch, is_remote
from evalkit.data.wanted_layout import has_answers, layout_for

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    import pandas as pd

    from evalkit.core.strings import Language
    from evalkit.estimation.outlook import Estimation, Fit
    from evalkit.evaluation.result import Run
    from evalkit.models.ask import IfMaybePaid

__all__ = ["By", "Conversion", "convert", "estimate", "from_frame", "read", "run", "to_frame"]

Source = DataSet | str | Path


def read(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    templates: Mapping[str, str] | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    system: str | None = None,
    layout: str | None = None,
    layouts: Mapping[str, Mapping[str, Any]] | None = None,
    header: bool = True,
) -> DataSet:
    """The examples of a file; nothing is read but its beginning until they are asked for.

    Args:
        path: JSONL, JSON, CSV, TSV, text, a workbook or Parquet, packed or not; "-" is standard
            input. A URL is copied to a temporary file, once; its host is named on standard error.
        columns: Role to header (or key), such as `{"user": "ask", "assistant": "answer"}`; found
            by usual names, English and Chinese, where not given.
        templates: Role to text with names of columns in braces, such as
            `{"user": "{title}: {ask}"}`.
        sheet: Of a workbook; the first where not given.
        encoding: Of a text file; told from its bytes where not given.
        system: A system prompt for every row of a table.
        layout: Name of the layout of the rows; told from the first ones where not given.
        layouts: Layouts of your own, as a configuration has them under `[layouts]`, such as
            `{"faq": {"user": "q", "assistant": "data.answer"}}`.
        header: Whether the first record of a table names its columns; else they are A, B, C, ...

    Returns:
        Iterate it as often as you like: each time the file is read anew. `columns`, `encoding`,
        `format` and `notes` say what was found out.

    Raises:
        InputError: A missing file, a folder, a picture or the like; no usable headers.
        UsageError: A column, sheet, encoding or layout that is not there.
        MissingExtraError: The file needs an extra that is not installed.
    """
    table = TableOptions(
        columns=columns or {},
        templates=templates or {},
        sheet=sheet,
        encoding=encoding,
        system=system,
        header=header,
    )
    described_ones = described(layouts or {})
    if is_remote(str(path)):
        path = fetch(str(path), _said)
    return open_data(path, table=table, format=layout, layouts=described_ones, guess=True)


def to_frame(source: DataSet | str | Path, *, by: By = "example") -> pd.DataFrame:
    """A frame of pandas; see `evalkit.data.frames.to_frame`.

    Args:
        source: What `read` gives, or a path.
        by: What a row of the frame is: "example", "exchange" or "message".

    Raises:
        UsageError: `by` is none of these.
        InputError: As `read`.
    """
    found = read(source) if isinstance(source, str | Path) else source
    return frames.to_frame(found, by=by)


def _said(text: str) -> None:
    sys.stderr.write(f"{text}\n")


@dataclass(slots=True)
class Conversion:
    """Rows in another layout, made while they are asked for.

    Attributes:
        layout: Name of the layout that they have.
        account: What was lost and left out; filled while the rows are made, once for each time.
    """

    layout: str
    account: Account = field(default_factory=Account)
    _source: Iterable[Any] = field(default=(), repr=False)
    _options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The rows, in order."""
        self.account = Account()
        return converted(self._source, layout(self.layout), self.account, **self._options)

    def write(self, path: str | Path) -> int:
        """Write all rows to a file, whole or not at all; its suffix says which kind it is.

        Args:
            path: Such as `train.jsonl`, `train.jsonl.gz`, `train.parquet`, `train.csv`.

        Returns:
            The number of rows written.

        Raises:
            InputError: No row can be converted, or the place cannot be written.
            MissingExtraError: The kind of file needs an extra that is not installed.
        """
        from evalkit.data.write import write_rows

        write_rows(self, path)
        return self.account.written

    @property
    def lost(self) -> dict[str, int]:
        """What the rows made so far lack, in words, to the number of rows."""
        return {FEATURES[key].words: count for key, count in sorted(self.account.lost.items())}

    @property
    def rewritten(self) -> dict[str, int]:
        """What they hold in another form, in words, to the number of rows."""
        return {FEATURES[key].words: count for key, count in sorted(self.account.rewritten.items())}

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """Where the examples stand that could not be converted, and why."""
        return [(str(where), why) for where, why in self.account.left_out]

    def _repr_html_(self) -> str:
        """A table of what became of the rows, for notebooks; everything in it is escaped."""
        from html import escape

        lines = [("written", f"{self.account.written:,}")]
        lines += [(f"lost: {words}", f"{count:,}") for words, count in self.lost.items()]
        lines += [(f"differently: {words}", f"{n:,}") for words, n in self.rewritten.items()]
        if self.account.number_left_out:
            lines.append(("left out", f"{self.account.number_left_out:,}"))
        body = "".join(f"<tr><td>{escape(k)}</td><td>{escape(v)}</td></tr>" for k, v in lines)
        return f"<table><caption>{escape(self.layout)}</caption>{body}</table>"


def convert(
    source: DataSet | str | Path | pd.DataFrame,
    to: str,
    *,
    keep: Sequence[str] = (),
    replace: Mapping[str, str] | None = None,
    system: str | None = None,
) -> Conversion:
    """Rows in the layout of a provider or trainer.

    Args:
        source: What `read` or `from_frame` gives, or a path, or a frame.
        to: A layout ("sharegpt") or a target ("together").
        keep: Fields to keep, which else are lost; `("all",)` = all of them.
        replace: Old to new text, in every text of every message.
        system: A system prompt for conversations that have none.

    Returns:
        The rows when it is iterated; `lost` and `left_out` say what became of the rest.

    Raises:
        UsageError: No such layout or target, or one that is only read.
        InputError: As `read`; the layout of the rows is not known.
    """
    if isinstance(source, str | Path):
        data = read(source)
    elif isinstance(source, DataSet):
        data = source
    else:
        data = from_frame(source)
    formats = (one.format for one in data if one.broken is None)
    known = next((one for one in formats if isinstance(one, Layout)), None)
    if known is None and data.format is None:
        raise InputError(f"{data.path}: the layout of its rows is not known", "name it: layout=")
    edits = Edits(system=system, replace=tuple((replace or {}).items()))
    options = {"keep": tuple(keep), "edits": edits}
    answered = known is not None and known.method == "rft" and has_answers(data)
    wanted = layout_for(to, known, answered=answered)
    return Conversion(wanted.name, _source=data, _options=options)


def estimate(
    source: Source | Sequence[Source],
    *,
    model: str | Sequence[str] = (),
    target: str | Sequence[str] = (),
    validation: Source | Sequence[Source] = (),
    method: str | None = None,
    tier: str | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    sequence_length: int | None = None,
    evaluations: int | None = None,
    tokenizer: str | None = None,
    hosting_days: float | None = None,
    few_shot: int | None = None,
    few_shot_tokens: int | None = None,
    calls_per_month: int | None = None,
    evaluate: int | Source | Sequence[Source] | None = None,
    judge: str | None = None,
    repeats: int = 1,
    batch: bool = False,
    lint: bool = True,
    language: Language | None = None,
    today: date | str | None = None,
) -> Estimation:
    """What training on a data set takes, before anything is spent; nothing is sent anywhere.

    Args:
        source: What `read` or `from_frame` gives, or a path; several are trained on together.
        model: What is trained, such as "gpt-4.1-mini"; several are set side by side.
        target: Whose job it is: its first model. Several, or "all": every model of theirs that
            takes such rows, side by side.
        validation: What the job is validated with.
        method: "sft", "preference", "rft" or "completion"; told from the rows where not given.
        tier: Of a price that has several.
        epochs: Instead of the provider's rule.
        batch_size: Likewise.
        sequence_length: Tokens of a training sequence.
        evaluations: How often the job validates.
        tokenizer: A `tokenizer.json`, an encoding or a family to count by.
        hosting_days: How long the tuned model is kept up.
        few_shot: Examples that the base model would need in every prompt, for break-even.
        few_shot_tokens: Their tokens, instead.
        calls_per_month: Calls of the tuned model.
        evaluate: A number of held-out rows, or where they are.
        judge: Who compares the answers of the base and of the tuned model.
        repeats: Answers to each question.
        batch: Whether they are asked by the batch route.
        lint: Whether several targets are also asked for what stands against the rows; files only.
        language: "en" or "zh", in which the result shows itself; the locale's where not given.
        today: For dates and the age of figures: a date, or such as "2026-11-21".

    Returns:
        `estimate` and `cost` of the first model (the cheapest that can be trained); iterate it for
        all. It prints itself, shows itself in notebooks, and `to_dict()` is the JSON document of
        the command.

    Raises:
        InputError: As `read`; no row holds a conversation.
        UsageError: No such model, target, method, tokenizer, tier, judge or language; a number or a
            day that cannot be; files for different methods.
    """
    from evalkit.estimation.answer import Sources, answer
    from evalkit.estimation.question import Question

    day = _day(today)
    if language not in (None, "en", "zh"):
        raise UsageError(f"no language `{excerpt(str(language))}`", "known: en, zh")
    rows, held_out = (evaluate, ()) if isinstance(evaluate, int) else (None, _sets(evaluate or ()))
    question = Question(
        models=_names(model),
        targets=_names(target),
        method=method,
        epochs=epochs,
        batch_size=batch_size,
        sequence_length=sequence_length,
        evaluations=evaluations,
        tier=tier,
        tokenizer=tokenizer,
        few_shot=few_shot,
        few_shot_tokens=few_shot_tokens,
        calls_per_month=calls_per_month,
        hosting_days=hosting_days,
        evaluate=rows,
        judge=judge,
        repeats=repeats,
        batch=batch,
    )
    training = _sets(source)
    if not training:
        raise UsageError("nothing to estimate: no data set is named", "name a path")
    found = answer(
        Sources(training=training, validation=_sets(validation), held_out=held_out),
        question,
        today=day,
        language=spoken_language(language),
        fits=_fits(training, day) if lint and question.compares else None,
    )
    question.held_to(found.estimate.examples)
    return found


def _day(given: date | str | None) -> date:
    """The day that is meant: today where none is.

    Raises:
        UsageError: It is none.
    """
    from datetime import date, datetime

    if given is None:
        return datetime.now().astimezone().date()
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise UsageError(
            f"today: {excerpt(repr(given))} is no day", 'give a date, or such as "2026-11-21"'
        ) from None


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
            tell=_said if progress else lambda _line: None,
        )
    if reports is not None:
        save_finished(done, folder)
        write_text(folder / "index.html", build_report(done.run, language=spoken))
    if record is not None:
        requests = {name: answers.requests for name, answers in done.asked.items()}
        record_run(Path(record), asked, requests, done.asked, today=started[:10])
    return done.run


def _names(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _sets(given: Source | Sequence[Source]) -> list[DataSet]:
    several = [given] if isinstance(given, DataSet | str | Path) else list(given)
    return [one if isinstance(one, DataSet) else read(one) for one in several]


def _fits(data: Sequence[DataSet], today: date) -> Mapping[str, Fit] | None:
    """What lint says of files; None where one is none, or was read in a way of its own."""
    if not all(Path(one.place).is_file() and one.key_map is None for one in data):
        return None
    tables = [one for one in data if one.columns]
    if len(tables) > 1 or any("{" in name for one in tables for name in one.columns.values()):
        return None
    from evalkit.lint.settings import Settings
    from evalkit.prepare.fitness import fits

    table = None
    if tables:
        (one,) = tables
        table = TableOptions(columns=one.columns, sheet=one.sheet, encoding=one.encoding)
    return fits([one.path for one in data], Settings(today=today, table=table))
