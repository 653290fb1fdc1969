# SPDX-License-Identifier: Apache-2.0
"""What a run will send, take and be able to prove, told before anything is spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isnan
from typing import Any, Literal

from evalkit.evaluation.outlook.gates import GateOutlook

__all__ = ["Counted", "HostOutlook", "Outlook", "Sum"]

Counted = Literal["exact", "approximate", "guessed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Money that asking may take.

    Attributes:
        expected: If the answers are as long as the expected ones.
        most: If every answer is as long as it may be.
        currency: Of both.
    """

    expected: Decimal
    most: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOutlook:
    """What goes to one host.

    Attributes:
        host: Such as "api.openai.com"; None = it stays on this machine.
        models: Names of the models there, in suite order.
        answers: Wanted, over all models and repeats.
        stored: Of these, in the store already (equal questions included).
        requests: That will go out: distinct and not stored.
        maybe_paid: Of these, sent and not answered: whether they were paid for is not known.
        in_batch: Wanted and in a batch that is on its way: fetched, not sent again.
        prompt_tokens: Of what will go out; None for this machine.
        answer_tokens: Of the answers, if as long as the expected ones, and at most.
        counted: How the tokens were counted, of the worst of the models: "exact" by their own
            tokenizer, "approximate" by a likeness of it, "guessed" where it is not known.
        costs: One per currency; empty where no price is known or nothing goes out.
        unpriced: Models whose price is not known.
        seconds: At the known rates; None where none is known.
        batch: Models that are asked by the batch route.
        direct: Models that `--batch` was meant for, but that have no such route.
        recorded: These answers are recorded ones: nothing is asked and nothing stored.
    """

    host: str | None
    models: Sequence[str]
    answers: int
    stored: int
    requests: int
    maybe_paid: int = 0
    in_batch: int = 0
    prompt_tokens: int | None = None
    answer_tokens: tuple[int, int] | None = None
    counted: Counted = "exact"
    costs: Sequence[Sum] = ()
    unpriced: Sequence[str] = ()
    seconds: float | None = None
    batch: Sequence[str] = ()
    direct: Sequence[str] = ()
    recorded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is ahead of a run.

    Attributes:
        suite: Its name.
        rows: Questions.
        repeats: Answers to each question, per model.
        hosts: In the order of their first model.
        gates: What those that compare, or hold a measure against a number, can prove.
        same: The repeats can hardly differ: the temperature is 0.
        turns: More than one question stands in a conversation: they tell less than their number.
        notes: What a reader must know before it is paid for: English and Chinese.
        forgetting: What is ahead of the general set, where the suite has one.
    """

    suite: str
    rows: int
    repeats: int
    hosts: Sequence[HostOutlook]
    gates: Sequence[GateOutlook]
    same: bool = False
    turns: bool = False
    notes: Sequence[tuple[str, str]] = ()
    forgetting: Outlook | None = None

    @property
    def requests(self) -> int:
        """That will go out, to all hosts and on this machine."""
        also = 0 if self.forgetting is None else self.forgetting.requests
        return sum(host.requests for host in self.hosts) + also

    @property
    def leaves(self) -> bool:
        """Whether anything leaves this machine."""
        return any(host.host is not None and host.requests for host in self.hosts)

    def document(self) -> Mapping[str, Any]:
        """As JSON (schemas/run-output.schema.json, `outlook`): money as decimal strings."""
        return {
            "rows": self.rows,
            "repeats": self.repeats,
            "hosts": [_host(host) for host in self.hosts],
            "gates": [_gate(gate) for gate in self.gates],
            **({"notes": [list(note) for note in self.notes]} if self.notes else {}),
            **({"forgetting": self.forgetting.document()} if self.forgetting else {}),
        }


def _host(host: HostOutlook) -> Mapping[str, Any]:
    return {
        "host": host.host,
        "recorded": host.recorded,
        "models": list(host.models),
        "answers": host.answers,
        "stored": host.stored,
        "requests": host.requests,
        "maybe_paid": host.maybe_paid,
        "in_batch": host.in_batch,
        "prompt_tokens": host.prompt_tokens,
        "answer_tokens": host.answer_tokens and host.answer_tokens[0],
        "answer_tokens_most": host.answer_tokens and host.answer_tokens[1],
        "tokens_counted": host.counted,
        "costs": [
            {"expected": f"{c.expected:f}", "most": f"{c.most:f}", "currency": c.currency}
            for c in host.costs
        ],
        "unpriced": list(host.unpriced),
        "seconds": host.seconds,
        "batch": list(host.batch),
    }


def _gate(gate: GateOutlook) -> Mapping[str, Any]:
    low, high = gate.shows or (None, None)
    few, many = gate.needed or (None, None)
    return {
        "gate": gate.gate,
        "metric": gate.metric,
        "rows": gate.rows,
        "shows": [None if x is None or isnan(x) else x for x in (low, high)],
        "needed": [few, many],
        "enough": gate.standing,
    }
