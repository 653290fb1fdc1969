# SPDX-License-Identifier: Apache-2.0
"""Every layout, as its tool writes it (small, made by hand after real files of 2026-11)."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
import zlib

import pytest

from evalkit.core.errors import InputError, UsageError
from evalkit.core.exchange import Position, Usage
from evalkit.core.registry import find, names
from evalkit.models.recordings._read import open_recording, read_recording

ASKED = [{"role": "user", "content": "Where is it?"}]


def lines(*rows) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def brief(rows):
    """What most tests look at."""
    return [(row.ids, row.reply.text, row.reply.finish) for row in rows]


@pytest.fixture
def read(tmp_path):
    def call(raw: bytes, name: str = "answers.jsonl"):
        (tmp_path / name).write_bytes(raw)
        return read_recording(tmp_path / name)

    return call


def test_all_are_found_and_each_says_whose_it_is():
    found = [find("recordings", name) for name in names("recordings")]
    assert [one.name for one in found] == names("recordings")
    assert all(one.whose for one in found)
    assert max(found, key=lambda one: one.order).name == "id-and-text"


# Tables and lines of id and text


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"id,answer\nq1,ship\nq2,bill\n", "a.csv"),
        (b"Answer;ID\nship;q1\nbill;q2\n", "a.csv"),
        ("编号\t回答\nq1\tship\nq2\tbill\n".encode("gb18030"), "a.tsv"),
        (gzip.compress(b"id,prediction\nq1,ship\nq2,bill\n", mtime=0), "a.csv.gz"),
        (lines({"id": "q1", "output": "ship"}, {"id": "q2", "output": "bill"}), "a.jsonl"),
        (b"\xef\xbb\xbf" + lines({"ID": "q1", "Response": "ship"}, {"ID": "q2", "Response": "bill"}), "a.txt"),
        (json.dumps([{"qid": "q1", "completion": "ship"}, {"qid": "q2", "completion": "bill"}], indent=1).encode(), "a.json"),
    ],
)  # fmt: skip
def test_id_and_text(read, raw, name):
    assert brief(read(raw, name)) == [(("q1",), "ship", "stop"), (("q2",), "bill", "stop")]


def test_a_workbook(read):
    import xlsxwriter

    held = io.BytesIO()
    book = xlsxwriter.Workbook(held)
    sheet = book.add_worksheet()
    for row, cells in enumerate([("行", "模型回答"), (2, "ship"), (3, "bill")]):
        sheet.write_row(row, 0, cells)
    book.close()
    found = read(held.getvalue(), "a.xlsx")
    assert brief(found) == [(("line 2",), "ship", "stop"), (("line 3",), "bill", "stop")]


def test_columns_beside_the_answer(read):
    rows = read(
        b"id,answer,model,finish_reason,error,probabilities,prompt_tokens,completion_tokens,date\n"
        b'7,ship,a,length,,"{""ship"": 0.75, ""bill"": 0.25}",5,2,2026-11-02\n'
        b"9,,b,,boom,,,,\n",
        "a.csv",
    )
    assert rows[0].reply.finish == "length"
    assert rows[0].reply.probabilities == {"ship": 0.75, "bill": 0.25}
    assert rows[0].reply.usage == Usage(5, 2)
    assert (rows[0].model, rows[0].date) == ("a", "2026-11-02")
    assert (rows[1].model, rows[1].reply.finish) == ("b", "error")


def test_identifiers_that_only_count_give_the_places(read):
    rows = read(b"id,answer\n3,c\n1,a\n2,b\n", "a.csv")
    assert [row.place for row in rows] == [2, 0, 1]
    assert [row.place for row in read(b"id,answer\n3,c\n5,a\n", "a.csv")] == [None, None]


def test_a_question_beside_the_answer_is_what_was_asked(read):
    row = read(b"question,system,answer\nWhere is it?,Sort.,ship\n", "a.csv")[0]
    assert row.messages == [{"role": "system", "content": "Sort."}, *ASKED]


def test_what_is_expected_is_nobody_s_answer(read):
    row = read(b"id,expected,output\nq1,bill,ship\n", "a.csv")[0]
    assert row.reply.text == "ship"


# Batches


def batch(custom_id, body, status=200, error=None):
    return {
        "id": "batch_req_1",
        "custom_id": custom_id,
        "response": {"status_code": status, "request_id": "r", "body": body},
        "error": error,
    }


def completion(*texts, **message):
    return {
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": "gpt-4.1-mini-2025-04-14",
        "choices": [
            {
                "index": n,
                "message": {"role": "assistant", "content": text, **message},
                "finish_reason": "stop",
            }
            for n, text in enumerate(texts)
        ],
        "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10},
    }


def test_a_batch_in_any_order(read):
    rows = read(
        lines(
            batch("q2", completion("bill", "ship")),
            batch("q1", {"error": {"message": "no"}}, status=400),
            {"id": "batch_req_2", "custom_id": "q3", "response": None, "error": {"code": "x"}},
        )
    )
    assert brief(rows) == [
        (("q2",), "bill", "stop"),
        (("q2",), "ship", "stop"),
        (("q1",), "", "error"),
        (("q3",), "", "error"),
    ]
    assert [row.repeat for row in rows] == [0, 1, 0, 0]
    assert rows[0].reply.usage == Usage(9, 1)
    assert rows[1].reply.usage is None  # counted once
    assert (rows[0].model, rows[0].date) == ("gpt-4.1-mini-2025-04-14", "2026-09-21")


def test_a_batch_of_responses_and_of_completions(read):
    responses = {
        "model": "gpt-5.5",
        "created_at": 1_790_000_000,
        "status": "completed",
        "output": [
            {"type": "reasoning", "summary": []},
            {"type": "message", "content": [{"type": "output_text", "text": "ship"}]},
        ],
        "usage": {"input_tokens": 9, "output_tokens": 1},
    }
    legacy = {"model": "davinci-002", "choices": [{"text": " bill", "finish_reason": "length"}]}
    rows = read(lines(batch("q1", responses), batch("q2", legacy)))
    assert brief(rows) == [(("q1",), "ship", "stop"), (("q2",), " bill", "length")]
    assert rows[0].reply.usage == Usage(9, 1)


def test_a_batch_with_its_input_knows_what_was_asked(tmp_path):
    (tmp_path / "out.jsonl").write_bytes(lines(batch("a", completion("ship"))))
    asked = {"custom_id": "a", "method": "POST", "body": {"model": "m", "messages": ASKED}}
    (tmp_path / "in.jsonl").write_bytes(lines(asked))
    found = open_recording(tmp_path / "out.jsonl", asked=tmp_path / "in.jsonl")
    assert found.rows[0].messages == ASKED
    assert found.exact
    (tmp_path / "in.jsonl").write_bytes(lines({**asked, "custom_id": "b"}))
    with pytest.raises(InputError, match="does not hold the question of a"):
        open_recording(tmp_path / "out.jsonl", asked=tmp_path / "in.jsonl")


# LM Evaluation Harness


def harness(number, resps, arguments, through="none"):
    return {
        "doc_id": number,
        "doc": {"id": f"x{number}", "q": "Where is it?"},
        "target": "ship",
        "arguments": arguments,
        "resps": resps,
        "filtered_resps": ["filtered"],
        "filter": through,
    }


def test_harness_generated(read):
    asked = {"gen_args_0": {"arg_0": "Where is it?", "arg_1": {"until": ["\n"]}}}
    rows = read(
        lines(
            harness(0, [["ship", "bill"]], asked, "strict"),
            harness(0, [["ship", "bill"]], asked, "flexible"),
            harness(1, [["bill"]], [["Where is it?", {"until": ["\n"]}]]),
        )
    )
    assert [(r.ids, r.place, r.repeat, r.reply.text) for r in rows] == [
        (("x0",), 0, 0, "ship"),
        (("x0",), 0, 1, "bill"),
        (("x1",), 1, 0, "bill"),
    ]
    assert rows[0].messages == rows[2].messages == ASKED


def test_harness_choices(read):
    asked = {
        "gen_args_0": {"arg_0": "Where?", "arg_1": " bill"},
        "gen_args_1": {"arg_0": "Where?", "arg_1": " ship"},
    }
    row = read(lines(harness(0, [[["-2.0", "False"]], [["-0.5", "True"]]], asked)))[0]
    assert row.reply.text == "ship"
    assert row.reply.probabilities == pytest.approx({"bill": 0.1353353, "ship": 0.6065307})


def test_harness_chat_prompts(read):
    asked = {"gen_args_0": {"arg_0": [json.dumps(ASKED)], "arg_1": {}}}
    assert read(lines(harness(0, [["ship"]], asked)))[0].messages == ASKED


def test_harness_rolling_likelihoods_are_no_answers(read):
    with pytest.raises(InputError, match="a task without answers"):
        read(lines(harness(0, [[["-2.0"]]], {"gen_args_0": {"arg_0": "Where?"}})))


# Inspect

HEADER = {
    "version": 2,
    "status": "success",
    "eval": {"task": "t", "model": "openai/gpt-4.1-mini", "created": "2026-11-21T16:26:40+00:00"},
}


def sample(name="q1", epoch=1, **rest):
    message = {
        "id": "m3",
        "role": "assistant",
        "source": "generate",
        "content": [
            {"type": "reasoning", "reasoning": "hm"},
            {"type": "text", "text": "attachment://abc"},
        ],
    }
    return {
        "id": name,
        "epoch": epoch,
        "input": "Where is it?",
        "messages": [
            {"id": "m1", "role": "system", "content": "Sort."},
            {"id": "m2", "role": "user", "content": "Where is it?", "source": "input"},
            message,
        ],
        "output": {
            "model": "gpt-4.1-mini-2025-04-14",
            "choices": [
                {
                    "message": message,
                    "stop_reason": "max_tokens",
                    "logprobs": {
                        "content": [
                            {
                                "token": "ship",
                                "logprob": -0.5,
                                "top_logprobs": [{"token": "bill", "logprob": -1.5}],
                            }
                        ]
                    },
                }
            ],
            "usage": {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9},
        },
        "attachments": {"abc": "ship it"},
        "completed_at": "2026-11-21T16:26:41+00:00",
        **rest,
    }


def packed(members: dict[str, object], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, value in members.items():
            archive.writestr(name, value if isinstance(value, bytes) else json.dumps(value))
    return held.getvalue()


def packed_zstd(members: dict[str, object]) -> bytes:
    """A zip whose members are packed by zstd (method 93), which Python 3.11 cannot write."""
    zstd = pytest.importorskip("backports.zstd")
    body, directory = b"", b""
    for name, value in members.items():
        plain = json.dumps(value).encode()
        data, raw = zstd.compress(plain), name.encode()
        sizes = struct.pack("<III", zlib.crc32(plain), len(data), len(plain))
        common = struct.pack("<HHHHH", 20, 0, 93, 0, 0) + sizes + struct.pack("<HH", len(raw), 0)
        directory += b"PK\x01\x02\x14\x00" + common + struct.pack("<HHHII", 0, 0, 0, 0, len(body))
        directory += raw
        body += b"PK\x03\x04" + common + raw + data
    count = len(members)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


MEMBERS = {
    "_journal/start.json": {"version": 2, "eval": HEADER["eval"]},
    "samples/q1_epoch_1.json": sample(),
    "samples/2_epoch_1.json": sample(2, output={"model": "m", "choices": []}),
    "samples/q1_epoch_2.json": sample(epoch=2),
    "summaries.json": [],
    "header.json": HEADER,
}


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: packed(MEMBERS), "a.eval"),
        (lambda: packed(MEMBERS, zipfile.ZIP_STORED), "a.eval"),
        (lambda: packed_zstd(MEMBERS), "a.eval"),
        (lambda: packed({k: v for k, v in MEMBERS.items() if k != "header.json"}), "cut.eval"),
        (
            lambda: json.dumps(
                {**HEADER, "samples": [v for k, v in sorted(MEMBERS.items()) if "epoch" in k]},
                indent=2,
            ).encode(),
            "a.json",
        ),
    ],
)
def test_inspect(read, make, name):
    rows = read(make(), name)
    assert [(r.ids, r.repeat, r.reply.finish) for r in rows] == [
        (("2",), 0, "error"),
        (("q1",), 0, "length"),
        (("q1",), 1, "length"),
    ]
    reply = rows[1].reply
    assert reply.text == "ship it"
    assert reply.positions == (Position("ship", -0.5, (("bill", -1.5),)),)
    assert reply.usage == Usage(7, 2)
    assert rows[1].messages == [{"role": "system", "content": "Sort."}, *ASKED]
    assert (rows[1].model, rows[1].date) == ("openai/gpt-4.1-mini", "2026-11-21")


# promptfoo


def result(test, output, provider="openai:gpt-4.1-mini", prompt=0, **rest):
    return {
        "promptIdx": prompt,
        "testIdx": test,
        "provider": {"id": provider, "label": ""},
        "prompt": {"raw": json.dumps(ASKED), "label": f"p{prompt}"},
        "vars": {"id": f"q{test}", "question": "Where is it?"},
        "testCase": {"vars": {}},
        "response": {"output": output, "tokenUsage": {"prompt": 5, "completion": 2, "total": 7}},
        "success": False,
        "error": "Expected output to be ...",
        "score": 0,
        **rest,
    }


def document(*results):
    return {
        "evalId": "eval-1",
        "results": {"version": 3, "timestamp": "2026-11-20T10:00:00.000Z", "results": results},
        "config": {},
    }


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(document(result(0, "ship"), result(1, {"label": "bill"}))).encode(),
        json.dumps(document(result(0, "ship"), result(1, {"label": "bill"})), indent=2).encode(),
        json.dumps(document(result(0, "ship"), result(1, {"label": "bill"}))["results"]).encode(),
        lines(result(0, "ship"), result(1, {"label": "bill"})),
    ],
)
def test_promptfoo(read, raw):
    rows = read(raw, "output.json")
    assert brief(rows) == [(("q0",), "ship", "stop"), (("q1",), '{"label": "bill"}', "stop")]
    assert [row.place for row in rows] == [0, 1]
    assert rows[0].messages == ASKED
    assert rows[0].model == "openai:gpt-4.1-mini"
    assert rows[0].reply.usage == Usage(5, 2)


def test_promptfoo_errors_and_contestants(tmp_path):
    whole = document(
        result(0, "a", prompt=0),
        result(0, "b", prompt=1),
        result(0, None, provider="exec:x", response={"error": "boom"}),
    )
    (tmp_path / "o.json").write_text(json.dumps(whole), "utf-8")
    rows = read_recording(tmp_path / "o.json")
    assert [(r.model, r.reply.finish) for r in rows] == [
        ("openai:gpt-4.1-mini p0", "stop"),
        ("openai:gpt-4.1-mini p1", "stop"),
        ("exec:x", "error"),
    ]
    with pytest.raises(UsageError, match="answers of 3 models"):
        open_recording(tmp_path / "o.json")
    assert open_recording(tmp_path / "o.json", model="exec:x").rows == rows[2:]


# OpenAI's evals


def item(number, text="ship", **rest):
    return {
        "object": "eval.run.output_item",
        "id": "outputitem_1",
        "run_id": "evalrun_1",
        "eval_id": "eval_1",
        "created_at": 1_790_000_000,
        "status": "pass",
        "datasource_item_id": number,
        "datasource_item": {"id": f"q{number}", "input": "Where is it?"},
        "results": [],
        "sample": {
            "input": ASKED,
            "output": [{"role": "assistant", "content": text}],
            "finish_reason": "stop",
            "model": "ft:gpt-4o-mini:acme::1",
            "usage": {"prompt_tokens": 5, "completion_tokens": 2},
            "error": {"code": "", "message": ""},
            **rest,
        },
    }


@pytest.mark.parametrize(
    "raw",
    [
        lines(item(0), item(1, "bill")),
        json.dumps({"object": "list", "data": [item(0), item(1, "bill")]}, indent=1).encode(),
        json.dumps([item(0), item(1, "bill")]).encode(),
    ],
)
def test_evals_output_items(read, raw):
    rows = read(raw, "items.json")
    assert brief(rows) == [(("q0",), "ship", "stop"), (("q1",), "bill", "stop")]
    assert [row.place for row in rows] == [0, 1]
    assert rows[0].messages == ASKED
    assert (rows[0].model, rows[0].date) == ("ft:gpt-4o-mini:acme::1", "2026-09-21")


def test_evals_items_that_failed(read):
    assert read(lines(item(0, error={"code": "429", "message": "slow"})))[0].reply.finish == "error"


def test_evals_framework_log(read):
    event = {"run_id": "r", "event_id": 1, "created_at": "2026-11-20 10:00:00.000000+00:00"}
    rows = read(
        lines(
            {"spec": {"completion_fns": ["gpt-4.1-mini"], "eval_name": "t.dev.v0", "run_id": "r"}},
            {**event, "sample_id": "t.dev.1", "type": "sampling",
             "data": {"prompt": ASKED, "sampled": ["bill"]}},
            {**event, "sample_id": "t.dev.1", "type": "match", "data": {"correct": False}},
            {**event, "sample_id": "t.dev.0", "type": "sampling",
             "data": {"prompt": "Where is it?", "sampled": "ship"}},
            {"final_report": {"accuracy": 0.5}},
        )
    )  # fmt: skip
    assert [(r.place, r.reply.text, r.model, r.date) for r in rows] == [
        (1, "bill", "gpt-4.1-mini", "2026-11-20"),
        (0, "ship", "gpt-4.1-mini", "2026-11-20"),
    ]
    assert rows[0].messages == rows[1].messages == ASKED


# An earlier run of ours


def test_samples_of_a_run(read):
    row = {
        "id": "abc", "source": "d.jsonl", "line": 4, "messages": [["user", "Where is it?"]],
        "expected": "ship", "slices": {},
        "answers": {
            "base": {"text": "bill", "finish": "stop", "error": None, "score": 0.0,
                     "probabilities": {"ship": 0.2}, "prompt_tokens": 5, "completion_tokens": 1},
            "tuned": {"text": "", "finish": "error", "error": "x", "score": None},
        },
    }  # fmt: skip
    base, tuned = read(lines(row), "samples.jsonl")
    assert (base.model, base.ids, base.messages) == ("base", ("abc", "line 4"), ASKED)
    assert (base.reply.text, base.reply.usage) == ("bill", Usage(5, 1))
    assert base.reply.probabilities == {"ship": 0.2}
    assert (tuned.model, tuned.reply.finish) == ("tuned", "error")
