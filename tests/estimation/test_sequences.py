# SPDX-License-Identifier: Apache-2.0
import pytest

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.core.registry import names
from evalkit.data.conversation import Conversation
from evalkit.data.recognise import layout
from evalkit.estimation.facts import Job
from evalkit.estimation.project import estimate
from evalkit.estimation.sequences import Wanted, sequences
from evalkit.targets.load import model_named, target_named
from evalkit.tokens.encodings import count

JOB = Job(model=model_named("gpt-4o-mini"), training=target_named("openai").training)
TALK = (
    {"role": "system", "content": "Be brief and kind."},
    {"role": "user", "content": "What is 2 + 2?"},
    {"role": "assistant", "content": "It is four, my friend."},
)
CALL = {
    "id": "call_1abc",
    "type": "function",
    "function": {"name": "get_price", "arguments": '{"symbol": "ACME"}'},
}
TOOL = {
    "type": "function",
    "function": {
        "name": "get_price",
        "description": "Price of a share",
        "parameters": {"type": "object", "properties": {"symbol": {"type": "string"}}},
    },
}
AGENT = Conversation(
    messages=(
        {"role": "user", "content": "Price of ACME?"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1abc", "content": "12.5 dollars"},
        {"role": "assistant", "content": "12.5 dollars.", "reasoning_content": "I looked it up."},
    ),
    tools=(TOOL,),
)
BAD = {"role": "assistant", "content": "No idea at all."}
READ_ONLY = {"recorded-answers", "run-samples", "trl-text"}


def tokens(*texts):
    return sum(count(texts, "o200k_base"))


def built(name, conversation):
    known = layout(name)
    return Example(Location(source="a", line=1, number=1), b"{}", known.build(conversation), known)


def said(got):
    return {role: spread.sum for role, spread in got.roles.items()}


@pytest.mark.parametrize("name", sorted(set(names("formats")) - READ_ONLY))
def test_a_conversation_counts_the_same_in_every_layout(name):
    known = layout(name)
    rejected = (BAD,) if known.method == "preference" and not known.judged else ()
    verdict = True if known.judged else None
    answer = 1 if rejected else None
    talk = Conversation(messages=TALK, answer=answer, rejected=rejected, verdict=verdict)
    got = estimate([built(name, talk)], JOB)
    wanted = {m["role"]: tokens(m["content"]) for m in TALK}
    if name == "prompt-completion":
        del wanted["system"]  # it has no place for one
    if rejected:
        wanted["assistant"] += tokens(BAD["content"])
    if known.method == "rft":  # the prompt alone
        del wanted["assistant"]
        wanted["developer"] = wanted.pop("system")
    assert said(got) == wanted
    assert got.loss_per_epoch == wanted.get("assistant", 0)
    assert got.method == {"completion": "sft", "eval": "sft"}.get(known.method, known.method)


@pytest.mark.parametrize(
    "name",
    [
        "openai-chat", "anthropic", "bedrock-converse", "gemini", "mistral", "sharegpt",
        "llama-factory-v1", "chat-with-media", "trl-prompt-completion",
    ],
)  # fmt: skip
def test_calls_results_thoughts_and_tools_count_in_every_layout(name):
    got = estimate([built(name, AGENT)], JOB)
    call = tokens("get_price", '{"symbol": "ACME"}') + 5  # " to=functions." and a mark
    answer = tokens("<think>\nI looked it up.\n</think>\n\n12.5 dollars.")
    assert said(got) == {
        "user": tokens("Price of ACME?"),
        "assistant": call + answer,
        "tool": tokens("12.5 dollars"),
    }
    assert got.shares.tools > 30
    assert got.shares.results == tokens("12.5 dollars")
    assert got.with_tools == 1
    # TRL learns completions alone: the call stands in the prompt
    assert got.loss_per_epoch == answer + (0 if name == "trl-prompt-completion" else call)


def test_reinforcement_takes_the_whole_prompt(row):
    value = {"messages": [*AGENT.messages[:3]], "reference_answer": "12.5 dollars."}
    got = estimate([row(value, format="openai-reinforcement")], JOB)
    assert said(got)["tool"] == tokens("12.5 dollars")
    assert got.loss_per_epoch == 0
    assert got.answer_tokens is None  # what graders compare with is no answer to learn
    asked = estimate(
        [row({"messages": [*TALK]})], Job(model=JOB.model, training=JOB.training, method="rft")
    )
    assert said(asked) == {m["role"]: tokens(m["content"]) for m in TALK[:2]}


def test_arguments_that_are_objects(row):
    call = {**CALL, "function": {"name": "get_price", "arguments": {"城市": "北京"}}}
    calling = {"role": "assistant", "tool_calls": [call]}
    got = estimate([row({"messages": [TALK[1], calling]})], JOB)
    assert said(got)["assistant"] == tokens("get_price", '{"城市": "北京"}') + 5
    former = {"role": "assistant", "content": None, "function_call": call["function"]}
    before = estimate([row({"messages": [TALK[1], former]})], JOB)
    assert said(before)["assistant"] == tokens("get_price", '{"城市": "北京"}') + 3


def test_functions_are_tools(row):
    new = estimate([row({"messages": [*TALK], "tools": [TOOL]})], JOB)
    former = estimate([row({"messages": [*TALK], "functions": [TOOL["function"]]})], JOB)
    assert former.shares == new.shares
    assert former.with_tools == 1


def test_numbers_as_contents_are_their_json(row):
    odd = {"messages": [TALK[1], {"role": "assistant", "content": 1}]}
    assert said(estimate([row(odd)], JOB))["assistant"] == tokens("1")


def test_thoughts_are_counted_once(row):
    answer = "<think>\nwell\n</think>\n\nFour."
    thought = {"role": "assistant", "content": answer, "reasoning_content": "well"}
    got = estimate([row({"messages": [TALK[1], thought]})], JOB)
    assert said(got)["assistant"] == tokens(answer)


def test_pairs(row):
    value = {
        "input": {"messages": [*TALK[:2]]},
        "preferred_output": [TALK[2]],
        "non_preferred_output": [BAD],
    }
    one = sequences(row(value, format="openai-preference"), Wanted())
    assert [[m["content"] for m in side] for side in one.rows] == [
        ["Be brief and kind.", "What is 2 + 2?", "It is four, my friend."],
        ["Be brief and kind.", "What is 2 + 2?", "No idea at all."],
    ]
    got = estimate([row(value, format="openai-preference")], JOB)
    sides = [
        estimate([row({"messages": [*TALK[:2], answer]})], JOB).billed_per_epoch
        for answer in (TALK[2], BAD)
    ]
    assert got.billed_per_epoch == sum(sides)
    assert got.longest == max(sides)
    assert got.example.sum == sum(sides)
    assert got.loss_per_epoch == tokens(TALK[2]["content"], BAD["content"])
    assert got.shares.system == 2 * tokens("Be brief and kind.")
    assert got.turns.sum == 1
    alone = Job(model=JOB.model, training=JOB.training, method="sft")
    assert estimate([row(value, format="openai-preference")], alone).billed_per_epoch == sides[0]


def test_only_the_last_answer_of_a_pair_is_learned(row):
    earlier = [TALK[1], {"role": "assistant", "content": "Two plus two?"}, TALK[1]]
    value = {"messages": earlier, "chosen": TALK[2], "rejected": BAD}
    got = estimate([row(value, format="chat-preference")], JOB)
    assert got.loss_per_epoch == tokens(TALK[2]["content"], BAD["content"])
    assert said(got)["assistant"] == got.loss_per_epoch + tokens("Two plus two?")


def test_pairs_that_lack_a_side(row):
    for value in (
        {"conversations": [{"from": "human", "value": "Hi?"}], "chosen": None, "rejected": None},
        {"conversations": [{"from": "human", "value": "Hi?"}], "chosen": {}, "rejected": {}},
    ):
        got = estimate([row(value, format="sharegpt-preference")], JOB)
        assert said(got)["user"] == tokens("Hi?")
        assert got.loss_per_epoch == 0


def test_a_text_is_learned_whole(row):
    got = estimate([row({"text": "It was a dark night."}, format="trl-text")], JOB)
    assert got.billed_per_epoch == got.loss_per_epoch == tokens("It was a dark night.")
    assert got.method == "sft"


def test_prompts_and_completions_are_chat_for_models_that_know_nothing_else(row):
    pair = row({"prompt": "Who? ->", "completion": " I\n"}, format="prompt-completion")
    assert sequences(pair, Wanted()).method == "sft"
    plain = sequences(pair, Wanted(completes=True))
    assert (plain.method, plain.plain) == ("completion", True)


def test_what_is_no_conversation(row):
    assert sequences(row(None, kind="json"), Wanted()) is None
    assert sequences(row({"what": 1}, format=None), Wanted()) is None
    assert sequences(row({"messages": []}), Wanted()) is None
