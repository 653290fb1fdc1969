# SPDX-License-Identifier: Apache-2.0
"""Names that a server gave, made fit to be names of folders and files here."""

from __future__ import annotations

import hashlib
import re

__all__ = ["file_suffix", "safe_name"]

# Fit for every file system: no separators, no blanks, nothing that hides or that a shell reads.
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_DEVICES = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")  # of Windows
_SUFFIXES = (".jsonl", ".csv", ".json", ".parquet", ".tsv", ".txt", ".zip")
_LONGEST = 60


def safe_name(given: str) -> str:
    """A name of ours for an id or a model's name: itself where it is fit, else with a digest.

    Different names stay different: what had to be changed ends in 8 hex digits of its sha256.
    """
    if _SAFE.fullmatch(given) and not _DEVICES.fullmatch(given) and not given.endswith("."):
        return given
    digest = hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    kept = _UNSAFE.sub("-", given.rstrip("/").rpartition("/")[2]).strip("-_")[:_LONGEST]
    return f"{kept or 'unnamed'}-{digest}"


def file_suffix(given: str, usual: str) -> str:
    """The suffix for a file that the server calls so: one of a few, else the usual one."""
    return next((one for one in _SUFFIXES if given.lower().endswith(one)), usual)
