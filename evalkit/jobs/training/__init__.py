# SPDX-License-Identifier: Apache-2.0
"""Trains a small local model on chat rows: a LoRA adapter, with events and metrics as hosted jobs.

`python -m evalkit.jobs.training FOLDER` carries out the job of a folder (`folder.py` says what lies
in it); `quick.py` trains rows that are in memory. torch, transformers, peft and gguf (the extra
`train`) are imported where the training itself begins, never before.
"""

from __future__ import annotations

__all__: list[str] = []
