# SPDX-License-Identifier: Apache-2.0
"""A judge is opened, asked about the answers, and its words become verdicts."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.core.errors import InputError, UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.core.registry import suggestion
from evalkit.core.strings import Language
from evalkit.evaluation.asked import Asked, Progress, Ready, joined
from evalkit.evaluation.asking import ask_ready
from evalkit.evaluation.judging.judged import Judged
from evalkit.evaluation.judging.notes import judge_notes, stale_notes
from evalkit.evaluation.judging.plan import (
    Case,
    Plan,
    Replies,
    Settings,
    Texts,
    growth_of,
    planned,
    stand_ins,
)
from evalkit.evaluation.judging.probes import probed, probes_of
from evalkit.evaluation.judging.read import point_of, verdict_of
from evalkit.evaluation.judging.scores import judged_pairs
from evalkit.evaluation.judging.spec import JUDGE, JudgeSpec
from evalkit.evaluation.judging.verdicts import IDENTICAL
from evalkit.evaluation.questions import Question
from evalkit.evaluation.raters.humans import Humans, read_humans
from evalkit.evaluation.sampling import for_repeat, model_for_repeat
from evalkit.evaluation.suite import Suite
from evalkit.models._chat import reasons
from evalkit.models._store import Store, open_store
from evalkit.models.ask import Terms
from evalkit.models.open import OpenModel, open_model
from evalkit.models.spec import provider
from evalkit.scorers._judge_prompt import VERSION, instructions
from evalkit.scorers._judge_reading import point_schema, verdict_schema
from evalkit.scorers._judge_rubric import Rubric, rubric_of

__all__ = ["Judge", "judge_ahead", "judge_all", "judge_opened", "known_replies"]

_MOST = 512  # tokens of a verdict and its reason
_MOST_REASONING = 4_096  # where thoughts that are not shown count too


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A judge that is open.

    Attributes:
        spec: As written.
        model: Open.
        rubric: What it is asked.
        texts: What stands around the answers.
        settings: Of its requests.
        humans: What people said, where the suite names a file.
    """

    spec: JudgeSpec
    model: OpenModel
    rubric: Rubric
    texts: Texts
    settings: Settings
    humans: Humans | None = None

    def facts(self) -> Mapping[str, str]:
        """For the provenance: who judges, by what; another prompt, other verdicts."""
        prompt = hashlib.blake2b(digest_size=8)
        for part in (str(VERSION), self.texts.system, *self.texts.contexts):
            prompt.update(part.encode("utf-8", "surrogatepass") + b"\0")
        orders = "" if self.spec.mode == "pointwise" else f", {self.spec.orders} orders"
        ties = f", ties {self.spec.ties}" if orders and self.spec.orders == "both" else ""
        return {
            "judge": self.model.identity,
            "judge mode": f"{self.spec.mode}{orders}{ties}",
            "judge rubric": f"{self.rubric.name} {self.rubric.digest}".strip(),
            "judge prompt": prompt.hexdigest(),
        }


@asynccontextmanager
async def judge_opened(suite: Suite, questions: Sequence[Question]) -> AsyncIterator[Judge | None]:
    """The suite's judge, open before anything is asked; None where the suite has none.

    Raises:
        EvalkitError: It cannot be opened, or its rubric or context cannot be read.
    """
    spec = suite.judge
    if spec is None:
        yield None
        return
    language = spec.language or _language(questions)
    rubric = rubric_of(spec.rubric, spec.ask, language=language, folder=suite.folder)
    contexts = _contexts(spec, questions, suite.folder)
    pointwise = spec.mode == "pointwise"
    humans = None
    if spec.humans is not None:  # a sheet that cannot be read is told before anything is paid for
        pair = suite.compare[0] if suite.compare else None
        humans = read_humans(suite.folder / spec.humans, pair=pair, kind="pair")
    async with open_model(spec.model, name=JUDGE, folder=suite.folder) as model:
        able = model.capabilities
        schema = point_schema(spec.scale) if pointwise else verdict_schema()
        yield Judge(
            humans=humans,
            spec=spec,
            model=model,
            rubric=rubric,
            texts=Texts(
                system=instructions(
                    rubric,
                    language=language,
                    scale=spec.scale if pointwise else None,
                    reference=spec.reference,
                ),
                language=language,
                contexts=contexts,
                reference=spec.reference,
                # As the suite says, not only as the model can: a recording of it takes them too.
                apart=spec.model.api != "completions" and (not able or "system" in able),
            ),
            settings=Settings(
                max_tokens=_MOST_REASONING if _reasons(model) else _MOST,
                temperature=0.0,
                seed=suite.seed,
                extra={"response_format": schema} if "response_format" in able else {},
            ),
        )


async def judge_all(
    suite: Suite,
    judge: Judge,
    questions: Sequence[Question],
    asked: Mapping[str, Asked],
    store: Path,
    terms: Terms,
    *,
    progress: Progress = lambda _name, _tally: None,
    batch: bool = False,
    failed_directly: bool = False,
    tell: Callable[[str], None] = lambda _line: None,
) -> Judged:
    """Ask the judge about every answer; what is stored is not asked again.

    Args:
        suite: Whose pairs are judged.
        judge: From `judge_opened`.
        questions: Shape (n,).
        asked: Model to what it answered.
        store: The answers' database.
        terms: Budget, deadline and stop: those of the models, and one purse with them.
        progress: Told how far it is, under the name "judge".
        batch: By the batch route, where the judge has one.
        failed_directly: Rows that a batch gave up are asked directly.
        tell: Takes lines of the batch route.

    Raises:
        RemoteError: The remote refused, or the budget or the time is used up.
        StoppedError: The user stopped it.
    """
    replies = {name: one.repeats or (one.replies,) for name, one in asked.items()}
    plan = planned(judge.spec, judge.texts, judge.settings, questions, replies, judged_pairs(suite))
    answers: Asked | None = None

    async def ask(requests: Sequence[Request]) -> Sequence[Reply]:
        nonlocal answers
        if not requests:
            return ()
        ready = Ready(
            name=JUDGE,
            model=judge.model,
            requests=[judge.model.prepared(request) for request in requests],
        )
        with open_store(store) as open_:
            found = await ask_ready(
                [ready],
                open_,
                progress=progress,
                terms=terms,
                batch=batch,
                failed_directly=failed_directly,
                tell=tell,
            )
        answers = joined(answers, found[JUDGE])
        return found[JUDGE].replies

    judged = _judged(judge, plan, questions, await ask(plan.requests))
    if judge.spec.probes and judged.pairs:
        pair, verdicts = next(iter(judged.pairs.items()))
        probes = probes_of(
            judge.texts,
            judge.settings,
            questions,
            replies,
            pair,
            verdicts[: len(questions)],
            most=judge.spec.probes,
        )
        said = await ask([probe.request for probe in probes])
        judged = replace(judged, probes=probed(probes, said, confidence=suite.confidence))
    humans = _on_these(judge.humans, suite, questions, replies)
    one_order = judge.spec.mode == "pairwise" and judge.spec.orders == "one"
    notes = judge_notes(judged, judge.spec.model, suite.models, one_order=one_order)
    recorded = () if answers is None else answers.notes
    return replace(
        judged,
        asked=answers,
        humans=humans,
        notes=[
            *notes,
            *stale_notes(humans, questions, suite.data),
            *((f"{JUDGE}: {en}.", f"裁判：{zh}。") for en, zh in recorded),
        ],
    )


def judge_ahead(
    suite: Suite,
    judge: Judge,
    questions: Sequence[Question],
    replies: Replies,
    store: Store | None,
    *,
    longest: int,
) -> Ready:
    """The judge with what it will be asked of these answers, real or stand-ins.

    Args:
        suite: Whose pairs are judged.
        judge: Open.
        questions: Shape (n,).
        replies: From `known_replies`.
        store: The answers' database; None = there is none yet.
        longest: Tokens that an answer may have.

    Raises:
        UsageError: It is replayed from a recording without its answers, and something is asked.
    """
    pairs = judged_pairs(suite)
    plan = planned(judge.spec, judge.texts, judge.settings, questions, replies, pairs)
    if judge.spec.unrecorded and plan.requests:
        path = judge.spec.unrecorded
        raise UsageError(
            f"the recording {path} holds no answers of the suite's `{JUDGE}`, and "
            f"{len(plan.requests):,} are needed",
            f"record them: run the suite with --record {path}",
        )
    requests = [*plan.requests, *_probes_ahead(judge, plan, questions, replies, store)]
    orders = 1 if judge.spec.orders == "one" else 2
    return Ready(
        name=JUDGE,
        model=judge.model,
        requests=[judge.model.prepared(request) for request in requests],
        growth=growth_of(replies, pairs, orders, longest),
    )


def _probes_ahead(
    judge: Judge,
    plan: Plan,
    questions: Sequence[Question],
    replies: Replies,
    store: Store | None,
) -> list[Request]:
    """The probes, where the verdicts that they follow are stored; else as many as there may be."""
    most = judge.spec.probes
    if not most or not plan.pairs or judge.model.at_hand is not None:
        return []
    said = _stored(judge.model, plan.requests, store, 0)
    known = [reply for reply in said if reply is not None]
    if len(known) < len(said):
        # As long as the first ones; another seed, since equal requests would count once.
        first = plan.requests[: min(most, len(questions))]
        return [replace(request, seed=-1 - number) for number, request in enumerate(first)]
    pair, verdicts = next(iter(_judged(judge, plan, questions, known).pairs.items()))
    probes = probes_of(
        judge.texts, judge.settings, questions, replies, pair, verdicts[: len(questions)], most=most
    )
    return [probe.request for probe in probes]


async def known_replies(
    suite: Suite, questions: Sequence[Question], ready: Sequence[Ready], store: Store | None
) -> Replies:
    """What every model will have answered, as far as it is known before it is asked.

    Recorded and stored answers are the real ones; for the others stand texts of the expected
    length. So what is asked about them is the most there can be.
    """
    known = stand_ins(questions, suite.models, suite.repeats)
    for one in ready:
        for k in range(suite.repeats):
            for row, reply in enumerate(await _known(one, store, k)):
                if reply is not None:
                    known[one.name][k][row] = reply
    return known


async def _known(one: Ready, store: Store | None, k: int) -> Sequence[Reply | None]:
    model = model_for_repeat(one.model, k)
    requests = [model.prepared(for_repeat(request, k)) for request in one.requests]
    if model.at_hand is not None:
        return await model.at_hand(requests, k)
    return _stored(model, requests, store, k)


def _stored(
    model: OpenModel, requests: Sequence[Request], store: Store | None, k: int
) -> list[Reply | None]:
    """The good answers that the store has; None for the others."""
    if store is None:
        return [None] * len(requests)
    keys = [Store.key(model.identity, model.prepared(request), k) for request in requests]
    found = store.look(list(dict.fromkeys(keys)))
    replies = [found[key].reply if key in found else None for key in keys]
    return [reply if reply is not None and reply.finish != "error" else None for reply in replies]


def _on_these(
    humans: Humans | None, suite: Suite, questions: Sequence[Question], replies: Replies
) -> Humans | None:
    """People's verdicts on the answers of this run; those on others are left out."""
    if humans is None or not suite.compare:
        return humans
    texts = {
        (question.id, part): reply.text
        for part, model in zip(("candidate", "base"), suite.compare[0], strict=True)
        for question, reply in zip(questions, replies[model][0], strict=True)
    }
    return humans.of_answers(texts)


def _judged(
    judge: Judge,
    plan: Plan,
    questions: Sequence[Question],
    said: Sequence[Reply],
) -> Judged:
    spec = judge.spec
    pairs = {
        pair: [verdict_of(case, questions[case.row].id, said, spec) for case in cases]
        for pair, cases in plan.pairs.items()
    }
    points = {
        model: [point_of(case, questions[case.row].id, said, spec) for case in cases]
        for model, cases in plan.points.items()
    }
    every: list[Case] = [case for cases in plan.pairs.values() for case in cases]
    return Judged(
        pairs=pairs,
        points=points,
        identical=sum(case.why == IDENTICAL for case in every),
        humans=judge.humans,
        facts=judge.facts(),
    )


def _reasons(model: OpenModel) -> bool:
    file, rest = provider(model.spec)
    named = model.spec.is_ or (rest if file == "openai_compatible" else "")
    return reasons(named)


def _contexts(spec: JudgeSpec, questions: Sequence[Question], folder: Path) -> tuple[str, ...]:
    """Of each question, where the suite names a field of the data; of all, where it is a file."""
    if spec.context is None:
        return ()
    fields = sorted({name for question in questions for name in question.example.fields})
    if spec.context in fields:
        return tuple(question.example.fields.get(spec.context, "") for question in questions)
    path = folder / spec.context
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"judge, context: neither a field of the data nor a readable text: {spec.context}"
            f"{suggestion(spec.context, fields)}",
            f"fields: {', '.join(fields) or 'none'}; files are relative to the suite",
        ) from error
    return (text,) * len(questions)


def _language(questions: Sequence[Question]) -> Language:
    """Chinese where more questions than not have Chinese characters."""
    chinese = sum(
        any("\u4e00" <= letter <= "\u9fff" for letter in question.history[-1].text)
        for question in questions
        if question.history
    )
    return "zh" if chinese * 2 > len(questions) else "en"
