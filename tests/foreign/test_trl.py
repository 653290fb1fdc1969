# SPDX-License-Identifier: Apache-2.0
"""TRL's own functions on what we write; without torch: `pip install trl`, its models are not used."""

from __future__ import annotations

import json
import warnings

import pytest

from evalkit.data.conversation import Conversation
from evalkit.data.recognise import layout
from evalkit.data.write import json_line

pytestmark = pytest.mark.filterwarnings("ignore")

SYSTEM, ASKED = {"role": "system", "content": "要简短"}, {"role": "user", "content": "三加四？"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "加", "arguments": '{"a": 3}'}}
TOOL = {"type": "function", "function": {"name": "加", "parameters": {"type": "object"}}}
GOOD, BAD = {"role": "assistant", "content": "七"}, {"role": "assistant", "content": "八"}
PLAIN = Conversation(messages=(SYSTEM, ASKED, GOOD))
CALLING = Conversation(
    messages=(
        ASKED,
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "7"},
        GOOD,
    ),
    tools=(TOOL,),
)
PAIR = Conversation(messages=(SYSTEM, ASKED, GOOD), answer=1, rejected=(BAD,))
LONG = Conversation(messages=CALLING.messages, answer=3, rejected=(BAD,), tools=(TOOL,))
JUDGED = Conversation(messages=(SYSTEM, ASKED, BAD), verdict=False)
# As Qwen's and many others do: arguments are written as JSON by the template.
TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content or '' }}"
    "{% for c in m.tool_calls or [] %}{{ c.function.name }}={{ c.function.arguments | tojson }}{% endfor %}"
    "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
)


@pytest.fixture(scope="module")
def trl():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("datasets")
        return pytest.importorskip("trl.data_utils")


@pytest.fixture(scope="module")
def tokenizer(trl):
    """A chat template and nothing else: what TRL asks a tokenizer for, without a model."""
    import jinja2

    class Tokenizer:
        def apply_chat_template(self, messages, *, tokenize, add_generation_prompt=False, **_):
            assert tokenize is False
            environment = jinja2.Environment(autoescape=False)  # noqa: S701  (no page)
            environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
            environment.filters["tojson"] = lambda x: json.dumps(x, ensure_ascii=False)
            template = environment.from_string(TEMPLATE)
            return template.render(messages=messages, add_generation_prompt=add_generation_prompt)

    return Tokenizer()


@pytest.fixture
def loaded(trl, tmp_path):
    """Rows as the trainers get them: written by us, read by datasets."""

    def call(*rows):
        from datasets import load_dataset

        path = tmp_path / "train.jsonl"
        path.write_bytes(b"".join(json_line(row) + b"\n" for row in rows))
        cache = str(tmp_path / "cache")
        return load_dataset("json", data_files=str(path), split="train", cache_dir=cache)

    return call


WRITTEN = [
    ("openai-chat", PLAIN),
    ("openai-chat", CALLING),
    ("trl-prompt-completion", PLAIN),
    ("trl-prompt-completion", CALLING),
    ("trl-preference", PAIR),
    ("trl-preference", LONG),
    ("trl-kto", JUDGED),
]


@pytest.mark.parametrize(("name", "said"), WRITTEN)
def test_rows_are_conversations_of_a_known_type(trl, tokenizer, loaded, name, said):
    row = loaded(layout(name).build(said))[0]
    assert trl.is_conversational(row)
    told = trl.maybe_apply_chat_template(row, tokenizer)
    texts = "".join(value for value in told.values() if isinstance(value, str))
    assert "<user>三加四？" in texts
    assert {k for k in row if k not in ("tools", "messages")} <= told.keys()


def test_texts_are_left_as_they_are(trl, tokenizer):
    row = layout("prompt-completion").build(Conversation(messages=(ASKED, GOOD)))
    assert not trl.is_conversational(row)
    assert trl.maybe_apply_chat_template(row, tokenizer) == row


def test_arguments_are_written_once(trl, tokenizer, loaded):
    told = trl.maybe_apply_chat_template(loaded(layout("trl-preference").build(LONG))[0], tokenizer)
    assert told["chosen"] == '加={"a": 3}<tool>7<assistant>七'
    chat = trl.maybe_apply_chat_template(loaded(layout("openai-chat").build(CALLING))[0], tokenizer)
    assert '加="{\\"a\\": 3}"' in chat["text"]  # what targets/trl.toml warns of


def test_rows_of_one_file_do_not_mix_their_arguments(loaded):
    other = json.loads(json.dumps(LONG.messages).replace('a\\\\\\": 3', 'b\\\\\\": 4'))
    second = Conversation(messages=tuple(other), answer=3, rejected=(BAD,), tools=(TOOL,))
    rows = [layout("trl-preference").build(one) for one in (LONG, second, PAIR)]
    for row, back in zip(rows, loaded(*rows), strict=True):
        assert {k: v for k, v in back.items() if v is not None} == row


def test_pairs_are_taken_apart(trl, loaded):
    rows = trl.unpair_preference_dataset(loaded(layout("trl-preference").build(PAIR)))
    assert [(row["label"], row["completion"]) for row in rows] == [(True, [GOOD]), (False, [BAD])]
    for row in rows:
        said = layout("trl-kto").conversation(row)
        assert said.verdict is row["label"]
        assert said.prompt == (SYSTEM, ASKED)


def test_the_prompt_is_found_as_trl_finds_it(trl):
    row = {"chosen": [SYSTEM, ASKED, GOOD], "rejected": [SYSTEM, ASKED, BAD]}
    said = layout("trl-preference").conversation(row)
    assert said == PAIR
    assert layout("trl-preference").build(said) == trl.extract_prompt(row)
    explicit = layout("trl-preference").build(PAIR)
    assert trl.maybe_extract_prompt(explicit) == explicit


def image(url):
    return {"type": "image_url", "image_url": {"url": url}}


def text(said):
    return {"type": "text", "text": said}


@pytest.mark.parametrize(
    "content",
    [
        [image("1"), image("2"), text("who?")],
        [text("who?"), image("1"), text("and"), image("2")],
        [image("1"), text("who?"), image("2")],
    ],
)
def test_images_go_where_we_say(trl, content):
    prompt = (SYSTEM, {"role": "user", "content": content}, GOOD, ASKED)
    row = layout("trl-prompt-completion").build(Conversation(messages=(*prompt, GOOD)))
    assert row["images"] == ["1", "2"]
    filled = trl.prepare_multimodal_messages(row["prompt"] + row["completion"], row["images"])
    there = [
        image(part["image"]) if part["type"] == "image" else part for part in filled[1]["content"]
    ]
    assert there == content
    assert layout("trl-prompt-completion").conversation(row).messages == (*prompt, GOOD)


def test_sharegpt_rows_keep_their_speakers(trl):
    """Why targets/trl.toml does not list ShareGPT: keys are renamed, speakers are not."""
    row = trl.maybe_convert_to_chatml(layout("sharegpt").build(PLAIN))
    assert [m["role"] for m in row["messages"]] == ["system", "human", "gpt"]
