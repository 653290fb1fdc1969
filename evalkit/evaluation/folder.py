# SPDX-License-Identifier: Apache-2.0
"""Where a run goes: reports/<suite>/<time>/."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

__all__ = ["new_run_folder"]


def new_run_folder(reports: Path, suite: str) -> tuple[str, Path]:
    """The ISO start time (local, with offset) and a folder that no other run has.

    Colons are left out of the folder's name: Windows forbids them.
    """
    now = datetime.now().astimezone().replace(microsecond=0)
    stem = now.strftime("%Y-%m-%dT%H%M%S")
    folder = reports / suite / stem
    for k in range(2, 1000):
        if not folder.exists():
            break
        folder = reports / suite / f"{stem}-{k}"
    return now.isoformat(), folder
