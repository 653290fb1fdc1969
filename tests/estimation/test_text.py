# SPDX-License-Identifier: Apache-2.0
"""What people read: every line in both languages, nothing unknown as None, no wider than asked."""

import re
import shlex
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.core.location import Location
from evalkit.core.printable import columns, printable
from evalkit.estimation.closing import closing
from evalkit.estimation.facts import (
    Batch,
    Counting,
    Duration,
    LongRow,
    Outlier,
    Shares,
    Validation,
)
from evalkit.estimation.own_model import own_model
from evalkit.estimation.profile_spread import spread
from evalkit.estimation.question import Question
from evalkit.estimation.text import as_text, closing_line, left_out_line
from evalkit.targets.card import HourlyPrice, Source
from evalkit.targets.load import model_named, target_named

TODAY = date(2026, 11, 21)
WORDS = {"en": "because", "zh": "因为"}


def at(line, source="train.jsonl"):
    return Location(source=source, line=line, number=line)


def flat(text):
    """Without the breaks of lines."""
    return " ".join(text.split())


@pytest.fixture
def full(made):
    """An estimate in which every line has something to say."""
    estimate = made(
        batch_size=8,
        padding_per_epoch=522,
        validation=Validation(
            files=(("v.jsonl", 12),),
            examples=12,
            tokens=828,
            evaluations=3,
            billed=2_484,
            why=WORDS,
        ),
        duration=Duration(least=99, most=9_000, jobs=2, basis=(Source(TODAY, "a log"),)),
        over_long=5,
        cut_rows=tuple(
            LongRow(location=at(n), tokens=70_000, lost=900, learned=0) for n in (3, 9, 12, 15)
        ),
        lost=4_500,
        unlearned=1,
        with_tools=4,
        with_images=2,
        images=3,
        images_unknown=1,
        with_media=6,
        outliers=(Outlier(location=at(17), tokens=5_404, times=21.04),),
        left_out=2,
        left_out_rows=(at(4), at(5)),
    )
    return replace(estimate, job=replace(estimate.job, sequence_length=65_536))


def test_a_closing_model_comes_first(made, answered):
    first, second, *rest = as_text(answered(made()), width=400).split("\n")
    assert first.startswith(
        "gpt-4.1-mini-2025-04-14 closes: no jobs of new customers since 2026-05-07"
    )
    assert "no new training jobs from 2027-01-06 on" in first
    assert "its tuned versions stop answering on 2027-01-14" in first
    assert "still train and read this layout: together" in second
    assert "`evalkit estimate train.jsonl --target all`" in second
    assert rest[:3] == [
        "",
        "train.jsonl → gpt-4.1-mini-2025-04-14 (openai)",
        "openai-chat, supervised fine-tuning, 20 examples",
    ]


def test_every_line_of_a_job(full, answered):
    text = flat(as_text(answered(full)))
    for said in (
        "training cost at least $0.1305 (validation included): 2 records are not counted, 1 image is",
        "at $5.00 per 1M tokens, as of 2025-11-01, 385 days old: OpenAI pricing page",
        "5 (auto: 3 x 20 is under 100 examples, so 100 // 20 = 5)",
        "billed tokens 26,100 = 5 x 5,220",
        "2,051 of each epoch are learned; the cookbook's script says 26,300 in all",
        "522 of the billed tokens of an epoch (10.0%) are padding",
        "o200k_base: texts exact, an example by OpenAI's billing formula",
        "steps 15, of 8 examples each (as asked for)",
        "631 tokens; training limit 65,536, context 1,047,576",
        "5 rows are over 65,536 tokens: their ends are cut off; 4,500 answer tokens lost in each",
        "epoch, nothing at all is learned from 1 of them",
        "train.jsonl:3, train.jsonl:9, train.jsonl:12, 2 more",
        "tools defined in 4 examples: counted within about 2 %",
        "images 3 in 2 examples, 1 of unknown size is not counted",
        "audio or files in 6 examples are not counted",
        "not counted 2 records without a readable conversation: train.jsonl:4, train.jsonl:5",
        "12 examples, 828 tokens each time, 3 times, 2,484 billed because",
        "time 99 s to 2.5 h at the pace of 2 real jobs; the queue may take longer a log",
        "answers tuned $0.80 / $3.20, base $0.40 / $1.60; in / out per 1M tokens",
        "evaluation for example 100 such rows: base $0.0224, tuned $0.0448, $0.0672 in all",
        "against the base model with 5 examples in every prompt (assumed: --few-shot says how many)",
        "do they fit? evalkit lint train.jsonl --target openai",
        "train.jsonl:17 5,404 21 x the median",
    ):
        assert said in text, said


def test_every_line_in_chinese(full, answered):
    text = "".join(as_text(answered(full, language="zh")).split())
    for said in (
        "即将关闭：自2026-05-07起不接受新客户的任务",
        "训练费用至少$0.1305（含验证）：2条记录未计入，1张图片未计入",
        "单价每百万token$5.00，截至2025-11-01，已过385天",
        "5（自动：3x20不足100条，取100//20=5）",
        "每轮参与学习2,051；cookbook脚本合计26,300",
        "每轮计费token中有522（10.0%）是填充",
        "o200k_base：文本精确，整行按OpenAI计费公式",
        "15步，每步8条（按指定）",
        "5条超过65,536个token：末尾会被截断；每轮丢失回答4,500个token，其中1条什么也学不到",
        "train.jsonl:3、train.jsonl:9、train.jsonl:12等共5处",
        "2条样本中有3张，其中1张尺寸未知，未计入",
        "12条样本，每次828个token，3次，计费2,484因为",
        "99秒至2.5小时，按2个真实任务的速度；排队可能更久",
        "例如100条同类数据：基础模型$0.0224，微调模型$0.0448，合计$0.0672",
        "数据合格？evalkitlinttrain.jsonl--targetopenai",
        "中位数的21倍",
    ):
        assert said in text, said


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(full, answered, language, width):
    text = as_text(answered(full, language=language), width=width)
    assert max(map(columns, text.split("\n"))) <= width


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["azure/gpt-4.1", "o4-mini", "gpt-3.5-turbo-0613", "davinci"])
def test_nothing_unknown_is_printed_as_none(made, answered, name, language):
    empty = made(
        name, cost=None, example=None, roles={}, turns=None, prompt_tokens=None, answer_tokens=None,
        system_tokens=None, batch=Batch(size=None, reason=WORDS), shares=Shares(
            system=0, tools=0, user=0, assistant=0, results=0, images=0, frame=0
        ),
    )  # fmt: skip
    for estimate in (made(name), empty):
        text = as_text(answered(estimate, language=language, others=()))
        assert "None" not in text
        assert "20" in text


def test_prices_by_the_hour_and_none_at_all(made, answered):
    text = flat(as_text(answered(made("o4-mini", cost=None))))
    assert "training cost billed by time: $100.00 an hour" in text
    text = flat(as_text(answered(made("davinci", cost=None))))
    assert "training cost not known: no training price of this model is on record" in text


def test_counts_that_are_not_exact_say_so(made, answered):
    counting = Counting(tokenizer="llama-3", texts="approximate", error=0.08, frame="template")
    text = flat(as_text(answered(made(counting=counting))))
    assert "llama-3: texts within about 8 %, an example in the model's chat template" in text
    counting = replace(counting, frame="assumed")
    text = flat(as_text(answered(made(counting=counting))))
    assert "by OpenAI's formula, since none of its own is published" in text


@pytest.mark.parametrize(
    ("cut", "said"),
    [("drop", "left out by the provider"), ("refuse", "the job fails with them")],
)
def test_what_becomes_of_long_rows(full, answered, cut, said):
    training = replace(full.job.training, cut=cut)
    text = flat(as_text(answered(replace(full, job=replace(full.job, training=training)))))
    assert said in text


def test_hosting_evaluation_and_break_even_as_asked(made, answered):
    estimate = made("azure/gpt-4.1")
    hour = HourlyPrice(
        usd_per_hour="1.70", currency="USD", as_of=TODAY, source="a page", tier="standard"
    )
    card = replace(estimate.model, hosting=(hour,), hosting_free=None)
    estimate = replace(estimate, job=replace(estimate.job, model=card))
    asked = Question(
        hosting_days=30,
        few_shot_tokens=400,
        evaluate=500,
        judge="gpt-4.1",
        repeats=2,
        calls_per_month=9,
    )
    text = flat(as_text(answered(estimate, question=asked)))
    assert "hosting $1.70 an hour, $1,241.00 a month, $1,224.00 for 30 days standard" in text
    assert "500 held-out rows x 2: base" in text
    assert "judge $" in text
    assert "with 400 tokens of examples in every prompt" in text


def test_roles_and_paths_are_printed_safely(made, answered):
    evil = "\x1b[2J\u202e<b>"
    estimate = made(
        roles={evil: spread({3: 2})}, files=((f"a{evil}.jsonl", 20),), formats=(evil,),
        outliers=(Outlier(location=at(1, evil), tokens=9_999, times=40.0),),
    )  # fmt: skip
    text = as_text(answered(estimate))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[2J<U+202E><b>" in text  # what is written like markup stays


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.text(max_size=30), st.integers(60, 130))
def test_hostile_names_never_break_a_line(made, answered, name, width):
    estimate = made(roles={name: spread({3: 2})}, files=((name, 20),))
    text = as_text(answered(estimate, language="zh"), width=width)
    for line in text.split("\n"):
        whole = printable(shlex.quote(name)) in line or " " not in line.strip()
        assert columns(line) <= width or whole  # a path in a command is not cut
        assert printable(line) == line


def test_ascii_where_blocks_cannot_be_shown(full, answered):
    text = as_text(answered(full), ascii_only=True)
    assert text.isascii()
    assert "####" in text


def test_styles_mark_what_matters(full, answered):
    marked = as_text(answered(full), style=lambda text, tone: f"<{tone}>{text}</{tone}>")
    assert "<warn>gpt-4.1-mini-2025-04-14 closes" in marked
    assert "<bad>5 rows are over" in marked
    assert "<head>where the tokens go</head>" in marked
    assert "<soft>at $5.00 per 1M tokens" in marked


@pytest.mark.parametrize(
    ("name", "day", "said"),
    [
        ("gpt-4.1-mini", date(2027, 1, 10), "trains no more: no training jobs since 2027-01-06"),
        ("gpt-4.1-mini", date(2027, 1, 14), "is gone: its tuned versions stopped answering"),
        ("gpt-4.1-mini", date(2026, 5, 6), "closes: no new training jobs from 2027-01-06 on"),
    ],
)
def test_states_of_a_model(name, day, said):
    end = closing(model_named(name), day)
    assert said in closing_line(name, end, ())
    assert closing_line(name, end, ["trl"], language="zh").endswith("trl")


def test_the_line_of_what_was_not_counted(made):
    assert left_out_line(made()) == ""
    found = made(left_out=5, left_out_rows=(at(2), at(4), at(5), at(8)))
    assert left_out_line(found).startswith("not counted: 5 records without a readable conversation")
    assert "train.jsonl:5, 2 more" in left_out_line(found)
    assert "等共 5 处" in left_out_line(found, "zh")


def test_hosting_that_is_billed_at_a_price_that_nobody_knows(made, answered):
    text = flat(as_text(answered(made("together/gpt-oss-20b"))))
    assert "hosting billed as long as the tuned model is up; its price is not on record" in text
    assert "docs.together.ai/docs/fine-tuning/pricing, copies of 2026-07" in text
    assert "部署期间一直计费" in as_text(answered(made("together/gpt-oss-20b"), language="zh"))


def test_a_model_that_others_have_too_names_them(made, answered):
    text = as_text(answered(made("fireworks/gpt-oss-120b")))
    assert "also at: together (`--model gpt-oss-120b --target all` compares them)" in flat(text)
    assert "另见：together" in as_text(answered(made("fireworks/gpt-oss-120b"), language="zh"))
    assert "also at" in answered(made("fireworks/gpt-oss-120b")).to_markdown()
    soft = as_text(answered(made()), style=lambda text, tone: f"<{tone}>{text}")
    assert "<soft>also at: azure" in soft
    assert "also at" not in as_text(answered(made("davinci")))


def test_a_long_path_leaves_the_model_s_name(made, answered):
    path = "/data/" + "a-folder-of-a-long-name/" * 8 + "train.jsonl"
    text = as_text(answered(made(files=((path, 20),))), width=80)
    head = next(line for line in text.split("\n") if "→" in line)
    assert columns(head) <= 80
    assert head.startswith("/data/")
    assert head.endswith("train.jsonl → gpt-4.1-mini-2025-04-14 (openai)")


def test_what_is_billed_by_the_hour_or_by_nobody_has_no_billed_tokens(made, answered):
    from evalkit.estimation.own_model import own_model
    from evalkit.targets.load import target_named

    hourly = made("o4-mini", cost=None, padding_per_epoch=5)
    trl = target_named("trl")
    here = made(cost=None, padding_per_epoch=5)
    here = replace(here, job=replace(here.job, model=own_model(trl), training=trl.training))
    for estimate in (hourly, here):
        text = flat(as_text(answered(estimate)))
        assert "tokens trained on 26,100 = 5 x 5,220 2,051 of each epoch are learned" in text
        assert "billed tokens" not in text
        assert "cookbook" not in text
        assert "5 of the tokens of an epoch (0.1%) are padding" in text
        chinese = as_text(answered(estimate, language="zh"))
        assert "训练 token" in chinese
        assert "计费 token" not in chinese
        assert "cookbook" not in chinese
    assert "billed tokens" in as_text(answered(made("azure/gpt-4.1", cost=None)))


def test_what_an_example_of_preference_is(made, answered):
    text = flat(as_text(answered(made(method="preference"))))
    assert "an example is both its answers, each with the prompt" in text
    assert "each with its prompt, taken to be billed by OpenAI's formula" in text
    assert "一条样本含两个回答" in as_text(answered(made(method="preference"), language="zh"))
    assert "pair" not in as_text(answered(made()))


@pytest.mark.parametrize(
    ("over", "unlearned", "en", "zh"),
    [
        (34, 34, "nothing at all is learned from any of them", "这些样本全都什么也学不到"),
        (34, 3, "nothing at all is learned from 3 of them", "其中 3 条什么也学不到"),
        (1, 1, "nothing at all is learned from it", "这条什么也学不到"),
    ],
)
def test_from_how_many_nothing_is_learned(full, answered, over, unlearned, en, zh):
    estimate = replace(full, over_long=over, unlearned=unlearned)
    assert en in flat(as_text(answered(estimate)))
    assert zh in "".join(as_text(answered(estimate, language="zh")).split("\n")).replace("  ", "")


def test_one_is_no_plural(full, answered):
    held = replace(full.validation, examples=1, tokens=1, evaluations=1, billed=1)
    one = replace(
        full, examples=1, with_tools=1, with_images=1, images=1, images_unknown=1, with_media=1,
        left_out=1, lost=1, over_long=1, longest=1, loss_per_epoch=1, validation=held,
        padding_per_epoch=1, files=(("train.jsonl", 1),),
    )  # fmt: skip
    text = flat(as_text(answered(one)))
    assert "1 of each epoch is learned" in text
    assert not re.search(
        r"(?<![\d,.])1 (examples|tokens|rows|records|times|answer tokens|calls|days)\b", text
    )


def test_rows_of_several_methods_are_told(made, answered):
    mixed = made(methods={"sft": 18, "preference": 2})
    text = flat(as_text(answered(mixed)))
    assert "several methods 18 examples for supervised fine-tuning, 2 examples for" in text
    assert "--method says in which" in text
    assert "--method" in as_text(answered(mixed, compared=True), width=140)
    assert "监督微调 18 条" in as_text(answered(mixed, language="zh"))
    assert "several methods" not in as_text(answered(made(methods={"sft": 20})))


def test_chinese_paths_stand_without_quotes_and_others_as_a_shell_takes_them():
    from types import SimpleNamespace

    from evalkit.estimation.text_facts import files_of

    paths = ["数据/客服.xlsx", "a b.jsonl", "-x.jsonl", "$(rm).jsonl"]
    estimate = SimpleNamespace(files=[(path, 1) for path in paths])
    assert files_of(estimate) == "数据/客服.xlsx 'a b.jsonl' -x.jsonl '$(rm).jsonl'"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_form_names_who_still_trains_such_rows(made, answered, language):
    result = answered(made(), language=language, others=("azure", "trl"))
    said = "azure、trl" if language == "zh" else "still train and read this layout: azure, trl"
    assert said in flat(as_text(result))
    assert said in result.to_markdown().replace("\\", "")
    assert said in result._repr_html_()


def test_reinforcement_learns_from_what_is_not_in_the_file(made, answered):
    rows = made("azure/o4-mini", method="rft", loss_per_epoch=0)
    text = flat(as_text(answered(rows)))
    assert "0 of each epoch are learned" not in text
    assert "the answers that training tries come on top" in text
    assert "no row has an answer" not in text


def test_a_model_of_one_s_own_is_called_so_in_both_languages(made, answered):
    one = made()
    own = replace(one.job, model=own_model(target_named("trl")))
    for language, name in (("en", "a model of your own (trl)"), ("zh", "自选模型 (trl)")):
        found = answered(replace(one, job=own, cost=None), language=language)
        assert name in as_text(found)
        assert name in found._repr_html_()
