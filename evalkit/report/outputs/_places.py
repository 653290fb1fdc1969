# SPDX-License-Identifier: Apache-2.0
"""Where the gates of a suite stand in its file: what an annotation points at."""

from __future__ import annotations

from pathlib import Path

__all__ = ["gate_lines"]

_MOST_BYTES = 1 << 20


def gate_lines(path: Path) -> tuple[int, ...]:
    """1-based lines of the gates, in their order, then that of `forgetting`, which is one too.

    Nothing is constructed from the file, only its nodes are looked at; a file that cannot be read
    has no lines.
    """
    import yaml

    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig") if len(raw) <= _MOST_BYTES else ""
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        root = yaml.compose(text, loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError):
        return ()
    if not isinstance(root, yaml.MappingNode):
        return ()
    found = {
        str(key.value): (key, value)
        for key, value in root.value
        if isinstance(key, yaml.ScalarNode)
    }
    lines: list[int] = []
    _, gates = found.get("gates", (None, None))
    if isinstance(gates, yaml.SequenceNode):
        lines += [item.start_mark.line + 1 for item in gates.value]
    key, _ = found.get("forgetting", (None, None))
    if key is not None:
        lines.append(key.start_mark.line + 1)
    return tuple(lines)
