# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import InputError
from evalkit.core.example import canonical
from evalkit.core.exchange import Position, Reply, Request, Usage
from evalkit.models import _network_fs, _store_layout
from evalkit.models._network_fs import mounted_on
from evalkit.models._store import Store, keyed, open_store
from evalkit.models._wire import reply_from_json, reply_to_json, request_to_json

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


# R24: what a request may be, field by field; `ids` are names for recordings and no part of it.
_TEXT = st.text(max_size=5)
_MESSAGE = st.dictionaries(st.sampled_from(["role", "content", "name"]), _TEXT, min_size=1)
FIELDS = {
    "messages": st.lists(_MESSAGE, min_size=1, max_size=3),
    "max_tokens": st.integers(1, 9_999),
    "temperature": st.floats(0, 2),
    "seed": st.none() | st.integers(0, 99),
    "top_logprobs": st.integers(0, 20),
    "tools": st.lists(st.dictionaries(_TEXT, _TEXT), max_size=2),
    "labels": st.lists(_TEXT, max_size=3),
    "extra": st.dictionaries(_TEXT, st.none() | st.booleans() | st.integers(0, 9) | _TEXT),
}


def test_every_field_is_in_the_key():
    assert OTHER.keys() == FIELDS.keys() == {field.name for field in fields(Request)} - {"ids"}
    requests = [BASE, *(replace(BASE, **{name: value}) for name, value in OTHER.items())]
    keys = [Store.key("i", request) for request in requests]
    keys += [Store.key("j", BASE), Store.key("i", BASE, 1)]
    assert len(set(keys)) == len(OTHER) + 3


@given(st.data())
def test_keys_are_equal_for_equal_requests_only(data):
    first = Request(**{name: data.draw(field) for name, field in FIELDS.items()})
    name = data.draw(st.sampled_from(sorted(FIELDS)))
    value = data.draw(FIELDS[name])
    second = replace(first, **{name: value})
    same = json.dumps(getattr(first, name), sort_keys=True) == json.dumps(value, sort_keys=True)
    assert (Store.key("i", first) == Store.key("i", second)) is same
    identity, repeat = data.draw(st.text()), data.draw(st.integers(0, 9))
    equal = (identity, repeat) == ("i", 0)
    assert (Store.key("i", first) == Store.key(identity, first, repeat)) is equal


def _turned(value):
    """The same JSON value with its keys in the other order."""
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    return [_turned(one) for one in value] if isinstance(value, list) else value


@given(st.fixed_dictionaries(FIELDS))
def test_the_order_of_keys_and_names_for_people_are_not_in_the_key(values):
    request = Request(**values)
    spelled = json.loads(json.dumps(values, indent=3))
    other = Request(**_turned(spelled), ids=("row 1", "line 7"))
    assert Store.key("i", request) == Store.key("i", other)


def test_keys_stay_what_they_were():
    """Answers of the first layout are found by them."""
    whole = {"identity": 'a "b" 好', "request": request_to_json(BASE), "repeat": 2}
    assert keyed('a "b" 好', BASE, 2).key == hashlib.sha256(canonical(whole)).digest()


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
    assert one("PRAGMA user_version").fetchone() == (2,)


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


# The layout of evalkit 0.1, word for word.
FIRST_LAYOUT = """
CREATE TABLE request (
    key BLOB PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('sent', 'ok', 'flagged', 'failed')),
    owner TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    identity TEXT NOT NULL,
    body BLOB NOT NULL,
    reply BLOB,
    seconds REAL,
    started REAL NOT NULL,
    ended REAL
) WITHOUT ROWID
"""


def first_layout(path, n=3):
    connection = sqlite3.connect(path)
    connection.execute(FIRST_LAYOUT)
    rows = [
        (Store.key("i", BASE, k), "ok", "1-a", 1, "i", canonical(request_to_json(BASE)),
         canonical(reply_to_json(Reply(text=str(k), usage=Usage(k, 2 * k)))), 0.5, 1.0, 2.0)
        for k in range(n)
    ]  # fmt: skip
    connection.executemany("INSERT INTO request VALUES (?,?,?,?,?,?,?,?,?,?)", rows)
    connection.execute(
        "INSERT INTO request VALUES (?, 'sent', '1-a', 1, 'i', ?, NULL, NULL, 1.0, NULL)",
        (b"lost", b"{}"),
    )
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()


def test_the_first_layout_is_brought_up_and_nothing_is_lost(tmp_path):
    path = tmp_path / "s.sqlite"
    first_layout(path)
    with open_store(path) as store:
        for k in range(3):
            assert store.get(Store.key("i", BASE, k))[0].text == str(k)
        assert store.look([b"lost"])[b"lost"].state == "unknown"
        counted = store._reader.execute(
            "SELECT sum(prompt_tokens), sum(completion_tokens) FROM request"
        ).fetchone()
        assert counted == (3, 6)
        put(store, b"new", Reply(text="new"))
    with open_store(path) as again:
        assert again.states() == {"ok": 4, "sent": 1}


def test_a_migration_that_breaks_off_leaves_the_first_layout(tmp_path, monkeypatch):
    path = tmp_path / "s.sqlite"
    first_layout(path)
    monkeypatch.setattr(_store_layout, "_V1_TOKENS", "UPDATE nothing SET a = ?, b = ?, c = ?")
    with pytest.raises(InputError, match="cannot use the store"):
        open_store(path)
    monkeypatch.undo()
    with open_store(path) as store:
        assert store.states() == {"ok": 3, "sent": 1}


def test_two_bring_it_up_at_once(tmp_path):
    path = tmp_path / "s.sqlite"
    first_layout(path, n=500)
    start = threading.Barrier(4)

    def opened(_):
        start.wait()
        with open_store(path) as store:
            return store.states()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(opened, range(4))) == [{"ok": 500, "sent": 1}] * 4


def test_what_a_living_process_has_under_way_is_its_own(tmp_path):
    path = tmp_path / "s.sqlite"
    with open_store(path) as first:
        assert first.plan(b"k", BASE).result() == [True]
        with open_store(path) as second:
            assert second.look([b"k"])[b"k"].state == "claimed"
            assert second.plan(b"k", BASE).result() == [False]
            first.save(b"k", Reply(text="mine"), None).result()
            assert second.get(b"k")[0].text == "mine"
            first.plan(b"left", BASE).result()
            first.close()
            assert second.look([b"left"])[b"left"].state == "unknown"
            assert second.plan(b"left", BASE).result() == [True]
            assert attempts(second, b"left") == 2


def attempts(store, key):
    return store._reader.execute("SELECT attempts FROM request WHERE key = ?", (key,)).fetchone()[0]


PLANS = """
import sys, time
from pathlib import Path
from evalkit.core.exchange import Request
from evalkit.models._store import open_store
store = open_store(Path(sys.argv[1]))
store.plan(b"k", Request(messages=[{"role": "user", "content": "Hi"}])).result()
print("planned", flush=True)
time.sleep(600)
"""


def test_what_a_killed_process_had_under_way_is_unknown_at_once(tmp_path):
    path = tmp_path / "s.sqlite"
    process = subprocess.Popen([sys.executable, "-c", PLANS, str(path)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"planned\n"
    with open_store(path) as store:
        assert store.look([b"k"])[b"k"].state == "claimed"
        store.bury()
        assert store.plan(b"k", BASE).result() == [False]
        process.kill()
        process.communicate()
        if os.name == "posix":  # elsewhere its heart has to stop first
            assert store.look([b"k"])[b"k"].state == "unknown"
            store.bury()
            assert store.plan(b"k", BASE).result() == [True]


def test_an_owner_of_another_machine_lives_as_long_as_it_beats(tmp_path):
    with open_store(tmp_path / "s.sqlite") as store:
        store.plan(b"k", BASE).result()
        write = store._writer._connection.execute
        write("UPDATE request SET owner = 'far'")
        write("INSERT INTO owner VALUES ('far', 'another machine', 1, ?)", (time.time(),))
        assert store.look([b"k"])[b"k"].state == "claimed"
        write("UPDATE owner SET beat = ? WHERE id = 'far'", (time.time() - _store_layout.ALIVE,))
        assert store.look([b"k"])[b"k"].state == "unknown"
        assert store.plan(b"k", BASE).result() == [True]


def test_a_heart_beats_while_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("evalkit.models._store_writer._BEAT_SECONDS", 0.02)
    with open_store(tmp_path / "s.sqlite") as store:
        store.plan(b"k", BASE).result()

        def beat():
            with store.reading() as reader:
                return reader.execute("SELECT beat FROM owner").fetchone()[0]

        first, until = beat(), time.monotonic() + 10
        while beat() == first and time.monotonic() < until:
            time.sleep(0.01)
        assert beat() > first
    with open_store(tmp_path / "s.sqlite") as store, store.reading() as reader:
        assert reader.execute("SELECT count(*) FROM owner").fetchone() == (0,)


def test_a_request_in_doubt_is_not_an_error_to_be_asked_again(store):
    store.plan(b"k", BASE).result()
    late = Reply(text="", finish="error", error="no answer in time")
    store.save(b"k", late, None, doubtful=True).result()
    assert store.look([b"k"])[b"k"].state == "unknown"
    store.plan(b"k", BASE).result()
    store.save(b"k", Reply(text="good"), None, doubtful=True).result()
    assert store.get(b"k")[0].text == "good"


@pytest.mark.parametrize(
    ("was", "states"), [(None, {}), ("failed", {"failed": 1}), ("unknown", {"sent": 1})]
)
def test_what_did_not_go_out_is_as_before(store, was, states):
    before = 0
    if was is not None:
        store.plan(b"k", BASE).result()
        error = Reply(text="", finish="error", error="500")
        store.save(b"k", error, None, doubtful=was == "unknown").result()
        before = attempts(store, b"k")
    store.plan(b"k", BASE).result()
    store.submit([store.released(b"k", was)]).result()
    assert store.states() == states
    if was is not None:
        assert store.look([b"k"])[b"k"].state == was
        assert attempts(store, b"k") == before


def test_on_a_network_file_system_no_memory_is_shared(tmp_path, monkeypatch):
    path = tmp_path / "s.sqlite"
    with open_store(path) as store:  # written in WAL before it was moved there
        put(store, b"a", RICH)
    monkeypatch.setattr("evalkit.models._store.network_file_system", lambda _: "nfs4")
    with pytest.warns(UserWarning, match="network file system \\(nfs4\\)"):
        store = open_store(path)
    with store, open_store(path) as other:  # said once
        assert store._reader.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        put(store, b"b", RICH)
        put(other, b"c", RICH)
        assert store.states() == {"ok": 3}
    assert not list(tmp_path.glob("*-shm"))


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:40 / /home rw shared:2 - nfs4 srv:/home rw
41 40 0:41 / /home/my\\040disk rw - xfs /dev/sdb rw
42 22 0:42 / /mnt/c rw - 9p C:\\134 rw
43 22 0:43 / /mnt/s rw master:7 propagate_from:2 - fuse.sshfs me@srv: rw
44 22 0:44 / /mnt/n rw - fuse.ntfs-3g /dev/sdc rw
"""


@pytest.mark.parametrize(
    ("place", "kind", "remote"),
    [
        ("/srv", "ext4", False),
        ("/homestead", "ext4", False),
        ("/home", "nfs4", True),
        ("/home/me/x", "nfs4", True),
        ("/home/my disk/x", "xfs", False),
        ("/mnt/c/x", "9p", True),
        ("/mnt/s", "fuse.sshfs", True),
        ("/mnt/n", "fuse.ntfs-3g", False),
    ],
)
def test_network_file_systems(place, kind, remote):
    found = mounted_on(PurePosixPath(place), _network_fs._linux_mounts(MOUNTS))
    assert (found, _network_fs._remote(found)) == (kind, remote)
