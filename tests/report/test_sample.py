# SPDX-License-Identifier: Apache-2.0
"""The committed sample is what today's code makes of its run."""

from evalkit.evaluation.stored import load_run
from evalkit.report.build import build_report


def test_the_committed_sample_is_current(root):
    folder = root / "reports" / "sample" / "support-intent"
    committed = (folder / "index.html").read_bytes()
    assert build_report(load_run(folder)).encode() == committed, (
        "rebuild it: python tools/make_screenshots.py"
    )
