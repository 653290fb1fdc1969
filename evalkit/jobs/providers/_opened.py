# SPDX-License-Identifier: Apache-2.0
"""The bytes of a training file, if they still are those that were looked at."""

from __future__ import annotations

from typing import IO

from evalkit.core.errors import InputError
from evalkit.core.printable import printable
from evalkit.jobs.job import TrainingFile

__all__ = ["opened_file"]


def opened_file(file: TrainingFile) -> IO[bytes]:
    """The file, open for reading, if its bytes are as many as were looked at.

    Raises:
        InputError: It is gone, or changed.
    """
    try:
        size = file.path.stat().st_size
        stream = file.path.open("rb")
    except OSError as error:
        raise InputError(f"cannot read {printable(str(file.path))}: {error.strerror}") from error
    if size != file.size:
        stream.close()
        raise InputError(
            f"{printable(str(file.path))} changed since it was checked: {size:,} bytes, "
            f"not {file.size:,}",
            "run the command again",
        )
    return stream
