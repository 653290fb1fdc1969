# SPDX-License-Identifier: Apache-2.0
from math import isnan

import pytest

from evalkit.core.exchange import Reply
from evalkit.scorers._choices import options_in
from evalkit.scorers.multiple_choice import multiple_choice

QUESTION = "Which is the capital of Italy?\nA. Paris\nB. Rome\nC. Madrid\nD. Lisbon"
CHINESE = "意大利的首都是哪里？\nA、巴黎\nB、罗马\nC、马德里\nD、里斯本\n请直接回答。"


@pytest.mark.parametrize(
    "text",
    [
        "B",
        "b",
        "B.",
        "(B)",
        "**B**",
        "Ｂ",
        "B. Rome",
        "B) because it is",
        "Answer: B",
        "The answer is B.",
        "the correct option is (B)",
        "The answer is not A. The answer is B.",
        "At first I thought the answer is C. No: the answer is B.",
        "A is Paris and C is Madrid, so I choose option B",
        "\\boxed{B}",
        "Rome",
        "It is Rome, of course.",
        "I would go for B here",
        "My answer: **B** - Rome",
    ],
)
def test_english_ways_to_say_b(text):
    found = multiple_choice(Reply(text=text), "B", QUESTION)
    assert (found.value, found.answer) == (1, "B"), text


@pytest.mark.parametrize(
    "text",
    ["选B", "答案是B", "答案：B", "答案为Ｂ。", "正确答案是 B", "应选B。", "故选：B", "我选择B选项",
     "A错，C错，所以选B", "罗马", "首都是罗马。", "【答案】B", "B、罗马"],
)  # fmt: skip
def test_chinese_ways_to_say_b(text):
    found = multiple_choice(Reply(text=text), "B", CHINESE)
    assert (found.value, found.answer) == (1, "B"), text


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("C", "C"),
        ("The answer is C, not B.", "C"),
        ("", None),
        ("A good question.", None),
        ("I do not know.", None),
        ("Paris or Rome", None),
        ("Because Berlin", None),
        ("E", None),
        ("Answer: Because", None),
        ("A, B", "A, B"),
    ],
)
def test_wrong_and_none_at_all(text, answer):
    found = multiple_choice(Reply(text=text), "B", QUESTION)
    assert (found.value, found.answer) == (0, answer)


def test_several_right_options():
    asked = "多选题：\nA. 一\nB. 二\nC. 三\nD. 四"
    for text in ("AC", "A、C", "答案是A和C", "C, A", "选AC。", "A,C"):
        assert multiple_choice(Reply(text=text), "AC", asked).value == 1, text
    assert multiple_choice(Reply(text="A"), "AC", asked).value == 0
    assert multiple_choice(Reply(text="ABC"), "AC", asked).value == 0


def test_numbers_and_positions():
    asked = "Pick one:\n1) red\n2) green\n3) blue"
    assert multiple_choice(Reply(text="2"), "2", asked).value == 1
    assert multiple_choice(Reply(text="Answer: 2"), "2", asked).value == 1
    assert multiple_choice(Reply(text="green"), "2", asked).value == 1
    assert multiple_choice(Reply(text="B"), "2", asked).value == 1  # the second, whatever its sign
    assert multiple_choice(Reply(text="3"), "2", asked).value == 0


def test_what_is_expected_may_be_the_option_itself():
    assert multiple_choice(Reply(text="B"), "Rome", QUESTION).value == 1
    assert isnan(multiple_choice(Reply(text="B"), "Berlin", QUESTION).value)


def test_options_of_the_suite():
    assert (
        multiple_choice(Reply(text="Answer: B"), "B", "no options", choices=["A", "B"]).value == 1
    )
    assert multiple_choice(Reply(text="Answer: C"), "B", "", choices=["A", "B"]).answer is None
    named = multiple_choice(Reply(text="yes"), "A", "", choices={"A": "yes", "B": "no"})
    assert named.value == 1


def test_options_are_read_from_the_question():
    assert options_in(QUESTION) == {"A": "Paris", "B": "Rome", "C": "Madrid", "D": "Lisbon"}
    assert options_in(CHINESE)["D"] == "里斯本"
    assert options_in("(A) one (B) two words (C) three") == {
        "A": "one",
        "B": "two words",
        "C": "three",
    }
    assert options_in("A. only one") == {}
    assert options_in("See A. Smith and B. Jones") != {}  # known: initials look like options
    assert options_in("") == {}


def test_a_failed_request():
    assert isnan(multiple_choice(Reply(text="", finish="error"), "B", QUESTION).value)


@pytest.mark.parametrize(
    "text",
    ["A " * 3000 + "z", "answer" + " " * 9000, "选" * 9000, "答案是" * 3000, "(" * 9000,
     "answer is " * 900, "A. x\n" * 2000, "\\boxed{" * 2000],
)  # fmt: skip
def test_hostile_texts_come_to_an_end(text):
    """Patterns of optional parts must not be tried in 2^n ways."""
    multiple_choice(Reply(text=text), "B", QUESTION)
    multiple_choice(Reply(text="B"), "B", text)


@pytest.mark.parametrize(
    "text",
    ["A or B", "Either A or B", "The answer is A or B", "Answer: B or C", "option C or option B",
     "选B或C", "I cannot say whether B or C", "not B", "It is not B.", "It isn't B", "not option B",
     "I do not choose B", "B is wrong", "(B) is wrong", "Option B is incorrect.", "Neither A nor B",
     "It is not Rome.", "不是B", "不选B", "答案不是B", "B错", "B是错的", "B不对"],
)  # fmt: skip
def test_hedges_and_denials_choose_nothing(text):
    found = multiple_choice(Reply(text=text), "B", QUESTION)
    assert (found.value, found.answer) == (0, None), text


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Both A and B", "A, B"),
        ("B is wrong, it is C", "C"),
        ("It is not Paris but Rome", "B"),
        ("B, not A", "B"),
        ("The answer is B. A and C are wrong.", "B"),
        ("A or B? I choose B.", "B"),
        ("答案不是A，是B", "B"),
    ],
)
def test_what_is_left_after_denials(text, answer):
    found = multiple_choice(Reply(text=text), "B", QUESTION)
    assert (found.value, found.answer) == (answer == "B", answer), text
