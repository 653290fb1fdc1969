# SPDX-License-Identifier: Apache-2.0
"""How the help of commands and of groups of commands is laid out."""

import pytest


@pytest.mark.parametrize("group", ["baseline", "job", "local", "models", "store"])
def test_every_command_of_a_group_has_its_whole_sentence(run, group):
    told = run(group, "--help")
    assert told.code == 0
    listed = told.out.partition("Commands:\n")[2]
    assert listed
    assert "..." not in listed


@pytest.mark.parametrize(
    ("command", "title"),
    [("ask", "Options"), ("run", "Help"), ("compare", "Help"), ("lint", "Configuration")],
)
def test_help_stands_where_it_belongs(run, command, title):
    told = run(command, "--help")
    head, _, last = told.out.rstrip().rpartition("\n\n")
    assert head
    assert last.startswith(f"{title}:\n")
    assert "--help" in last
