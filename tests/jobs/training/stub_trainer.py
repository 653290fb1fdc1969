# SPDX-License-Identifier: Apache-2.0
"""A trainer without torch: the same process, folder and steps, numbers of its own.

    python stub_trainer.py FOLDER

STUB_PAUSE: seconds of each step; STUB_FAIL: the step that fails; STUB_EARLY: it ends at once.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from evalkit.jobs.training.faults import TrainingError
from evalkit.jobs.training.fit import Step
from evalkit.jobs.training.folder import Folder
from evalkit.jobs.training.work import carry_out


@dataclass
class Stub:
    """Three steps an epoch."""

    steps: int
    trained_tokens: int = 1234
    notes: tuple[str, ...] = ()
    done: int = 0
    held: bool = False
    pause: float = 0.0
    fail: int = 0

    def run(self):
        while self.done < self.steps:
            time.sleep(self.pause)
            self.done += 1
            if self.done == self.fail:
                raise TrainingError("training_diverged", "no number any more", "hyperparameters")
            yield Step(
                number=self.done,
                epoch=(self.done - 1) // 3 + 1,
                ends_epoch=self.done % 3 == 0,
                metrics={"train_loss": 4 / self.done, "train_accuracy": self.done / self.steps},
            )

    def measured(self):
        if not self.held:
            return {}
        return {"full_valid_loss": 5 / self.done, "full_valid_mean_token_accuracy": 0.5}

    def write_adapter(self, path: Path):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"GGUF after %d" % self.done)

    def save(self, path: Path):
        path.write_text(str(self.done))

    def restore(self, path: Path):
        self.done = int(path.read_text())


def opens(weights, training, validation, settings):
    """As `fit.opened`."""
    return Stub(
        steps=3 * settings.n_epochs,
        held=bool(validation),
        pause=float(os.environ.get("STUB_PAUSE", "0")),
        fail=int(os.environ.get("STUB_FAIL", "0")),
        notes=("a note",),
    )


if __name__ == "__main__":
    if "STUB_EARLY" in os.environ:
        sys.exit("nothing goes")
    carry_out(Folder(Path(sys.argv[1])), opens=opens, check=lambda _adapter, _weights: None)
