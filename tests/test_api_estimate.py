# SPDX-License-Identifier: Apache-2.0
"""evalkit.estimate: the numbers of the command, for notebooks and scripts."""

import asyncio
import json
import re
from datetime import date
from html.parser import HTMLParser

import jsonschema
import pytest

import evalkit
from evalkit.cli.main import main
from evalkit.core.errors import InputError, UsageError
from evalkit.core.resources import schema

TODAY = date(2026, 11, 21)


@pytest.fixture
def train(tmp_path, monkeypatch):
    """A file of twenty rows, in the folder where the test runs."""
    monkeypatch.chdir(tmp_path)
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"问题 {n}？"},
                {"role": "assistant", "content": f"回答 {n}。"},
            ]
        }
        for n in range(20)
    ]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (tmp_path / "train.jsonl").write_text(text, encoding="utf-8")
    (tmp_path / "valid.jsonl").write_text(text[: len(text) // 4].rpartition("\n")[0], "utf-8")
    return "train.jsonl"


CALLS = [
    (("--model", "gpt-4.1-mini"), {"model": "gpt-4.1-mini"}),
    (
        ("--model", "gpt-4.1", "--validation", "valid.jsonl", "--epochs", "2", "--batch-size", "3"),
        {"model": "gpt-4.1", "validation": "valid.jsonl", "epochs": 2, "batch_size": 3},
    ),
    (
        ("--model", "gpt-4.1", "--evaluate", "50", "--judge", "gpt-4.1", "--few-shot", "3",
         "--hosting-days", "7", "--calls-per-month", "1000", "--repeats", "2", "--batch"),
        {"model": "gpt-4.1", "evaluate": 50, "judge": "gpt-4.1", "few_shot": 3, "hosting_days": 7,
         "calls_per_month": 1000, "repeats": 2, "batch": True},
    ),
    (("--target", "all"), {"target": "all"}),
    (
        ("--target", "azure", "--target", "openai", "--no-lint"),
        {"target": ["azure", "openai"], "lint": False},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "given"), CALLS)
def test_the_numbers_are_those_of_the_command(evalkit_command, train, arguments, given):
    done = evalkit_command("estimate", train, *arguments, "--output-format", "json")
    told = json.loads(done)
    found = evalkit.estimate(train, today=date.fromisoformat(told["today"]), **given)
    assert found.to_dict() == told
    jsonschema.validate(told, schema("estimate-output"))


@pytest.fixture
def evalkit_command(capfd):
    """What the command prints, in this process."""

    def call(*arguments):
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        assert not end.value.code
        return capfd.readouterr().out

    return call


def test_what_it_takes(train):
    data = evalkit.read(train)
    one = evalkit.estimate(data, model="gpt-4.1", today=TODAY)
    assert one.cost == evalkit.estimate([train], model=["gpt-4.1"], today=TODAY).cost
    frame = evalkit.from_frame(evalkit.to_frame(data))
    assert evalkit.estimate(frame, model="gpt-4.1").estimate.billed_tokens == (
        one.estimate.billed_tokens
    )
    both = evalkit.estimate([train, "valid.jsonl"], model="gpt-4.1")
    assert both.estimate.examples > 20
    held = evalkit.estimate(train, model="gpt-4.1", evaluate="valid.jsonl")
    assert held.outlooks[0].evaluation.rows_of == "file"


def test_frames_are_compared_without_lint(train):
    frame = evalkit.from_frame(evalkit.to_frame(evalkit.read(train)))
    found = evalkit.estimate(frame, target=["openai", "azure"])
    assert all(one.fit is None for one in found)


def test_tables_are_linted_by_the_columns_that_were_read(train, tmp_path):
    (tmp_path / "t.csv").write_text("frage,antwort\n" + "2 + 2?,Four.\n" * 12, "utf-8")
    data = evalkit.read("t.csv", columns={"user": "frage", "assistant": "antwort"})
    found = evalkit.estimate(data, target=["openai", "azure"])
    assert [one.fit.blockers for one in found] == [(("single-label", 1),)] * len(found)
    made = evalkit.read("t.csv", templates={"user": "{frage}", "assistant": "{antwort}"})
    assert evalkit.estimate(made, target=["openai", "azure"]).outlooks[0].fit is None


def test_it_shows_itself(train):
    one = evalkit.estimate(train, model="gpt-4.1", language="zh", today=TODAY)
    assert "训练费用" in str(one)
    assert "训练费用" in one._repr_html_()
    assert one.to_markdown().startswith("### train.jsonl：")
    assert (len(one), len(list(one))) == (1, 1)
    several = evalkit.estimate(train, target="all", language="en", today=TODAY)
    assert "side by side" in several.to_markdown()
    assert len(several) > 3
    assert "<th>model</th>" in several._repr_html_()


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen = set()

    def handle_starttag(self, tag, attributes):
        self.seen |= {tag, *(f"{tag}.{name}" for name, _ in attributes)}


@pytest.mark.parametrize("target", ["openai", "all"])
def test_html_holds_no_markup_of_the_data(train, tmp_path, target):
    name = "<img src=x onerror=alert(1)>.jsonl"
    row = {
        "messages": [{"role": "<script>", "content": "x"}, {"role": "assistant", "content": "y"}]
    }
    try:
        (tmp_path / name).write_text(json.dumps(row) + "\n")
    except OSError:
        pytest.skip("this system takes no such names")
    found = evalkit.estimate(name, target=target)
    tags = _Tags()
    tags.feed(found._repr_html_())
    assert tags.seen <= {
        "table", "caption", "tr", "td", "th", "td.style", "p", "strong", "br", "small", "small.style",
    }  # fmt: skip
    assert "&lt;img" in found._repr_html_()


def test_it_works_inside_a_running_loop(train):
    async def inside():
        return evalkit.estimate(train, model="gpt-4.1").cost

    assert asyncio.run(inside()) is not None


def test_wrong_input(train):
    for given, said in (
        ({"model": "gpt5"}, "no model named `gpt5`"),
        ({"target": "opnai"}, "did you mean `openai`"),
        ({"epochs": 0}, "epochs: 0"),
        ({"batch_size": 0}, "batch size: 0"),
        ({"evaluate": 0}, "evaluate: 0"),
    ):
        with pytest.raises(UsageError, match=re.escape(said)):
            evalkit.estimate(train, **given)
    with pytest.raises(UsageError, match="no data set is named"):
        evalkit.estimate([])
    with pytest.raises(InputError, match="no such file"):
        evalkit.estimate("nothing.jsonl")


def test_the_package_is_not_shadowed():
    import evalkit.estimation

    assert callable(evalkit.estimate)
    assert evalkit.estimation.__name__ == "evalkit.estimation"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"method": "foo"}, "no method of training named `foo`"),
        ({"language": "de"}, "no language `de`"),
        ({"few_shot": 2, "few_shot_tokens": 9}, "say the same"),
        ({"few_shot": 21}, "there are only 20 rows, not 21"),
        ({"epochs": "3"}, "epochs: '3' is no whole number"),
        ({"today": "soon"}, "today: 'soon' is no day"),
        ({"today": 20261121}, "today: 20261121 is no day"),
    ],
)
def test_what_cannot_be_asked_is_said(train, given, said):
    with pytest.raises(UsageError) as refused:
        evalkit.estimate(train, **{"model": "gpt-4.1", **given})
    assert said in refused.value.message


def test_today_may_be_a_text(train):
    found = evalkit.estimate(train, model="gpt-4.1", today="2027-02-01")
    assert found.today == date(2027, 2, 1)
    assert found.outlooks[0].closing.state == "gone"
