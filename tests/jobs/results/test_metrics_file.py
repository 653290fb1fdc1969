# SPDX-License-Identifier: Apache-2.0
"""Files of metrics: real ones to the last digit, and every way in which they come damaged."""

from __future__ import annotations

import base64
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.errors import InputError
from evalkit.jobs.results.document import as_csv
from evalkit.jobs.results.metrics_file import metrics_in, read_metrics

PLAIN = b"step,train_loss,valid_loss\n1,2.5,2.75\n2,1.5,\n3,1.25,2.0\n"


@pytest.mark.parametrize(
    ("name", "kind", "steps", "last"),
    [
        (
            "legacy_classification_results.csv",
            "legacy",
            847,  # the file has 848 lines and an empty one
            {"elapsed_tokens": 7_173_888, "training_loss": 0.15498589188920445,
             "classification/f1.0": 0.6366366366366366},
        ),
        (
            "legacy_results_2889_steps.csv",
            "legacy",
            2889,
            {"elapsed_tokens": 2_312_578, "validation_token_accuracy": 0.9736842105263158},
        ),
        ("step_metrics.csv", "steps", 59, {"train_loss": 0.46647, "valid_loss": 1.33329}),
    ],
)  # fmt: skip
def test_real_files(shared, name, kind, steps, last):
    path = shared / "finetune-results" / name
    metrics = read_metrics(path)
    assert (metrics.kind, len(metrics)) == (kind, steps)
    assert metrics.steps == tuple(range(1, steps + 1))
    for column, value in last.items():
        assert metrics.columns[column][-1] == value
    assert not metrics.damaged
    pd = pytest.importorskip("pandas")
    theirs = pd.read_csv(path).set_index("step").astype(float)
    pd.testing.assert_frame_equal(metrics.frame(), theirs, check_index_type=False)


def test_a_legacy_file_says_what_it_classified(shared):
    metrics = read_metrics(shared / "finetune-results" / "legacy_classification_results.csv")
    assert len(metrics.classification) == 6
    assert len(metrics.series("classification/accuracy").values) == 4
    assert len(metrics.series("valid_loss").values) == 39  # sparse: one of 22
    assert metrics.named("train_accuracy") == "training_token_accuracy"


@pytest.mark.parametrize(
    "raw",
    [
        PLAIN,
        PLAIN.replace(b"\n", b"\r\n"),
        PLAIN.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + PLAIN,
        "﻿".encode("utf-16-le") + PLAIN.decode().encode("utf-16-le"),
        PLAIN.rstrip(),
        PLAIN + b"\n\n",
        PLAIN.replace(b",", b";"),
        PLAIN.replace(b"1.5,\n", b"1.5,NaN\n"),
        PLAIN.replace(b"1,2.5", b'"1","2.5"'),
        b"step,train_loss,valid_loss\n3,1.25,2.0\n1,2.5,2.75\n2,1.5,\n",  # out of order
        PLAIN.replace(b"2,1.5,\n", b"2,9.0,\n2,1.5,\n"),  # the later one counts
        PLAIN + b"step,train_loss,valid_loss\n",  # two tries, one after the other
        base64.b64encode(PLAIN),
        base64.b64encode(b"\xef\xbb\xbf" + PLAIN),
        base64.encodebytes(PLAIN * 1),
        b'"' + base64.b64encode(PLAIN) + b'"',
        base64.urlsafe_b64encode(PLAIN).rstrip(b"="),
    ],
)
def test_the_same_metrics_however_they_are_written(raw):
    metrics = metrics_in(raw, "x.csv")
    assert metrics.steps == (1, 2, 3)
    assert metrics.columns["train_loss"] == (2.5, 1.5, 1.25)
    assert metrics.series("valid_loss") == ((1, 3), (2.75, 2.0))
    assert math.isnan(metrics.columns["valid_loss"][1])
    assert metrics.damaged == ()


def test_a_repeated_step_keeps_what_the_later_line_leaves_out():
    raw = b"step,train_loss,valid_loss\n1,2.5,3.5\n1,2.0,\n"
    metrics = metrics_in(raw)
    assert (metrics.columns["train_loss"], metrics.columns["valid_loss"]) == ((2.0,), (3.5,))
    assert metrics.repeated == 1


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"4,1.0\n", "2 cells, the header has 3"),
        (b"4,1.0,2.0,3.0\n", "4 cells, the header has 3"),
        (b"4,oops,2.0\n", "`oops` in train_loss is not a number"),
        (b"x,1.0,2.0\n", "`x` is no number of a step"),
        (b"-1,1.0,2.0\n", "`-1` is no number of a step"),
        (b"4,1_0,2.0\n", "`1_0` in train_loss is not a number"),
        (b"4,\x1b[31m,2.0\n", "`\\x1b[31m` in train_loss is not a number"),
        (b'4,"1.0,2.0\n', "2 cells, the header has 3"),
    ],
)
def test_a_damaged_line_is_left_out_and_named(line, why):
    metrics = metrics_in(PLAIN + line + b"5,1.0,2.0\n", "x.csv")
    assert metrics.steps == (1, 2, 3, 5)
    (damage,) = metrics.damaged
    assert (damage.line, damage.why) == (5, why)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "x.csv is empty"),
        (b" \n\n", "x.csv is empty"),
        (b"a,b\n1,2\n", "x.csv:1: no column `step` (found: a, b)"),
        (b"step,train_loss\n", "x.csv:1: no line with a step and its values"),
        (b"step,train_loss\n1\n", "x.csv:2: no line with a step and its values (1 cells"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "x.csv:1: no column `step`"),
        (b"PK\x03\x04", "no column `step`"),
        (base64.b64encode(b"nothing of the kind"), "no column `step`"),
    ],
)
def test_what_is_no_file_of_metrics_is_told_in_one_line(raw, said):
    with pytest.raises(InputError) as caught:
        metrics_in(raw, "x.csv")
    assert caught.value.message.startswith(said) or said in caught.value.message
    assert "\n" not in caught.value.message


def test_columns_of_text_are_left_out_and_named():
    metrics = metrics_in(b"step,when,train_loss\n1,monday,2.0\n2,,1.0\n")
    assert list(metrics.columns) == ["step", "train_loss"]
    assert metrics.not_numbers == ("when",)


def test_other_names_are_kept_as_they_are():
    metrics = metrics_in(b"step,train_reward_mean\n1,0.5\n2,inf\n")
    assert metrics.kind == "other"
    assert metrics.series("train_reward_mean") == ((1,), (0.5,))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*absent\.csv"):
        read_metrics(tmp_path / "absent.csv")


@settings(max_examples=40)
@given(st.binary(max_size=300))
def test_any_bytes_give_metrics_or_one_line(raw):
    for head in (b"", b"step,a,b\n"):
        try:
            metrics = metrics_in(head + raw)
        except InputError as error:
            said = error.message
        else:
            said = ""
            assert list(metrics.steps) == sorted(set(metrics.steps))
            assert len({len(column) for column in metrics.columns.values()}) == 1
        assert "\n" not in said


_CELLS = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=40)
@given(st.dictionaries(st.integers(0, 10**6), st.tuples(_CELLS, _CELLS), min_size=1, max_size=20))
def test_what_is_written_as_csv_is_read_again(rows):
    lines = ["step,train_loss,full_valid_loss"]
    for step, cells in rows.items():
        lines.append(",".join([str(step), *("" if c is None else repr(c) for c in cells)]))
    metrics = metrics_in("\n".join(lines).encode())
    again = metrics_in(as_csv(metrics).encode())
    assert again.steps == metrics.steps == tuple(sorted(rows))
    for name in metrics.columns:
        assert again.series(name) == metrics.series(name)
