# SPDX-License-Identifier: Apache-2.0
"""Files behind URLs: copied once, the host named first, and only when a person asks."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from evalkit.core.errors import InputError, MissingExtraError, RemoteError, UsageError
from evalkit.data import remote, web
from evalkit.data.read import open_data
from evalkit.data.remote import fetch, forget, is_remote

ROW = {"messages": [{"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}]}
LINE = json.dumps(ROW, ensure_ascii=False).encode() + b"\n"


@pytest.fixture(autouse=True)
def nothing_stays():
    yield
    forget()


@pytest.fixture
def host():
    """A server on this machine: path -> (status, headers, body); `asked` are the paths."""
    pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, headers, body = pages.get(self.path.split("?")[0], (404, {}, b"no"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    server.pages, server.asked = pages, asked
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_is_a_url():
    assert all(map(is_remote, ["https://a/b", "s3://b/k", "file:///etc", "HF://x", "file:/x"]))
    assert not any(map(is_remote, ["a.jsonl", "C:\\x", "C:/x", "C://x", "-", "./s3:/x", "a:b"]))


def test_it_is_copied_once_and_the_host_is_named_first(host):
    host.pages["/x.jsonl"] = (200, {}, LINE * 2)
    said = []

    def say(text):
        said.append((text, len(host.asked)))

    name = fetch(f"{host.url}/x.jsonl?token=abc", say)
    assert name == f"{host.url}/x.jsonl"  # no token in any message
    assert said == [(f"reading {name} from 127.0.0.1", 0)]
    data = open_data(name)
    assert [e.value for e in data] == [ROW] * 2 == [e.value for e in data]
    assert {e.location.source for e in data} == {name}
    assert fetch(f"{host.url}/x.jsonl?token=abc", say) == name
    assert host.asked == ["/x.jsonl?token=abc"]
    place = Path(data.place)
    assert place.read_bytes() == LINE * 2
    forget()
    assert not place.exists()


def test_nothing_is_fetched_unasked(host):
    host.pages["/x.jsonl"] = (200, {}, LINE)
    with pytest.raises(InputError, match="only an argument of a command"):
        open_data(f"{host.url}/x.jsonl")
    assert host.asked == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("file:///etc/passwd", "is a file of this machine"),
        ("ftp://h/x", "are not read"),
        ("zip://x::s3://b/k", "is a chain"),
        ("memory://x", "are not read"),
        ("https://me:pw@h/x", "a URL with a password"),
        ("https://h:x/", "is no URL"),
        ("https:///x", "names no host"),
        ("s3://u:pw@b/x", "a URL with a password"),
    ],
)
def test_what_is_not_asked_for(url, words):
    said = []
    with pytest.raises(UsageError, match=words):
        fetch(url, said.append)
    assert said == []


def test_what_a_host_may_answer(host, monkeypatch):
    host.pages["/page"] = (200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>")
    host.pages["/secret"] = (403, {}, b"")
    host.pages["/broken"] = (503, {}, b"")
    host.pages["/short"] = (200, {"Content-Length": "999"}, LINE)
    host.pages["/large"] = (200, {}, bytes(3000))
    host.pages["/announced"] = (200, {"Content-Length": "3000"}, bytes(3000))
    told = {
        "/gone": (InputError, "no such file"),
        "/page": (InputError, "is a web page"),
        "/secret": (InputError, "without logging in"),
        "/broken": (RemoteError, "HTTP 503"),
        "/short": (RemoteError, "ended after"),
        "/large": (InputError, "is more than 2,000 bytes"),
        "/announced": (InputError, "has 3,000 bytes, more than 2,000"),
    }
    for path, (kind, words) in told.items():
        with pytest.raises(kind, match=words) as caught:
            fetch(host.url + path, lambda _: None, most=2000)
        assert caught.value.hint
    assert remote._copies == {}
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        host.url = f"http://127.0.0.1:{nobody.getsockname()[1]}"  # where nobody listens
    with pytest.raises(RemoteError, match="cannot be read"):
        fetch(f"{host.url}/x", lambda _: None)


def test_redirects(host, monkeypatch, tmp_path):
    (tmp_path / "x.jsonl").write_bytes(LINE)
    host.pages["/x.jsonl"] = (200, {}, LINE)
    host.pages["/there"] = (302, {"Location": "/x.jsonl"}, b"")
    host.pages["/file"] = (302, {"Location": f"file://{tmp_path}/x.jsonl"}, b"")
    host.pages["/ftp"] = (302, {"Location": "ftp://127.0.0.1/x"}, b"")
    host.pages["/user"] = (302, {"Location": f"http://a:b@127.0.0.1:{host.server_port}/"}, b"")
    host.pages["/round"] = (302, {"Location": "/round"}, b"")
    name = f"localhost:{host.server_port}"
    host.pages["/again"] = host.pages["/other"] = (302, {"Location": f"http://{name}/x.jsonl"}, b"")
    said = []
    assert open_data(fetch(f"{host.url}/there", said.append)).size == len(LINE)
    assert len(said) == 1
    assert open_data(fetch(f"{host.url}/other", said.append)).size == len(LINE)
    assert said[2] == "redirected to localhost"
    for path in ("/file", "/ftp", "/user"):
        with pytest.raises(InputError, match="what is not followed"):
            fetch(host.url + path, said.append)
    with pytest.raises(InputError, match="infinite loop"):
        fetch(f"{host.url}/round", said.append)
    # Whoever is out there must not send us to a host within the network.
    monkeypatch.setattr(web, "_is_public", lambda h: h == "127.0.0.1")
    with pytest.raises(InputError, match="what is not followed"):
        fetch(f"{host.url}/again", said.append)


def test_which_hosts_are_public():
    assert not web._is_public("127.0.0.1")
    assert not web._is_public("169.254.169.254")
    assert not web._is_public("10.1.2.3")
    assert not web._is_public("::1")
    assert web._is_public("1.1.1.1")


def test_stores_by_fsspec(monkeypatch):
    fsspec = pytest.importorskip("fsspec")
    from fsspec.implementations.memory import MemoryFileSystem

    class Hub(MemoryFileSystem):
        protocol = "hf"
        store: ClassVar = {}

        @classmethod
        def _strip_protocol(cls, path):
            return "/" + path.removeprefix("hf://").strip("/")

    fsspec.register_implementation("hf", Hub, clobber=True)
    with Hub().open("/datasets/me/x.jsonl", "wb") as stream:
        stream.write(LINE)
    said = []
    name = fetch("hf://datasets/me/x.jsonl", said.append)
    assert said == ["reading hf://datasets/me/x.jsonl with huggingface_hub"]
    assert [e.value for e in open_data(name)] == [ROW]
    with pytest.raises(InputError, match="no such file"):
        fetch("hf://datasets/me/y.jsonl", said.append)
    forget()
    with pytest.raises(InputError, match="bytes, more than 10 bytes"):
        fetch("hf://datasets/me/x.jsonl", said.append, most=10)
    with pytest.raises(InputError, match="s3fs is needed") as caught:
        fetch("s3://bucket/x.jsonl", said.append)
    assert caught.value.hint == 'install it: pip install "evalkit-ft[remote]" s3fs'


def test_without_fsspec(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingExtraError, match=r"evalkit-ft\[remote\]"):
        fetch("s3://bucket/x.jsonl", lambda _: None)


def test_commands(host, evalkit, tmp_path):
    host.pages["/x.jsonl"] = (200, {}, LINE)
    url = f"{host.url}/x.jsonl"
    done = evalkit("convert", f"{url}?sig=SECRET", "-")
    assert (done.code, json.loads(done.out)) == (0, ROW)
    assert done.err.startswith(f"reading {url} from 127.0.0.1\n")
    linted = evalkit("lint", f"{url}?sig=SECRET", "--output-format", "json")
    assert json.loads(linted.out)["files"][0]["path"] == url
    assert "SECRET" not in done.err + linted.out + linted.err
    shown = evalkit("show", f"{url}:1")
    assert shown.code == 0
    assert "答" in shown.out
    asked = len(host.asked)
    (tmp_path / "evalkit.toml").write_text(f'[lint]\nagainst = ["{url}"]\n')
    assert "only an argument of a command" in evalkit("lint", "-", stdin=LINE).err
    assert len(host.asked) == asked


def test_from_python(host, capsys):
    import evalkit

    host.pages["/x.jsonl"] = (200, {}, LINE)
    data = evalkit.read(f"{host.url}/x.jsonl?sig=SECRET")
    assert [e.value for e in data] == [ROW]
    assert capsys.readouterr().err == f"reading {host.url}/x.jsonl from 127.0.0.1\n"
