# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from evalkit.jobs.training.adapter import permuted


def test_rows_of_each_head_are_dealt_from_its_two_halves():
    """As llama.cpp's LlamaModel.permute has it: neighbours turn together there, halves here."""
    weight = np.arange(16, dtype=np.float32).reshape(8, 2)
    found = permuted(weight, heads=2)
    assert [int(row[0]) // 2 for row in found] == [0, 2, 1, 3, 4, 6, 5, 7]
    assert found.flags.c_contiguous
    assert permuted(weight, heads=1)[:, 0].tolist() == [0, 8, 2, 10, 4, 12, 6, 14]
