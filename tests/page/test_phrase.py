# SPDX-License-Identifier: Apache-2.0
from markupsafe import Markup, escape

from evalkit.page.phrase import Text, capital, joined, same, say


def test_values_are_escaped_and_markup_is_kept():
    said = say("{a} of <b>{b}</b>", "<b>{b}</b> 中的 {a}", a="<i>", b=Markup("<u>x</u>"))
    assert said.en == "&lt;i&gt; of <b><u>x</u></b>"
    assert said.zh == "<b><u>x</u></b> 中的 &lt;i&gt;"


def test_braces_in_values_are_no_templates():
    assert say("{a}", "{a}", a="{0.__class__} {b}").en == "{0.__class__} {b}"


def test_a_phrase_in_a_phrase_keeps_to_its_language():
    inner = say("not proven", "尚未证明")
    assert say("it is {x}", "结果{x}", x=inner).zh == "结果尚未证明"


def test_both_languages_are_rendered_tagged_and_once_where_they_are_the_same():
    assert escape(say("rows", "行")) == (
        '<span class="en" lang="en">rows</span><span class="zh" lang="zh-CN">行</span>'
    )
    assert escape(same("<12>")) == "&lt;12&gt;"


def test_plain_text_has_no_tags_and_no_entities():
    assert Text("zh").plain(say("x", "<b>{a}</b> 行", a="<&>")) == "<&> 行"


def test_joined_uses_each_languages_mark_and_leaves_empty_ones_out():
    both = joined([say("a", "甲"), same(""), say("b", "乙")], ", but ", "，但")
    assert (both.en, both.zh) == ("a, but b", "甲，但乙")


def test_data_given_in_both_languages_is_escaped():
    assert Text().of({"en": "<a>", "zh": "<乙>"}).zh == "&lt;乙&gt;"
    assert Text().of({"en": "only"}).zh == "only"


def test_capital():
    assert capital(say("recall of {x}", "{x}", x="a")).en == "Recall of a"
