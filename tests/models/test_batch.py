# SPDX-License-Identifier: Apache-2.0
"""The batch route against the loopback server: real files, real batches, real HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from loopback import Loopback
from loopback.faults import FOR_EVER

from evalkit.core.errors import RemoteError, StoppedError, UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.models._batch_lines import Limits
from evalkit.models._batch_pace import Pace, Patience
from evalkit.models._batch_running import Running
from evalkit.models._batch_store import BatchRow, open_ledger, under_way
from evalkit.models._store import open_store
from evalkit.models._store_rows import removed, summaries
from evalkit.models.ask import Terms, ask_all, standing
from evalkit.models.batch import ask_batch
from evalkit.models.budget import Budget
from evalkit.models.open import open_model
from evalkit.models.price import Rate, most
from evalkit.models.spec import parse_spec

PRICE = {"input": 2, "output": 8, "batch_input": 1, "batch_output": 4, "as_of": "2026-11-21"}
QUICK = Pace(first=0.0, most=0.01, settle=0.0)
RUN = "evalkit_run"


@pytest.fixture
def at(server, monkeypatch):
    """Opens the server as OpenAI's, whose batch route it speaks."""
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "test-key-of-the-loopback")

    @asynccontextmanager
    async def make(**more):
        spec = parse_spec({"use": "openai/gpt-4.1-mini", "price": PRICE, **more}, where="test")
        async with open_model(spec, name="m", folder=Path()) as model:
            yield model

    return make


@pytest.fixture
def batch(at, store):
    """Asks by batch: `batch(requests).replies`."""

    def ask(requests, *, store=store, **how):
        lines = []

        async def go():
            async with at() as model:
                return await ask_batch(
                    model, requests, store, **{"pace": QUICK, "tell": lines.append, **how}
                )

        ask.lines = lines
        return asyncio.run(go())

    return ask


@pytest.fixture
def questions(question):
    def make(n):
        return [question(f"question {i} 好") for i in range(n)]

    return make


def texts(results):
    return [reply.text for reply, _, _ in results]


def made(server):
    return [b.shown["metadata"][RUN] for b in server.batches.held.values()]


def leave_running(server, batch, requests):
    """Stop once the batch is in progress, where it stays while `paused`."""
    server.batches.paused = True
    stop = asyncio.Event()
    with pytest.raises(StoppedError):
        batch(
            requests,
            terms=Terms(stop=stop),
            tell=lambda line: stop.set() if "in_progress" in line else None,
        )


def test_answers_in_order_at_half_the_price(server, batch, questions, store):
    asked = questions(7)
    tallies = []
    results = batch([*asked, asked[2]], on_progress=tallies.append)
    assert texts(results) == [f"echo: question {i} 好" for i in (*range(7), 2)]
    assert [stored for _, _, stored in results] == [*[False] * 7, True]
    assert [seconds for _, seconds, _ in results] == [None] * 8
    (one,) = server.batches.held.values()
    assert one.shown["endpoint"] == "/v1/chat/completions"
    assert sorted(server.billed) == sorted(f"question {i} 好" for i in range(7))
    last = tallies[-1]
    assert (last.done, last.of, last.stored, last.errors, last.under_way) == (8, 8, 1, 0, 0)
    assert last.cost == Decimal(last.prompt_tokens + 4 * last.completion_tokens) / 1_000_000
    assert store.states() == {"ok": 7}


def test_the_file_is_what_the_protocol_wants(server, batch, question):
    batch([question("你好", system="Be brief.", max_tokens=7)])
    (file,) = [f for f in server.files.held.values() if f.purpose == "batch"]
    (line,) = file.content.decode().splitlines()
    assert "你好" in line  # written as itself
    whole = json.loads(line)
    assert whole.keys() == {"custom_id", "method", "url", "body"}
    assert (whole["method"], whole["url"]) == ("POST", "/v1/chat/completions")
    assert len(whole["custom_id"]) == 40
    assert bytes.fromhex(whole["custom_id"])
    assert whole["body"]["max_tokens"] == 7
    assert [m["role"] for m in whole["body"]["messages"]] == ["system", "user"]
    assert file.name.startswith("evalkit-")


def test_what_is_stored_is_not_sent(server, batch, questions, at, store):
    asked = questions(4)

    async def directly():
        async with at() as model:
            await ask_all(model, asked[:2], store)

    asyncio.run(directly())
    results = batch(asked)
    assert [stored for _, _, stored in results] == [True, True, False, False]
    assert len(server.batches.held) == 1
    assert texts(batch(asked)) == texts(results)
    assert len(server.batches.held) == 1
    assert server.bill.twice() == {}


def test_files_are_split_at_the_limits(server, batch, questions):
    results = batch(questions(10), limits=Limits(requests=4))
    assert texts(results) == [f"echo: question {i} 好" for i in range(10)]
    sizes = [len(b.lines) for b in server.batches.held.values()]
    assert sizes == [4, 4, 2]
    assert len(set(made(server))) == 3
    size = max(len(f.content) for f in server.files.held.values() if f.purpose == "batch") // 4
    batch([Request(messages=[{"role": "user", "content": f"{i}"}]) for i in range(6)],
          limits=Limits(size=2 * size))  # fmt: skip
    assert [len(b.lines) for b in server.batches.held.values()][3:] == [2, 2, 2]


def test_repeats_are_batches_of_their_own(server, batch, questions):
    batch(questions(2))
    results = batch(questions(2), repeat=1)
    assert [stored for _, _, stored in results] == [False, False]
    assert len(server.batches.held) == 2


def test_failed_and_expired_rows(server, batch, questions, store):
    def row(line):
        text = line["body"]["messages"][-1]["content"]
        return {"1": "expired", "2": 400, "3": "lost", "4": "garbage", "5": 500}.get(
            text.split()[1], "ok"
        )

    server.batches.row = row
    results = batch(questions(8))
    errors = [reply.error for reply, _, _ in results]
    assert [e is None for e in errors] == [True, *[False] * 5, True, True]
    assert "expired" in errors[1]
    assert errors[2].startswith("the batch's line was answered 400")
    assert "no answer" in errors[3]
    assert "no answer" in errors[4]
    assert errors[5].startswith("the batch's line was answered 500")
    assert any("5 of 8 requests have no answer" in line for line in batch.lines)
    assert store.states() == {"failed": 5, "ok": 3}
    server.batches.row = lambda _line: "ok"
    again = batch(questions(8))  # only those that failed are sent
    assert [len(b.lines) for b in server.batches.held.values()] == [8, 5]
    assert all(reply.finish == "stop" for reply, _, _ in again)
    assert server.bill.twice() == {}


def test_failed_rows_directly(server, batch, questions, store):
    server.batches.row = lambda line: (
        "expired" if "question 1 " in line["body"]["messages"][-1]["content"] else "ok"
    )
    tallies = []
    asked = questions(3)
    results = batch([*asked, asked[1]], failed_directly=True, on_progress=tallies.append)
    assert texts(results) == [f"echo: question {i} 好" for i in (0, 1, 2, 1)]
    assert [c.batch for c in server.bill.charges] == [True, True, False]
    last = tallies[-1]
    assert (last.done, last.of, last.stored, last.errors) == (4, 4, 1, 0)
    half, full = server.bill.charges[0], server.bill.charges[-1]
    paid = 2 * (half.prompt_tokens + 4 * half.completion_tokens)
    paid += 2 * full.prompt_tokens + 8 * full.completion_tokens
    assert last.cost == Decimal(paid) / 1_000_000
    assert store.states() == {"ok": 3}


@pytest.mark.parametrize("end", ["expired", "cancelled"])
def test_a_batch_that_ends_early(server, batch, questions, end):
    server.batches.end = end
    server.batches.row = lambda line: (
        "ok" if "question 0 " in line["body"]["messages"][-1]["content"] else "lost"
    )
    results = batch(questions(3))
    assert texts(results) == ["echo: question 0 好", "", ""]
    assert {reply.error for reply, _, _ in results[1:]} == {
        {
            "expired": "the batch ran out of time before this request",
            "cancelled": "the batch was cancelled before this request",
        }[end]
    }


def test_a_refused_batch_says_which_request_and_why(server, batch, question, store):
    server.batches.refusals.append(
        [
            {"code": "invalid_value", "message": "bad\ntool", "param": None, "line": 2},
            {"code": "invalid_value", "message": "bad tool", "param": None, "line": 3},
        ]
    )
    requests = [question(f"q{i}", ids=(f"row-{i}",)) for i in range(3)]
    with pytest.raises(RemoteError) as caught:
        batch(requests)
    assert "request 2 (row-1): bad tool (invalid_value), and 1 more" in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint
    assert store.states() == {"failed": 3}  # nothing of it may have been paid
    assert texts(batch(requests)) == ["echo: q0", "echo: q1", "echo: q2"]
    assert len(server.batches.held) == 2


def test_a_full_queue_is_waited_for(server, batch, questions):
    server.batches.room = 1
    results = batch(questions(4), limits=Limits(requests=2))
    assert texts(results) == [f"echo: question {i} 好" for i in range(4)]
    assert server.bill.twice() == {}
    assert any("sent again when another batch is done" in line for line in batch.lines)


def test_a_full_queue_of_others_ends_it(server, batch, questions):
    server.batches.room = 0
    with pytest.raises(RemoteError, match="Enqueued token limit") as caught:
        batch(questions(2))
    assert "once your other batches are done" in caught.value.hint


def test_no_batch_route(server, store, question):
    async def go():
        spec = parse_spec({"use": "m", "url": server.url}, where="test")
        async with open_model(spec, name="m", folder=Path()) as model:
            await ask_batch(model, [question()], store)

    with pytest.raises(UsageError, match="no batch route"):
        asyncio.run(go())
    assert server.paths == []


def test_stop_leaves_the_batch_and_the_next_call_takes_it_up(server, at, batch, questions, store):
    server.batches.paused = True

    async def go():
        stop = asyncio.Event()
        looks = []

        async def sleep(seconds):
            looks.append(seconds)
            if len(looks) > 3:
                stop.set()
            await asyncio.sleep(0)

        pace = Pace(first=0.0, most=0.01, settle=0.0, sleep=sleep)
        async with at() as model:
            await ask_batch(model, questions(3), store, terms=Terms(stop=stop), pace=pace)

    with pytest.raises(StoppedError) as caught:
        asyncio.run(go())
    assert "batch_000001 goes on at 127.0.0.1" in caught.value.message
    assert "same command" in caught.value.hint
    assert len(under_way(store)) == 3
    server.batches.paused = False
    assert texts(batch(questions(4))) == [f"echo: question {i} 好" for i in range(4)]
    assert [len(b.lines) for b in server.batches.held.values()] == [3, 1]
    assert under_way(store) == frozenset()
    assert server.bill.twice() == {}


def test_cancelled_like_by_ctrl_c(server, at, batch, questions, store):
    server.batches.paused = True
    lines = []

    async def go():
        def tell(line):
            lines.append(line)
            if "in_progress" in line:
                asking.cancel()

        async with at() as model:
            asking = asyncio.ensure_future(
                ask_batch(model, questions(3), store, pace=QUICK, tell=tell)
            )
            await asking

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(go())
    assert "batch_000001 goes on at 127.0.0.1" in lines[-1]
    server.batches.paused = False
    assert len(texts(batch(questions(3)))) == 3
    assert len(server.batches.held) == 1


def test_what_is_in_a_batch_is_not_asked_directly(server, at, batch, questions, store):
    leave_running(server, batch, questions(2))

    async def directly(n):
        async with at() as model:
            now = standing(model, questions(3), store)
            assert (now.in_batch, now.maybe_paid, now.stored) == (2 if n == 3 else 0, 0, 3 - n)
            return await ask_all(model, questions(3), store)

    with pytest.raises(UsageError, match="2 of 3 questions to `m` are in a batch") as caught:
        asyncio.run(directly(3))
    assert "--batch" in caught.value.hint
    (summary,) = summaries(store)
    assert (summary.under_way, summary.unknown) == (2, 0)
    assert (
        removed(store, before=None, failed=False, identity="gpt-4.1-mini") == 0
    )  # they are to come
    server.batches.paused = False
    batch(questions(2))
    assert len(asyncio.run(directly(1))) == 3
    assert removed(store, before=None, failed=False, identity="gpt-4.1-mini") == 3
    assert server.bill.twice() == {}


def test_what_is_answered_is_served_though_its_batch_goes_on(server, at, batch, questions, store):
    """As after a crash between the last answer and the note that the batch is done."""
    leave_running(server, batch, questions(2))

    async def directly():
        async with at() as model:
            for number, one in enumerate(questions(2)):
                key = store.key(model.identity, model.prepared(one))
                store.save(key, Reply(text=f"answer {number}"), None).result()
            now = standing(model, questions(2), store)
            assert (now.stored, now.in_batch, now.maybe_paid) == (2, 0, 0)
            return await ask_all(model, questions(2), store)

    assert texts(asyncio.run(directly())) == ["answer 0", "answer 1"]


def planned_by(owner, store, model, requests):
    """A batch whose file has yet to go up, by whoever has the store `owner` open."""
    prepared = [model.prepared(one) for one in requests]
    keys = tuple(owner.key(model.identity, one) for one in prepared)
    for key, one in zip(keys, prepared, strict=True):
        owner.plan(key, one, identity=model.identity).result()
    with open_ledger(store.path) as ledger:
        ledger.add(BatchRow(run="r", identity=model.identity, digest="", keys=keys))
    return frozenset(keys)


def test_a_batch_that_died_before_its_file_was_up_is_in_nobodys_way(at, questions, store):
    async def go():
        async with at() as model:
            with open_store(store.path) as other:
                keys = planned_by(other, store, model, questions(2))
                assert under_way(store) == keys  # it lives, and may send it
                with pytest.raises(UsageError, match="are in a batch"):
                    await ask_all(model, questions(3), store)
            assert under_way(store) == frozenset()
            assert standing(model, questions(3), store).in_batch == 0
            answers = await ask_all(model, questions(3), store)
            with open_ledger(store.path) as ledger:
                assert ledger.unfinished() == []  # nobody takes it for what was never sent
            return answers

    assert texts(asyncio.run(go())) == [f"echo: question {i} 好" for i in range(3)]


def test_what_this_process_is_about_to_send_by_batch_is_not_asked_directly(at, questions, store):
    async def go():
        async with at() as model:
            planned_by(store, store, model, questions(2))
            with pytest.raises(UsageError, match="2 of 2 questions to `m` are in a batch"):
                await ask_all(model, questions(2), store)

    asyncio.run(go())


def test_deadline(server, batch, questions):
    with pytest.raises(RemoteError, match="deadline has come: nothing is on its way"):
        batch(questions(2), terms=Terms(deadline=time.monotonic()))
    assert server.paths == []
    running = Running()
    running.add("b1", "h")
    patience = Patience(QUICK, Terms(deadline=time.monotonic()), running)
    with pytest.raises(RemoteError, match="b1 goes on at h"):
        asyncio.run(patience.wait(3600.0))


def test_a_lost_answer_makes_no_second_batch(server, batch, questions):
    server.fail(reset=True, path="/batches", method="POST")
    assert len(texts(batch(questions(3)))) == 3
    assert len(server.batches.held) == 1
    assert server.bill.twice() == {}


def test_a_refused_rate_is_tried_again(server, batch, questions):
    server.fail(429, path="/batches", method="POST", headers={"retry-after": "0"}, times=2)
    server.fail(503, path="/files", method="POST", times=2)
    assert len(texts(batch(questions(3)))) == 3
    assert len(server.batches.held) == 1


def test_a_network_that_is_away_for_a_while(server, batch, questions):
    server.fail(reset=True, path="/batches/", method="GET", times=3)
    server.fail(503, path="/batches/", method="GET", times=9)
    server.fail(cut=True, path="/content", times=2)
    assert texts(batch(questions(9))) == [f"echo: question {i} 好" for i in range(9)]
    assert any("the batch goes on" in line for line in batch.lines)
    assert server.bill.twice() == {}


def test_a_wrong_key_ends_it(server, batch, questions):
    server.key = "another"
    with pytest.raises(RemoteError) as caught:
        batch(questions(2))
    assert caught.value.status == 401
    assert not server.batches.held


def test_a_batch_that_is_not_there(server, batch, questions, store):
    leave_running(server, batch, questions(2))
    server.batches.held.clear()
    with pytest.raises(RemoteError, match="knows no batch_000001") as caught:
        batch(questions(2))
    assert "key" in caught.value.hint
    assert not server.batches.held  # it may be another account's: no second one
    with open_ledger(store.path) as ledger:  # two days later
        ledger._run("UPDATE batch SET planned = planned - 200000", ())
    server.batches.paused = False
    with pytest.raises(RemoteError, match="knows no batch_000001"):
        batch(questions(2))
    assert len(texts(batch(questions(2)))) == 2


def test_budget(server, batch, questions):
    budget = Budget(Decimal("0.000001"))
    with pytest.raises(UsageError, match="may cost up to"):
        batch(questions(3), terms=Terms(budget=budget))
    assert (budget.held, budget.spent) == (0, 0)
    assert server.paths == []
    half = Rate(input=Decimal(1), output=Decimal(4), currency="USD", as_of="", source="")
    budget = Budget(sum(most(request, half) for request in questions(3)))  # just enough
    batch(questions(3), terms=Terms(budget=budget))
    assert budget.held == 0
    prompt = sum(c.prompt_tokens for c in server.bill.charges)
    completion = sum(c.completion_tokens for c in server.bill.charges)
    assert budget.spent == Decimal(prompt + 4 * completion) / 1_000_000


def test_what_may_be_paid_for(server, batch, questions, store, at):
    asked = questions(3)

    async def key():
        async with at() as model:
            return store.plan(
                store.key(model.identity, model.prepared(asked[0])),
                model.prepared(asked[0]),
                identity=model.identity,
            ).result()

    asyncio.run(key())
    path = store.path
    store.close()
    with open_store(path) as again:
        with pytest.raises(UsageError, match="1 of 3 requests to `m` were sent and not answered"):
            batch(asked, store=again, terms=Terms(if_maybe_paid="fail"))
        assert server.paths == []
        results = batch(asked, store=again, terms=Terms(if_maybe_paid="skip"))
        assert results[0].reply.error.startswith("sent and not answered")
        assert [len(b.lines) for b in server.batches.held.values()] == [2]
        assert all(r.finish == "stop" for r, _, _ in batch(asked, store=again))


def test_a_lone_surrogate_fails_alone(server, batch, question, store):
    results = batch([question("good"), question("bad \ud800")])
    assert results[0].reply.text == "echo: good"
    assert "Unicode" in results[1].reply.error
    assert store.states() == {"failed": 1, "ok": 1}


def test_two_models_side_by_side(server, at, questions, store):
    async def go():
        async with at() as one, at(system="drop", max_tokens=3) as other:
            return await asyncio.gather(
                ask_batch(one, questions(3), store, pace=QUICK),
                ask_batch(other, questions(3), store, pace=QUICK),
                ask_batch(one, questions(3), store, pace=QUICK, repeat=1),
                ask_batch(one, questions(3), store, pace=QUICK),
            )

    results = asyncio.run(go())
    assert [len(one) for one in results] == [3, 3, 3, 3]
    assert len(server.batches.held) == 3  # the last is the first's


def side_by_side(at, store, requests, *, lines, running=None, sleep=None, stops=False):
    """Three repeats to each of two models at once; what came of each."""
    pace = Pace(first=0.0, most=0.01, settle=0.0, sleep=sleep or asyncio.sleep)

    async def go():
        async with at() as one, at(system="drop", max_tokens=3) as other:
            stop = asyncio.Event()

            def tell(line):
                lines.append(line)
                if stops and sum("on its way" in line for line in lines) == 6:
                    stop.set()

            how = {"pace": pace, "running": running, "terms": Terms(stop=stop), "tell": tell}
            calls = [
                ask_batch(model, requests, store, repeat=k, **how)
                for model in (one, other)
                for k in range(3)
            ]
            return await asyncio.gather(*calls, return_exceptions=True)

    return asyncio.run(go())


def test_models_and_repeats_of_one_run_are_not_taken_for_another_process(
    server, at, questions, store
):
    server.fail(wait=0.05, path="/files", method="POST", times=6)
    lines = []
    results = side_by_side(at, store, questions(3), lines=lines)
    assert [len(one) for one in results] == [3] * 6
    assert len(server.batches.held) == 6
    assert [line for line in lines if "waiting for another" in line] == []


def test_another_process_that_sends_batches_is_waited_for(server, at, questions, store):
    lock = sqlite3.connect(f"{store.path}-batch.lock", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    lines, sleeps = [], []

    async def sleep(seconds):
        sleeps.append(seconds)
        if len(sleeps) == 3:
            lock.close()
        await asyncio.sleep(0)

    results = side_by_side(at, store, questions(1), lines=lines, sleep=sleep)
    assert [len(one) for one in results] == [1] * 6
    told = "waiting for another evalkit that sends batches of this store"
    assert lines.count(told) == 1
    assert lines[0] == told


def test_a_stop_names_the_batches_of_the_whole_run(server, at, questions, store):
    server.batches.paused = True
    running = Running()
    lines = []
    errors = side_by_side(at, store, questions(1), lines=lines, running=running, stops=True)
    assert {type(error) for error in errors} == {StoppedError}
    whole = "batch_000001, batch_000002, batch_000003 + 3 more go on at "
    for error in errors:
        running.reword(error)
        assert error.message.startswith(f"stopped: {whole}127.0.0.1")
        assert "nothing is asked twice" in error.hint
    refused = RemoteError("no quota", "buy some")
    running.reword(refused)
    assert refused.message.startswith(f"no quota; {whole}127.0.0.1")
    assert refused.hint == "buy some"


def test_what_goes_on_where():
    running = Running()
    assert running.said() == ("nothing is on its way", "the same command starts again")
    early = running.stopped()
    late = running.late()
    for batch, host in (("b1", "h"), ("b2", "h"), ("b1", "h"), ("b1", "other")):
        running.add(batch, host)
    assert running.said()[0] == "b1, b2 go on at h; b1 goes on at other"
    running.remove("b1", "h")  # another call waits for it still
    running.reword(early)
    running.reword(late)
    assert early.message == "stopped: b2, b1 go on at h; b1 goes on at other"
    assert late.message == "the deadline has come: b2, b1 go on at h; b1 goes on at other"
    assert running.interruption().startswith("interrupted: b2, b1 go on at h")
    assert running.interruption() is None


def test_pace():
    pace = Pace()
    waits = [0.0]
    while len(waits) < 9:
        waits += [pace.after(waits[-1])]
    assert waits[1:4] == [30.0, 45.0, 67.5]
    assert waits[-1] == 300.0


CHILD = """
import asyncio, sys
from pathlib import Path
from evalkit.core.exchange import Request
from evalkit.models._batch_lines import Limits
from evalkit.models._batch_pace import Pace, Patience
from evalkit.models._store import open_store
from evalkit.models.batch import ask_batch
from evalkit.models.open import open_model
from evalkit.models.price import Rate, most
from evalkit.models.spec import parse_spec

async def main():
    requests = [Request(messages=[{"role": "user", "content": f"q{n}"}]) for n in range(60)]
    pace = Pace(first=0.02, most=0.05, settle=0.4)
    with open_store(Path(sys.argv[1])) as store:
        async with open_model(
            parse_spec("openai/gpt-4.1-mini", where="x"), name="m", folder=Path()
        ) as model:
            results = await ask_batch(
                model, requests, store, pace=pace, limits=Limits(requests=6)
            )
    print(sum(reply.text == f"echo: q{n}" for n, (reply, _, _) in enumerate(results)))

asyncio.run(main())
"""


# A request of which path is waited for, and for how many seconds at most after it. First what makes
# batches (a kill later in a run would find them all made), then looks and files of answers.
EARLY = [("/batches", 0.1), ("/batches", 0.2), ("/files", 0.05), ("", 0.4)]
LATE = [("", 0.5), ("/content", 0.05), ("", 0.2)]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
@pytest.mark.parametrize(
    ("seed", "kills"),
    [(6, 4), (7, 10), (8, 30)],
)
@pytest.mark.slow
def test_killed_at_any_moment(tmp_path, seed, kills):
    """Whatever dies when: one batch per row, no answer lost, none paid twice."""
    draw = random.Random(seed)  # noqa: S311  any moments do
    path = tmp_path / "s.sqlite"
    done = 0
    with Loopback(delay=0.03) as server:
        server.batches.looks = 3
        # A batch that is made and not yet known to the one who asked is the moment to survive.
        server.fail(wait=0.2, path="/batches", method="POST", times=FOR_EVER)
        environment = {
            **os.environ,
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_KEY": "test-key-of-the-loopback",
        }

        def start():
            return subprocess.Popen(
                [sys.executable, "-c", CHILD, str(path)], env=environment, stdout=subprocess.PIPE
            )

        while done < kills:
            early = done < 2 * kills // 3
            server.batches.paused = early  # until then nobody gets through
            before = len(server.paths)
            wanted, seconds = draw.choice(EARLY if early else LATE)
            child = start()
            while child.poll() is None:
                seen = server.paths[before:]
                if any(path.endswith(wanted) for path in seen) or len(seen) > (6 if early else 200):
                    break
                time.sleep(0.002)
            time.sleep(seconds * draw.random())
            if child.poll() is not None:  # it was through: the rest of the kills find nothing to do
                child.communicate()
                break
            child.kill()
            child.communicate()
            done += 1
        assert done >= 2 * kills // 3
        server.batches.paused = False
        child = start()
        out, _ = child.communicate(timeout=300)
        assert child.returncode == 0
        assert out.decode().split() == ["60"]
        rows = [line["custom_id"] for b in server.batches.held.values() for line in b.lines]
        assert len(rows) == len(set(rows)) == 60
        assert len(server.batches.held) == 10
        assert server.bill.twice() == {}
        assert len(server.billed) == 60
        assert server.complaints == []
    with sqlite3.connect(path) as reader:
        assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        states = reader.execute("SELECT state, count(*) FROM request GROUP BY state").fetchall()
    reader.close()
    assert states == [("ok", 60)]
