# SPDX-License-Identifier: Apache-2.0
"""The loopback server itself, asked by the real client: what other tests rely on."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import openai
import pytest
from loopback import SPEC, FastLoopback, Limits, Loopback, busiest
from loopback.faults import EMPTY, ERROR_IN_200

HI = [{"role": "user", "content": "one two three"}]


@pytest.fixture(params=[Loopback, FastLoopback])
def server(request):
    with request.param() as running:
        yield running
    assert running.complaints == []


@pytest.fixture
def client(server):
    with openai.OpenAI(base_url=server.url, api_key="k", max_retries=0, timeout=20) as made:
        yield made


def test_chat(server, client):
    made = client.chat.completions.create(model="m", messages=HI, max_tokens=3)
    assert made.choices[0].message.content == "echo: one two"
    assert made.choices[0].finish_reason == "length"
    again = client.chat.completions.create(
        model="m", messages=HI, logprobs=True, top_logprobs=3, n=2
    )
    assert [c.message.content for c in again.choices] == ["echo: one two three"] * 2
    tokens = again.choices[0].logprobs.content
    assert "".join(t.token for t in tokens) == "echo: one two three"
    assert [t.token for t in tokens[0].top_logprobs] == ["yes", "no", "other0"]


def test_tool_calls(server, client):
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    server.answer = lambda _messages: {"content": None, "tool_calls": [call]}
    made = client.chat.completions.create(model="m", messages=HI)
    assert made.choices[0].finish_reason == "tool_calls"
    assert made.choices[0].message.tool_calls[0].function.name == "f"


def test_stream(server, client):
    chunks = list(
        client.chat.completions.create(
            model="m", messages=HI, stream=True, stream_options={"include_usage": True},
            logprobs=True, top_logprobs=1,
        )
    )  # fmt: skip
    said = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert said == "echo: one two three"
    assert chunks[-1].usage.completion_tokens == 4
    assert chunks[1].choices[0].logprobs.content[0].top_logprobs[0].logprob < 0
    server.fail(cut=True)
    with pytest.raises(openai.APIConnectionError):
        list(client.chat.completions.create(model="m", messages=HI, stream=True))


def test_legacy_completions(server, client):
    made = client.completions.create(model="m", prompt="a b", logprobs=2, max_tokens=2)
    assert made.choices[0].text == "echo: a"
    assert made.choices[0].logprobs.tokens == ["echo:", " a"]
    assert made.choices[0].finish_reason == "length"
    with pytest.raises(openai.BadRequestError):
        client.completions.create(model="m", prompt="a", logprobs=6)


def test_models(server, client):
    (name,) = [model.id for model in client.models.list()]
    assert client.models.retrieve(name).id == name
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("ft:other")


def test_files(server, client):
    raw = '{"a": "好"}\r\n--\n'.encode()
    files = [
        client.files.create(file=(f"{n}.jsonl", raw * n), purpose="batch") for n in range(1, 6)
    ]
    assert client.files.retrieve(files[1].id).bytes == 2 * len(raw)
    assert client.files.content(files[2].id).content == raw * 3
    assert [f.id for f in client.files.list(limit=2)] == [f.id for f in reversed(files)]
    assert [f.id for f in client.files.list(limit=2, order="asc")] == [f.id for f in files]
    assert list(client.files.list(purpose="fine-tune")) == []
    assert client.files.delete(files[0].id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.content(files[0].id)
    expires = {"anchor": "created_at", "seconds": 3600}
    assert client.files.create(file=b"{}", purpose="batch", expires_after=expires).id
    if SPEC.exists():
        with pytest.raises(openai.BadRequestError):
            client.files.create(file=b"{}", purpose="nothing")
        server.complaints.clear()


def lines(*bodies, url="/v1/chat/completions"):
    return b"".join(
        json.dumps({"custom_id": f"c{n}", "method": "POST", "url": url, "body": body}).encode()
        + b"\n"
        for n, body in enumerate(bodies)
    )


def batch_of(client, raw, **metadata):
    file = client.files.create(file=("x.jsonl", raw), purpose="batch")
    return client.batches.create(
        input_file_id=file.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata=metadata,
    )


def ended(client, batch):
    states = [batch.status]
    while states[-1] not in ("completed", "failed", "expired", "cancelled"):
        batch = client.batches.retrieve(batch.id)
        if batch.status != states[-1]:
            states.append(batch.status)
    return batch, states


def test_batch(server, client):
    bodies = [{"model": "m", "messages": [{"role": "user", "content": f"q{n}"}]} for n in range(9)]
    server.batches.row = lambda line: {"c3": "expired", "c4": 400}.get(line["custom_id"], "ok")
    batch, states = ended(client, batch_of(client, lines(*bodies), run="r1"))
    assert states == ["validating", "in_progress", "finalizing", "completed"]
    good = [json.loads(x) for x in client.files.content(batch.output_file_id).text.splitlines()]
    bad = [json.loads(x) for x in client.files.content(batch.error_file_id).text.splitlines()]
    names = [line["custom_id"] for line in good]
    assert sorted(names) == [f"c{n}" for n in (0, 1, 2, 5, 6, 7, 8)]
    assert names != sorted(names)
    assert {line["custom_id"] for line in bad} == {"c3", "c4"}
    counts = batch.request_counts
    assert (counts.total, counts.completed, counts.failed) == (9, 7, 2)
    assert all(charge.batch for charge in server.bill.charges)
    for n in range(25):
        batch_of(client, b"", run=f"s{n}")
    assert [b.metadata["run"] for b in client.batches.list(limit=7)][-1] == "r1"


@pytest.mark.parametrize(
    ("raw", "code", "line"),
    [
        (b"", "empty_file", None),
        (lines({"model": "m"}) + b"{\n", "invalid_json_line", 2),
        (lines({"model": "m"}) * 2, "duplicate_custom_id", 2),
        (lines({"model": "m"}, {"model": "n"}), "model_mismatch", 2),
        (lines({"model": "m"}, url="/v1/x"), "url_mismatch", 1),
        (lines({}), "missing_required_parameter", 1),
    ],
)
def test_a_batch_that_fails(server, client, raw, code, line):
    batch, states = ended(client, batch_of(client, raw))
    assert states == ["validating", "failed"]
    assert (batch.errors.data[0].code, batch.errors.data[0].line) == (code, line)
    server.complaints.clear()  # of the rows, which are wrong


def test_cancel(server, client):
    body = {"model": "m", "messages": HI}
    batch = client.batches.cancel(batch_of(client, lines(body)).id)
    assert ended(client, batch)[1] == ["cancelling", "cancelled"]
    with pytest.raises(openai.ConflictError):
        client.batches.cancel(batch.id)
    with pytest.raises(openai.BadRequestError):
        batch_of(client, lines(body), **{f"k{n}": "v" for n in range(17)})


def test_wrong_requests_are_refused_as_by_the_real_one(server, client):
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="m", messages=[])
    if SPEC.exists():
        with pytest.raises(openai.BadRequestError, match="temperature"):
            client.chat.completions.create(model="m", messages=HI, temperature=7)
        assert server.complaints
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="m", input="x")
    server.complaints.clear()
    server.key = "right"
    with pytest.raises(openai.AuthenticationError, match="Incorrect"):
        client.models.list()


def test_azure_addresses(server):
    root = server.url.removesuffix("/v1")
    body = json.dumps({"messages": HI}).encode()
    asked = urllib.request.Request(  # noqa: S310  our own
        f"{root}/openai/deployments/mine/chat/completions?api-version=2024-10-21",
        body,
        {"Content-Type": "application/json", "api-key": "k"},
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310  our own
        assert json.load(answer)["model"].startswith("mine")
    assert server.bill.charges[0].key == "k"
    server.complaints.clear()  # the published schema knows no body without a model


@pytest.mark.parametrize(
    ("how", "raises"),
    [
        ({"status": 429, "headers": {"retry-after": "1e9"}}, openai.RateLimitError),
        ({"status": 500}, openai.InternalServerError),
        ({"cut": True}, openai.APIConnectionError),
        ({"reset": True}, openai.APIConnectionError),
        ({"truncated": True}, ValueError),
        ({"drip": 0.001}, openai.APIConnectionError),
    ],
)
def test_faults(server, client, how, raises):
    server.fail(**how)
    with pytest.raises(raises):
        client.chat.completions.create(model="m", messages=HI)
    assert client.chat.completions.create(model="m", messages=HI).choices
    # Cut, lost and broken answers were worked on: they cost.
    assert len(server.billed) == (1 if how.get("status") else 2)


def test_odd_answers(server, client):
    server.fail(body=EMPTY).fail(body=ERROR_IN_200).fail(size=3_000_000)
    assert client.chat.completions.create(model="m", messages=HI).choices == []
    assert client.chat.completions.create(model="m", messages=HI).choices is None
    long = client.chat.completions.create(model="m", messages=HI).choices[0].message.content
    assert len(long) == 3_000_000


def test_a_fault_for_one_path(server, client):
    server.fail(503, path="/files", method="POST")
    assert client.chat.completions.create(model="m", messages=HI).choices
    assert list(client.files.list()) == []
    with pytest.raises(openai.InternalServerError):
        client.files.create(file=b"x", purpose="batch")


def test_limits(server, client):
    server.limits = Limits(rpm=300, window=1.0)  # five in any second
    first = client.chat.completions.with_raw_response.create(model="m", messages=HI)
    assert first.headers["x-ratelimit-limit-requests"] == "300"
    assert first.headers["x-ratelimit-remaining-requests"] == "4"
    assert first.headers["x-ratelimit-reset-requests"].endswith("s")
    waits = []
    for _ in range(20):
        try:
            client.chat.completions.create(model="m", messages=HI)
        except openai.RateLimitError as error:
            waits.append(float(error.response.headers["retry-after-ms"]))
            time.sleep(0.02)
    assert waits
    assert 0 < min(waits) <= max(waits) <= 1000
    good = [(a.time, 1) for a in server.arrivals if a.status == 200]
    assert busiest(good, 1.0) <= 6  # noted a moment after they were let in
    server.limits = Limits(tpm=60)
    client.chat.completions.create(model="m", messages=HI, max_tokens=999)  # larger than the minute
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(model="m", messages=HI, max_tokens=1)


def test_busiest():
    assert busiest([], 1) == 0
    assert busiest([(0.0, 1), (0.5, 2), (1.0, 4), (1.6, 8)], 1.0) == 12


def test_bill(server, client):
    for text in ("a", "b", "b"):
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
    assert server.bill.twice() == {"b": 2}
    assert server.bill.total("k") == server.bill.total() > 0
    assert server.bill.total("other") == Decimal(0)


def test_many_at_once(server):
    server.delay = 0.01
    with openai.OpenAI(base_url=server.url, api_key="k", max_retries=0, timeout=60) as client:

        def ask(n):
            said = [{"role": "user", "content": str(n)}]
            return client.chat.completions.create(model="m", messages=said).choices[0].message

        with ThreadPoolExecutor(16) as pool:
            assert [m.content for m in pool.map(ask, range(64))] == [
                f"echo: {n}" for n in range(64)
            ]
    assert 1 < server.most_under_way <= 16
    assert sorted(map(int, server.billed)) == list(range(64))


@pytest.mark.parametrize("threads", [(), ("--threads",)])
def test_a_process_of_its_own(root, threads):
    command = [sys.executable, str(root / "tests" / "loopback"), "--validate", *threads]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        url = running.stdout.readline().strip()
        with openai.OpenAI(base_url=url, api_key="k", timeout=20) as client:
            client.chat.completions.create(model="m", messages=HI)
        running.stdin.write("\n")
        running.stdin.flush()
        counted = json.loads(running.stdout.readline())
        running.stdin.close()
        assert running.wait(timeout=20) == 0
    assert (counted["requests"], counted["billed"], counted["complaints"]) == (1, 1, [])


def test_a_client_that_goes_away(server, client):
    server.delay = 0.2
    with socket.create_connection(("127.0.0.1", server.port)) as gone:
        body = json.dumps({"model": "m", "messages": HI}).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        gone.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n" + body)
    assert client.chat.completions.create(model="m", messages=HI).choices
