# SPDX-License-Identifier: Apache-2.0
"""The guide says what happens."""

from __future__ import annotations

import re
import shlex

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def calls(block):
    """Each command of a console block with what it says."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, said = part.partition("\n")
        yield command, said


def test_every_command_of_the_guide_says_what_it_says_there(run, root, tmp_path):
    text = (root / "docs" / "convert.md").read_text("utf-8")
    done = 0
    for kind, name, block in BLOCK.findall(text):
        if name:
            (tmp_path / name).write_text(block, "utf-8")
        elif kind == "console":
            for command, said in calls(block):
                told = run(*shlex.split(command)[1:])
                assert told.out + told.err == said, command
                assert told.code in {0, 1}
                done += 1
    assert done == 10
    assert (tmp_path / "review.csv").read_bytes().decode("utf-8-sig") == (
        "user,assistant,lang\r\n包裹在哪里？,请告诉我订单号。,zh\r\nWhere is my parcel?,\"'- look under "
        'Orders\n- or call us",en\r\n'
    )
