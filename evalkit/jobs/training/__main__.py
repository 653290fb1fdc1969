# SPDX-License-Identifier: Apache-2.0
"""`python -m evalkit.jobs.training FOLDER`: the trainer's own process."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from evalkit.jobs.training.folder import Folder
from evalkit.jobs.training.work import carry_out

__all__ = ["main"]

# Nothing is looked up: all that is needed lies in the model's file. No bars in a log.
_QUIET = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
}


def main(arguments: list[str]) -> int:
    """Carry out the job of a folder; 0 unless it failed.

    Told to end (SIGTERM: the machine goes down), it keeps what it has and leaves the job paused.
    """
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m evalkit.jobs.training FOLDER\n")
        return 2
    os.environ.update(_QUIET)
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: told.append(number))
    state = carry_out(Folder(Path(arguments[0]).absolute()), stopping=lambda: bool(told))
    sys.stdout.write(f"{time.process_time():.1f} seconds of CPU\n")
    return 1 if state is not None and state.status == "failed" else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
