# SPDX-License-Identifier: Apache-2.0
"""Honest parts: what is alike never stands on both sides, and numbers are met."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.errors import InputError, UsageError
from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.data import division as division_module
from evalkit.data.division import SplitOptions, divide, divide_as_before
from evalkit.data.facts import ASKED_BINS, asks, question_key, value_at
from evalkit.data.kin import Kin
from evalkit.data.read import open_data
from evalkit.data.recognise import fields_of, layout
from evalkit.data.similarity import BINS, said_text
from evalkit.data.split import legacy
from evalkit.lint.near import Sketches
from evalkit.lint.texts import asks as asks_in_lint

CHAT = layout("openai-chat")
WORDS = ["ka", "mo", "ri", "ten", "sul", "va", "pex", "dro", "lim", "ou", "fen", "gra", "is", "tor"]


def row(question, answer="fine", number=1, **more):
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return example({"messages": messages, **more}, number)


def example(value, number=1):
    location = Location(source="x.jsonl", line=number, end_line=number, number=number)
    return Example(location, json.dumps(value).encode(), value, CHAT, fields=fields_of(value, CHAT))


def rows(questions, answer="fine", **more):
    columns = [dict(zip(more, values, strict=True)) for values in zip(*more.values(), strict=True)]
    columns = columns or [{}] * len(questions)
    answers = [answer] * len(questions) if isinstance(answer, str) else answer
    return [
        row(q, a, n, **c)
        for n, (q, a, c) in enumerate(zip(questions, answers, columns, strict=True), 1)
    ]


def prose(rng, size=30):
    return " ".join("".join(rng.choices(WORDS, k=rng.randint(1, 3))) for _ in range(size))


def split_up(examples, **options):
    return divide(examples, SplitOptions(**options), source="x.jsonl")


def where(values, division):
    """Value to the parts in which it stands."""
    found = defaultdict(set)
    for value, part in zip(values, division.parts, strict=True):
        found[value].add(part)
    return found


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from("ab")), min_size=6, max_size=90),
    st.integers(0, 5),
    st.booleans(),
)
def test_what_asks_the_same_never_straddles(told, seed, near):
    questions = [f"question {'X' * (n % 2)} {key}".upper() for n, (key, _) in enumerate(told)]
    questions = [q.replace(" X ", "  ") for q in questions]
    keys = [key for key, _ in told]
    if len(set(keys)) < 4:
        return
    made = split_up(
        rows(questions, [label for _, label in told]), test=3, valid=2, seed=seed, near=near
    )
    assert all(len(parts) == 1 for parts in where(keys, made).values())
    again = split_up(
        rows(questions, [label for _, label in told]), test=3, valid=2, seed=seed, near=near
    )
    assert again.parts == made.parts


@settings(max_examples=40)
@given(st.integers(5, 120), st.data())
def test_numbers_are_exact_where_all_questions_differ(count, data):
    test = data.draw(st.integers(1, count - 2))
    valid = data.draw(st.integers(0, count - test - 1))
    made = split_up(rows([f"q{n}" for n in range(count)]), test=test, valid=valid)
    counts = Counter(made.parts)
    assert (counts["test"], counts["valid"]) == (test, valid)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abc")), min_size=6), st.randoms())
def test_the_order_of_the_rows_does_not_count(told, rng):
    if len({key for key, _ in told}) < 3:
        return
    whole = rows(
        [f"q{key}" for key, _ in told], [label for _, label in told], id=[*range(len(told))]
    )
    shuffled = whole.copy()
    rng.shuffle(shuffled)

    def told_apart(examples):
        made = split_up(examples, test=2, near=False)
        return {e.value["id"]: part for e, part in zip(examples, made.parts, strict=True)}

    assert told_apart(whole) == told_apart(shuffled)


def test_a_set_that_grows_is_split_nearly_as_before():
    first = split_up(rows([f"q{n}" for n in range(1000)]))
    then = split_up(rows([f"q{n}" for n in range(1010)]))
    moved = sum(a != b for a, b in zip(first.parts, then.parts[:1000], strict=True))
    assert moved <= 12


def edited(rng, text):
    at = rng.randrange(len(text))
    return text[:at] + rng.choice("abc") + text[at + 1 :]


def with_near_duplicates(rng, families=60, alone=200):
    """Questions, and to which family each belongs."""
    told = [(prose(rng), -n - 1) for n in range(alone)]
    for family in range(families):
        text = prose(rng)
        told += [(edited(rng, text), family) for _ in range(rng.randint(2, 4))]
    rng.shuffle(told)
    return [text for text, _ in told], [family for _, family in told]


@pytest.mark.parametrize("seed", range(4))
def test_near_duplicates_never_straddle(seed):
    rng = random.Random(seed)  # noqa: S311
    questions, families = with_near_duplicates(rng)
    made = split_up(rows(questions), test=0.2, valid=0.1, seed=seed)
    astray = [f for f, parts in where(families, made).items() if len(parts) > 1]
    assert len(astray) <= 3  # a sketch finds 19 of 20
    counts = Counter(made.parts)
    assert counts["test"] == round(0.2 * len(questions))
    assert counts["valid"] == round(0.1 * len(questions))
    assert any("are nearly the same" in note for note in made.notes)
    loose = split_up(rows(questions), near=False, seed=seed)
    assert sum(len(parts) > 1 for parts in where(families, loose).values()) > 10


def leaks(examples, parts):
    """What `evalkit lint --against` would find between train and each held-out part."""
    found = []
    for held in ("test", "valid"):
        state = Sketches()
        asked = {"train": set(), held: set()}
        for n, (e, part) in enumerate(zip(examples, parts, strict=True)):
            if part in asked and asks(e.messages):
                asked[part].add(key := question_key(e))
                place = Location(source=part, line=n, number=n)
                state.add(said_text(e.messages), key.to_bytes(8, "big"), place)
        found += [*state.across({held}), *(asked["train"] & asked[held])]
    return found


@pytest.mark.parametrize("seed", range(3))
def test_lint_finds_no_leak_between_the_parts(seed):
    rng = random.Random(seed)  # noqa: S311
    questions, _ = with_near_duplicates(rng)
    questions += [
        f"Where is my order {n} that I made on Monday, please tell me?" for n in range(70)
    ]
    made = rows(questions)
    assert not leaks(made, split_up(made, valid=0.1, seed=seed).parts)
    assert leaks(made, split_up(made, valid=0.1, seed=seed, near=False).parts)


@pytest.mark.parametrize(
    "name",
    [
        "llama-factory-demos/alpaca_zh_demo.json",
        "llama-factory-demos/glaive_toolcall_zh_demo.json",
        "banking77/train.csv",
        "sms-spam-latin1/spam.csv",
        "gbk-csv-medical-zh/neike_part1_gbk.csv",
        "foundry-tool-calls/stock_toolcall_training.jsonl",
        "foundry-dpo-orca/validation.jsonl",
    ],
)
def test_lint_finds_no_leak_in_real_sets(shared, name):
    examples = [e for e in open_data(shared / name) if e.broken is None]
    made = split_up(examples, test=0.2, valid=0.1)
    assert not leaks(examples, made.parts)
    assert abs(Counter(made.parts)["test"] - 0.2 * len(examples)) <= 1


def test_a_set_from_one_template_is_split_and_says_so():
    questions = [
        f"Using the numbers [{n}, {n * 7 % 91}, {n * 3 % 17}], create an equation that equals {n * 5}. "
        "You can use basic arithmetic operations and each number once. Show your work in tags."
        for n in range(200)
    ]
    made = split_up(rows(questions), test=40)
    assert Counter(made.parts) == {"train": 160, "test": 40}
    assert [note for note in made.notes if "from a template" in note]


def test_a_template_is_let_go_and_the_others_are_kept_together():
    rng = random.Random(5)  # noqa: S311
    questions, families = with_near_duplicates(rng, families=30, alone=10)
    template = [
        f"Your order {n} has left our house and will be there in two days." for n in range(250)
    ]
    made = split_up(rows(questions + template), test=0.2)
    astray = [f for f, p in where(families + [-99] * 250, made).items() if len(p) > 1]
    assert -99 in astray
    assert len(astray) <= 3
    assert any("250 rows as alike" in note for note in made.notes)


def test_stock_replies_do_not_make_their_questions_alike():
    rng = random.Random(7)  # noqa: S311
    replies = [prose(rng, 60) for _ in range(12)]
    questions = [prose(rng, 5) for _ in range(600)]
    made = split_up(rows(questions, [replies[n % 12] for n in range(600)]))
    held = {n % 12 for n, part in enumerate(made.parts) if part == "test"}
    learned = {n % 12 for n, part in enumerate(made.parts) if part == "train"}
    assert held == learned == set(range(12))
    assert any("get one long answer with others" in note for note in made.notes)
    near = [edited(rng, questions[n % 600]) for n in range(600)]  # but for those that are
    both = split_up(rows(questions + near, [replies[n % 12] for n in range(1200)]))
    astray = sum(len(p) > 1 for p in where([*range(600)] * 2, both).values())
    assert astray < 40


def test_groups_stay_together_and_the_number_is_met():
    rng = random.Random(3)  # noqa: S311
    customers = [rng.randint(0, 60) for _ in range(500)]
    questions = [prose(rng, 8) for _ in customers]
    made = split_up(rows(questions, customer=customers), test=100, group="customer")
    assert all(len(parts) == 1 for parts in where(customers, made).values())
    assert Counter(made.parts)["test"] == 100
    assert any("61 groups of one `customer`" in note for note in made.notes)


@pytest.mark.parametrize("name", ["meta.chat.id", "Customer", "tags.0", "messages.0.content"])
def test_groups_by_nested_keys(name):
    values = [n % 7 for n in range(70)]
    made = [
        example(
            {
                "messages": [{"role": "user", "content": f"q{v}" if "." in name else f"q{n}"},
                             {"role": "assistant", "content": f"a{n}"}],
                "meta": {"chat": {"id": v}},
                "customer": v,
                "tags": [v, n],
            }
        )
        for n, v in enumerate(values)
    ]  # fmt: skip
    division = split_up(made, test=0.3, group=name)
    assert all(len(parts) == 1 for parts in where(values, division).values())


def test_rows_without_a_group_stand_alone():
    groups = [{"g": n % 3} if n < 30 else {} for n in range(90)]
    made = [row(f"q{n}", **more) for n, more in enumerate(groups)]
    division = split_up(made, test=18, group="g")
    assert Counter(division.parts)["test"] == 18
    assert any("60 rows without one, each by itself" in note for note in division.notes)


def test_conversations_are_those_that_begin_alike():
    def turns(n, until):
        told = []
        for turn in range(until + 1):
            told += [{"role": "user", "content": f"{n} asks {turn}"},
                     {"role": "assistant", "content": f"{n} hears {turn}"}]  # fmt: skip
        return example({"messages": told})

    made = [turns(n, until) for n in range(40) for until in range(4)]
    conversations = [n for n in range(40) for _ in range(4)]
    division = split_up(made, group="conversation")
    assert all(len(parts) == 1 for parts in where(conversations, division).values())
    assert any("40 groups of one first question" in note for note in division.notes)
    loose = split_up(made, near=False)
    assert any(len(parts) > 1 for parts in where(conversations, loose).values())


DAYS = [f"2024-0{1 + n // 28}-{1 + n % 28:02}" for n in range(100)]


def test_the_newest_rows_are_held_out():
    order = [*range(100)]
    random.Random(1).shuffle(order)  # noqa: S311
    made = rows([f"q{n}" for n in order], day=[DAYS[n] for n in order])
    division = split_up(made, test=20, valid=10, date="day")
    assert dict(zip(order, division.parts, strict=True)) == {
        n: "train" if n < 70 else "valid" if n < 80 else "test" for n in range(100)
    }
    assert "test begins at 2024-03-25" in division.notes
    assert "train ends at 2024-03-14" in division.notes


def test_dates_of_many_kinds_and_none():
    days = [
        "2024-05-01", "2024/5/2", "2024年5月3日", "2024-05-04T10:00:00Z", 1714867200,
        1714953600000, "yesterday", None, "05/07/2024", "2024-05-07 08:00:00+08:00",
    ]  # fmt: skip
    made = rows([f"q{n}" for n in range(10)], at=days)
    division = split_up(made, test=2, date="at")
    assert [n for n, part in enumerate(division.parts) if part == "test"] == [5, 9]
    named = "3 rows without a date that can be read in `at` (line 7, 8, 9): in train"
    assert any(note.startswith(named) for note in division.notes)


def test_one_day_is_never_parted_and_what_asks_the_same_comes_along():
    days = ["2024-01-01"] * 5 + ["2024-01-02"] * 5
    questions = [f"q{n}" for n in range(9)] + ["q0"]
    division = split_up(rows(questions, day=days), test=1, date="day")
    assert [n for n, part in enumerate(division.parts) if part == "test"] == [0, 5, 6, 7, 8, 9]
    assert any("1 row from before came along" in note for note in division.notes)
    assert any("test has 6 rows for 1 wanted" in note for note in division.notes)


def test_by_a_field():
    languages = ["zh"] * 20 + ["en"] * 80
    division = split_up(rows([f"q{n}" for n in range(100)], Lang=languages), by="lang")
    assert Counter(zip(division.labels, division.parts, strict=True)) == {
        ("zh", "test"): 4, ("zh", "train"): 16, ("en", "test"): 16, ("en", "train"): 64,
    }  # fmt: skip
    assert set(split_up(rows(["a", "b"]), by="none").labels) == {""}


def test_labels_are_told_from_sentences():
    labels = [f"label {n % 3}" for n in range(60)]
    assert set(split_up(rows([f"q{n}" for n in range(60)], labels)).labels) == {*labels}
    sentences = [label + " and" * 20 for label in labels]
    assert set(split_up(rows([f"q{n}" for n in range(60)], sentences)).labels) == {""}


def test_rows_that_ask_nothing_are_themselves():
    made = [row("", f"text {n}") for n in range(20)]
    assert Counter(split_up(made, test=5).parts)["test"] == 5


@given(st.lists(st.sampled_from(["", " ", "x", None, [], [{"type": "text", "text": "y"}]])))
def test_lint_and_split_agree_on_what_asks(contents):
    made = example({"messages": [{"role": "user", "content": c} for c in contents]})
    assert bool(asks(made.messages)) == asks_in_lint(made)


@pytest.mark.parametrize(
    ("made", "options", "error", "words"),
    [
        (rows(["a"]), {}, InputError, "has 1 usable row"),
        (rows([]), {}, InputError, "has 0 usable rows"),
        (rows(["a"] * 5), {}, InputError, "no row of x.jsonl can go to the test set"),
        (rows(["a", "b"]), {"valid": 0.5}, UsageError, "2 held out leave none to learn"),
        (rows(["a", "b"], g=[1, 1]), {"group": "g"}, InputError, "can go to the test set"),
        (rows(["a", "b"], lang=[1, 1]), {"group": "langs"}, UsageError, "did you mean `lang`?"),
        (rows(["a", "b"], lang=[1, 1]), {"by": "x"}, UsageError, "has the field `x`"),
        (rows(["a", "b"], day=["x", "y"]), {"date": "day"}, InputError, "a date that can be read"),
        (rows(["a", "b"], day=["2024-01-01"] * 2), {"date": "day"}, InputError, "can go to"),
        (rows(["a", "b"], lang=[1, 1]), {"date": "day"}, UsageError, "has the field `day`"),
    ],
)
def test_what_cannot_be_split(made, options, error, words):
    with pytest.raises(error, match=words.replace("?", r"\?")):
        split_up(made, **options)


@pytest.mark.parametrize("wrong", [{"test": 0}, {"test": -1}, {"test": 1.5}, {"valid": -0.1}])
def test_shares_that_are_none(wrong):
    with pytest.raises(UsageError, match="of the rows"):
        SplitOptions(**wrong)


def test_two_rows_are_enough():
    assert sorted(split_up(rows(["a", "b"])).parts) == ["test", "train"]


def test_broken_rows_are_not_counted():
    from evalkit.core.example import Broken

    made = rows([f"q{n}" for n in range(10)])
    broken = Example(made[0].location, b"x", None, None, Broken("json"))
    assert len(split_up([made[0], broken, *made[1:]]).parts) == 10


def test_as_prepare_data_did():
    made = rows([f"q{n % 5}" for n in range(20)], [f"a{n % 2}" for n in range(20)])
    division, order = divide_as_before(made, source="x.jsonl")
    assert (list(order), [n for n, p in enumerate(division.parts) if p == "valid"]) == legacy(20)
    assert division.notes == ("4 of 4 rows of valid ask what a row of train asks",)
    with pytest.raises(InputError, match="are no labels"):
        divide_as_before(rows(["a", "b"]), source="x.jsonl")


def test_values_under_names():
    value = {"messages": [], "A": {"b": [1, {"c": " x "}]}, "flag": True, "metadata": {"Day": "y"},
             "dotted.key": {"z": 1}, "empty": ""}  # fmt: skip
    made = example(value)
    assert value_at(made, "A.b.1.c") == "x"
    assert value_at(made, "A.b.7") is None
    assert value_at(made, "A.b.x") is None
    assert value_at(made, "flag") == "true"
    assert value_at(made, "DAY") == "y"
    assert value_at(made, "dotted.key") == '{"z":1}'
    assert value_at(made, "empty") is None
    assert value_at(made, "nothing") is None


def test_rows_that_ask_nothing_are_not_alike_for_that():
    rng = random.Random(2)  # noqa: S311
    made = [row(prose(rng), "a") for _ in range(80)] + [row("", prose(rng)) for _ in range(20)]
    division = split_up(made, test=30)
    assert not division.notes
    assert len(set(division.parts[80:])) == 2


def test_labels_of_one_row_are_shared_out_together():
    labels = ["common"] * 50 + [f"rare {n}" for n in range(50)]
    division = split_up(rows([f"q{n}" for n in range(100)], topic=labels), by="topic", test=20)
    assert Counter(zip(labels, division.parts, strict=True))["common", "test"] == 10
    assert division.parts[50:].count("test") == 10


def test_families_that_keep_the_numbers_from_being_met_are_let_go():
    rng = random.Random(4)  # noqa: S311
    one, other = prose(rng), prose(rng)
    questions = [f"{text} number {n}" for text in (one, other) for n in range(45)]
    questions += [prose(rng) for _ in range(10)]
    division = split_up(rows(questions), test=30)
    assert division.parts.count("test") == 30
    assert any("90 rows as alike" in note for note in division.notes)
    kept = split_up(rows(questions), test=45)  # here they are in nobody's way
    assert kept.parts.count("test") == 45
    assert all(len(set(kept.parts[at : at + 45])) == 1 for at in (0, 45))


class Sketched:
    """What `Kin` asks of facts: 40 rows of one crowd, of which two are nearly the same.

    They meet in one band only, and there too many stand between them for them to be compared.
    """

    def __init__(self):
        self.rows = np.random.default_rng(1).integers(1, 255, (40, BINS)).astype(np.uint8)
        self.rows[:, :4] = 7
        self.rows[30] = self.rows[10]
        self.rows[30, 4::4] ^= 1

    def key_column(self):
        return np.arange(40, dtype=np.uint64)

    def texts(self):
        return self.rows, np.zeros((40, ASKED_BINS), np.uint8), np.zeros(40, np.uint64)


def test_what_only_a_comparison_of_the_parts_finds():
    kin = Kin(Sketched(), group=False, near=True)
    assert kin.roots.tolist() == [*range(40)]
    parts = np.zeros(40, np.int64)
    assert not kin.bring_together(parts)
    parts[[10, 20]] = 1
    assert kin.bring_together(parts)
    assert kin.roots[30] == kin.roots[10] == 10
    assert not kin.bring_together(parts * 0)


def test_parts_are_compared_until_nothing_is_found(monkeypatch):
    monkeypatch.setattr(division_module, "Kin", lambda *_, **options: Kin(Sketched(), **options))
    for seed in range(12):
        made = split_up(rows([f"q{n}" for n in range(40)]), test=6, seed=seed)
        assert made.parts[10] == made.parts[30]


def kto(number, good, layout_name):
    asked, answer = f"question {number * 7919}", f"an answer of its own, {number * 31} words long"
    if layout_name == "trl-kto":
        value = {"prompt": asked, "completion": answer, "label": good}
    else:
        value = {"instruction": asked, "output": answer, "kto_tag": good}
    made = layout(layout_name)
    location = Location(source="x.jsonl", line=number, end_line=number, number=number)
    raw = json.dumps(value).encode()
    return Example(location, raw, value, made, fields=fields_of(value, made))


@pytest.mark.parametrize("name", ["trl-kto", "llama-factory-kto"])
def test_each_part_has_its_share_of_good_and_bad_answers(name):
    judged = [kto(n, n % 2 == 0, name) for n in range(1, 61)]
    for seed in range(4):
        made = split_up(judged, test=12, seed=seed)
        pairs = Counter(zip(made.labels, made.parts, strict=True))
        assert pairs["good", "test"] == pairs["bad", "test"] == 6


def test_parts_that_never_settle_are_noted(monkeypatch):
    monkeypatch.setattr(Kin, "bring_together", lambda *_: True)
    made = split_up(rows([f"q{n}" for n in range(40)]))
    assert any("compared until" in note for note in made.notes)
