# SPDX-License-Identifier: Apache-2.0
"""What OpenAI's validation says of a training file, in the words that users have published.

Each text stands in a public repository or thread, as of November 2026; those that were put
together by analogy say so. The first fault is told, as there.
"""

from __future__ import annotations

import json
from typing import Any

from ._training import Failure

__all__ = ["FLAGGED", "LEAST", "checked", "moderated", "over_quota"]

LEAST = 10  # examples
_CHAT = {"messages", "tools", "parallel_tool_calls", "functions"}
_PREFERENCE = {"input", "preferred_output", "non_preferred_output"}
_ROLES = ("system", "user", "assistant", "tool", "function", "developer")
_PREFIX = "The job failed due to an invalid {which} file. "
_FORMAT = "Invalid file format. "
FLAGGED = (
    "This file failed moderation safety checks. The OpenAI Moderation API identifies fine tuning "
    "examples that violate our content policies. To fine tune on this data, please try removing "
    "the flagged lines and uploading the file again. Flagged lines: {lines}"
)


def checked(raw: bytes, file: str, method: str, *, which: str = "training") -> Failure | None:
    """The first fault of a file.

    Args:
        raw: Its bytes.
        file: Its id.
        method: Of the job: "supervised", "dpo", "reinforcement".
        which: "training" or "validation".
    """
    rows, said = _rows(raw)
    said = said or _kind(rows, file, method) or _first(rows, method)
    if said:
        code = f"invalid_{which}_file"
        return Failure(code, _PREFIX.format(which=which) + said, f"{which}_file")
    if which == "training" and len(rows) < LEAST:
        said = f"Training file has {len(rows)} example(s), but must have at least {LEAST} examples"
        return Failure("invalid_n_examples", said, "training_file")
    return None


def moderated(*lines: int, which: str = "training", category: str = "hate") -> Failure:
    """A block by the moderation; without lines the text that names only a category."""
    said = (
        f"This {which} file was blocked because too many examples were flagged by our moderation "
        "API for containing content that violates OpenAI's usage policies in the following "
        f"categories: {category}. Use the free OpenAI Moderation API to identify these examples "
        f"and remove them from your {which} data."
    )
    if lines:
        said = FLAGGED.format(lines=", ".join(map(str, lines)))
    return Failure(f"invalid_{which}_file", _PREFIX.format(which=which) + said, f"{which}_file")


def over_quota() -> Failure:
    """The account's money does not reach (the code is published, the words are ours)."""
    return Failure(
        "exceeded_quota",
        "Creating this fine-tuning job would exceed your hard limit, please check your plan and "
        "billing details.",
    )


def _rows(raw: bytes) -> tuple[list[dict[str, Any]], str]:
    rows: list[dict[str, Any]] = []
    for n, line in enumerate((one for one in raw.split(b"\n") if one.strip()), 1):
        try:
            text = line.decode()
            row = json.loads(text)
        except json.JSONDecodeError as error:
            if n == 1:
                return rows, _no_dictionary(text)
            why = f"{error.msg}: line 1 column {error.colno}"
            why = f"Example {n} cannot be parsed. Error: line contains invalid json: {why}"
            return rows, f"{_FORMAT}{why}"
        except UnicodeDecodeError:  # by analogy
            return rows, f"{_FORMAT}Example {n} cannot be parsed. Error: the file is not UTF-8"
        if not isinstance(row, dict):
            return rows, _no_dictionary(text)
        rows.append(row)
    return rows, ""


def _no_dictionary(text: str) -> str:
    return (
        "Expected file to have JSONL format, where every line is a JSON dictionary. Line 1 is not "
        f'a dictionary (HINT: line starts with: "{text[:10]}...").'
    )


def _kind(rows: list[dict[str, Any]], file: str, method: str) -> str:
    first = rows[0] if rows else {}
    if method == "dpo" and "messages" in first:
        return (
            f"{_FORMAT}Input file {file} is in the fine-tune-chat format, but the specified "
            "fine-tuning job is not using 'supervised' as the training method (provided "
            "method=dpo). "
        )
    known = _CHAT | _PREFERENCE | {"prompt", "completion"}
    if rows and method == "supervised" and not known & first.keys():
        return "Unexpected file format, expected either prompt/completion pairs or chat messages."
    return ""


def _first(rows: list[dict[str, Any]], method: str) -> str:
    for n, row in enumerate(rows, 1):
        said = _keys(row, method) or _messages(row, n)
        if said:
            return said if said.startswith(("Line", "'")) else f"{_FORMAT}Example {n}{said}"
    return ""


def _keys(row: dict[str, Any], method: str) -> str:
    if method == "reinforcement":
        return "" if "messages" in row else " is missing key 'messages'."
    if method == "supervised" and "prompt" in row:
        wanted, allowed = ("prompt", "completion"), {"prompt", "completion"}
    elif method == "dpo":
        wanted, allowed = ("input", "preferred_output", "non_preferred_output"), _PREFERENCE
    else:
        wanted, allowed = ("messages",), _CHAT
    for key in wanted:
        if key not in row:
            return f" is missing key '{key}'."
    extra = [key for key in row if key not in allowed]
    return f' contains an extra "{extra[0]}".' if extra else ""


def _messages(row: dict[str, Any], n: int) -> str:
    held = row.get("messages")
    if not isinstance(held, list):
        return ""
    for m, message in enumerate(held, 1):
        if not isinstance(message, dict) or "role" not in message:
            return f", message {m} Discriminator 'role' is missing in value"
        role, content = message["role"], message.get("content")
        if role not in _ROLES:  # by analogy: the words of the same library for another fault
            return f", message {m} Input tag '{role}' found using 'role' does not match"
        if role == "tool" and not isinstance(content, str):
            return f'Line {n}, message {m}, key "content": Input should be a valid string'
        if isinstance(content, list) and any(isinstance(part, str) for part in content):
            return "'str' object has no attribute 'get'"
    return ""
