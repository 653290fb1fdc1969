# SPDX-License-Identifier: Apache-2.0
import json

from evalkit.lint.engine import Settings, check


def test_an_empty_answer_beside_a_plural_is_no_label(tmp_path):
    """Once a crash: the empty answer was taken for the singular of a word without a plural s."""
    labels = ["refund"] * 4 + ["refunds", ""] + ["billing"] * 4 + ["delivery"] * 4
    rows = [
        {"messages": [{"role": "user", "content": f"m {n}"}, {"role": "assistant", "content": label}]}
        for n, label in enumerate(labels)
    ]  # fmt: skip
    path = tmp_path / "x.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = check([str(path)], Settings(select=("label-variant",))).findings
    assert [finding.location.line for finding in found] == [5]
