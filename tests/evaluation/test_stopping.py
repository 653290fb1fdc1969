# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C asks first; handlers come back; threads install none."""

import asyncio
import os
import signal
import threading

import pytest

from evalkit.evaluation._loop import finished
from evalkit.evaluation.stopping import Stop, stoppable

posix = pytest.mark.skipif(os.name == "nt", reason="sends signals")


@posix
def test_the_first_signal_sets_it_and_the_second_interrupts():
    told = []
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with stoppable(lambda: told.append(1)) as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert told == [1]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@posix
def test_a_loop_that_only_waits_is_woken():
    with stoppable() as stop:

        async def work():
            asyncio.get_running_loop().call_later(0.05, lambda: os.kill(os.getpid(), signal.SIGINT))
            await asyncio.wait_for(stop.wait(), 60)
            return "woken"

        assert asyncio.run(work()) == "woken"


def test_another_thread_installs_nothing():
    before = signal.getsignal(signal.SIGINT)
    found = []

    def go():
        with stoppable() as stop:
            found.append((signal.getsignal(signal.SIGINT), stop.is_set()))

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    assert found == [(before, False)]


def test_a_stop_is_set_from_any_thread_and_without_a_loop():
    stop = Stop()
    stop.ask()
    assert stop.is_set()
    other = Stop()

    async def work():
        threading.Timer(0.05, other.ask).start()
        await asyncio.wait_for(other.wait(), 60)

    asyncio.run(work())
    other.ask()  # its loop is closed


def test_work_is_finished_inside_a_running_loop_too():
    async def work():
        await asyncio.sleep(0)
        return asyncio.get_running_loop()

    async def notebook():
        return finished(work) is not asyncio.get_running_loop()

    assert asyncio.run(notebook())

    async def wrong():
        async with asyncio.TaskGroup() as group:
            group.create_task(_refused())

    async def another():
        finished(wrong)

    from evalkit.core.errors import UsageError

    with pytest.raises(UsageError, match="no"):
        asyncio.run(another())
    with pytest.raises(UsageError, match="no"):
        finished(wrong)


async def _refused():
    from evalkit.core.errors import UsageError

    raise UsageError("no")


@posix
def test_an_interrupt_in_a_notebook_ends_the_work_in_its_thread():
    ended = threading.Event()

    async def work():
        try:
            await asyncio.sleep(600)
        finally:
            ended.set()

    async def notebook():
        first = threading.Event()

        def twice():
            os.kill(os.getpid(), signal.SIGINT)
            assert first.wait(60)  # two that wait to be noticed are one
            os.kill(os.getpid(), signal.SIGINT)

        with stoppable(first.set):
            threading.Timer(0.3, twice).start()
            finished(work)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(notebook())
    assert ended.wait(60)
