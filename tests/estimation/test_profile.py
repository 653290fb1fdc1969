# SPDX-License-Identifier: Apache-2.0
"""Profiles of small sets whose every number is known, and of real ones."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.core.resources import schema
from evalkit.data.read import open_data
from evalkit.estimation.profile import profile
from evalkit.estimation.profile_collect import shape_of
from evalkit.estimation.profile_spread import quantile


def chat(*texts, system=None, **more):
    messages = [{"role": "system", "content": system}] if system is not None else []
    roles = ["user", "assistant"] * len(texts)
    messages += [{"role": r, "content": t} for r, t in zip(roles, texts, strict=False)]
    return {"messages": messages, **more}


@pytest.fixture
def profiled(tmp_path):
    """The profile of rows, or of a file's text."""

    def made(rows, encoding="o200k_base", name="x.jsonl"):
        path = tmp_path / name
        text = (
            rows
            if isinstance(rows, str)
            else "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        )
        path.write_text(text, encoding="utf-8")
        return profile(open_data(path, name=name), encoding=encoding)

    return made


def counts(items):
    return {one.name: one.count for one in items}


def test_lengths_turns_and_shapes(profiled):
    found = profiled(
        [
            chat("hi", "hello", system="be kind"),
            chat("ab", "c", "def", "gh", system="be kind"),
            chat("你好", "您好"),
        ]
    )
    assert found.layout == "openai-chat"
    assert found.method == "sft"
    assert (found.rows.records, found.rows.usable, found.rows.broken) == (3, 3, 0)
    assert found.characters.example.sum == 14 + 15 + 4
    assert found.characters.roles["user"].count == 4
    assert found.characters.roles["system"].max == 7
    assert list(found.characters.roles) == ["system", "user", "assistant"]
    assert (found.conversations.turns.min, found.conversations.turns.max) == (1, 2)
    assert counts(found.conversations.shapes) == {
        "system user assistant": 1,
        "system (user assistant)×2": 1,
        "user assistant": 1,
    }
    assert counts(found.conversations.roles) == {"user": 4, "assistant": 4, "system": 2}
    assert counts(found.languages.questions) == {"latin": 3, "zh": 1}
    assert (found.system.rows, found.system.without, found.system.different) == (2, 1, 1)
    assert found.system.prompts[0].text == "be kind"
    assert found.system.prompts[0].share == pytest.approx(2 / 3)
    assert found.tools is found.media is found.weights is found.pairs is found.verdicts is None


def test_tokens_are_the_billed_form_and_the_texts(profiled):
    from evalkit.tokens.chat import training_tokens
    from evalkit.tokens.encodings import count

    rows = [chat("Where is my parcel?", "On its way.", system="Be brief."), chat("退款", "好的")]
    found = profiled(rows, "cl100k_base").tokens
    expected = [training_tokens(row["messages"], encoding="cl100k_base") for row in rows]
    assert found.example.sum == sum(one.billed for one in expected)
    assert found.cookbook.sum == sum(one.cookbook for one in expected)
    assert found.learned.sum == sum(one.learned for one in expected)
    assert found.roles["assistant"].sum == sum(count(["On its way.", "好的"], "cl100k_base"))
    assert profiled(rows, None).tokens is None


def test_an_unknown_encoding_is_a_usage_error(profiled):
    with pytest.raises(UsageError, match="no encoding"):
        profiled([chat("a", "b")], "cl200k")


def test_labels_and_their_imbalance(profiled):
    rows = [chat(f"row {i}", "spam" if i % 12 == 0 else " ham") for i in range(24)]
    found = profiled(rows).answers
    assert counts(found.labels) == {"ham": 22, "spam": 2}
    assert found.imbalance == 11
    assert (found.count, found.different, found.json, found.empty) == (24, 2, 0, 0)


def test_sentences_are_no_labels_and_json_is_told(profiled):
    rows = [chat(f"q{i}", json.dumps({"n": i})) for i in range(9)] + [chat("q", "{not json}")]
    found = profiled(rows).answers
    assert found.labels == ()
    assert found.imbalance is None
    assert (found.json, found.different) == (9, 10)


def test_empty_answers_are_counted_and_make_no_labels(profiled):
    found = profiled([chat("q", " ")] * 5 + [chat("q", "yes")] * 5).answers
    assert (found.empty, found.labels, found.different) == (5, (), 2)


def test_broken_unread_and_blank_lines(profiled):
    found = profiled(
        '{"messages":[{"role":"user","content":"a"}]}\n\n{oops\n{"messages":[]}\n[1]\n'
    )
    rows = found.rows
    assert (rows.records, rows.usable, rows.broken, rows.unread, rows.blank) == (4, 1, 2, 1, 1)
    assert counts(rows.broken_by_kind) == {"json": 1, "not-object": 1}
    assert [(one.line, one.why) for one in rows.places] == [
        (3, "json"),
        (4, "no-conversation"),
        (5, "not-object"),
    ]


def test_repeats_of_rows_and_of_questions(profiled):
    rows = [chat("a", "1"), chat("A ", "2"), chat("a", "1"), chat("b", "1"), chat("a", "1")]
    found = profiled(rows)
    assert (found.repeated_rows.copies, found.repeated_rows.groups) == (2, 1)
    assert found.repeated_rows.places == ((1, 3, 5),)
    assert (found.repeated_questions.copies, found.repeated_questions.groups) == (3, 1)


def test_tools_calls_and_results(profiled):
    def call(name):
        return {"id": f"c{name}", "type": "function", "function": {"name": name, "arguments": "{}"}}

    def tool(name):
        return {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}

    row = {
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "tool_calls": [call("a"), call("b")]},
            {"role": "tool", "tool_call_id": "ca", "content": "1"},
            {"role": "tool", "tool_call_id": "cb", "content": "2"},
            {"role": "assistant", "content": "done"},
        ],
        "tools": [tool("a"), tool("b"), tool("c")],
    }
    found = profiled([row, chat("q", "x")])
    tools = found.tools
    assert (tools.rows, tools.calls, tools.calling_rows, tools.parallel, tools.results) == (
        1, 2, 1, 1, 2,
    )  # fmt: skip
    assert counts(tools.defined) == {"a": 1, "b": 1, "c": 1}
    assert counts(tools.called) == {"a": 1, "b": 1}
    assert tools.definitions.max == 3
    assert "user assistant+calls tool×2 assistant" in counts(found.conversations.shapes)
    assert found.characters.roles["assistant"].count == 2  # the one that only calls says nothing


def test_media_weights_and_reasoning(profiled):
    image = {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}
    rows = [
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "who?"}, image, image]},
                {"role": "assistant", "content": "<think>hmm</think>me", "weight": 0},
            ]
        },
        chat("q", "<think>long thought</think>a"),
        chat("q", "a"),
    ]
    found = profiled(rows)
    assert counts(found.media.parts) == {"image_url": 2}
    assert (found.media.rows, found.media.per_row.max) == (1, 2)
    assert (found.weights.messages, found.weights.masked, found.weights.masked_rows) == (1, 1, 1)
    assert (found.reasoning.rows, found.reasoning.messages) == (2, 2)
    assert found.reasoning.characters.sum == 3 + 12


def test_pairs(profiled):
    rows = [
        {"prompt": "q1", "chosen": "a long answer", "rejected": "no"},
        {"prompt": "q2", "chosen": "yes", "rejected": "certainly"},
        {"prompt": "q3", "chosen": "same", "rejected": "same"},
    ]
    found = profiled(rows).pairs
    assert (found.rows, found.longer, found.shorter, found.identical) == (3, 1, 1, 1)
    assert found.chosen.sum == 13 + 3 + 4
    assert found.rejected.sum == 2 + 9 + 4
    assert found.chosen_tokens.count == found.rejected_tokens.count == 3
    assert profiled(rows, None).pairs.chosen_tokens is None


def test_verdicts(profiled):
    rows = [{"prompt": "q", "completion": f"a{i}", "label": i > 0} for i in range(4)]
    found = profiled(rows).verdicts
    assert (found.good, found.bad) == (3, 1)


def test_grader_fields_of_reinforcement_rows(profiled):
    rows = [
        {"messages": [{"role": "user", "content": f"{i}"}], "answer": f"{i}", "nums": [i]}
        for i in range(5)
    ]
    found = profiled(rows)
    assert found.method == "rft"
    assert counts(found.grader_fields) == {"answer": 5, "nums": 5}


def test_fields_show_values_only_where_they_are_few_and_repeat(profiled):
    rows = [chat("q", "a", id=f"id-{i}", Topic="refund" if i % 2 else "parcel") for i in range(10)]
    rows.append(chat("q", "a", topic=""))
    fields = {one.name: one for one in profiled(rows).fields}
    assert counts(fields["topic"].values) == {"parcel": 5, "refund": 5}
    assert (fields["topic"].filled, fields["id"].different, fields["id"].values) == (10, 10, ())


def test_secrets_and_addresses_are_masked_and_controls_written_out(profiled):
    key = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0" * 2
    rows = [
        chat("q", key, system=f"Use {key}\x1b[31m for anna.k@gmail.com", owner="anna.k@gmail.com")
        for _ in range(8)
    ] + [chat("q", "b", system="x", owner="me") for _ in range(4)]
    text = json.dumps(profiled(rows).to_dict(), ensure_ascii=False)
    assert key not in text
    assert "anna.k@gmail.com" not in text
    assert "\\u001b" not in text
    assert "sk-p…[48]" in text


def test_a_prompt_s_secret_that_is_cut_off_is_masked_too(profiled):
    key = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0" * 2
    found = profiled([chat("q", "a", system="x" * 385 + " " + key)])
    assert "sk-proj" not in found.system.prompts[0].text


def test_a_table_is_profiled_by_its_columns(profiled):
    found = profiled("问题,回答,类别\n怎么退款,请联系客服,售后\n多久发货,三天,物流\n", name="x.csv")
    assert found.file.container == "csv"
    assert found.file.columns == {"user": "问题", "assistant": "回答"}
    assert counts(found.languages.answers) == {"zh": 2}
    assert [one.name for one in found.fields] == ["类别"]


@pytest.mark.parametrize(
    ("roles", "wanted"),
    [
        ((), ""),
        (("user",), "user"),
        (("user",) * 3, "user×3"),
        (("system", *("user", "assistant") * 3), "system (user assistant)×3"),
        (("user", "assistant", "tool", "tool", "assistant"), "user assistant tool×2 assistant"),
        (("", "user"), "? user"),
    ],
)
def test_shapes_are_short(roles, wanted):
    assert shape_of(roles) == wanted


@given(st.lists(st.sampled_from(["user", "assistant", "tool"]), max_size=30))
def test_a_shape_can_be_written_out_again(roles):
    import re

    short = shape_of(tuple(roles))
    if short.endswith("…"):
        return
    written = re.sub(
        r"(?:\(([^)]*)\)|(\w+))×(\d+)",
        lambda m: " ".join([m[1] or m[2]] * int(m[3])),
        short,
    )
    assert written.split() == roles


def test_a_profile_is_what_its_schema_says(profiled):
    import jsonschema

    rules = schema("stats")
    rows = [chat(f"q{i}", "yes" if i % 2 else "no", system="s", topic="a") for i in range(12)]
    for encoding in ("o200k_base", None):
        document = {
            "schema": 1,
            "quantiles": "linear",
            "files": [json.loads(json.dumps(profiled(rows, encoding).to_dict()))],
            "overlaps": [],
        }
        jsonschema.validate(document, rules)


@pytest.mark.parametrize("encoding", ["cl100k_base", "o200k_base"])
@pytest.mark.parametrize(
    "name", ["openai-cookbook/toy_chat_fine_tuning.jsonl", "chatlaw-law-zh/fine_tuning.jsonl"]
)
def test_the_cookbook_s_own_figures(shared, name, encoding):
    path = shared / name
    expected = json.loads((path.parent / "expected_tokens.json").read_text(encoding="utf-8"))
    figures = expected[path.name][encoding]
    found = profile(open_data(path), encoding=encoding).tokens
    assert found.cookbook.count == expected[path.name]["n_examples"]
    assert found.cookbook.sum == figures["total_tokens"]
    assert (found.cookbook.min, found.cookbook.max) == (figures["min"], figures["max"])
    assert (found.cookbook.mean, found.cookbook.median) == (figures["mean"], figures["median"])
    assert found.learned.sum == figures["assistant_tokens_total"]
    assert (found.learned.min, found.learned.max) == (
        figures["assistant_min"],
        figures["assistant_max"],
    )
    # What the script calls p5 and p95 are the quantiles of 10 % and 90 %.
    from collections import Counter

    from evalkit.tokens.chat import training_tokens

    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    tokens = Counter(training_tokens(r["messages"], encoding=encoding).cookbook for r in rows)
    assert quantile(tokens, 10) == pytest.approx(figures["p5_numpy_quantile_0.1"])
    assert quantile(tokens, 90) == pytest.approx(figures["p95_numpy_quantile_0.9"])
    assert found.cookbook.p5 == pytest.approx(quantile(tokens, 5))
    assert found.cookbook.p5 < figures["p5_numpy_quantile_0.1"]


KEYS = [
    "messages", "role", "content", "tools", "tool_calls", "function", "function_call", "name",
    "arguments", "type", "text", "weight", "reasoning_content", "prompt", "completion", "label",
    "chosen", "rejected", "conversations", "from", "value", "input", "output", "instruction",
    "preferred_output", "non_preferred_output", "images", "item", "ideal", "kto_tag", "system",
]  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["user", "assistant", "system", "tool", "text", "<think>a", "{}", ""])
    | st.text(max_size=4)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)


LISTS = st.lists(st.dictionaries(st.sampled_from(KEYS[1:13]), VALUES, max_size=5), max_size=3)
ROWS = st.dictionaries(st.sampled_from(KEYS), VALUES | LISTS, max_size=4) | st.fixed_dictionaries(
    {"messages": LISTS}, optional={"tools": LISTS, "label": SCALARS, "k": SCALARS}
)


@given(st.lists(ROWS, max_size=4))
def test_no_row_whatever_its_shape_ends_the_profile(rows):
    from evalkit.core.example import Example
    from evalkit.core.location import Location
    from evalkit.data.recognise import kind_of

    examples = [
        Example(Location(source="x", line=n, number=n), json.dumps(row).encode(), row, kind_of(row))
        for n, row in enumerate(rows, 1)
    ]
    found = profile(examples, encoding="o200k_base")
    assert found.rows.records == len(rows)
    assert found.rows.usable + found.rows.unread == len(rows)
    json.dumps(found.to_dict(), allow_nan=False)


def test_one_row_is_no_plural(profiled):
    from evalkit.estimation.profile_text import as_text

    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    one = {
        "messages": [
            {"role": "user", "content": "?"},
            {"role": "assistant", "tool_calls": [call], "weight": 0},
            {"role": "tool", "tool_call_id": "1", "content": "4"},
            {"role": "assistant", "content": "Four.", "weight": 1},
        ],
        "tools": [{"type": "function", "function": {"name": "f"}}],
    }
    text = as_text(profiled([one, *[chat("a", "b", system="x")] * 2]))
    assert "1 defined in 1 row, 1 call in 1 row, 1 result" in " ".join(text.split())
    assert "1 row has none" in text
    assert "1 row repeats earlier ones" in text
    from evalkit.estimation.profile_words import counted

    assert [counted(n, "row").plain("en") for n in (0, 1, 2, 1_200)] == [
        "0 rows", "1 row", "2 rows", "1,200 rows",
    ]  # fmt: skip
    assert counted(1, "row").plain("zh") == "1"
