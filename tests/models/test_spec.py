# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.exchange import Request
from evalkit.models.spec import _KEYS, ModelSpec, _kinds, parse_spec, prepared, provider


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
        ("replay:answers/all.jsonl#base", "replay", "answers/all.jsonl#base"),
        ("exec:python my_model.py --x", "exec", "python my_model.py --x"),
        ("python:my_model.py:answer", "python", "my_model.py:answer"),
        ("litellm/bedrock/a.b-v1:0", "litellm", "bedrock/a.b-v1:0"),
        ("openrouter/openai/gpt-4o", "openai_compatible", "openrouter/openai/gpt-4o"),
        ("vllm/Qwen/Qwen3-8B", "openai_compatible", "vllm/Qwen/Qwen3-8B"),
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
        ({"use": "openai/x", "url": "h:80/v1"}, "begins with http:// or https://"),
        ({"use": "openai/x", "url": "http://h:99999/v1"}, "begins with http:// or https://"),
        ({"use": "openai/x", "system": "remove"}, "`system` is `remove`"),
        ({"uses": "openai/x"}, "a mapping with `use`"),
        (["openai/x"], "a mapping with `use`"),
        ("opnai/gpt-4.1", "did you mean `openai`"),
        ("locl:smollm2", "did you mean `local`"),
        ("local/smollm2", "is on this machine"),
        ("local:", "names no model"),
        ("", "no name"),
        ("spec:x", "no kind of model"),
        ("price:x", "no kind of model"),
        ("batch:x", "no kind of model"),
        ("exec/python x.py", "is on this machine"),
        ("exec: ", "names no model"),
        ("mistrl/open-7b", "did you mean `mistral`"),
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


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("url", 7),
        ("url", "ftp://h/v1"),
        ("key_env", ["MY_KEY"]),
        ("key_env", 7),
        ("is", ""),
        ("api", "responses"),
        ("system", True),
        ("system", "@"),
        ("few_shot", 5),
        ("few_shot", {"n": 5}),
        ("few_shot", {"from": "f", "n": 0}),
        ("few_shot", {"from": "f", "k": 1}),
        ("prompt", "Think."),
        ("prompt", {"before": ""}),
        ("options", ["top_k"]),
        ("options", {1: 2}),
        ("max_tokens", 0),
        ("max_tokens", "256"),
        ("max_tokens", True),
        ("temperature", 2.5),
        ("temperature", float("nan")),
        ("seed", 1.5),
        ("top_p", 0),
        ("stop", []),
        ("stop", [1]),
        ("frequency_penalty", 3),
        ("reasoning_effort", None),
        ("response_format", "json"),
        ("tool_choice", 1),
        ("concurrency", 0),
        ("concurrency", 1.5),
        ("timeout", 0),
        ("timeout", float("inf")),
        ("requests_per_minute", -1),
        ("tokens_per_minute", "many"),
        ("price", 3),
    ],
)
def test_values_of_the_wrong_kind_get_one_line(key, value):
    with pytest.raises(UsageError) as caught:
        parse_spec({"use": "openai/x", key: value}, where="s.yaml, model `m`")
    assert caught.value.message.startswith(f"s.yaml, model `m`: `{key}` is ")
    assert "\n" not in caught.value.message + caught.value.hint
    assert caught.value.hint


@pytest.mark.parametrize(
    ("price", "says"),
    [
        ({"input": 1}, "`price` has no `output`"),
        ({"input": 1, "output": 2, "outptu": 3}, "did you mean `output`"),
        ({"input": -1, "output": 2}, "`price: input` is `-1`"),
        ({"input": float("nan"), "output": 2}, "`price: input` is `nan`"),
        ({"input": "0.4.0", "output": 2}, "`price: input` is `0.4.0`"),
        ({"input": True, "output": 2}, "`price: input` is `True`"),
        ({"input": 1, "output": None}, "`price: output` is `None`"),
        ({"input": 1, "output": 2, "currency": "$"}, "three capital letters"),
        ({"input": 1, "output": 2, "as_of": "November"}, "a day, such as"),
        ({"input": 1, "output": 2, "as_of": 2026}, "a day, such as"),
        ({"input": 1, "output": 2, "cached_input": "free"}, "read from the cache"),
    ],
)
def test_a_price_is_money_and_a_day(price, says):
    with pytest.raises(UsageError) as caught:
        parse_spec({"use": "openai/x", "price": price}, where="here")
    assert says in str(caught.value)


def test_a_good_price_keeps_its_digits():
    price = {"input": "0.40", "output": 1.6, "batch_input": 0, "as_of": date(2026, 11, 1)}
    spec = parse_spec({"use": "openai/x", "price": price}, where="here")
    assert spec.price == {**price, "as_of": "2026-11-01"}


@pytest.mark.parametrize(
    "value",
    [
        {"use": "m", "url": "https://h/v1?api-key=abcdefgh"},
        {"use": "m", "url": "https://h/v1?x=1&token=abcdefgh"},
        {"use": "m", "options": {"headers": {"Authorization": [f"Bearer {KEY}"]}}},
        {"use": "m", "prompt": {"before": f"my key is {KEY}"}},
        {"use": f"exec:run --key {KEY}"},
        {"use": "m", "options": {"x": "hf_" + "aB3" * 12}},
    ],
)
def test_literal_keys_are_found_at_any_depth(value):
    with pytest.raises(UsageError) as caught:
        parse_spec(value, where="here")
    assert "literal key" in caught.value.message
    assert KEY[:12] not in str(caught.value)
    assert "abcdefgh" not in str(caught.value)
    assert "aB3aB3" not in str(caught.value)


def test_a_password_in_a_broken_url_is_not_repeated():
    with pytest.raises(UsageError) as caught:
        parse_spec({"use": "m", "url": "htp://me:pw-CANARY@h/v1"}, where="here")
    assert "CANARY" not in str(caught.value)


def test_texts_for_the_model_may_hold_a_dollar_sign():
    value = {"use": "m", "prompt": {"before": "Prices are in $USD."}, "stop": ["$x"]}
    assert parse_spec(value, where="here").prompt == {"before": "Prices are in $USD."}


@pytest.mark.parametrize("name", ["model", "messages", "prompt", "stream", "n"])
def test_options_that_are_none(name):
    with pytest.raises(UsageError, match=f"`options` holds `{name}`"):
        parse_spec({"use": "m", "options": {name: 1}}, where="here")


@pytest.mark.parametrize("value", [date(2026, 1, 1), {"x": float("nan")}, [float("inf")], {1, 2}])
def test_options_that_json_cannot_say(value):
    with pytest.raises(UsageError, match="`options` holds `x`, which JSON cannot say"):
        parse_spec({"use": "m", "options": {"x": value}}, where="here")


def test_a_value_that_holds_itself():
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(UsageError, match="holds itself"):
        parse_spec({"use": "m", "stop": loop}, where="here")


def test_the_schema_knows_the_same_keys(root):
    schema = json.loads((root / "schemas" / "suite.schema.json").read_text("utf-8"))
    assert schema["$defs"]["model"]["oneOf"][1]["properties"].keys() == set(_KEYS)


def test_kinds_are_files_of_the_folder_and_nothing_else():
    assert _kinds() == ["baseline", "exec", "litellm", "local", "python", "replay"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=6,
    ),
    st.sampled_from(_KEYS),
)
def test_whatever_stands_there_is_understood_or_refused(value, key):
    """Never another exception: a suite is written by hand."""
    for written in ({"use": "openai/x", key: value}, value):
        with suppress(UsageError):
            parse_spec(written, where="here")


MESSAGES = [
    {"role": "system", "content": "Long prompt"},
    {"role": "user", "content": "Hi"},
]


@pytest.mark.parametrize(
    ("system", "roles"),
    [
        ("keep", ["system", "user"]),
        ("drop", ["user"]),
        ("@p.txt", ["system", "user"]),
        ("p.txt", ["system", "user"]),
    ],
)
def test_system_treatment(tmp_path, system, roles):
    (tmp_path / "p.txt").write_text("Short prompt\n", encoding="utf-8")
    spec = parse_spec({"use": "openai/x", "system": system}, where="here")
    once = prepared(spec, Request(messages=MESSAGES), tmp_path)
    assert [m["role"] for m in once.messages] == roles
    assert (once.messages[0]["content"] == "Short prompt") == system.endswith("p.txt")
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
