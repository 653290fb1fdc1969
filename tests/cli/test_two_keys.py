# SPDX-License-Identifier: Apache-2.0
"""Two providers with two keys in one suite: each gets its own, and no file or word holds any."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from loopback import Loopback

KEYS = {"KEY_A": "sk-CANARYA-0123456789abcdef", "KEY_B": "CANARYB/0123456789+abcdef"}
FURTHER = {
    "OPENAI_API_KEY": "sk-CANARYC-0123456789abcdef",
    "OPENAI_ORG_ID": "org-CANARYD0123456789",
    "OPENAI_LOG": "debug",
}


def forms(secret: str) -> tuple[bytes, ...]:
    coded = base64.b64encode(secret.encode())[:-4]
    return secret.encode(), quote(secret, safe="").encode(), coded, secret[3:12].encode()


@pytest.fixture
def servers():
    with Loopback(key=KEYS["KEY_A"]) as a, Loopback(key=KEYS["KEY_B"]) as b:
        yield a, b


def suite(folder, servers, **more):
    rows = [
        {
            "messages": [
                {"role": "user", "content": n},
                {"role": "assistant", "content": f"echo: {n}"},
            ]
        }
        for n in ("one", "two", "three")
    ]
    (folder / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    models = {
        name: {"use": "m-1", "url": server.url, "key_env": key, **more}
        for name, server, key in zip(("base", "tuned"), servers, KEYS, strict=True)
    }
    (folder / "x.eval.json").write_text(json.dumps({"data": "test.jsonl", "models": models}))
    return folder / "x.eval.json"


def clean(folder, told):
    texts = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    texts["stdout"], texts["stderr"] = told.out.encode(), told.err.encode()
    for secret in (*KEYS.values(), FURTHER["OPENAI_API_KEY"], FURTHER["OPENAI_ORG_ID"]):
        for form in forms(secret):
            assert [place for place, text in texts.items() if form in text] == []
    return texts


@pytest.mark.slow
def test_each_gets_its_own_and_no_file_holds_any(evalkit, tmp_path, servers):
    told = evalkit("run", suite(tmp_path, servers), **KEYS, **FURTHER)
    assert told.code == 0, told.err
    for server, key in zip(servers, KEYS.values(), strict=True):
        assert len(server.billed) == 3
        assert {headers["authorization"] for headers in server.headers} == {f"Bearer {key}"}
    assert "CANARYC" not in str([server.headers for server in servers])
    assert "CANARYD" not in str([server.headers for server in servers])
    texts = clean(tmp_path, told)
    assert any(str(place).endswith("index.html") for place in texts)
    assert any("store.sqlite" in str(place) for place in texts)


@pytest.mark.slow
def test_keys_changed_round_are_refused_and_still_nowhere(evalkit, tmp_path, servers):
    swapped = {"KEY_A": KEYS["KEY_B"], "KEY_B": KEYS["KEY_A"]}
    told = evalkit("run", suite(tmp_path, servers), **swapped, **FURTHER)
    assert told.code == 3
    assert "refused the key in KEY_" in told.err
    assert "Traceback" not in told.err
    clean(tmp_path, told)


def test_a_key_in_the_suite_is_refused_before_anything_is_sent(evalkit, tmp_path, servers):
    path = suite(tmp_path, servers, options={"headers": {"x": KEYS["KEY_A"]}})
    told = evalkit("run", path, **KEYS)
    assert told.code == 2
    assert "literal key" in told.err
    assert KEYS["KEY_A"] not in told.out + told.err
    assert not servers[0].requests
