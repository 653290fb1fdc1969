# SPDX-License-Identifier: Apache-2.0
"""What records hold beside the answers: what was expected, facts to slice by, probabilities."""

from __future__ import annotations

import json

import pytest

from evalkit.models.recordings._read import read_recording


@pytest.fixture
def read(tmp_path):
    def call(raw: str | bytes, name: str = "answers.csv"):
        (tmp_path / name).write_bytes(raw if isinstance(raw, bytes) else raw.encode())
        return read_recording(tmp_path / name)

    return call


@pytest.mark.parametrize(
    ("header", "answer", "expected"),
    [
        ("id,answer,expected", "b", "c"),
        ("id,prediction,label", "b", "c"),
        ("id,y_pred,y_true", "b", "c"),
        ("id,predicted_label,label", "b", "c"),
        ("id,response,answer", "b", "c"),  # a table of questions calls its answers so
        ("id,output,target", "b", "c"),
        ("编号,模型回答,参考答案", "b", "c"),
        ("编号,预测标签,标签", "b", "c"),
        ("编号,模型输出,答案", "b", "c"),
    ],
)
def test_what_was_expected_stands_in_a_column(read, header, answer, expected):
    (row,) = read(f"{header}\na,b,c\n")
    assert (row.ids, row.reply.text, row.expected) == (("a",), answer, expected)
    assert row.line == 2


def test_other_columns_are_facts(read):
    (row,) = read(f"id,answer,lang,essay\na,b,zh,{'x' * 500}\n")
    assert row.expected is None
    assert row.fields == {"id": "a", "lang": "zh"}


def test_of_several_right_answers_the_first(read):
    (row,) = read(json.dumps({"id": "a", "output": "b", "ideal": ["x", "y"]}), "a.jsonl")
    assert row.expected == "x"


@pytest.mark.parametrize(
    ("header", "shares"),
    [
        ("probability_refund,prob[other]", {"refund": 0.25, "other": 0.75}),
        ("Probability: refund,p(other)", {"refund": 0.25, "other": 0.75}),
        ("概率_退款,機率 其他", {"退款": 0.25, "其他": 0.75}),
        ("probability,max_probability", None),
        ("probability_predicted,probability_max", None),
        ("p_value,problem", None),
    ],
)
def test_probabilities_in_columns_of_their_labels(read, header, shares):
    rows = read(f"id,answer,{header}\na,refund,0.25,0.75\nb,退款,,\n")
    assert [row.reply.probabilities for row in rows] == [shares, None]


def test_of_two_labels_one_column_is_enough(read):
    rows = read("id,answer,label,probability_spam\na,spam,ham,0.75\nb,ham,spam,0.25\n")
    assert [row.reply.probabilities for row in rows] == [
        {"spam": 0.75, "ham": 0.25},
        {"spam": 0.25, "ham": 0.75},
    ]
    rows = read("id,answer,label,probability_spam\na,spam,ham,0.75\nb,ham,other,0.25\n")
    assert rows[0].reply.probabilities == {"spam": 0.75}


def test_a_probability_of_what_nobody_answers_is_none_of_a_label(read):
    (row,) = read("id,answer,probability_of_rain\na,refund,0.25\n")
    assert row.reply.probabilities is None


def test_what_is_no_probability_is_left_out(read):
    (row,) = read("id,answer,prob_a,prob_b,prob_c,prob_d\nx,a,0.5,nan,1.5,high\n")
    assert row.reply.probabilities == {"a": 0.5}


PAIRS = """Attempt 1/5
Correct GitHub Issue type: bug
Predicted GitHub Issue type: feature

Correct GitHub Issue type: bug
retrying
Predicted GitHub Issue type:
Correct GitHub Issue type: question
"""


def test_right_and_given_answers_line_by_line(read):
    rows = read(PAIRS.removeprefix("Attempt 1/5\n"), "out.txt")
    assert [(r.expected, r.reply.text, r.line) for r in rows] == [
        ("bug", "feature", 2),
        ("bug", "", 6),
    ]
    chinese = read("正确类别：退款\r\n预测类别：物流\r\n".encode("gb18030"), "out.log")
    assert chinese == [] or chinese[0].expected == "退款"


def test_a_table_whose_cells_look_like_pairs_is_a_table(read):
    (row,) = read("id,answer\nCorrect: a,b\n")
    assert row.ids == ("Correct: a",)


def test_rows_by_identifier(read):
    old = {
        "0": {"origin_prompt": "Which?", "prediction": "a", "refr": "b"},
        "1": {"prediction": "c"},
    }
    rows = read(json.dumps(old, indent=1), "p.json")
    assert [(r.ids, r.reply.text, r.expected, r.place) for r in rows] == [
        (("0",), "a", "b", 0),
        (("1",), "c", None, 1),
    ]
    assert rows[0].messages == [{"role": "user", "content": "Which?"}]
    new = {
        "x": {
            "origin_prompt": [{"role": "HUMAN", "prompt": "Which?"}],
            "prediction": "a",
            "gold": "b",
        }
    }
    (row,) = read(json.dumps(new), "p.json")
    assert (row.messages, row.expected) == ([{"role": "user", "content": "Which?"}], "b")


def test_an_object_in_a_row_is_no_table_of_rows(read):
    (row,) = read(json.dumps({"output": {"text": "x", "id": 1}, "id": "a"}), "a.jsonl")
    assert row.ids == ("a",)


def test_the_number_of_a_choice_is_the_choice(read):
    row = {
        "doc_id": 0, "doc": {"id": "x", "topic": "law"}, "target": 1,
        "arguments": [["Q", " no"], ["Q", " yes"]],
        "resps": [[[-2.0, False]], [[-0.1, True]]],
    }  # fmt: skip
    (found,) = read(json.dumps(row), "s.jsonl")
    assert (found.reply.text, found.expected, found.fields["topic"]) == ("yes", "yes", "law")
    (found,) = read(json.dumps({**row, "target": " yes"}), "s.jsonl")
    assert found.expected == " yes"


def test_the_repeats_of_a_run(read):
    answer = {
        "text": "a",
        "finish": "stop",
        "repeats": [{"text": "a", "finish": "stop"}, {"text": "b", "finish": "error"}],
    }
    row = {
        "id": "h",
        "line": 3,
        "messages": [["user", "Q"]],
        "expected": "a",
        "slices": {"lang": "zh"},
        "answers": {"m": answer},
    }
    rows = read(json.dumps(row), "samples.jsonl")
    assert [(r.repeat, r.reply.text, r.reply.finish, r.expected) for r in rows] == [
        (0, "a", "stop", "a"), (1, "", "error", "a"),
    ]  # fmt: skip
    assert rows[0].fields == {"lang": "zh"}
