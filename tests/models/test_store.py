# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import sqlite3
import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import InputError
from evalkit.core.exchange import Position, Reply, Request, Usage
from evalkit.models._store import Store, open_store
from evalkit.models._wire import reply_from_json, reply_to_json

BASE = Request(messages=[{"role": "user", "content": "Hi"}])
OTHER = {
    "messages": [{"role": "user", "content": "Hi "}],
    "max_tokens": 255,
    "temperature": 0.1,
    "seed": None,
    "top_logprobs": 1,
    "tools": [{"type": "function"}],
    "labels": ("a", "b"),
    "extra": {"top_p": 0.5},
}
RICH = Reply(
    text="好\ud800\u2028",
    finish="length",
    positions=(Position("好", -0.25, (("好", -0.25), ("不", -1.0 / 3.0))),),
    probabilities={"a": 0.1 + 0.2, "b": 0.0},
    covered=0.75,
    usage=Usage(3, 4),
    model="m",
    refusal=None,
    tool_calls=({"id": "1", "function": {"name": "f", "arguments": "{}"}},),
)


def put(store, key, reply, request=BASE):
    store.plan(key, request).result()
    store.save(key, reply, 0.5).result()


def test_every_field_is_in_the_key():
    assert OTHER.keys() == {field.name for field in fields(Request)}
    requests = [BASE, *(replace(BASE, **{name: value}) for name, value in OTHER.items())]
    keys = [Store.key("i", request) for request in requests]
    keys += [Store.key("j", BASE), Store.key("i", BASE, 1)]
    assert len(set(keys)) == len(OTHER) + 3


def test_spelling_is_not_in_the_key():
    other = Request(messages=[{"content": "Hi", "role": "user"}], temperature=0, tools=[])
    assert Store.key("i", other) == Store.key("i", BASE)


def test_an_answer_comes_back_whole(store):
    put(store, b"k", RICH)
    assert store.get(b"k") == (RICH, 0.5)
    assert store.get(b"other") is None


@given(
    st.text(),
    st.lists(
        st.tuples(st.text(), st.floats(-1e4, 0), st.lists(st.tuples(st.text(), st.floats(-1e4, 0))))
    ),
    st.none() | st.dictionaries(st.text(), st.floats(0, 1)),
)
def test_replies_survive_json(text, positions, probabilities):
    reply = Reply(
        text=text,
        positions=tuple(Position(t, p, tuple(top)) for t, p, top in positions),
        probabilities=probabilities,
    )
    assert reply_from_json(reply_to_json(reply)) == reply


@pytest.mark.parametrize(
    ("reply", "state", "served"),
    [
        (Reply(text="yes"), "ok", True),
        (Reply(text="ye", finish="length"), "ok", True),
        (Reply(text="", tool_calls=({"id": "1"},), finish="tool_calls"), "ok", True),
        (Reply(text=" "), "flagged", True),
        (Reply(text="half", finish="content_filter"), "flagged", True),
        (Reply(text="", refusal="no"), "flagged", True),
        (Reply(text="", finish="error", error="500"), "failed", False),
    ],
)
def test_what_is_served(store, reply, state, served):
    put(store, b"k", reply)
    assert store.states() == {state: 1}
    assert (store.get(b"k") == (reply, 0.5)) is served


def test_an_answer_stays_and_an_error_gives_way(store):
    put(store, b"k", Reply(text="", finish="error", error="500"))
    put(store, b"k", Reply(text="first"))
    put(store, b"k", Reply(text="second"))
    put(store, b"k", Reply(text="", finish="error", error="500"))
    assert store.get(b"k")[0].text == "first"


def test_intent_alone_is_no_answer(store):
    store.plan(b"k", BASE).result()
    assert store.get(b"k") is None
    assert store.states() == {"sent": 1}


def test_close_writes_what_is_under_way(tmp_path):
    path = tmp_path / "s.sqlite"
    store = open_store(path)
    for n in range(500):
        key = n.to_bytes(4, "big")
        store.plan(key, BASE)
        store.save(key, Reply(text=str(n)), None)
    store.close()
    store.close()
    with open_store(path) as again:
        assert again.states() == {"ok": 500}


def test_several_writers_from_the_first_moment(tmp_path):
    """All make the same new file at once; their rows overlap."""
    path = tmp_path / "s.sqlite"
    start = threading.Barrier(4)

    def fill(first):
        start.wait()
        with open_store(path) as store:
            for n in range(first, first + 40):
                put(store, n.to_bytes(4, "big"), Reply(text=str(n)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fill, (0, 20, 40, 60)))
    with open_store(path) as store:
        assert store.states() == {"ok": 100}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_ours_alone(tmp_path):
    path = tmp_path / ".evalkit" / "store.sqlite"
    with open_store(path) as store:
        put(store, b"k", RICH)
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.glob("store*")}
    assert set(modes.values()) == {0o600}
    assert (path.parent / ".gitignore").read_text() == "*\n"


def test_durable_settings(store):
    one = store._reader.execute
    assert one("PRAGMA journal_mode").fetchone() == ("wal",)
    assert one("PRAGMA synchronous").fetchone() == (2,)
    assert one("PRAGMA user_version").fetchone() == (1,)


def test_not_a_store(tmp_path):
    path = tmp_path / "s.sqlite"
    path.write_bytes(b"not a database at all, but long enough to look at" * 30)
    with pytest.raises(InputError, match="not a database"):
        open_store(path)


def test_of_a_newer_evalkit(tmp_path):
    path = tmp_path / "s.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(InputError, match="newer evalkit"):
        open_store(path)


def test_no_place(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot use the store"):
        open_store(tmp_path / "file" / "s.sqlite")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="cannot use the store"):
        open_store(tmp_path / "s.sqlite")
