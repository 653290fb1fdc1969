# SPDX-License-Identifier: Apache-2.0
"""A data set of a stranger makes nothing run and nothing connect: lint and estimate only look."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from evalkit.cli.main import main

HEARD: list[tuple[str, str]] = []
LISTENS = False
WATCHED = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "exec",
    "compile", "import", "marshal.", "pickle.", "ctypes.", "code.__new__", "urllib.", "http.client.",
    "shutil.", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "tempfile.", "webbrowser.",
)  # fmt: skip


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if LISTENS and event.startswith(WATCHED):
        HEARD.append((event, repr(arguments)[:200]))


@contextmanager
def listening() -> Iterator[list[tuple[str, str]]]:
    """What the interpreter says it did; an audit hook cannot be taken away, so it is switched."""
    global LISTENS  # noqa: PLW0603
    if not getattr(sys, "_evalkit_audit", False):
        sys.addaudithook(_hear)
        sys._evalkit_audit = True
    HEARD.clear()
    LISTENS = True
    try:
        yield HEARD
    finally:
        LISTENS = False


def call(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    return int(end.value.code or 0)


@pytest.fixture
def server():
    """A port that counts who knocks."""
    knocks = []
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        door.settimeout(0.05)
        over = threading.Event()

        def wait() -> None:
            while not over.is_set():
                try:
                    other, who = door.accept()
                except TimeoutError:
                    continue
                knocks.append(who)
                other.close()

        thread = threading.Thread(target=wait)
        thread.start()
        yield door.getsockname()[1], knocks
        over.set()
        thread.join()


def links(port: int) -> list[str]:
    hosts = [
        f"http://127.0.0.1:{port}", f"http://[::1]:{port}", f"http://localhost:{port}",
        "http://169.254.169.254/latest/meta-data", f"http://0x7f000001:{port}", f"http://2130706433:{port}",
        f"http://127.0.0.1.nip.io:{port}", f"https://127.0.0.1:{port}", f"ftp://127.0.0.1:{port}",
        f"//127.0.0.1:{port}", "file:///etc/passwd", f"gopher://127.0.0.1:{port}", r"\\127.0.0.1\share",
    ]  # fmt: skip
    return [f"{host}/{n}.png" for n in range(2) for host in hosts]


def rows(port: int) -> list[dict]:
    """A hundred rows that point somewhere in every way that a row can."""
    made = []
    for number, url in enumerate(links(port) * 4):
        user: object = [
            [{"type": "text", "text": f"{number}"}, {"type": "image_url", "image_url": {"url": url}}],
            [{"type": "text", "text": f"{number}"}, {"type": "file_url", "file_url": {"url": url}}],
            [{"type": "text", "text": f"{number}"}, {"type": "input_audio", "input_audio": {"url": url}}],
            f'{number} <img src="{url}"> ![x]({url}) <script src="{url}"></script> {url}',
        ][number % 4]  # fmt: skip
        row: dict = {
            "messages": [
                {"role": "user", "content": user},
                {"role": "assistant", "content": f"see {url}"},
            ]
        }
        if number % 3 == 0:
            parameters = {
                "$ref": url,
                "$schema": url,
                "$id": url,
                "type": "object",
                "$dynamicRef": url,
            }
            function = {"name": "f", "parameters": parameters}
            row["tools"] = [{"type": "function", "function": function}]
            called = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
            row["messages"].insert(1, {"role": "assistant", "tool_calls": [called]})
            row["messages"].insert(2, {"role": "tool", "tool_call_id": "c", "content": url})
        made.append(row)
    return made[:100]


HOSTILE = [
    "__import__('os').system('touch hacked')", "{{ 7*7 }}{% import os %}", "${jndi:ldap://127.0.0.1/a}",
    "!!python/object/apply:os.system ['touch hacked']", "cos\nsystem\n(S'touch hacked'\ntR.", "`touch hacked`",
    "$(touch hacked)", "; touch hacked", "=cmd|' /C touch hacked'!A0", "<script>alert(1)</script>",
    "%s%s%n", "{0.__class__.__mro__}", "{example.__init__.__globals__}", "../../../etc/passwd", "[/red]",
]  # fmt: skip


def hostile_rows() -> list[dict]:
    made = []
    for number, text in enumerate(HOSTILE):
        row: dict = {
            "messages": [
                {"role": "user", "content": f"{number} {text}", "name": text},
                {"role": "assistant", "content": text, "tool_calls": text},
            ],
            text: text,
            "__class__": text,
            "$schema": text,
        }
        good = {"messages": [{"role": "user", "content": f"{number} {text}"}, {"role": "assistant", "content": text}]}  # fmt: skip
        made += [row, good]
    return made


@pytest.fixture
def folder(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "held.jsonl").write_text(json.dumps(hostile_rows()[1]) + "\n")
    return tmp_path


COMMANDS = [
    ("lint", "x.jsonl", "--select", "ALL", "--target", "openai", "--model", "gpt-4.1-mini", "--tokens"),
    ("lint", "x.jsonl", "--output-format", "json", "--against", "held.jsonl"),
    ("estimate", "x.jsonl"),
]  # fmt: skip


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda c: " ".join(c[:1] + c[2:4]))
def test_links_are_not_followed(arguments, folder, server):
    port, knocks = server
    (folder / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(port)))
    with listening() as heard:
        assert call(*arguments) in (0, 1)
    reached = [one for one in heard if one[0].startswith(("socket.", "urllib.", "http."))]
    assert reached == []
    assert knocks == []


def test_this_test_would_hear_a_connection(server):
    port, _ = server
    with listening() as heard:
        socket.create_connection(("127.0.0.1", port)).close()
    assert any(event == "socket.connect" for event, _ in heard)


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda c: " ".join(c[:1] + c[2:4]))
def test_loading_a_data_set_runs_nothing(arguments, folder):
    """Once to load our own lazy modules and patterns; from then on the data must do nothing."""
    (folder / "x.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in hostile_rows()), encoding="utf-8"
    )
    call(*arguments)
    with listening() as heard:
        assert call(*arguments) in (0, 1)
    ours = ("tempfile.", "shutil.", "os.mkdir", "os.rmdir", "os.remove")  # our own spill folder
    assert [one for one in heard if not one[0].startswith(ours)] == []
    assert sorted(path.name for path in folder.iterdir()) == ["held.jsonl", "x.jsonl"]


@pytest.mark.parametrize("content", ["table", "fix"])
def test_tables_and_fixes_run_nothing(content, folder):
    if content == "table":
        body = "question,answer\n" + "".join(
            f'{number},"{text.replace(chr(34), chr(34) * 2)}"\n'
            for number, text in enumerate(HOSTILE)
        )
        (folder / "x.csv").write_text(body, encoding="utf-8")
        arguments: tuple[str, ...] = ("lint", "x.csv")
    else:
        text = "".join(json.dumps(row) + "\n" for row in hostile_rows())
        (folder / "x.jsonl").write_text(text, encoding="utf-8")
        arguments = ("lint", "x.jsonl", "--diff", "--unsafe-fixes", "--drop")
    call(*arguments)
    with listening() as heard:
        call(*arguments)
    run = (
        "exec",
        "compile",
        "import",
        "subprocess.",
        "socket.",
        "os.system",
        "pickle.",
        "marshal.",
    )
    assert [one for one in heard if one[0].startswith(run)] == []
    assert not (folder / "hacked").exists()
