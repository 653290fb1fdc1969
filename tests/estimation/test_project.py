# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from datetime import date

import pytest

from evalkit.data.read import open_data
from evalkit.estimation import project
from evalkit.estimation.document import as_document
from evalkit.estimation.project import estimate
from evalkit.estimation.text import as_text, left_out_line
from evalkit.targets.load import model_named
from evalkit.tokens.encodings import count

TURBO = model_named("gpt-3.5-turbo-0613")


def test_the_job_of_2023(shared):
    path = str(shared / "chatlaw-law-zh" / "fine_tuning.jsonl")
    got = estimate(open_data(path), model=TURBO, batch_size=4)
    assert (got.examples, got.epochs.number, got.steps) == (20, 5, 25)
    assert (got.billed_per_epoch, got.cookbook_per_epoch, got.loss_per_epoch) == (5220, 5260, 2051)
    assert (got.billed_tokens, got.cookbook_tokens) == (26_100, 26_300)
    assert got.cost.amount == "0.2088"
    assert got.files == ((path, 20),)
    assert got.formats == ("openai-chat",)
    assert (got.over_long, got.left_out) == (0, 0)


def test_the_cookbooks_toy(shared):
    path = str(shared / "openai-cookbook" / "toy_chat_fine_tuning.jsonl")
    got = estimate(open_data(path), model=TURBO)
    assert (got.cookbook_per_epoch, got.billed_per_epoch, got.epochs.number) == (4306, 4298, 20)
    assert (got.cookbook_tokens, got.billed_tokens) == (86_120, 85_960)
    assert got.over_long == 1
    assert got.cut_rows[0].location.line == 5
    assert got.cut_rows[0].tokens == 8_030
    assert got.lost == 8_030 - 4_096  # the answer is the end of the row
    assert got.steps is None
    unlimited = estimate(open_data(path), model=replace(TURBO, training_limit=None))
    assert (unlimited.cookbook_per_epoch, unlimited.over_long) == (8_242, 0)


def test_batches_do_not_matter(row, chat, monkeypatch):
    rows = [row(chat("Four. " * n), line=n + 1) for n in range(30)]
    whole = estimate(rows, model=TURBO)
    monkeypatch.setattr(project, "_BATCH_BYTES", 100)
    assert estimate(rows, model=TURBO) == whole


def test_several_files_and_empty_ones(row, chat):
    rows = [
        row(chat(), source="b.jsonl"),
        row(chat(), source="a.jsonl"),
        row(chat(), source="b.jsonl", line=2),
    ]
    got = estimate(
        rows, model=TURBO, epochs=2, batch_size=2, paths=["a.jsonl", "b.jsonl", "c.jsonl"]
    )
    assert got.files == (("a.jsonl", 1), ("b.jsonl", 2), ("c.jsonl", 0))
    assert (got.examples, got.steps, got.epochs.rule) == (3, 4, "given")


def test_what_is_left_out(row, chat):
    rows = [
        row(chat(), line=1),
        row(None, line=2, kind="json"),
        row(None, line=3, kind="blank"),
        row({"messages": "none"}, line=4),
        row({"what": 1}, line=5, format=None),
    ]
    got = estimate(rows, model=TURBO)
    assert (got.examples, got.left_out) == (1, 3)
    assert [where.line for where in got.left_out_rows] == [2, 4, 5]
    assert "a.jsonl:2, a.jsonl:4, a.jsonl:5" in left_out_line(got)
    assert "a.jsonl:5" in left_out_line(got, "zh")
    assert left_out_line(estimate(rows[:1], model=TURBO)) == ""


def test_many_left_out_are_named_in_part(row):
    got = estimate([row(None, line=n, kind="json") for n in range(1, 101)], model=TURBO)
    assert got.left_out == 100
    assert "a.jsonl:5 and 95 more" in left_out_line(got)


def test_hostile_paths_are_shown_harmless(row):
    got = estimate([row(None, source="\x1b[2J.jsonl", kind="json")], model=TURBO)
    assert "\x1b" not in left_out_line(got)


def test_nothing():
    got = estimate([], model=TURBO, batch_size=4)
    assert (got.examples, got.epochs.number, got.steps, got.billed_tokens) == (0, 0, 0, 0)
    assert got.cost.amount == "0.00"


def test_models_without_a_chat_form_count_the_texts_alone(row):
    pair = {"prompt": "Who won? ->", "completion": " The reds\n"}
    got = estimate([row(pair, format="prompt-completion")], model=model_named("babbage-002"))
    prompt, completion = count([pair["prompt"], pair["completion"]], "cl100k_base")
    assert got.billed_per_epoch == got.cookbook_per_epoch == prompt + completion
    assert got.loss_per_epoch == completion


def test_weights(row, chat):
    assert estimate([row(chat(weight=0))], model=TURBO).loss_per_epoch == 0
    assert estimate([row(chat(weight=1))], model=TURBO).loss_per_epoch == 2


def test_tools_and_media_are_told(row, chat):
    image = {"type": "image_url", "image_url": {"url": "https://x"}}
    shown = {"messages": [{"role": "user", "content": [{"type": "text", "text": "?"}, image]}]}
    tool = {"type": "function", "function": {"name": "f"}}
    got = estimate([row(shown), row({**chat(), "tools": [tool]})], model=TURBO)
    assert (got.with_tools, got.with_media) == (1, 1)
    text = as_text(got, end=None, others=(), today=date(2026, 11, 1))
    assert "within about 2 %" in text
    assert "not counted" in text


def test_steps_round_up(row, chat):
    rows = [row(chat(), line=n) for n in range(5)]
    assert estimate(rows, model=TURBO, epochs=3, batch_size=4).steps == 6


@pytest.mark.parametrize("name", ["gpt-4.1-mini", "azure/gpt-4.1", "o4-mini", "ada"])
def test_the_document_is_as_published(row, chat, name):
    import jsonschema

    from evalkit.core.resources import schema

    validator = jsonschema.Draft202012Validator(schema("estimate-output"))
    document = as_document(estimate([row(chat())], model=model_named(name), batch_size=1))
    assert not list(validator.iter_errors(document))
    assert set(document) == set(schema("estimate-output")["required"])
    assert (document["cost"] is None) == (name in ("azure/gpt-4.1", "o4-mini"))


def test_the_schema_and_its_sample(shared):
    import jsonschema

    from evalkit.core.resources import schema

    jsonschema.Draft202012Validator.check_schema(schema("estimate-output"))
    (sample,) = schema("estimate-output")["examples"]
    jsonschema.validate(sample, schema("estimate-output"))
    path = str(shared / "chatlaw-law-zh" / "fine_tuning.jsonl")
    document = as_document(estimate(open_data(path), model=TURBO, batch_size=4))
    assert {**document, "files": sample["files"]} == sample  # the sample is what is really printed
