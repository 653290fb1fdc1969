# SPDX-License-Identifier: Apache-2.0
"""The pages that are made of the code are those of this code."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("tool", ["make_rule_pages.py", "make_cli_reference.py"])
def test_pages_are_current(root, tool):
    done = subprocess.run(
        [sys.executable, f"tools/{tool}", "--check"], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
