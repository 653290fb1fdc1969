# SPDX-License-Identifier: Apache-2.0
"""The JSON of an estimate keeps its schema, and says what the values say."""

import json
from dataclasses import replace
from datetime import date

import jsonschema
import pytest

from evalkit.core.location import Location
from evalkit.core.resources import schema
from evalkit.estimation.document import as_document, as_whole_document
from evalkit.estimation.facts import Duration, LongRow, Outlier, Validation
from evalkit.estimation.outlook import Fit, Unlisted
from evalkit.estimation.question import Question
from evalkit.targets.card import Source
from evalkit.targets.load import target_named, target_names

WORDS = {"en": "because", "zh": "因为"}
RULES = schema("estimate-output")
CHECK = jsonschema.Draft202012Validator(RULES, format_checker=jsonschema.FormatChecker())
OFFER = jsonschema.Draft202012Validator(
    {**RULES, "required": [key for key in RULES["required"] if key != "schema"]}
)
MODELS = [f"{t}/{m}" for t in target_names() for m in target_named(t).models]


def valid(document):
    CHECK.validate(document)
    for offer in document.get("offers", []):
        OFFER.validate(offer)
    json.dumps(document)
    return document


def test_the_keys_of_before_are_there(made):
    got = valid(as_document(made(batch_size=4)))
    assert got["files"] == [{"path": "train.jsonl", "examples": 20}]
    assert (got["examples"], got["epochs"], got["steps"]) == (20, 5, 25)
    assert (got["billed_tokens"], got["cookbook_tokens"]) == (26_100, 26_300)
    assert got["tokens"]["loss_per_epoch"] == 2_051
    assert got["cost"]["amount"] == "0.1305"
    assert got["cost"]["source"]
    assert got["model"]["name"] == "gpt-4.1-mini-2025-04-14"
    assert got["model"]["encoding"] == "o200k_base"
    assert got["model"]["retires"] == "2027-01-14"


def test_everything_that_may_be_there(made, answered):
    where = Location(source="t.xlsx", line=3, number=2, sheet="表")
    estimate = made(
        validation=Validation(
            files=(("v.jsonl", 2),), examples=2, tokens=60, evaluations=None, billed=None, why=WORDS
        ),
        duration=Duration(least=9, most=99, jobs=2, basis=(Source(date(2026, 1, 1), "log"),)),
        cut_rows=(LongRow(location=where, tokens=9, lost=3, learned=0),), over_long=1, lost=3,
        outliers=(Outlier(location=where, tokens=9, times=12.5),),
        left_out=1, left_out_rows=(where,),
    )  # fmt: skip
    asked = Question(hosting_days=1.5, evaluate=10, judge="gpt-4.1", few_shot=2, calls_per_month=9)
    fits = {"openai": Fit(errors=2, warnings=1, blockers=(("bad-role", 2),))}
    got = valid(as_whole_document(answered(estimate, question=asked, fits=fits)))
    assert got["over_long"]["rows"] == [
        {
            "path": "t.xlsx",
            "line": 3,
            "number": 2,
            "sheet": "表",
            "tokens": 9,
            "lost": 3,
            "learned": 0,
        }
    ]
    assert got["lint"] == {"errors": 2, "warnings": 1, "blockers": {"bad-role": 2}}
    assert got["today"] == "2026-11-21"
    assert got["cost"]["old"] is True
    assert got["evaluation"]["rows_of"] == "asked"
    assert [line["who"] for line in got["evaluation"]["lines"]] == ["base", "tuned", "judge"]
    assert got["break_even"]["few_shot_examples"] == 2
    assert got["break_even"]["assumed"] is False
    assert got["closing"]["state"] == "new-customers-closed"
    assert sum(got["distribution"]["shares"].values()) == 5_220
    assert "offers" not in got


def test_nothing_is_known(made, answered):
    empty = made(
        "davinci", cost=None, example=None, roles={}, turns=None, prompt_tokens=None,
        answer_tokens=None, system_tokens=None,
    )  # fmt: skip
    got = valid(as_whole_document(answered(empty)))
    assert got["cost"] is got["evaluation"] is got["break_even"] is got["lint"] is None
    assert got["distribution"]["example"] is None


@pytest.mark.parametrize("name", MODELS)
def test_every_model_of_the_registry(made, answered, name):
    got = valid(as_whole_document(answered(made(name), question=Question(hosting_days=7))))
    assert name == f"{got['model']['target']}/{got['model']['name']}"


def test_several_models(made, answered):
    dear = made("gpt-4.1")
    none = replace(made("azure/gpt-4o"), cost=None)
    result = answered(
        dear, made(), none, unread=("vertex",),
        unlisted=(Unlisted(target="trl", fit=Fit(errors=0, warnings=0)),),
    )  # fmt: skip
    got = valid(as_whole_document(result))
    assert [one["model"]["target"] for one in got["offers"]].count("openai") == 2
    assert got["model"] == got["offers"][0]["model"]
    assert got["unread"] == ["vertex"]
    assert got["unlisted"] == [
        {"target": "trl", "lint": {"errors": 0, "warnings": 0, "blockers": {}}}
    ]
    sums = [one["cost"]["amount"] for one in got["offers"] if one["cost"]]
    assert sums == sorted(sums, key=float)
