# SPDX-License-Identifier: Apache-2.0
"""Why a training cannot go on, as a job says it: a code, words, and what it is about."""

from __future__ import annotations

__all__ = ["TrainingError"]


class TrainingError(Exception):
    """The job has failed.

    Args:
        code: As OpenAI's jobs have them, such as "invalid_training_file".
        message: One line or a few, printable.
        param: The part of the order that it is about, such as "training_file".
    """

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
