# SPDX-License-Identifier: Apache-2.0
"""Training jobs at a provider or on this machine: submit, follow, results, archive.

`providers/` has one file per provider behind the seam in `seam.py`; everything else speaks of jobs,
files, events and checkpoints as `job.py` has them, and knows no provider.
"""

from __future__ import annotations

__all__: list[str] = []
