# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from pathlib import Path

import pytest
from loopback import FastLoopback, busiest

from evalkit.core.errors import RemoteError, StoppedError, UsageError
from evalkit.core.exchange import Reply, Usage
from evalkit.models._faults import RequestError, TimedOutError
from evalkit.models._store import open_store
from evalkit.models.ask import Standing, Terms, ask_all, require_prices, standing
from evalkit.models.budget import Budget
from evalkit.models.open import OpenModel, open_model
from evalkit.models.price import Rate
from evalkit.models.spec import ModelSpec, parse_spec


def fake(answer, concurrency=4, identity="fake", **more):
    return OpenModel(
        name="m",
        spec=ModelSpec(use="fake:m"),
        identity=identity,
        **{"host": None, "logprobs": False, **more},
        answer=answer,
        concurrency=concurrency,
    )


async def echo(request):
    await asyncio.sleep(0)
    return Reply(text=request.messages[-1]["content"].upper())


def test_order_is_kept_and_equal_questions_are_asked_once(store, question):
    seen = []

    async def answer(request):
        text = request.messages[-1]["content"]
        seen.append(text)
        await asyncio.sleep(0.02 / (1 + len(seen)))  # the later, the faster
        return Reply(text=text.upper())

    told = []
    requests = [question(text) for text in "abcabd"]
    results = asyncio.run(ask_all(fake(answer), requests, store, on_progress=told.append))
    assert [reply.text for reply, _, _ in results] == list("ABCABD")
    assert [cached for _, _, cached in results] == [False, False, False, True, True, False]
    assert sorted(seen) == list("abcd")
    assert (told[-1].done, told[-1].stored, told[-1].errors) == (6, 2, 0)


def test_stored_answers_are_not_asked_again(store, question):
    async def never(request):
        raise AssertionError(request)

    requests = [question("a"), question("b")]
    first = asyncio.run(ask_all(fake(echo), requests, store))
    again = asyncio.run(ask_all(fake(never), requests, store))
    assert [(r, s) for r, s, _ in again] == [(r, s) for r, s, _ in first]
    assert all(cached for _, _, cached in again)
    assert asyncio.run(ask_all(fake(never), [], store)) == []


def test_repeats_and_other_models_are_asked_by_themselves(store, question):
    def asked(**how):
        repeat = how.pop("repeat", 0)
        return asyncio.run(ask_all(fake(echo, **how), [question()], store, repeat=repeat))[0][2]

    assert [asked(), asked(), asked(repeat=1), asked(identity="other")] == [
        False,
        True,
        False,
        False,
    ]


def test_errors_are_asked_again(store, question):
    async def fails(request):
        return Reply(text="", finish="error", error="500")

    told = []
    asyncio.run(ask_all(fake(fails), [question()], store, on_progress=told.append))
    assert [(t.done, t.stored, t.errors) for t in told] == [(1, 0, 1)]
    ((reply, _, cached),) = asyncio.run(ask_all(fake(echo), [question()], store))
    assert (reply.finish, cached) == ("stop", False)


def test_a_stop_finishes_what_is_under_way(store, question):
    async def answer(request):
        text = request.messages[-1]["content"]
        if text == "b":
            await asyncio.sleep(0.01)
            raise RemoteError("no quota", status=429)
        await asyncio.sleep(0.05)
        return Reply(text=text)

    requests = [question(text) for text in "abcdefgh"]
    with pytest.raises(RemoteError, match="no quota"):
        asyncio.run(ask_all(fake(answer, concurrency=3), requests, store))
    states = store.states()
    assert states == {"ok": 2}  # a and c were under way; b was refused and may be forgotten


def test_concurrency_is_kept_to(server, store, question):
    server.delay = 0.05
    spec = parse_spec({"use": "m", "url": server.url, "concurrency": 3}, where="test")

    async def go():
        async with open_model(spec, name="m", folder=Path()) as model:
            await ask_all(model, [question(str(n)) for n in range(12)], store)

    asyncio.run(go())
    assert server.most_under_way == 3


def run(model, requests, store, **how):
    return asyncio.run(ask_all(model, requests, store, **how))


def texts(answers):
    return [answer.reply.text for answer in answers]


def test_ctrl_c_finishes_what_is_under_way_and_says_how_to_go_on(store, question):
    async def go():
        stop = asyncio.Event()
        out = []

        async def answer(request):
            out.append(request.messages[-1]["content"])
            if len(out) == 5:
                stop.set()
            await asyncio.sleep(0.05)
            return Reply(text="x")

        requests = [question(str(n)) for n in range(20)]
        with pytest.raises(StoppedError) as stopped:
            await ask_all(fake(answer), requests, store, terms=Terms(stop=stop))
        return stopped.value, out

    stopped, out = asyncio.run(go())
    assert stopped.exit_code == 130
    assert "questions to `m` are not answered" in stopped.message
    assert "same command" in stopped.hint
    assert store.states() == {"ok": len(out)}  # each that went out is kept, no other is noted
    assert len(out) < 12
    answered = run(fake(echo), [question(str(n)) for n in range(20)], store)
    assert sum(answer.stored for answer in answered) == len(out)


def test_ctrl_c_does_not_wait_for_a_closed_gate(store, question):
    async def go():
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.05, stop.set)

        async def answer(request):
            raise RequestError("slow down", status=429, retry_after=500.0, retryable=True)

        with pytest.raises(StoppedError):
            await ask_all(
                fake(answer), [question(str(n)) for n in range(9)], store, terms=Terms(stop=stop)
            )

    asyncio.run(asyncio.wait_for(go(), 30))
    assert store.states() == {}  # refused is not paid


def test_everything_answered_is_no_stop(store, question):
    async def go():
        stop = asyncio.Event()

        async def answer(request):
            stop.set()
            return Reply(text="x")

        return await ask_all(fake(answer), [question()], store, terms=Terms(stop=stop))

    assert texts(asyncio.run(go())) == ["x"]


def test_a_deadline_holds_and_what_was_out_is_in_doubt(store, question):
    async def answer(request):
        if request.messages[-1]["content"] == "quick":
            return Reply(text="x")
        await asyncio.sleep(600)
        raise AssertionError

    start = time.monotonic()
    requests = [question(text) for text in ("quick", "a", "b")]
    with pytest.raises(RemoteError, match="2 of 3 questions") as over:
        run(fake(answer, host="api"), requests, store, terms=Terms(deadline=start + 0.3))
    assert time.monotonic() - start < 30
    assert "; sent without an answer and perhaps paid for: 2" in over.value.message
    assert "--if-maybe-paid skip" in over.value.hint
    assert store.states() == {"ok": 1, "sent": 2}
    assert standing(fake(echo), requests, store).maybe_paid == 2


def test_a_deadline_before_anything_went_out_leaves_nothing_in_doubt(store, question):
    with pytest.raises(RemoteError, match=r"1 of 1 questions to `m` are not answered\n") as over:
        run(fake(echo, host="api"), [question()], store, terms=Terms(deadline=time.monotonic()))
    assert "paid" not in over.value.hint


def test_a_time_out_is_in_doubt_for_the_next_run(store, question):
    async def answer(request):
        raise TimedOutError("late", retryable=False)

    ((reply, _, _),) = run(fake(answer), [question()], store)
    assert (reply.finish, reply.error) == ("error", "late")
    terms = Terms(if_maybe_paid="skip")
    ((reply, _, _),) = run(fake(echo), [question()], store, terms=terms)
    assert reply.finish == "error"
    assert reply.error == (
        "sent and not answered (a crash, a time-out or a deadline), perhaps paid for: "
        "not asked again (--if-maybe-paid skip)"
    )
    with pytest.raises(UsageError, match="1 of 1 requests to `m` were sent and not answered"):
        run(fake(echo), [question()], store, terms=Terms(if_maybe_paid="fail"))
    assert texts(run(fake(echo), [question()], store)) == ["WHERE IS IT?"]


def test_what_stands(store, question):
    async def answer(request):
        text = request.messages[-1]["content"]
        if text == "late":
            raise TimedOutError(text, retryable=False)
        return Reply(text=text, finish="error" if text == "bad" else "stop", error=None)

    requests = [question(text) for text in ("a", "", "late", "bad", "a", "new")]
    assert standing(fake(echo), requests, store) == Standing(
        total=6, distinct=5, stored=0, failed=0, maybe_paid=0
    )
    run(fake(answer), requests[:5], store)
    assert standing(fake(echo), requests, store) == Standing(
        total=6, distinct=5, stored=2, failed=1, maybe_paid=1
    )
    assert standing(fake(echo), requests, store, repeat=1).stored == 0


RATE = Rate(
    input=Decimal(1), output=Decimal(100), currency="USD", as_of="2026-11-21", source="test"
)


def priced(answer, **more):
    return fake(answer, host="api.example", rate=RATE, **more)


async def costs_ten_thousandths(request):
    """Ten tokens are 0.001 USD at 100 USD for a million."""
    await asyncio.sleep(0.001)
    return Reply(text="x", usage=Usage(0, 10))


def test_a_budget_holds_and_the_rest_is_asked_later(store, question):
    requests = [question(str(n), max_tokens=20) for n in range(50)]  # each may cost 0.002 and a bit
    budget = Budget(Decimal("0.0205"))
    told = []
    with pytest.raises(RemoteError) as spent:
        run(
            priced(costs_ten_thousandths),
            requests,
            store,
            terms=Terms(budget=budget),
            on_progress=told.append,
        )
    assert budget.spent <= budget.limit
    assert budget.held == 0
    assert budget.spent == Decimal("0.001") * 19  # what was not needed was spent on others
    assert store.states() == {"ok": 19}
    assert told[-1].cost == budget.spent
    assert spent.value.exit_code == 3
    assert "0.019 USD spent, and the next request might cost more than is left" in str(spent.value)
    assert "31 questions to `m` are not answered" in spent.value.message
    assert "--budget" in spent.value.hint
    done = run(
        priced(costs_ten_thousandths), requests, store, terms=Terms(budget=Budget(Decimal(1)))
    )
    assert sum(answer.stored for answer in done) == 19


def test_what_is_too_dear_does_not_keep_the_others(store, question):
    requests = [question("x" * 9), question("dear", max_tokens=10**6), question("y")]
    with pytest.raises(RemoteError, match="1 questions"):
        run(priced(costs_ten_thousandths), requests, store, terms=Terms(budget=Budget(Decimal(1))))
    assert store.states() == {"ok": 2}


def test_refusals_cost_nothing_and_silence_is_taken_for_paid(store, question):
    async def answer(request):
        text = request.messages[-1]["content"]
        if text == "bad":
            raise RequestError("400", status=400)
        if text == "late":
            raise TimedOutError("late", retryable=False)
        return Reply(text="x")  # no usage: the worst is taken for the truth

    budget = Budget(Decimal(1))
    for text, least in (("bad", 0), ("late", "0.002"), ("uncounted", "0.002")):
        before = budget.spent
        run(priced(answer), [question(text, max_tokens=20)], store, terms=Terms(budget=budget))
        assert budget.spent - before >= Decimal(least)
        assert budget.held == 0
        assert (budget.spent == before) is (text == "bad")


def test_a_budget_needs_prices(store, question):
    terms = Terms(budget=Budget(Decimal(1)))
    with pytest.raises(UsageError, match="not known") as unknown:
        run(fake(echo, host="api.example"), [question()], store, terms=terms)
    assert "price: {input" in unknown.value.hint
    yuan = Rate(input=Decimal(1), output=Decimal(1), currency="CNY", as_of="", source="")
    with pytest.raises(UsageError, match="in USD, and the price of `m` in CNY"):
        require_prices([fake(echo, host="h", rate=yuan)], terms)
    assert store.states() == {}
    assert texts(run(fake(echo), [question("a")], store, terms=terms)) == ["A"]  # on this machine


def test_what_another_process_has_under_way_is_waited_for(tmp_path, question):
    path = tmp_path / "s.sqlite"

    async def never(request):
        raise AssertionError(request)

    async def go(first, second):
        model = fake(never)
        key = first.key(model.identity, model.prepared(question()))
        first.plan(key, question()).result()
        asking = asyncio.create_task(ask_all(model, [question()], second))
        await asyncio.sleep(0.4)
        assert not asking.done()
        first.save(key, Reply(text="from there"), 1.0).result()
        return await asyncio.wait_for(asking, 30)

    with open_store(path) as first, open_store(path) as second:
        ((reply, seconds, stored),) = asyncio.run(go(first, second))
    assert (reply.text, seconds, stored) == ("from there", 1.0, True)


def test_what_another_process_gave_up_is_asked(tmp_path, question):
    path = tmp_path / "s.sqlite"

    async def go(first, second):
        model = fake(echo)
        first.plan(first.key(model.identity, model.prepared(question())), question()).result()
        asking = asyncio.create_task(ask_all(model, [question("other"), question()], second))
        await asyncio.sleep(0.3)
        first.close()
        return await asyncio.wait_for(asking, 30)

    with open_store(path) as second:
        first = open_store(path)
        assert texts(asyncio.run(go(first, second))) == ["OTHER", "WHERE IS IT?"]


def test_the_same_question_in_two_rounds_at_once_is_asked_once(store, question):
    out = []

    async def answer(request):
        out.append(1)
        await asyncio.sleep(0.1)
        return Reply(text="x")

    async def go():
        return await asyncio.gather(*(ask_all(fake(answer), [question()], store) for _ in range(3)))

    assert [texts(one) for one in asyncio.run(go())] == [["x"]] * 3
    assert len(out) == 1


def test_a_fault_of_the_provider_loses_nothing(store, question):
    async def answer(request):
        if request.messages[-1]["content"] == "2":
            raise ZeroDivisionError
        await asyncio.sleep(0.05)
        return Reply(text="x")

    with pytest.raises(ZeroDivisionError):
        run(fake(answer), [question(str(n)) for n in range(9)], store)
    assert store.states() == {"ok": 2, "sent": 1}  # whether it was paid for nobody knows


def test_tallies(store, question):
    async def answer(request):
        await asyncio.sleep(0.06)
        return Reply(text="x", usage=Usage(3, 4))

    told = []
    requests = [question(str(n % 4)) for n in range(5)]
    run(priced(answer, concurrency=1), requests, store, on_progress=told.append)
    assert [t.done for t in told] == sorted(t.done for t in told)
    last = told[-1]
    assert (last.done, last.of, last.stored, last.errors) == (5, 5, 1, 0)
    assert (last.prompt_tokens, last.completion_tokens) == (12, 16)
    assert last.cost == Decimal("0.001612")
    assert last.closed_for == 0
    again = []
    run(priced(answer), requests, store, on_progress=again.append)
    assert (again[-1].stored, again[-1].prompt_tokens, again[-1].cost) == (5, 0, 0)


def test_names_of_one_model_share_its_gate(server, question, tmp_path):
    specs = [
        parse_spec({"use": "m", "url": server.url, "concurrency": n}, where="test") for n in (3, 9)
    ]

    async def go():
        async with (
            open_model(specs[0], name="a", folder=tmp_path) as a,
            open_model(specs[1], name="b", folder=tmp_path) as b,
        ):
            return a.gate is b.gate, b.gate.window.most

    assert asyncio.run(go()) == (True, 3)


def kept_to(store, question, n, a_second, kind):
    """The most requests and tokens that a server with this limit saw within a second."""
    tokens = 75  # as that server counts each of these questions
    limit = {"requests": a_second * 60, "tokens": a_second * 60 * tokens}[kind]
    with FastLoopback() as there:
        written = {"use": "m", "url": there.url, "concurrency": 64, "max_tokens": 50}
        spec = parse_spec({**written, f"{kind}_per_minute": limit}, where="test")

        async def go():
            async with open_model(spec, name="m", folder=Path()) as model:
                return await ask_all(model, [question(f"q{i:04}") for i in range(n)], store)

        asyncio.run(go())
        amounts = [(a.time, 1 if kind == "requests" else a.tokens) for a in there.arrivals]
    assert len(amounts) == n
    return busiest(amounts, 1.0) / (limit / 60)


@pytest.mark.parametrize("kind", ["requests", "tokens"])
@pytest.mark.slow
def test_limits_are_kept_at_the_server(store, question, kind):
    assert 0.5 < kept_to(store, question, 120, 40, kind) <= 1.05


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["requests", "tokens"])
def test_limits_are_kept_at_the_server_for_long(store, question, kind):
    """R20: 600 requests and 60,000 tokens a minute, ten times as fast."""
    assert 0.5 < kept_to(store, question, 2_000, 100, kind) <= 1.05
