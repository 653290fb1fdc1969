# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.exchange import Request
from evalkit.models.spec import ModelSpec, parse_spec, prepared, provider


@pytest.mark.parametrize(
    ("use", "file", "rest"),
    [
        ("openai/gpt-4.1-mini", "openai_compatible", "openai/gpt-4.1-mini"),
        ("gpt-4.1-mini", "openai_compatible", "openai/gpt-4.1-mini"),
        ("ft:gpt-4o-mini:acme::B1", "openai_compatible", "openai/ft:gpt-4o-mini:acme::B1"),
        ("openai/ft:gpt-4o-mini:acme::B1", "openai_compatible", "openai/ft:gpt-4o-mini:acme::B1"),
        ("together/meta-llama/L-3", "openai_compatible", "together/meta-llama/L-3"),
        ("local:smollm2+support/tuned.gguf", "local", "smollm2+support/tuned.gguf"),
        ("baseline:tfidf-logreg", "baseline", "tfidf-logreg"),
        (r"replay:C:\answers.jsonl", "replay", r"C:\answers.jsonl"),
        ("replay:answers/old.jsonl.gz", "replay", "answers/old.jsonl.gz"),
    ],
)
def test_name_finds_provider(use, file, rest):
    assert provider(parse_spec(use, where="here")) == (file, rest)


def test_url_takes_any_name():
    spec = parse_spec({"use": "meta-llama/L-3:free", "url": "http://127.0.0.1:1/v1"}, where="here")
    assert provider(spec) == ("openai_compatible", "meta-llama/L-3:free")


def test_settings_become_options():
    spec = parse_spec(
        {"use": "openai/x", "is": "gpt-4.1-mini", "temperature": 0.5, "options": {"top_k": 3}},
        where="here",
    )
    assert spec == ModelSpec(
        use="openai/x", is_="gpt-4.1-mini", options={"temperature": 0.5, "top_k": 3}
    )


KEY = "sk-proj-CANARY0123456789abcdef"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"use": "openai/x", "key_env": KEY}, "literal key"),
        ({"use": "openai/x", "url": f"https://h/v1?key={KEY}"}, "literal key"),
        ({"use": "openai/x", "key_env": "0123456789abcdef0123456789abcdef"}, "literal key"),
        ({"use": "openai/x", "key_env": "$OPENAI_API_KEY"}, "nothing expands"),
        ({"use": "openai/${MODEL}"}, "nothing expands"),
        ({"use": "openai/x", "key_env": "not a name"}, "not the name"),
        ({"use": "openai/x", "urll": "http://h"}, "did you mean `url`"),
        ({"use": "openai/x", "url": "h:80/v1"}, "must begin with http"),
        ({"use": "openai/x", "url": "http://h:99999/v1"}, "must begin with http"),
        ({"use": "openai/x", "system": "remove"}, "`system` is `remove`"),
        ({"uses": "openai/x"}, "a mapping with `use`"),
        (["openai/x"], "a mapping with `use`"),
        ("opnai/gpt-4.1", "did you mean `openai`"),
        ("locl:smollm2", "did you mean `local`"),
        ("local/smollm2", "is on this machine"),
        ("local:", "names no model"),
        ("", "no name"),
        ("spec:x", "no kind of model"),
    ],
)
def test_refused_with_its_reason_and_never_the_key(value, says):
    with pytest.raises(UsageError) as caught:
        parse_spec(value, where="s.yaml, model `m`")
    assert says in str(caught.value)
    assert caught.value.message.startswith("s.yaml, model `m`: ")
    assert caught.value.hint
    assert KEY[:8] not in str(caught.value)
    assert "0123456789abcdef" not in str(caught.value)


MESSAGES = [
    {"role": "system", "content": "Long prompt"},
    {"role": "user", "content": "Hi"},
]


@pytest.mark.parametrize(
    ("system", "roles"),
    [("keep", ["system", "user"]), ("drop", ["user"]), ("@p.txt", ["system", "user"])],
)
def test_system_treatment(tmp_path, system, roles):
    (tmp_path / "p.txt").write_text("Short prompt\n", encoding="utf-8")
    spec = parse_spec({"use": "openai/x", "system": system}, where="here")
    once = prepared(spec, Request(messages=MESSAGES), tmp_path)
    assert [m["role"] for m in once.messages] == roles
    assert (once.messages[0]["content"] == "Short prompt") == (system == "@p.txt")
    assert prepared(spec, once, tmp_path) == once


def test_own_settings_win_and_transport_stays_out():
    options = {"max_tokens": 5, "temperature": 1.0, "top_p": 0.9, "timeout": 3, "concurrency": 2}
    spec = parse_spec({"use": "openai/x", **options}, where="here")
    done = prepared(spec, Request(messages=MESSAGES, max_tokens=99), Path())
    assert (done.max_tokens, done.temperature, done.extra) == (5, 1.0, {"top_p": 0.9})


def test_missing_system_file(tmp_path):
    spec = parse_spec({"use": "openai/x", "system": "@none.txt"}, where="here")
    with pytest.raises(EvalkitError, match="system message"):
        prepared(spec, Request(messages=MESSAGES), tmp_path)
