# SPDX-License-Identifier: Apache-2.0
"""Answers side by side on the terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.core.exchange import Reply, Request
from evalkit.core.printable import printable

__all__ = ["AskedAnswer", "document", "show"]

_BAR = 12  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAnswer:
    """What one model said.

    Attributes:
        name: Of the model, in the suite or as it was asked for.
        use: Its specification.
        host: Where it was asked; None = on this machine.
        reply: The answer.
        seconds: That it took, where known.
        probabilities: Of the labels, where asked for and given.
        covered: How much of its own probability the model put on them.
    """

    name: str
    use: str
    host: str | None
    reply: Reply
    seconds: float | None
    probabilities: Mapping[str, float] | None
    covered: float | None


def document(request: Request, answers: Sequence[AskedAnswer]) -> dict[str, Any]:
    return {
        "schema": 1,
        "messages": list(request.messages),
        "labels": list(request.labels),
        "answers": [
            {
                "model": answer.name,
                "use": answer.use,
                "host": answer.host,
                "text": answer.reply.text,
                "finish": answer.reply.finish,
                "error": answer.reply.error,
                "probabilities": dict(answer.probabilities) if answer.probabilities else None,
                "covered": answer.covered,
                "seconds": None if answer.seconds is None else round(answer.seconds, 3),
                "tokens": {
                    "prompt": answer.reply.usage.prompt_tokens,
                    "completion": answer.reply.usage.completion_tokens,
                }
                if answer.reply.usage
                else None,
            }
            for answer in answers
        ],
    }


def show(answers: Sequence[AskedAnswer]) -> None:
    """A column per model; text from models is data and is printed without its controls."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), expand=False)
    for answer in answers:
        table.add_column(Text(printable(answer.name)), overflow="fold", max_width=60)
    table.add_row(*(Text(_said(answer), style=_style(answer)) for answer in answers))
    if any(answer.probabilities for answer in answers):
        table.add_section()
        table.add_row(*(Text(_likely(answer), no_wrap=True) for answer in answers))
    table.add_section()
    table.add_row(*(Text(_facts(answer), style="dim") for answer in answers))
    Console(highlight=False).print(table)


def _said(answer: AskedAnswer) -> str:
    if answer.reply.finish == "error":
        return f"error: {answer.reply.error}"
    lines = answer.reply.text.split("\n")
    return "\n".join(printable(line) for line in lines).strip() or "(empty)"


def _style(answer: AskedAnswer) -> str:
    return "red" if answer.reply.finish == "error" else "bold"


def _likely(answer: AskedAnswer) -> str:
    """Label probabilities, the likeliest first, as numbers and bars."""
    if not answer.probabilities:
        return "no label probabilities"
    ranked = sorted(answer.probabilities.items(), key=lambda item: -item[1])
    width = max(len(printable(label)) for label, _ in ranked)
    return "\n".join(
        f"{printable(label):<{width}} {share:6.1%} {'█' * round(share * _BAR)}".rstrip()
        for label, share in ranked
    )


def _facts(answer: AskedAnswer) -> str:
    facts = [] if answer.seconds is None else [f"{answer.seconds:.2f} s"]
    if answer.reply.usage is not None:
        facts.append(f"{answer.reply.usage.completion_tokens} tokens")
    if answer.reply.finish not in ("stop", "error"):
        facts.append("cut off" if answer.reply.finish == "length" else answer.reply.finish)
    if answer.covered is not None and answer.probabilities:
        facts.append(f"labels hold {answer.covered:.1%} of its own probability")
    return ", ".join(facts)
