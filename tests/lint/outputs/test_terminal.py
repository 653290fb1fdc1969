# SPDX-License-Identifier: Apache-2.0
"""Whatever stands in data, paths or rules: no output obeys it, hides it or breaks on it."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.lint.engine import Settings, check

CONTROLS = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)]))
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
UNSEEN = "\u200b\u2028\u2029\u2060\ufeff"
LONE = "\ud83d\udc80\udfff"
CLEAN = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f-\x9f]*")
SHAPING = set(BIDI + UNSEEN + LONE)

texts = st.text(
    st.one_of(
        st.sampled_from(CONTROLS + BIDI + UNSEEN + LONE + "\ufffe\uffff%:,|`<>&\"'[]#@=+-中💩"),
        st.characters(),
    ),
    max_size=12,
)


def is_safe(shown: str, form: str) -> bool:
    shown.encode("utf-8")  # no lone surrogate
    if form == "markdown":
        shown = shown.replace("\n", "")
    return CLEAN.fullmatch(shown) is not None and not SHAPING & set(shown)


# 14 text forms of 360 strings each: 5,040 strings.
@settings(max_examples=360, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts, language=st.sampled_from(["en", "zh"]))
def test_every_field_is_shown_and_none_obeyed(text_form, hostile, written, text, language):
    assert is_safe(written(text_form, hostile(text), language=language), text_form)


def test_controls_are_written_out_in_every_form(text_form, hostile, written):
    text = CONTROLS + BIDI + UNSEEN + LONE
    shown = written(text_form, hostile(text))
    assert is_safe(shown, text_form)
    escape = "\\u001b" if text_form in ("json", "jsonl") else "\\x1b"
    assert escape in shown.replace("\\\\", "\\")


def test_markup_of_terminals_is_text(text_form, hostile, written):
    shown = written(text_form, hostile("[/red][bold]x"))
    assert "[/red][bold]x" in shown.replace("\\[", "[").replace("\\]", "]")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_arguments_of_rules_come_from_data(tmp_path, text_form, written, language):
    path = tmp_path / "x.jsonl"
    path.write_text(
        '{"messages": [{"role": "\\u001b[2J\\u202e\\ud83d", "content": "Hi"}]}\n'
        '{"messages": [{"role": "user", "content": "\\u0085\\u001b]0;x\\u0007"}], "\\u001b[31m": 1}\n'
        "\x1b[2J\n",
        encoding="utf-8",
    )
    result = check([str(path)], Settings(select=("ALL",), language=language))
    assert result.findings
    assert is_safe(written(text_form, result, language=language), text_form)


def test_colour_is_ours_alone(hostile, written):
    for form in ("full", "grouped"):
        shown = written(form, hostile("\x1b[31m" + CONTROLS), color=True)
        assert is_safe(re.sub(r"\x1b\[\d*m", "", shown), form)


def test_a_file_name_is_no_workflow_command(finding, written):
    from evalkit.lint.result import Result

    result = Result(findings=(finding(path="::stop-commands::x"),), skipped=("::add-mask::e",))
    for form in ("full", "concise", "grouped", "github", "statistics"):
        lines = [line.lstrip() for line in written(form, result).splitlines()]
        commands = [line for line in lines if line.startswith(("::", "##["))]
        assert [line for line in commands if not line.startswith("::error file=")] == []
