# SPDX-License-Identifier: Apache-2.0
from math import isnan

import pytest

from evalkit.core.exchange import Reply
from evalkit.scorers.tool_calls import tool_calls
from evalkit.scorers.tool_calls_f1 import tool_calls_f1


def call(name, arguments="{}", **more):
    return {"type": "function", "function": {"name": name, "arguments": arguments}, **more}


REFUND = call("refund", '{"order": 7, "why": "Broken."}')
MAIL = call("mail", '{"to": "a@example.com"}')


def score(given, wanted, **options):
    return tool_calls(Reply(text="", tool_calls=tuple(given)), wanted, **options)


@pytest.mark.parametrize(
    ("given", "wanted", "options", "value", "why"),
    [
        ([REFUND], [REFUND], {}, 1, ""),
        ([call("refund", '{"why": "broken", "order": 7.0}', id="c9")], [REFUND], {}, 1, ""),
        ([{"name": "refund", "arguments": {"order": 7, "why": "broken"}}], [REFUND], {}, 1, ""),
        ([call("refund", '{"order": 8, "why": "Broken."}')], [REFUND], {}, 0, "order"),
        ([call("refund", '{"order": 8, "why": "Broken."}')], [REFUND], {"ignore": ["order"]}, 1, ""),
        ([call("refund", '{"order": 8}')], [REFUND], {"match": "names"}, 1, ""),
        ([call("refund", '{"order": 7')], [REFUND], {}, 0, "not JSON"),
        ([], [REFUND], {}, 0, "is missing"),
        ([MAIL], [REFUND], {}, 0, "refund, is missing"),
        ([REFUND, MAIL], [REFUND], {}, 0, "one call too many: mail"),
        ([MAIL, REFUND], [REFUND], {}, 0, "too late"),
        ([MAIL, REFUND], [REFUND], {"extra": True}, 1, ""),
        ([MAIL, REFUND], [REFUND, MAIL], {}, 0, "too late"),
        ([MAIL, REFUND], [REFUND, MAIL], {"order": "any"}, 1, ""),
        ([REFUND, REFUND], [REFUND], {"order": "any"}, 0, "too many"),
        ([REFUND], [REFUND, REFUND], {"order": "any"}, 0, "missing"),
        ([], [], {}, 1, ""),
        ([MAIL], [], {}, 0, "one call too many"),
        ([call("now", "")], [call("now", "{}")], {}, 1, ""),
        ([{"type": "custom", "custom": {"name": "sql", "input": '"select 1"'}}],
         [{"type": "custom", "custom": {"name": "sql", "input": '"select 1"'}}], {}, 1, ""),
        ([{"function": "broken"}], [REFUND], {}, 0, "missing"),
    ],
)  # fmt: skip
def test_tool_calls(given, wanted, options, value, why):
    found = score(given, wanted, **options)
    assert found.value == value
    assert why in found.why
    assert (found.why == "") == (value == 1)


def test_the_answer_names_what_was_called():
    assert score([REFUND, MAIL], [MAIL]).answer == "refund, mail"


@pytest.mark.parametrize(
    ("given", "wanted", "value"),
    [
        ([REFUND], [REFUND], 1),
        ([call("refund", '{"order": 8, "why": "Broken."}')], [REFUND], 4 / 6),
        ([MAIL, REFUND], [REFUND, MAIL], 1),
        ([REFUND], [REFUND, MAIL], 6 / 8),
        ([], [REFUND], 0),
        ([], [], 1),
        ([MAIL], [REFUND], 0),
    ],
)
def test_tool_calls_f1(given, wanted, value):
    found = tool_calls_f1(Reply(text="", tool_calls=tuple(given)), wanted)
    assert found.value == pytest.approx(value)


def test_each_call_counts_once():
    """Two calls alike are not both paired with the one that is expected."""
    assert tool_calls_f1(Reply(text="", tool_calls=(REFUND, REFUND)), [REFUND]).value == 6 / 9


def test_a_failed_request():
    assert isnan(tool_calls(Reply(text="", finish="error"), [REFUND]).value)
