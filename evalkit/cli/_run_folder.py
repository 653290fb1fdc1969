# SPDX-License-Identifier: Apache-2.0
"""Where a run lies: its own folder, or that of its suite, which holds several."""

from __future__ import annotations

from pathlib import Path

__all__ = ["newest_run"]


def newest_run(folder: Path) -> Path:
    """The run below the folder of a suite that was begun last; any other path as it is."""
    if folder.is_dir() and not (folder / "run.json").exists():
        runs = sorted(one.parent for one in folder.glob("*/run.json"))
        return runs[-1] if runs else folder
    return folder
