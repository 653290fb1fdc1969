# SPDX-License-Identifier: Apache-2.0
"""Orders and their records: keys, files, and what JOB means."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.errors import InputError, UsageError
from evalkit.jobs.job import Order, TrainingFile
from evalkit.jobs.record import (
    new_record,
    order_of,
    record_of,
    records,
    rounds,
    write_record,
)

DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
FILES = st.builds(
    TrainingFile,
    path=st.sampled_from([Path("a.jsonl"), Path("某/b.jsonl")]),
    sha256=DIGESTS,
    size=st.integers(1, 10**10),
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.integers(1, 50) | st.floats(0.01, 9, allow_nan=False) | TEXTS
ORDERS = st.builds(
    Order,
    target=st.sampled_from(["openai", "azure", "local"]),
    model=TEXTS,
    train=FILES,
    validation=st.none() | FILES,
    method=st.sampled_from(["sft", "preference", "rft", "completion"]),
    hyperparameters=st.dictionaries(TEXTS, VALUES, max_size=3),
    grader=st.none() | st.dictionaries(TEXTS, VALUES, max_size=2),
    suffix=st.none() | TEXTS,
    seed=st.none() | st.integers(0, 2**31 - 1),
    metadata=st.dictionaries(TEXTS, TEXTS, max_size=3),
    url=st.none() | st.just("https://x.example/v1"),
)
ONE = Order(
    target="openai",
    model="m",
    train=TrainingFile(path=Path("t.jsonl"), sha256="ab" * 32, size=5),
)
OTHERS = {
    "target": "azure",
    "model": "n",
    "train": TrainingFile(path=Path("t.jsonl"), sha256="cd" * 32, size=5),
    "validation": TrainingFile(path=Path("t.jsonl"), sha256="ab" * 32, size=5),
    "method": "preference",
    "hyperparameters": {"n_epochs": 2},
    "grader": {"type": "multi"},
    "suffix": "s",
    "seed": 0,
    "metadata": {"a": "b"},
    "url": "https://x.example/v1",
}


@settings(max_examples=30)
@given(ORDERS)
def test_a_record_gives_its_order_back(order):
    record = new_record(order, now=1.0)
    again = order_of(record)
    assert again.key == order.key
    assert again == order


@settings(max_examples=30)
@given(ORDERS)
def test_a_key_is_of_the_order_whatever_the_files_are_called(order):
    moved = replace(order, train=replace(order.train, path=Path("elsewhere.jsonl")))
    turned = replace(order, metadata=dict(reversed(order.metadata.items())))
    assert order.key == moved.key == turned.key
    assert len(order.key) == 40
    assert set(order.key) <= set("0123456789abcdef")


@settings(max_examples=30)
@given(ORDERS, ORDERS)
def test_different_orders_have_different_keys(one, other):
    def said(order):
        files = [order.train.sha256, order.validation.sha256 if order.validation else None]
        rest = [
            order.target,
            order.url or "",
            order.model,
            order.method,
            dict(order.hyperparameters),
            order.grader,
            order.suffix or "",
            order.seed,
            dict(order.metadata),
        ]
        return json.dumps([*files, *rest], sort_keys=True)

    assert (one.key == other.key) == (said(one) == said(other))


@pytest.mark.parametrize("name", OTHERS)
def test_every_part_of_an_order_counts(name):
    assert replace(ONE, **{name: OTHERS[name]}).key != ONE.key


def test_records_are_kept_and_found(tmp_path):
    assert records(tmp_path / "none") == []
    other = replace(ONE, seed=1)
    first = replace(new_record(ONE, now=1.0), state="submitted", job="ftjob-1")
    second = replace(new_record(ONE, round=2, former=("ftjob-1",), now=2.0), job="ftjob-2")
    third = new_record(other, now=3.0, key_env="MY_KEY", estimate={"tokens": 3, "usd": None})
    for one in (first, second, third):
        write_record(tmp_path, one)
    assert records(tmp_path) == [third, second, first]
    assert rounds(tmp_path, ONE.key) == [second, first]
    assert record_of(tmp_path, "last") == third
    assert record_of(tmp_path, "ftjob-1") == first
    assert record_of(tmp_path, ONE.key[:4]) == second
    assert record_of(tmp_path, "ftjob-9") is None
    assert record_of(tmp_path, ONE.key[:3]) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [f"{ONE.key[:16]}.json", f"{ONE.key[:16]}-2.json", f"{other.key[:16]}.json"]
    )


def test_letters_that_several_orders_begin_with(tmp_path):
    made = [new_record(replace(ONE, seed=n), now=1.0) for n in range(2)]
    twin = replace(made[1], key=made[0].key[:20] + "0" * 20)
    write_record(tmp_path, made[0])
    write_record(tmp_path, replace(twin, round=2))
    with pytest.raises(UsageError, match="several orders begin"):
        record_of(tmp_path, made[0].key[:16])


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"schema": 0}', '{"schema": 1}', '{"schema": 1, "state": "x"}', "\xff"],
)
def test_a_record_that_cannot_be_read_is_not_passed_over(tmp_path, text):
    (tmp_path / f"{ONE.key[:16]}.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="cannot be read"):
        records(tmp_path)
    (tmp_path / "notes.json").write_text("{")  # others' files are none of ours


def test_a_record_of_a_newer_evalkit_is_not_moved_away(tmp_path):
    (tmp_path / f"{ONE.key[:16]}.json").write_text('{"schema": 2}')
    with pytest.raises(InputError, match="newer evalkit") as fault:
        records(tmp_path)
    assert "update" in fault.value.hint


@pytest.mark.parametrize(
    "wrong",
    [
        {"created": "x"},
        {"key": 5},
        {"round": None},
        {"job": ["a"]},
        {"train": {"path": 1, "sha256": "a", "size": 1}},
        {"train": 7},
        {"hyperparameters": []},
        {"former": [1]},
    ],
)
def test_a_record_with_values_of_another_kind_is_told_as_one(tmp_path, wrong):
    for order in (ONE, replace(ONE, seed=1)):
        write_record(tmp_path, new_record(order, now=1.0))
    path = tmp_path / f"{ONE.key[:16]}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **wrong}))
    with pytest.raises(InputError, match="cannot be read"):
        records(tmp_path)


def test_a_name_means_a_job_of_the_target_that_is_named(tmp_path):
    for n, target in enumerate(("openai", "azure")):
        record = new_record(replace(ONE, target=target), now=float(n))
        write_record(tmp_path, replace(record, job="ftjob-1", state="submitted"))
    assert record_of(tmp_path, "last").target == "azure"
    for name in ("last", "ftjob-1"):
        assert record_of(tmp_path, name, target="openai").target == "openai"
    with pytest.raises(UsageError, match="at together"):
        record_of(tmp_path, "last", target="together")


def test_nothing_ordered(tmp_path):
    with pytest.raises(UsageError, match="no job was ordered"):
        record_of(tmp_path, "last")
