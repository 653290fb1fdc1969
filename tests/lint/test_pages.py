# SPDX-License-Identifier: Apache-2.0
"""Pages in docs/rules are those of the code."""

from __future__ import annotations

import subprocess
import sys


def test_rule_pages_are_current(root):
    done = subprocess.run(
        [sys.executable, "tools/make_rule_pages.py", "--check"],
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
