# SPDX-License-Identifier: Apache-2.0
"""SCH005."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault, Fix
from evalkit.lint.keys import respelled
from evalkit.lint.phrase import Phrase
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["unknown_role"]

_MEANT = {
    "human": "user", "customer": "user", "client": "user", "question": "user", "prompter": "user",
    "用户": "user", "人类": "user", "客户": "user", "使用者": "user", "问": "user",
    "gpt": "assistant", "bot": "assistant", "ai": "assistant", "model": "assistant",
    "chatgpt": "assistant", "agent": "assistant", "answer": "assistant", "助手": "assistant",
    "助理": "assistant", "机器人": "assistant", "客服": "assistant", "答": "assistant",
    "系统": "system", "sys": "system", "developer": "system", "assistant": "assistant",
    "function_response": "tool", "observation": "tool",
}  # fmt: skip
_TURNS = {"user": "human", "assistant": "gpt", "tool": "observation"}


@rule(
    "SCH005",
    scope="shape",
    severity="error",
    fix="safe",
    en="unknown role `{role}`{meant:en}",
    zh="未知的 role：`{role}`{meant:zh}",
    aliases=("unrecognized_role",),
)
def unknown_role(violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds roles other than system, developer, user, assistant, tool and function, and says which one is
    meant for those seen in the wild: human, gpt, bot, 用户, 助手, `Assistant`, `user `.
    ## Why is this bad?
    Providers refuse the file, and trainers that do not leave the message out.
    ## Example
    {"messages": [{"role": "human", "content": "Hi"}, {"role": "gpt", "content": "Hello!"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## Fix safety
    Safe for words with one meaning; others are left to you.
    ## References
    The cookbook's check calls it `unrecognized_role`.
    """
    role = violation.value
    known = [w for w in violation.wanted if isinstance(w, str)] if _listed(violation) else []
    said = respelled(role).lower() if isinstance(role, str) else ""
    meant = said if said in known else _MEANT.get(said, "")
    if said not in known and (meant not in known or violation.pointer.endswith("/from")):
        meant = _TURNS.get(meant, meant)  # the layout has words of its own
        meant = "model" if meant == "gpt" and "model" in known else meant
    fits = meant in known or not known
    fix = Fix("safe", edits={violation.pointer: meant}) if meant and fits else None
    hint = Phrase("", "")
    if fix:
        hint = Phrase(f"; `{meant}` is meant", f"，应为 `{meant}`")
    yield Fault(pointer=violation.pointer, args={"role": str(role), "meant": hint}, fix=fix)


def _listed(violation: Violation) -> bool:
    return isinstance(violation.wanted, list)
