# SPDX-License-Identifier: Apache-2.0
"""What a notebook or a script does: read, convert, estimate, run, frames of pandas."""

from evalkit.api._convert import Conversion, convert
from evalkit.api._estimate import estimate
from evalkit.api._read import read, to_frame
from evalkit.api._run import run
from evalkit.data.frames import By, from_frame

__all__ = ["By", "Conversion", "convert", "estimate", "from_frame", "read", "run", "to_frame"]
