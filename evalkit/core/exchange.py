# SPDX-License-Identifier: Apache-2.0
"""What is asked of a model and what it answers: the seam that every provider fits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["ABSENT", "Finish", "Model", "Position", "Reply", "Request", "Usage"]

ABSENT = "no answer is on record"
"""How the `error` of a reply begins that nobody was asked for: it is missing, and none failed."""

Finish = Literal["stop", "length", "tool_calls", "content_filter", "error", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to a model, in the terms of chat completions.

    Attributes:
        messages: Chat messages, the history up to the turn that is asked for.
        max_tokens: Most tokens to generate.
        temperature: 0 for greedy.
        seed: For providers that sample reproducibly.
        top_logprobs: Alternatives wanted per position, 0 for none (20 is the most).
        labels: For classification: a model that can give exact label probabilities beside its
            answer (the local one, by a second pass) fills `Reply.probabilities`; others ignore it.
        tools: Tool definitions, passed as they are.
        extra: Further fields of the body, from the suite.
        ids: Names that a recording may know the question by; never sent and in no key.
    """

    messages: Sequence[Mapping[str, Any]]
    max_tokens: int = 256
    temperature: float = 0.0
    seed: int | None = 0
    top_logprobs: int = 0
    labels: Sequence[str] = ()
    tools: Sequence[Mapping[str, Any]] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Position:
    """One generated token with its natural log probability and the most probable others."""

    token: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them.

    Attributes:
        prompt_tokens: Of what was sent.
        completion_tokens: Of the answer, thinking included.
        cached_tokens: Of the prompt, read from the provider's cache.
        reasoning_tokens: Of the answer, thought and not shown.
    """

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer. An error is an answer too: it is stored, counted and shown.

    Attributes:
        text: What the model said; "" for tool calls only, and for errors.
        finish: Why it stopped.
        positions: Tokens with log probabilities, where asked for and given.
        probabilities: Label to probability in [0, 1], from models that give them directly
            (classical baselines; the local model for `Request.labels`); they need not sum to 1.
        covered: How much of its own probability the model put on `Request.labels`, in [0, 1].
        usage: Tokens, where counted.
        model: What the provider says answered.
        refusal: The provider's refusal text, where it gives one.
        tool_calls: As returned.
        error: One line without secrets, where `finish` is "error".
    """

    text: str
    finish: Finish = "stop"
    positions: tuple[Position, ...] = ()
    probabilities: Mapping[str, float] | None = None
    covered: float | None = None
    usage: Usage | None = None
    model: str | None = None
    refusal: str | None = None
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    error: str | None = None


Model = Callable[[Request], Awaitable[Reply]]
