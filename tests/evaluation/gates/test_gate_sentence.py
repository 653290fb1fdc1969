# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.core.resources import schema
from evalkit.evaluation.gates.gate import Gate
from evalkit.evaluation.gates.mapping import mapping_of
from evalkit.evaluation.gates.sentence import parse_gate, read_sentence, with_sentence
from evalkit.evaluation.suite_shape import check_shape

MODELS = ["base", "tuned", "old"]


def gate(text):
    return parse_gate(text, models=MODELS, place="x.eval.yaml, gate 1")


def test_better():
    found = gate("tuned better than base")
    assert (found.relation, found.model, found.other, found.metric, found.where) == (
        "better",
        "tuned",
        "base",
        None,
        (),
    )


def test_better_on_a_metric_and_a_slice():
    found = gate("tuned is better than base on macro_f1 where lang = zh")
    assert (found.metric, found.where) == ("macro_f1", (("lang", "zh"),))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("lang=zh and topic=billing", (("lang", "zh"), ("topic", "billing"))),
        ("topic=R and D and lang=zh", (("topic", "R and D"), ("lang", "zh"))),
        ('topic="a and b=c" and lang=zh', (("topic", "a and b=c"), ("lang", "zh"))),
        ("topic=退款 申请", (("topic", "退款 申请"),)),
        ("lint=exact-duplicate", (("lint", "exact-duplicate"),)),
    ],
)
def test_several_conditions_must_all_hold(text, where):
    assert gate(f"tuned accuracy >= 90% where {text}").where == where


@pytest.mark.parametrize(
    ("text", "bound"),
    [("2 points", 0.02), ("1 point", 0.01), ("2.5%", 0.025), ("0.3", 0.3)],
)
def test_not_worse_by_a_margin(text, bound):
    found = gate(f"tuned not worse than old by {text}")
    assert found.relation == "not_worse"
    assert found.bound == bound


@pytest.mark.parametrize(
    ("text", "bound", "unit", "metric"),
    [
        ("by 0.5 on judge_score", 0.5, "", "judge_score"),
        ("by 50 ms on latency", 50, "ms", "latency"),
        ("by 1.5 s on latency", 1500, "ms", "latency"),
        ("by 20 characters on length_chars", 20, "characters", "length_chars"),
        ("by 0.2 usd on cost", 0.2, "usd", "cost"),
    ],
)
def test_a_margin_in_the_metrics_own_unit(text, bound, unit, metric):
    found = gate(f"tuned not worse than base {text}")
    assert (found.bound, found.unit, found.metric, found.percent) == (bound, unit, metric, False)


def test_not_worse_without_a_margin_has_none():
    assert gate("tuned not worse than old").bound == 0


@pytest.mark.parametrize(
    ("text", "relation", "metric", "bound", "end"),
    [
        ("tuned accuracy >= 90%", "at_least", "accuracy", 0.9, "value"),
        ("tuned accuracy low >= 87%", "at_least", "accuracy", 0.87, "low"),
        ("tuned accuracy.low > 0.8", "above", "accuracy", 0.8, "low"),
        ("tuned recall[refund] >= 95%", "at_least", "recall[refund]", 0.95, "value"),
        ("tuned recall[退款 申请] >= 95%", "at_least", "recall[退款 申请]", 0.95, "value"),
        ("tuned errors == 0", "at_most", "errors", 0, "value"),
        ("tuned length_chars <= 200", "at_most", "length_chars", 200, "value"),
        ("tuned latency high <= 800 ms", "at_most", "latency", 800, "high"),
        ("tuned classification/f1.0 >= 0.8", "at_least", "classification/f1.0", 0.8, "value"),
    ],
)
def test_thresholds(text, relation, metric, bound, end):
    found = gate(text)
    assert (found.relation, found.metric, found.bound, found.end) == (relation, metric, bound, end)


@pytest.mark.parametrize(("text", "end"), [("cost", "value"), ("cost high", "high")])
def test_ratio(text, end):
    found = gate(f"tuned {text} <= 1.2x base")
    assert (found.relation, found.metric, found.other, found.bound, found.end) == (
        "ratio",
        "cost",
        "base",
        1.2,
        end,
    )


def test_the_judge_is_no_model():
    assert gate("judge agrees with humans").relation == "judge_agrees"
    assert gate({"model": "judge", "agrees_with": "humans"}) == gate("judge agrees with humans")


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({"model": "tuned", "better_than": "base"}, "tuned better than base"),
        (
            {"model": "tuned", "better_than": "base", "margin": "3%"},
            "tuned better than base by 3 points",
        ),
        (
            {
                "model": "tuned",
                "not_worse_than": "old",
                "margin": "2 points",
                "metric": "accuracy",
            },
            "tuned not worse than old by 2 points on accuracy",
        ),
        (
            {"model": "tuned", "not_worse_than": "old", "margin": 0.02},
            "tuned not worse than old by 0.02",
        ),
        (
            {
                "model": "tuned",
                "metric": "accuracy",
                "at_least": "90%",
                "end": "low",
                "where": {"lang": "en"},
            },
            "tuned accuracy low >= 90% where lang=en",
        ),
        (
            {"model": "tuned", "metric": "latency", "below": "0.8 s", "where": {"a": 1, "b": True}},
            "tuned latency < 800 ms where a=1 and b=true",
        ),
        (
            {"model": "tuned", "metric": "cost", "at_most": 1.2, "times": "base"},
            "tuned cost <= 1.2x base",
        ),
    ],
)
def test_the_mapping_form_means_a_sentence(mapping, sentence):
    assert gate(mapping) == gate(sentence)


metrics = st.sampled_from(["accuracy", "recall[refund]", "recall[退款 申请]", "rouge_l", "a/b.0"])
values = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12
).filter(lambda text: '"' not in text)
where = st.lists(
    st.tuples(st.sampled_from(["lang", "topic", "a.b", "字段"]), values),
    max_size=3,
    unique_by=lambda pair: pair[0],
).map(tuple)
amounts = st.integers(1, 10**7).map(lambda n: n / 1000)


@st.composite
def gates(draw):
    relation = draw(
        st.sampled_from(["better", "not_worse", "at_least", "at_most", "above", "below", "ratio"])
    )
    compared = relation in ("better", "not_worse")
    percent = relation != "ratio" and draw(st.booleans())
    bound = draw(amounts)
    model, other = draw(st.permutations(MODELS))[:2]
    return with_sentence(
        Gate(
            sentence="",
            model=model,
            relation=relation,
            metric=draw(st.none() | metrics) if compared else draw(metrics),
            other=other if compared or relation == "ratio" else None,
            bound=bound / 100 if percent else bound,
            end="value" if compared else draw(st.sampled_from(["value", "low", "high"])),
            where=draw(where),
            percent=percent,
            unit="" if percent or relation == "ratio" else draw(st.sampled_from(["", "ms"])),
        )
    )


@given(gates())
def test_a_gate_says_the_same_as_a_sentence_and_as_a_mapping(made):
    assert read_sentence(made.sentence) == made
    assert gate(mapping_of(made)) == made
    check_shape({"data": "d", "models": {"base": "x/y"}, "gates": [mapping_of(made)]}, "s")


@pytest.mark.parametrize(
    "text",
    [
        "tuned is great",
        "tuned accuracy == 90%",
        "tuned accuracy >= much",
        "better than base",
        "",
        "tuned better than base where",
        "tuned better than base where lang",
        'tuned better than base where lang="zh',
        "judge agrees with machines",
        "tuned accuracy >= " + "9" * 400,
        "tuned accuracy >= 90% where a=" + " " * 100_000 + "b",
    ],
)
def test_what_is_not_understood_is_refused_with_the_forms(text):
    with pytest.raises(UsageError, match="not understood") as caught:
        gate(text)
    assert "tuned better than base" in caught.value.hint


def test_an_unknown_model_gets_a_suggestion():
    with pytest.raises(UsageError, match="did you mean `tuned`"):
        gate("tuend better than base")
    with pytest.raises(UsageError, match="`baseline`"):
        gate("baseline accuracy >= 90%")


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"model": "tuned"}, "says nothing that must hold"),
        ({"model": "tuned", "metric": "accuracy"}, "says nothing that must hold"),
        (
            {"model": "tuned", "metric": "accuracy", "at_least": 0.9, "better_than": "base"},
            "better_than and at_least: two things at once",
        ),
        ({"model": "tuned", "at_least": "90%"}, "holds nothing against `at_least`"),
        ({"model": "tuned", "better_than": "base", "end": "low"}, "`end` has no meaning beside"),
        (
            {"model": "tuned", "metric": "accuracy", "at_least": 0.9, "margin": 1},
            "`margin` has no meaning beside `at_least`",
        ),
        ({"model": "tuned", "not_worse_than": "base", "margin": "a bit"}, "`margin: a bit` is no"),
        ({"model": "tuned", "not_worse_than": "base", "margin": "-2%"}, "is not negative"),
        ({"model": "tuned", "not_worse_than": "base", "margin": float("inf")}, "is no number"),
        ({"model": "tuned", "metric": "a", "at_least": float("nan")}, "is no number"),
        (
            {"model": "tuned", "metric": "cost", "at_most": "120%", "times": "base"},
            "times a model is a factor",
        ),
        ({"model": "tuned", "better_than": "bsae"}, "did you mean `base`"),
        ({"model": "tuned", "agrees_with": "humans"}, "only the judge can agree"),
        ({"model": "tuned", "metric": "n o", "at_least": 1}, "`n o` is no metric"),
        ({"model": "tuned", "better_than": "base", "where": {"a b": 1}}, "condition `a b=1`"),
    ],
)
def test_a_mapping_that_means_nothing_says_why(mapping, said):
    document = {"data": "d", "models": dict.fromkeys(MODELS, "x/y"), "gates": [mapping]}
    check_shape(document, "x.eval.yaml")  # left to the one that knows what is meant
    with pytest.raises(UsageError) as caught:
        gate(mapping)
    assert said in caught.value.message
    assert "x.eval.yaml, gate 1" in caught.value.message


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"model": "tuned", "beter_than": "base"}, "did you mean `better_than`"),
        ({"better_than": "base"}, "has no `model`"),
        ({"model": "tuned", "metric": "a", "at_least": [1]}, "it must be a number or a text"),
        ({"model": "tuned", "metric": "a", "at_least": 1, "end": "lo"}, "did you mean `low`"),
    ],
)
def test_the_schema_knows_the_keys(mapping, said):
    document = {"data": "d", "models": dict.fromkeys(MODELS, "x/y"), "gates": [mapping]}
    with pytest.raises(UsageError) as caught:
        check_shape(document, "x.eval.yaml")
    assert said in f"{caught.value.message} {caught.value.hint}"


def test_editors_are_told_what_the_command_tells():
    import jsonschema

    rules = schema("suite")["$defs"]["gate"]
    for wrong in (
        {"model": "tuned"},
        {"model": "tuned", "at_least": 1},
        {"model": "tuned", "metric": "a", "at_least": 1, "above": 1},
        {"model": "tuned", "metric": "a", "at_least": 1, "times": "base"},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, rules)


@pytest.mark.parametrize(
    "text",
    ["tuned better than tuned", "tuned not worse than tuned by 1 point", "old cost <= 1.2x old"],
)
def test_a_model_is_not_compared_with_itself(text):
    with pytest.raises(UsageError, match="not compared with itself"):
        gate(text)
