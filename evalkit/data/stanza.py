# SPDX-License-Identifier: Apache-2.0
"""The entry of LLaMA-Factory's `dataset_info.json` that tells it how to read a file.

Read from llamafactory 0.9.5, data/parser.py and data/converter.py (2026-11): where an entry names
some columns or tags, those that it does not name are none, and a column that it names must be in
the file.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from evalkit.core.atomic import write_text
from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.data.formats._layout import Layout

__all__ = ["FILE", "merged", "stanza"]

FILE = "dataset_info.json"

# LLaMA-Factory's name of a column, to ours, by layout.
_ASKED = {"prompt": "instruction", "query": "input", "history": "history"}
_PAIR = {"chosen": "chosen", "rejected": "rejected"}
_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "alpaca": {**_ASKED, "response": "output"},
    "alpaca-preference": {**_ASKED, **_PAIR},
    "prompt-completion": {"prompt": "prompt", "response": "completion"},
    "trl-text": {"prompt": "text"},
    "sharegpt": {"messages": "conversations"},
    "sharegpt-preference": {"messages": "conversations", **_PAIR},
    "openai-chat": {"messages": "messages"},
    "chat-with-media": {"messages": "messages"},
    "chat-preference": {"messages": "messages", **_PAIR},
}
_BESIDE = ("system", "tools", "images", "videos", "audios")
_TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "observation_tag": "tool",
    "function_tag": "function",
    "system_tag": "system",
}
_OURS = {"file_name", "formatting", "ranking", "columns", "tags"}  # what an entry gets from us


def stanza(layout: Layout, file_name: str, columns_used: Collection[str]) -> dict[str, Any]:
    """The entry for a file of rows.

    Chat rows with tools are of the formatting "openai", which alone knows `tool_calls`; others of
    "sharegpt" under chat's tags, for "openai" adds "detailed thinking off" to what the system says.

    Args:
        layout: Of the rows.
        file_name: Of the file, as seen from the folder of `dataset_info.json`.
        columns_used: The top-level keys that some row has.

    Raises:
        UsageError: LLaMA-Factory reads no such rows by an entry.
    """
    like = _plain(layout.name, columns_used)
    if like not in _COLUMNS:
        hint = f"convert to one of these first: {', '.join([*_COLUMNS, 'llama-factory-kto'])}"
        if layout.name.startswith("llama-factory-v1"):
            hint = f"its v1 takes the file as it is: train_dataset: {printable(file_name)}"
        raise UsageError(f"no entry in {FILE} makes LLaMA-Factory read {layout.name}", hint)
    columns = {k: column for k, column in _COLUMNS[like].items() if column in columns_used}
    columns |= {column: column for column in _BESIDE if column in columns_used}
    if layout.name == "llama-factory-kto":
        columns["kto_tag"] = "kto_tag" if "kto_tag" in columns_used else "label"
    entry: dict[str, Any] = {"file_name": file_name, "formatting": "alpaca"}
    if like.startswith("sharegpt"):
        entry["formatting"] = "sharegpt"
    elif "messages" in columns:
        entry["formatting"] = "openai" if "tools" in columns else "sharegpt"
    if "chosen" in columns:
        entry["ranking"] = True
    entry["columns"] = columns
    return {**entry, "tags": dict(_TAGS)} if columns.get("messages") == "messages" else entry


def _plain(name: str, columns_used: Collection[str]) -> str:
    """The layout whose columns a layout has."""
    if name != "llama-factory-kto":
        return name
    if "messages" in columns_used:
        return "openai-chat"
    return "sharegpt" if "conversations" in columns_used else "alpaca"


def merged(path: Path | str, name: str, entry: Mapping[str, Any]) -> None:
    """Write an entry into a `dataset_info.json`, which is made where there is none.

    Other entries stay as they are, and so do settings of this one that do not say how the file is
    read (`num_samples`, `split`).

    Args:
        path: Of `dataset_info.json`.
        name: Of the data set, as `dataset: NAME` of LLaMA-Factory calls it.
        entry: What `stanza` gave.

    Raises:
        InputError: The file is no JSON object, holds an entry of that name for another file, or
            cannot be read or written.
        UsageError: A name that LLaMA-Factory would take for several.
    """
    if not name.strip() or "," in name:
        raise UsageError(f"`{excerpt(name)}` cannot be the name of a data set", "one word will do")
    known = _entries(Path(path))
    there = known.get(name)
    old = there if isinstance(there, dict) else {}
    if there is not None and old.get("file_name") != entry.get("file_name"):
        raise InputError(
            f"{path} has an entry `{excerpt(name)}` for another file",
            "choose another file name, or remove that entry",
        )
    known[name] = {**entry, **{k: v for k, v in old.items() if k not in _OURS}}
    write_text(path, json.dumps(known, ensure_ascii=False, indent=2) + "\n")


def _entries(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8-sig") if path.exists() else "{}"
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InputError(f"cannot read {path}: {reason}", "mend it, or write elsewhere") from error
    try:
        found = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}:{error.lineno}:{error.colno} is no JSON: {printable(error.msg)}",
            "mend it there, or move the file away: nothing was written into it",
        ) from error
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond all bounds
        raise InputError(f"{path} cannot be read as JSON", "move the file away") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} holds no object of data sets", "move the file away")
    return found
