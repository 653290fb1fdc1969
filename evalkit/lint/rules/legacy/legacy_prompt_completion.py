# SPDX-License-Identifier: Apache-2.0
"""LEG001."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.accumulators import CappedTally, Firsts
from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.core.groups import key_of
from evalkit.core.location import Location
from evalkit.core.secrets import quoted
from evalkit.lint.affixes import Completions, Prompts, Texts
from evalkit.lint.phrase import Phrase
from evalkit.lint.rule import rule

__all__ = ["legacy_prompt_completion"]

_FEWEST = 10  # rows, below which what they have in common says nothing
_LONG_END = 10  # the numbers of prepare_data
_LONG_PROMPT_START = 12
_LONG_ANSWER_START = 5


@rule(
    "LEG001",
    scope="file",
    methods=("completion",),
    severity="warning",
    en="{what:en}; convert to chat (evalkit convert), or {mend:en}",
    zh="{what:zh}；请转换为对话格式（evalkit convert），或{mend:zh}",
)
def legacy_prompt_completion(
    example: Example,
    prompts: Prompts,
    completions: Completions,
    answers: CappedTally[bytes],
    rows: Firsts,
) -> None:
    """## What it does
    Finds, in files of prompts and completions from 10 rows on, what OpenAI's `prepare_data` found: no
    common separator at the end of the prompts, the separator inside a prompt as well, no common end of
    the completions (unless they are labels), completions without a blank at their beginning, a long
    common beginning (more than 12 characters of prompts, 5 and more of completions), an end of more
    than 10 characters, all prompts the same, and more than a third of the letters in upper case.
    Files without any prompt are for free generation: only their completions count.
    ## Why is this bad?
    A completion model sees one text: without a separator it goes on with the question, without an end
    it does not stop. Chat models have both in their templates, which is why converting comes first.
    ## References
    openai 0.28.1, `openai tools fine_tunes.prepare_data` (validators.py): the same checks with the
    same numbers; rows are named by their physical lines here.
    """
    value = example.value
    prompt, completion = value.get("prompt"), value.get("completion")
    if isinstance(prompt, str) and isinstance(completion, str) and completion:
        prompts.add(prompt, example.location)
        completions.add(completion, example.location)
        answers.add(key_of(completion))
        rows.add(example.location)


@legacy_prompt_completion.finish
def advice(
    prompts: Prompts, completions: Completions, answers: CappedTally[bytes], rows: Firsts
) -> Iterator[Fault]:
    """One for each check, of the whole file; those of some rows at the first of them."""
    if rows.total < _FEWEST:
        return
    labels = not answers.overflowed and 3 * len(answers) < rows.total
    if prompts.characters:
        yield from _about_prompts(prompts)
    yield from _about_completions(completions, ends=bool(prompts.characters) and not labels)
    for texts, word, zh in ((prompts, "prompts", "提示"), (completions, "completions", "回答")):
        if 2 * texts.upper > texts.lower:
            yield _fault(
                Phrase(
                    f"{texts.upper_share:.0%} of the letters in the {word} are upper case",
                    f"{zh}里有 {texts.upper_share:.0%} 的字母是大写",
                ),
                Phrase("write them in lower case", "改为小写"),
            )


def _about_prompts(prompts: Prompts) -> Iterator[Fault]:
    start, end = prompts.prefix or "", prompts.suffix or ""
    if prompts.all_same:
        yield _fault(
            Phrase(
                f"all prompts are the same: “{_shown(start)}”", f"所有提示都相同：“{_shown(start)}”"
            ),
            Phrase("leave them empty for free generation", "做自由生成时留空"),
        )
        return
    other = _shown(prompts.proposal)
    if not end:
        yield _fault(
            Phrase("the prompts have no common separator at their end", "提示末尾没有统一的分隔符"),
            Phrase(
                f"add one that stands in no prompt, “{other}”",
                f"在末尾加上任何提示里都没有的“{other}”",
            ),
        )
    else:
        yield from _about_end(prompts, Phrase("prompts", "提示"))
    if len(start) > _LONG_PROMPT_START:
        yield _fault(
            Phrase(
                f"all prompts begin with “{_shown(start, 40)}”",
                f"所有提示都以“{_shown(start, 40)}”开头",
            ),
            Phrase(
                "take it away: a tuned model needs no instruction", "去掉它：微调后的模型不需要指令"
            ),
        )


def _about_completions(completions: Completions, *, ends: bool) -> Iterator[Fault]:
    start, end = completions.prefix or "", completions.suffix or ""
    if ends and not completions.all_same:
        other = _shown(completions.proposal)
        if not end:
            yield _fault(
                Phrase("the completions have no common end", "回答没有统一的结束符"),
                Phrase(
                    f"add one that stands in none of them, “{other}”, and stop there",
                    f"加上任何回答里都没有的“{other}”，并以它为停止符",
                ),
            )
        else:
            yield from _about_end(completions, Phrase("completions", "回答"))
    if len(start) >= _LONG_ANSWER_START and not completions.all_same:
        yield _fault(
            Phrase(
                f"all completions begin with “{_shown(start, 40)}”",
                f"所有回答都以“{_shown(start, 40)}”开头",
            ),
            Phrase("take it away", "去掉它"),
        )
    if unspaced := completions.unspaced.total:
        yield _fault(
            Phrase(
                f"{unspaced:,} of {completions.number:,} completions do not begin with a blank",
                f"{completions.number:,} 条回答中有 {unspaced:,} 条不以空格开头",
            ),
            Phrase("begin each with one: so tokens begin", "都以一个空格开头：词元如此划分"),
            completions.unspaced.items()[0],
        )


def _about_end(texts: Texts, which: Phrase) -> Iterator[Fault]:
    end = texts.suffix or ""
    shown = _shown(end, 40)
    if len(end) > _LONG_END:
        yield _fault(
            Phrase(
                f"the common end of the {which.en}, “{shown}”, is long",
                f"{which.zh}的共同结尾“{shown}”过长",
            ),
            Phrase(
                f"write a short one such as “{_shown(texts.proposal)}”",
                f"改用较短的，如“{_shown(texts.proposal)}”",
            ),
        )
    if again := texts.inside.total:
        yield _fault(
            Phrase(
                f"the common end of the {which.en}, “{shown}”, stands inside {again:,} of "
                f"{texts.number:,} as well",
                f"{which.zh}的共同结尾“{shown}”也出现在 {texts.number:,} 条中 {again:,} 条的内部",
            ),
            Phrase(
                f"take one that stands in none, “{_shown(texts.proposal)}”",
                f"换成从未出现过的“{_shown(texts.proposal)}”",
            ),
            texts.inside.items()[0],
        )


def _shown(text: str, width: int = 60) -> str:
    return quoted(text.replace("\n", "\\n"), width)


def _fault(what: Phrase, mend: Phrase, first: Location | None = None) -> Fault:
    return Fault(location=first, args={"what": what, "mend": mend})
