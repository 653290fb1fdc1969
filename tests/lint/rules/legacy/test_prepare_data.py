# SPDX-License-Identifier: Apache-2.0
"""The same checks as `prepare_data`, on files that five authors prepared with it."""

from __future__ import annotations

import pytest

from evalkit.lint.engine import Settings, check

NO_SEPARATOR = "the prompts have no common separator"
NO_END = "the completions have no common end"
NO_BLANK = "completions do not begin with a blank"
END_INSIDE = "stands inside"

# What openai 0.28.1 says of each file, run in 2026-11; two rows (quickstart) are too few for us.
SAID = {
    "autotune_data": [NO_END, NO_BLANK],
    "autotune_data_prepared": [],
    "gendern_data_unprepared": [NO_SEPARATOR, NO_END, NO_BLANK],
    "gendern_data_prepared": [],
    "poc_fine_tune": [NO_SEPARATOR, NO_END, NO_BLANK],
    "poc_fine_tune_prepared": [NO_SEPARATOR],
    "quickstart_data": [],
    # It wants a blank before Chinese, too; we do not.
    "tuningtitans_cleaned": [NO_SEPARATOR, END_INSIDE],
    "tuningtitans_cleanedPrepared": [],
}


@pytest.mark.parametrize("name", SAID)
def test_what_prepare_data_said_is_found(shared, name):
    path = shared / "prepare-data-before-after" / f"{name}.jsonl"
    found = check([str(path)], Settings(select=("legacy-prompt-completion",)))
    messages = sorted(finding.message for finding in found.findings)
    assert len(messages) == len(SAID[name])
    for words in SAID[name]:
        assert any(words in message for message in messages), words


def test_repeats_are_those_that_prepare_data_removed(shared):
    path = shared / "prepare-data-before-after" / "gendern_data_unprepared.jsonl"
    found = check([str(path)], Settings(select=("exact-duplicate",))).findings
    rows = [494, 543, 562, 563, 601, 741, 767, 824]  # as it numbered them, from 0
    assert [finding.location.line for finding in found] == [row + 1 for row in rows]
