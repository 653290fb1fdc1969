# SPDX-License-Identifier: Apache-2.0
"""Is a tuned model asked the way it was trained? Most "tuning did nothing" reports are a no.

A model learns the whole prompt: with a system message that it has never seen, without the one that
it always saw, or without the separator that ended each of its prompts, it answers like its base.
What stands in the training file is held against the requests as they are sent, model by model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from evalkit.core.example import Example
from evalkit.core.exchange import Request
from evalkit.core.printable import excerpt
from evalkit.evaluation.suite import Suite

__all__ = ["skew_notes"]

_MOST = 0.9  # share of rows from which a habit of a file is a habit
_FEW = 0.1  # share of rows below which it has not got it
_SHOWN = 50
# Ends that `prepare_data` (openai 0.28.1) put at prompts, and others in use.
_SEPARATORS = (
    "\n\n###\n\n", "\n\n===\n\n", "\n\n---\n\n", "\n\n===>\n\n", "\n\n--->\n\n", "\n\n### =>\n\n",
    " ->", "->", "\n",
)  # fmt: skip
# Ends of completions, likewise.
_STOPS = (" END", "[END]", "###", "***", "+++", "&&&", "$$$", "@@@", "%%%", "\n")

Note = tuple[str, str]  # English, Chinese


def skew_notes(
    suite: Suite, train: Sequence[Example], sent: Mapping[str, Sequence[Request]]
) -> list[Note]:
    """Sentences on each way in which the requests differ from the training examples.

    Args:
        suite: Whose candidates are looked at: the base need not know the prompts. Classical
            baselines are trained on the file itself.
        train: Of the training file; empty = nothing is known.
        sent: Model to its requests of the first repeat, as they are sent.

    Returns:
        English and Chinese, in the order of the models; empty where nothing differs.
    """
    taught = [e for e in train if len(e.messages) > 1 and e.messages[-1].role == "assistant"]
    if not taught:
        return []
    found: list[Note] = []
    for name in _candidates(suite):
        requests = sent.get(name, ())
        if requests and not suite.models[name].use.startswith("baseline:"):
            found += _on_system(name, taught, requests)
            found += _on_separator(name, taught, requests)
    stop = _common_end([e.messages[-1].text for e in taught], _STOPS)
    if stop:
        found += _on_stop(suite, stop)
    return found


def _candidates(suite: Suite) -> list[str]:
    judged = [candidate for candidate, _ in suite.compare] or list(suite.models)
    return list(dict.fromkeys(judged))


def _on_system(name: str, taught: Sequence[Example], requests: Sequence[Request]) -> Iterator[Note]:
    learnt = [_system((m.role, m.text) for m in e.messages) for e in taught]
    asked = [_system(_pairs(request)) for request in requests]
    with_learnt = sum(map(bool, learnt)) / len(learnt)
    with_asked = sum(map(bool, asked)) / len(asked)
    if with_learnt >= _MOST and with_asked <= _FEW:
        usual = excerpt(Counter(learnt).most_common(1)[0][0], _SHOWN)
        yield (
            (
                f"{name} is asked without a system message; "
                f"{_of_all(with_learnt)} training examples have one: “{usual}”."
            ),
            (f"{name} 提问时没有系统消息，而 {with_learnt * 100:.0f} % 的训练样本有：“{usual}”。"),
        )
    elif with_learnt <= _FEW and with_asked >= _MOST:
        usual = excerpt(Counter(asked).most_common(1)[0][0], _SHOWN)
        yield (
            (
                f"{name} is asked with a system message, “{usual}”; "
                f"{_of_all(1 - with_learnt)} training examples have none."
            ),
            (
                f"{name} 提问时带有系统消息“{usual}”，而 {(1 - with_learnt) * 100:.0f} % "
                "的训练样本没有。"
            ),
        )
    elif with_learnt >= _MOST and with_asked >= _MOST:
        known = set(learnt)
        if sum(text in known for text in asked) <= _FEW * len(asked):
            ours, theirs = asked[0], Counter(learnt).most_common(1)[0][0]
            en, zh = _apart(theirs, ours)
            yield (
                f"{name} is asked with another system message than it was trained with: {en}.",
                f"{name} 提问时的系统消息与训练时不同：{zh}。",
            )


def _on_separator(
    name: str, taught: Sequence[Example], requests: Sequence[Request]
) -> Iterator[Note]:
    learnt = [e.messages[-2].text for e in taught]
    asked = [_pairs(request)[-1][1] for request in requests if request.messages]
    if not asked:
        return
    end, theirs = _common_end(learnt, _SEPARATORS), _common_end(asked, _SEPARATORS)
    if end and sum(text.endswith(end) for text in asked) <= _FEW * len(asked):
        yield (
            f"Training prompts end in “{excerpt(end)}”, those that {name} is asked do not.",
            f"训练提示都以“{excerpt(end)}”结尾，而向 {name} 提问的提示没有。",
        )
    elif theirs and sum(text.endswith(theirs) for text in learnt) <= _FEW * len(learnt):
        yield (
            f"Prompts that {name} is asked end in “{excerpt(theirs)}”, training prompts do not.",
            f"向 {name} 提问的提示以“{excerpt(theirs)}”结尾，而训练提示没有。",
        )


def _on_stop(suite: Suite, stop: str) -> Iterator[Note]:
    """Who learnt to end in a mark writes it, and goes on after it where nothing stops it."""
    for name in _candidates(suite):
        spec = suite.models[name]
        stops = spec.options.get("stop")
        known = [stops] if isinstance(stops, str) else list(stops or ())
        if spec.use.startswith("baseline:") or any(s and (s in stop or stop in s) for s in known):
            continue
        yield (
            (
                f"Training answers end in “{excerpt(stop)}”, and {name} is asked without it as "
                f"`stop`: it may stand in answers, or they may run on."
            ),
            (
                f"训练回答都以“{excerpt(stop)}”结尾，而 {name} 未以其作为 stop："
                "回答中可能带有它，或停不下来。"
            ),
        )


def _common_end(texts: Sequence[str], marks: Sequence[str]) -> str:
    """The longest of the marks that nearly all texts end in; "" where there is none."""
    for mark in sorted(marks, key=len, reverse=True):
        if sum(text.endswith(mark) for text in texts) >= _MOST * len(texts):
            return mark
    return ""


def _system(messages: Iterable[tuple[str, str]]) -> str:
    """The text of the system (or developer) messages; "" where there is none."""
    return "\n".join(text for role, text in messages if role in ("system", "developer")).strip()


def _pairs(request: Request) -> list[tuple[str, str]]:
    return [(str(m.get("role", "")), _text(m.get("content"))) for m in request.messages]


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = (p.get("text") for p in content if isinstance(p, Mapping))
    return "".join(part for part in parts if isinstance(part, str))


def _of_all(share: float) -> str:
    return "all" if share == 1 else f"{share * 100:.0f} % of the"


def _apart(learnt: str, asked: str) -> tuple[str, str]:
    """Where two texts part, with a little of both."""
    at = next(
        (i for i, (a, b) in enumerate(zip(learnt, asked, strict=False)) if a != b),
        min(len(learnt), len(asked)),
    )
    start = max(0, at - 10)
    a = excerpt(learnt[start:] or "", _SHOWN) or "(nothing)"
    b = excerpt(asked[start:] or "", _SHOWN) or "(nothing)"
    return (
        f"trained “{a}”, asked “{b}” (from character {at + 1})",
        f"训练时“{a}”，提问时“{b}”（从第 {at + 1} 个字符起）",
    )
