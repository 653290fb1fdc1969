# SPDX-License-Identifier: Apache-2.0
"""What stays the same of a finding while its line moves: by this services know it again."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256

from evalkit.core.finding import Finding
from evalkit.lint.outputs._jsontext import forward

__all__ = ["Fingerprints"]


class Fingerprints:
    """Gives each finding of a result a fingerprint of its own.

    It goes by rule, path, row and pointer; findings that are equal in all of these (the same row
    twice) are numbered in their order, since services drop the second of two equal fingerprints.
    """

    def __init__(self) -> None:
        self._seen: Counter[bytes] = Counter()

    def of(self, finding: Finding) -> str:
        """64 hex digits."""
        parts = (finding.name, forward(finding.location.source), finding.row, finding.pointer)
        key = "\0".join(parts).encode("utf-8", "surrogatepass")
        digest = sha256(key)
        self._seen[digest.digest()] += 1
        if (number := self._seen[digest.digest()]) > 1:
            digest.update(f"\0{number}".encode())
        return digest.hexdigest()
