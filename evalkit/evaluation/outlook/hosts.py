# SPDX-License-Identifier: Apache-2.0
"""What goes where: requests, tokens, money and time per host, from the requests themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Request
from evalkit.evaluation.asked import Ready
from evalkit.evaluation.outlook.gates import gate_outlooks
from evalkit.evaluation.outlook.outlook import Counted, HostOutlook, Outlook, Sum
from evalkit.evaluation.questions import Question
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task
from evalkit.models._batch_store import under_way
from evalkit.models._store import Store
from evalkit.models.open import OpenModel
from evalkit.models.price import Rate, most
from evalkit.models.spec import ModelSpec, provider
from evalkit.targets.load import model_named
from evalkit.tokens.chat import prompt_tokens
from evalkit.tokens.tokenizer import Tokenizer, tokenizer

__all__ = ["outlook_of"]

_MILLION = Decimal(1_000_000)
# In tokens: what `most` says at a price of one per token.
_PER_PROMPT = Rate(input=_MILLION, output=Decimal(0), currency="", as_of="", source="")
_PER_ANSWER = Rate(input=Decimal(0), output=_MILLION, currency="", as_of="", source="")
_ANY = "o200k_base"  # where the model's own tokenizer is not known: the right order of magnitude
_SERVED = ("ok", "flagged")
# As long as what a judge says.
_VERDICT = (
    '{"verdict": "A", "why": "It answers the question asked, names the date and adds nothing."}'
)
_RANK: tuple[Counted, ...] = ("exact", "approximate", "guessed")


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What is ahead of one model."""

    answers: int
    stored: int
    requests: int
    maybe_paid: int
    in_batch: int = 0
    prompt: int = 0
    prompt_most: int = 0
    expected: int = 0
    most: int = 0
    counted: Counted = "exact"


def outlook_of(
    suite: Suite,
    task: Task,
    questions: Sequence[Question],
    ready: Sequence[Ready],
    store: Store | None,
    *,
    batch: bool = False,
    judges: Sequence[Ready] = (),
) -> Outlook:
    """What is ahead of a run; nothing is sent.

    Args:
        suite: What will run.
        task: Names the primary metric.
        questions: Shape (n,), those of the validation set among them.
        ready: Its models, open.
        store: The answers' database; None = there is none yet.
        batch: Whether models that have a batch route are asked by it.
        judges: The judge, and models of scorers that ask, with what they will be asked at most.
    """
    by_host: dict[tuple[str | None, bool], list[tuple[Ready, _Ahead]]] = {}
    for one in ready:
        ahead = _ahead(one, [_expected(q) for q in questions], store, suite.repeats)
        place = (one.model.host, one.model.at_hand is not None)
        by_host.setdefault(place, []).append((one, ahead))
    for judge in judges:
        verdicts = [_VERDICT] * len(judge.requests)
        place = (judge.model.host, judge.model.at_hand is not None)
        by_host.setdefault(place, []).append((judge, _ahead(judge, verdicts, store, 1)))
    held_out = [question for question in questions if question.held_out]
    conversations = {q.cluster for q in held_out}
    return Outlook(
        suite=suite.name,
        rows=len(held_out),
        repeats=suite.repeats,
        hosts=[
            _host(host, parts, batch=batch, recorded=recorded)
            for (host, recorded), parts in by_host.items()
        ],
        gates=gate_outlooks(suite, task, held_out),
        same=suite.repeats > 1 and any(_greedy(one) for one in ready),
        turns=len(conversations) < len(held_out),
        notes=_of_validation(len(questions) - len(held_out)),
    )


def _of_validation(rows: int) -> Sequence[tuple[str, str]]:
    if not rows:
        return ()
    en = f"{rows:,} more rows, of the validation set: they choose each model's threshold"
    return ((en, f"另有验证集 {rows:,} 行：用于为每个模型选定阈值"),)


def _ahead(one: Ready, expected: Sequence[str], store: Store | None, repeats: int) -> _Ahead:
    if one.model.at_hand is not None:
        return _Ahead(len(expected) * repeats, 0, 0, 0)
    stored = requests = paid = batched = 0
    todo: list[tuple[Request, str]] = []
    for k in range(repeats):
        model, asked = one.of_repeat(k)
        ahead, known, unknown, sent = _known(model, asked, store, k)
        requests += len(ahead)
        stored += known
        paid += unknown
        batched += sent
        if model.host is not None:
            todo += [(asked[place], expected[place]) for place in ahead]
    answers = len(expected) * repeats
    if not todo:
        return _Ahead(answers, stored, requests, paid, batched)
    counter, counted = _counter(one.model.spec)
    prompts = prompt_tokens([(r.messages, r.tools) for r, _ in todo], encoding=counter)
    texts = list(dict.fromkeys(text for _, text in todo))
    length = dict(zip(texts, counter.count(texts), strict=True))
    longest = [int(most(request, _PER_ANSWER)) for request, _ in todo]
    # "At most" must hold: what no tokenizer can exceed, where the model's own is not known.
    bound = prompts if counted == "exact" else [int(most(r, _PER_PROMPT)) for r, _ in todo]
    likely = [min(length[text], end) for (_, text), end in zip(todo, longest, strict=True)]
    return _Ahead(
        answers,
        stored,
        requests,
        paid,
        batched,
        prompt=sum(prompts),
        prompt_most=sum(bound) + one.growth,
        expected=sum(likely),
        most=sum(longest),
        counted=counted,
    )


def _known(
    model: OpenModel, requests: Sequence[Request], store: Store | None, repeat: int
) -> tuple[list[int], int, int, int]:
    """The first place of each request to send; answers stored; perhaps paid for; in a batch."""
    if model.at_hand is not None:  # recorded: nobody is asked
        return [], len(requests), 0, 0
    keys = [Store.key(model.identity, request, repeat) for request in requests]
    first: dict[bytes, int] = {}
    for place, key in enumerate(keys):
        first.setdefault(key, place)
    known = {} if store is None else store.look(list(first), replies=False)
    served = {key for key, found in known.items() if found.state in _SERVED}
    batched = frozenset() if store is None else under_way(store).intersection(first) - served
    ahead = [place for key, place in first.items() if key not in served | batched]
    paid = sum(found.state == "unknown" for key, found in known.items() if key not in batched)
    return ahead, sum(key in served for key in keys), paid, len(batched)


def _expected(question: Question) -> str:
    if question.expected or not question.expected_calls:
        return question.expected
    return json.dumps(list(question.expected_calls), ensure_ascii=False)


def _host(
    host: str | None,
    parts: Sequence[tuple[Ready, _Ahead]],
    *,
    batch: bool,
    recorded: bool,
) -> HostOutlook:
    remote = host is not None
    by_batch = [one.name for one, _ in parts if batch and one.model.batch is not None]
    asked = [(one, ahead) for one, ahead in parts if ahead.requests]
    rates = {one.name: _priced(one, batch=one.name in by_batch) for one, _ in asked}
    direct = [one for one, _ in asked if one.name not in by_batch]
    return HostOutlook(
        host=host,
        models=[one.name for one, _ in parts],
        answers=sum(ahead.answers for _, ahead in parts),
        stored=sum(ahead.stored for _, ahead in parts),
        requests=sum(ahead.requests for _, ahead in parts),
        maybe_paid=sum(ahead.maybe_paid for _, ahead in parts),
        in_batch=sum(ahead.in_batch for _, ahead in parts),
        prompt_tokens=sum(ahead.prompt for _, ahead in asked) if remote and asked else None,
        answer_tokens=(
            (sum(ahead.expected for _, ahead in asked), sum(ahead.most for _, ahead in asked))
            if remote and asked
            else None
        ),
        counted=max((ahead.counted for _, ahead in asked), key=_RANK.index, default="exact"),
        costs=_sums((ahead, rates[one.name]) for one, ahead in asked),
        unpriced=[one.name for one, _ in asked if remote and rates[one.name] is None],
        seconds=_seconds([part for part in asked if part[0] in direct]) if direct else None,
        recorded=recorded,
        batch=[name for name in by_batch if any(one.name == name for one, _ in asked)],
        direct=[one.name for one in direct] if batch and remote else (),
    )


def _priced(one: Ready, *, batch: bool) -> tuple[Decimal, Decimal, str] | None:
    """Money per million tokens of prompt and of answer, by the route that is taken."""
    rate: Rate | None = one.model.rate
    if rate is None or one.model.host is None:
        return None
    if not batch:
        return rate.input, rate.output, rate.currency
    if rate.batch_input is None or rate.batch_output is None:
        return None
    return rate.batch_input, rate.batch_output, rate.currency


def _sums(
    parts: Iterable[tuple[_Ahead, tuple[Decimal, Decimal, str] | None]],
) -> list[Sum]:
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for ahead, price in parts:
        if price is None:
            continue
        into, out, currency = price
        expected, at_most = found.get(currency, (Decimal(0), Decimal(0)))
        found[currency] = (
            expected + (ahead.prompt * into + ahead.expected * out) / _MILLION,
            at_most + (ahead.prompt_most * into + ahead.most * out) / _MILLION,
        )
    return [Sum(expected=a, most=b, currency=c) for c, (a, b) in found.items()]


def _seconds(parts: Sequence[tuple[Ready, _Ahead]]) -> float | None:
    """At the known rates of each model, one model after another; None where one has none."""
    total = 0.0
    for one, ahead in parts:
        gate = one.model.gate
        rates = [
            (gate.requests.per_minute, ahead.requests),
            (gate.tokens.per_minute, ahead.prompt + ahead.most),
        ]
        known = [amount / rate * 60 for rate, amount in rates if rate]
        if not known:
            return None
        total += max(known)
    return total


def _counter(spec: ModelSpec) -> tuple[Tokenizer, Counted]:
    try:
        card = model_named(spec.is_ or provider(spec)[1])
        name = card.encoding or card.tokenizer
    except UsageError:
        name = None
    if name is None:
        return tokenizer(_ANY), "guessed"
    found = tokenizer(name)
    return found, "exact" if found.exact else "approximate"


def _greedy(one: Ready) -> bool:
    """A model that is asked at temperature 0, and would answer differently at another."""
    sampled: Mapping[str, object] = one.model.spec.options
    remote = one.model.host is not None or one.model.spec.use.startswith("local:")
    request = one.requests[0] if one.requests else None
    return remote and "top_p" not in sampled and request is not None and not request.temperature
