# SPDX-License-Identifier: Apache-2.0
"""What calls cost, against the usage figures of recorded requests."""

import pytest

from evalkit.tokens.calls import Calls
from evalkit.tokens.chat import prompt_tokens, training_tokens

WORM = (
    "A close-up of a worm in a natural setting. The worm is brown and slightly glistening, resting"
    " on moist soil surrounded by small green leaves and scattered pebbles. The background features"
    " a blurred garden setting with sunlight filtering through the leaves."
)
WOLF = (
    "A majestic wolf standing atop a rocky cliff, silhouetted against a large, bright full moon. The"
    " moon casts a silvery glow over the landscape, illuminating the wolf's fur. The night sky is"
    " filled with twinkling stars, and a few wispy clouds float by. The surrounding terrain is"
    " rugged and wild, evoking a sense of wilderness and freedom."
)


def call(name, arguments, number="call_1"):
    function = {"name": name, "arguments": arguments}
    return {"id": number, "type": "function", "function": function}


def calling(*calls):
    return {"role": "assistant", "content": None, "tool_calls": list(calls)}


def result(text, number="call_1"):
    return {"role": "tool", "tool_call_id": number, "content": text}


def tokens(*messages, encoding="o200k_base"):
    return prompt_tokens([(messages, ())], encoding=encoding)[0]


@pytest.mark.parametrize(
    ("name", "arguments", "said", "more"),
    [
        # gpt-4o-2024-08-06, gpt-4o-mini-2024-07-18, gpt-4.1-mini-2025-04-14: prompt_tokens with a
        # call and its result, less those without (pydantic-ai, tests/models/cassettes)
        ("get_country", "{}", "Mexico", 19),
        ("get_weather", '{"city":"Paris"}', "sunny in Paris", 26),
        ("get_weather", '{"city":"Mexico City"}', "sunny", 25),
        ("get_temperature", '{"city":"Tokyo"}', "20.0", 25),
        ("get_capital", '{"country":"England"}', "London", 25),
        ("get_upper_case", '{"text":"Dummy PDF file"}', "DUMMY PDF FILE", 30),
        ("get_weather_in_city", '{"city":"Mexico City"}', "sunny", 29),
        # gpt-4o-mini-2024-07-18 (a public log of 2025-08-04)
        (
            "generate_image",
            f'{{"description":"{WORM}"}}',
            "Image generated successfully and saved to generated_a59b3623.png. Description: "
            + WORM,
            231 - 94,
        ),
        (
            "generate_image",
            f'{{"description":"{WOLF}"}}',
            "Image generated successfully and saved to generated_c3b1c104.png. Description: "
            + WOLF,
            529 - 345,
        ),
    ],
)
def test_a_call_and_its_result_as_gpt_4o_counts_them(name, arguments, said, more):
    question = {"role": "user", "content": "And?"}
    pair = (calling(call(name, arguments)), result(said))
    assert tokens(question, *pair) - tokens(question) == more


@pytest.mark.parametrize(
    ("first", "second", "said", "more"),
    [
        (("delete_file", '{"path": ".env"}'), ("create_file", '{"path": "test.txt"}'),
         ("true", "Success"), 62),
        (("get_weather", '{"city": "Mexico City"}'), ("get_product_name", "{}"),
         ("sunny", "Pydantic AI"), 64),
        (("get_country", "{}"), ("get_product_name", "{}"), ("Mexico", "Pydantic AI"), 59),
    ],
)  # fmt: skip
def test_two_calls_at_once_as_gpt_4o_counts_them(first, second, said, more):
    question = {"role": "user", "content": "And?"}
    both = (
        calling(call(*first), call(*second, "call_2")),
        result(said[0]),
        result(said[1], "call_2"),
    )
    assert tokens(question, *both) - tokens(question) == pytest.approx(more, abs=2)


@pytest.mark.parametrize(
    ("messages", "counted"),
    [
        ([{"role": "function", "name": "dance_the_tango",
           "content": '{"a": { "b" : { "c": false}}}'}], 24),
        ([{"role": "user", "content": "hello world"},
          {"role": "function", "name": "do_stuff", "content": "{}"}], 15),
        ([{"role": "user", "content": "hello world"},
          {"role": "function", "name": "do_stuff", "content": '{"foo": "bar", "baz": 1.5}'}], 28),
        ([{"role": "assistant", "content": "", "function_call":
           {"name": "do_stuff", "arguments": '{"foo": "bar", "baz": 1.5}'}}], 26),
        ([{"role": "assistant", "content": "", "function_call":
           {"name": "do_stuff", "arguments": '{"foo":"bar", "baz":\n\n 1.5}'}}], 25),
    ],
)  # fmt: skip
def test_functions_of_2023_as_gpt_35_counted_them(messages, counted):
    # usage.prompt_tokens of gpt-3.5-turbo (hmarr/openai-chat-tokens, tests/token-counts.test.ts)
    assert tokens(*messages, encoding="cl100k_base") == counted


def test_the_cookbooks_figure_knows_nothing_of_it():
    plain = training_tokens([calling(call("f", "{}"))], encoding="o200k_base")
    several = training_tokens(
        [calling(call("f", "{}"), call("f", "{}", "call_2")), result("x"), result("x", "call_2")],
        encoding="o200k_base",
    )
    # 3 for priming; a message: 3 and its role; name and arguments; a result's text and id
    assert plain.cookbook == 3 + 4 + 2
    assert several.cookbook == 3 + 4 + 4 + 2 * (4 + 1 + 3)


def test_a_result_without_its_call_or_with_an_endless_name():
    calls = Calls()
    assert calls.result({"role": "tool", "tool_call_id": "a", "content": "x"}) is None
    assert calls.result({"role": "tool", "tool_call_id": ["a"], "name": "f"}) == (0, "f")
    assert calls.around(calling(call("f" * 65, "{}"), "junk")) == 5
    assert calls.result(result("x")) == (2, None)  # what it bears is not known
    assert calls.result({"role": "assistant", "name": "f"}) is None
    assert calls.around({"role": "user", "content": "x"}) == 0
