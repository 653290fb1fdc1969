# SPDX-License-Identifier: Apache-2.0
"""Keys, organisations, passwords of URLs and headers of the environment: nowhere but on the wire."""

from __future__ import annotations

import asyncio
import base64
import logging
import traceback
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import quote

import openai
import pytest
from loopback import Loopback

from evalkit.core.errors import EvalkitError
from evalkit.models._store import open_store
from evalkit.models.ask import ask_all
from evalkit.models.open import open_model
from evalkit.models.spec import parse_spec

SECRETS = {
    "OPENAI_API_KEY": "sk-CANARY1-0123456789/abcdefghij",
    "OPENAI_ADMIN_KEY": "sk-admin-CANARY2-0123456789abcdef",
    "OPENAI_ORG_ID": "org-CANARY3-0123456789",
    "OPENAI_PROJECT_ID": "proj-CANARY4-0123456789",
    "OPENAI_CUSTOM_HEADERS": "X-Team: CANARY5-0123456789\nX-Other: CANARY6-0123456789",
    "OTHER_KEY": "CANARY7+0123456789/abcdef==",
    "PASSWORD": "CANARY8-p4ss%w0rd",
}
WORDS = [
    *(SECRETS[name] for name in SECRETS if name != "OPENAI_CUSTOM_HEADERS"),
    "CANARY5-0123456789",
    "CANARY6-0123456789",
]


def forms(secret: str) -> set[str]:
    halves = {secret[:8], secret[len(secret) // 2 :]} - {"sk-admin", "org-CANA", "proj-CAN"}
    coded = base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]
    return {secret, quote(secret), quote(secret, safe=""), coded, repr(secret)[1:-1], *halves}


def clean(text: str) -> None:
    found = [form for secret in WORDS for form in forms(secret) if form in text]
    assert found == []


@pytest.fixture
def environment(monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("evalkit.models._retry._FIRST_STEP", 0.001)


# A server knows only what it is sent; each of these repeats all of that.
SENT = {
    "own": [WORDS[0], *WORDS[2:4], *WORDS[6:]],
    "named": [SECRETS["OTHER_KEY"]],
    "azure": [SECRETS["OTHER_KEY"]],
    "login": [SECRETS["PASSWORD"]],
}


def conditions(sent):
    words = " ".join(sent)
    echo = {"error": {"message": words, "code": sent[0], "type": sent[-1]}}
    filtered = {"error": {"code": "content_filter", "message": words}}
    return {
        "good": {},
        "wrong key": {"status": 401, "body": echo},
        "forbidden": {"status": 403, "body": echo},
        "refused": {"status": 400, "body": echo},
        "in words": {"status": 422, "body": {"detail": [{"msg": words}]}},
        "not found": {"status": 404, "body": echo},
        "no money": {"status": 402, "body": echo},
        "filtered": {"status": 400, "body": filtered},
        "crash": {"status": 500, "body": echo},
        "error in a good answer": {"body": echo},
        "no JSON": {"body": words.encode()},
        "hung up": {"cut": True},
        "reset": {"reset": True},
        "time-out": {"wait": 1.5},
        "elsewhere": {"status": 302, "headers": {"Location": "http://h/"}, "body": echo},
    }


@pytest.mark.parametrize("how", ["own", "named", "login", "azure"])
@pytest.mark.parametrize("condition", conditions(["x"]))
def test_nowhere(server, environment, tmp_path, question, request, condition, how):
    monkeypatch, caplog, capfd = map(request.getfixturevalue, ("monkeypatch", "caplog", "capfd"))
    caplog.set_level(logging.DEBUG)
    value = {"use": "m-1", "url": server.url, "timeout": 0.6, "key_env": "OTHER_KEY"}
    if how == "own":
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        value = {"use": "openai/m-1", "timeout": 0.6}
    elif how == "azure":
        value = {**value, "use": "azure/m-1", "url": server.url.replace("/v1", "/openai/v1")}
    elif how == "login":
        login = f"me:{quote(SECRETS['PASSWORD'])}@"
        value = {"use": "m-1", "url": server.url.replace("//", f"//{login}"), "timeout": 0.6}
    server.fail(times=10**9, **conditions(SENT[how])[condition])
    told = []

    async def go():
        spec = parse_spec(value, where="t")
        async with open_model(spec, name="m", folder=Path()) as model:
            told.extend([model.identity, str(model.host), repr(model.capabilities)])
            with open_store(tmp_path / "store.sqlite") as store:
                try:
                    told.append(repr(await ask_all(model, [question("a")], store)))
                except EvalkitError as error:
                    told.extend(traceback.format_exception(error))
                    told.append(repr(vars(error)))

    asyncio.run(go())
    told += [caplog.text, *capfd.readouterr()]
    told += [p.read_bytes().decode("latin-1") for p in tmp_path.iterdir()]
    clean("\n".join(told))
    assert server.requests, "it was asked"


def test_only_openai_gets_what_is_openais(server, environment, question, monkeypatch):
    async def ask(value):
        spec = parse_spec(value, where="t")
        async with open_model(spec, name="m", folder=Path()) as model:
            await model.answer(question())

    asyncio.run(ask({"use": "m-1", "url": server.url}))
    clean(str(server.headers))
    assert "authorization" not in server.headers[0]
    asyncio.run(ask({"use": "m-1", "url": server.url, "key_env": "OTHER_KEY"}))
    assert server.headers[1]["authorization"] == f"Bearer {SECRETS['OTHER_KEY']}"
    assert not [
        word for word in WORDS if word != SECRETS["OTHER_KEY"] and word in str(server.headers)
    ]
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    asyncio.run(ask("openai/m-1"))
    assert server.headers[2]["openai-organization"] == SECRETS["OPENAI_ORG_ID"]
    if "X-Team" in openai.AsyncOpenAI(api_key="x").default_headers:  # newer ones read it
        assert server.headers[2]["x-team"] == "CANARY5-0123456789"
    assert SECRETS["OPENAI_ADMIN_KEY"] not in str(server.headers)


@pytest.mark.parametrize(
    "broken", ["CANARY9 key", "CANARY9\nkey", "CANARY9\r\nX: y", "schlüssel-CANARY9"]
)
def test_a_key_that_is_none_is_not_repeated(environment, monkeypatch, caplog, broken):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("MY_KEY", broken)

    async def go():
        spec = parse_spec(
            {"use": "m", "url": "http://127.0.0.1:9/v1", "key_env": "MY_KEY"}, where="t"
        )
        async with open_model(spec, name="m", folder=Path()):
            pass

    with pytest.raises(EvalkitError) as caught:
        asyncio.run(go())
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "CANARY9" not in told


def test_a_last_line_break_is_no_part_of_a_key(server, question, monkeypatch):
    monkeypatch.setenv("MY_KEY", "key-0123456789\n")
    server.key = "key-0123456789"

    async def go():
        spec = parse_spec({"use": "m", "url": server.url, "key_env": "MY_KEY"}, where="t")
        async with open_model(spec, name="m", folder=Path()) as model:
            return await model.answer(question())

    assert asyncio.run(go()).finish == "stop"


def test_two_providers_with_two_keys_at_once(question, monkeypatch):
    """Each server takes its own key only, and never sees the other's."""
    with Loopback(key="key-a-0123456789") as a, Loopback(key="key-b-0123456789") as b:
        monkeypatch.setenv("KEY_A", "key-a-0123456789")
        monkeypatch.setenv("KEY_B", "key-b-0123456789")

        async def go():
            async with AsyncExitStack() as stack:
                models = []
                for server, key in ((a, "KEY_A"), (b, "KEY_B")):
                    spec = parse_spec({"use": "m", "url": server.url, "key_env": key}, where="t")
                    models.append(
                        await stack.enter_async_context(open_model(spec, name=key, folder=Path()))
                    )
                asked = [model.answer(question(str(n))) for n in range(20) for model in models]
                return await asyncio.gather(*asked)

        replies = asyncio.run(go())
        assert {reply.finish for reply in replies} == {"stop"}
        assert "key-b" not in str(a.headers)
        assert "key-a" not in str(b.headers)
        assert len(a.requests) == len(b.requests) == 20
