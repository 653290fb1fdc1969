# SPDX-License-Identifier: Apache-2.0
"""ROL007."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from evalkit.core.example import Example, Message
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.texts import pointer_of, without_code

__all__ = ["role_marker_in_text"]

# Bedrock: reserved in prompts and system prompts of Nova, wherever they stand.
_RESERVED = ("User:", "Bot:", "Assistant:", "System:", "<image>", "<video>", "[EOS]")

# Marks of templates: nobody writes them by chance.
_TAGS = ("user", "bot", "human", "assistant")
_TAGGED = r"</?(?:user|bot|human|assistant)> ?[:：]"
_LLAMA = r"\[/?INST\]|<</?SYS>>"
_HEADED = ("Human", "Assistant", "Instruction", "Response", "User")
# Words before a colon at the start of a line: marks only where they stand as a dialogue would.
_ASKS = "User|USER|Human|HUMAN|用户|人类"
_REPLIES = "Assistant|ASSISTANT|Bot|BOT|Chatbot|AI|助手|机器人"
_SPEAKS = ("Assistant", "ASSISTANT", "Bot", "BOT", "Chatbot", "AI", "助手", "机器人")
_COLON = r" ?[:：]"
_IS_ABOUT_DIALOGUES = (
    "dialog", "conversation", "chat", "transcript", "script", "interview", "interaction",
    "role-play", "roleplay", "skit", "User:", "Assistant:",
    "对话", "聊天", "剧本", "会话", "访谈", "角色扮演", "对白",
)  # fmt: skip


def _needles() -> tuple[bytes, ...]:
    words = [f"{word}{end}" for word in _SPEAKS for end in (":", " :", "：", " ：")]
    heads = [f"###{blank}{word}:" for word in _HEADED for blank in ("", " ")]
    tags = [f"{word}>{end}" for word in _TAGS for end in (":", " :", "：", " ：")]
    others = ["[INST]", "[/INST]", "<SYS>>", "</SYS>>", *_RESERVED]
    return tuple(text.encode() for text in (*words, *heads, *tags, *others))


@rule(
    "ROL007",
    scope="example",
    methods=("sft", "preference", "rft"),
    severity="warning",
    needles=_needles(),
    en="the {role} message marks a speaker: `{text}`; make each turn a message, without such marks",
    zh="{role} 消息里有说话人标记“{text}”；请把每一轮写成一条消息，去掉标记",
)
def role_marker_in_text(example: Example, *, markers_anywhere: bool = False) -> Iterator[Fault]:
    r"""## What it does
    Finds turns inside a message. In questions: `<user>:`, `[INST]`, `### Response:`, and a whole dialogue
    that was flattened (`User: … Assistant: …`, the user's turn or nothing last). In answers: a first
    `Assistant:`, and answers that go on with the user's next turn (`### Human:`). A dialogue that was asked
    for, and code, are left alone. With `markers_anywhere`, for providers that reserve them, these instead,
    wherever they stand in a prompt: `User:`, `Bot:`, `Assistant:`, `System:`, `<image>`, `<video>`, `[EOS]`.
    ## Why is this bad?
    The provider writes its own marks around each message. Marks in the text are learned as text: the model
    prints them, or plays the user's part.
    ## Example
    {"messages": [{"role": "user", "content": "<user>: Hi <bot>: Hello! <user>: Who are you?"}, {"role": "assistant", "content": "Ada."}]}
    {"messages": [{"role": "user", "content": "Who are you?"}, {"role": "assistant", "content": "Ada.\n### Human: Thanks!"}]}
    {"messages": [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "助手：你好！"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "Who are you?"}, {"role": "assistant", "content": "Ada."}]}
    ## References
    Amazon Nova, user guide, "Preparing data for fine-tuning" (read 2026-11): "If a user prompt or system
    prompt starts with any of these keywords, or has these keywords anywhere in the prompt, your training
    job will fail due to data issues."
    """
    before: list[str] = []
    for message in example.messages:
        text = message.text
        found = _reserved(message.role, text) if markers_anywhere else _mark(message, text, before)
        if found:
            pointer = pointer_of(example, message)
            yield Fault(pointer=pointer, args={"role": message.role, "text": found})
            return  # one dialogue, one finding
        before.append(text)


def _reserved(role: str, text: str) -> str:
    if role not in ("user", "system", "developer"):
        return ""
    return next((word for word in _RESERVED if word in text), "")


def _mark(message: Message, text: str, before: list[str]) -> str:
    if message.role not in ("user", "assistant"):
        return ""
    answers = message.role == "assistant"
    template, dialogue = _patterns()
    if not template.search(text) and not dialogue.search(text):
        return ""
    text = without_code(text)
    heads = ("Human", "Assistant", "User", "Instruction") if answers else ("Response",)
    for match in template.finditer(text):
        # A heading `### Response:` is a template's end in a question, and just a heading in an answer.
        if match["head"] is None or match["head"] in heads or (answers and not match.start()):
            return match.group().strip()
    turns = [(m["asks"], m.group().strip(), m.end()) for m in dialogue.finditer(text)]
    if not turns or not any(not asks for asks, _, _ in turns):
        return ""
    if answers:
        return _of_answer(text, turns, before)
    # A question that is a whole dialogue, and waits for the reply.
    first, last = turns[0], turns[-1]
    opens = text.lstrip().startswith(first[1]) and first[0]
    waits = last[0] or not text[last[2] :].strip()
    return first[1] if opens and waits and len(turns) > 1 else ""


def _of_answer(text: str, turns: list[tuple[str | None, str, int]], before: list[str]) -> str:
    asks, mark, _ = turns[0]
    leads = text.lstrip().startswith(mark)
    if leads and not asks and not mark.startswith("AI") and len(turns) == 1:
        return mark  # `Assistant: Hello!`
    if leads or not asks or any(word in one for one in before for word in _IS_ABOUT_DIALOGUES):
        return ""
    return mark  # the answer is over, and the user's next turn is played


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    template = rf"{_TAGGED}|{_LLAMA}|^[ \t]*\#{{3}} ?(?P<head>{'|'.join(_HEADED)}):"
    dialogue = rf"^[ \t]*(?:\#{{3}} ?)?(?:(?P<asks>{_ASKS})|{_REPLIES}){_COLON}"
    return re.compile(template, re.MULTILINE), re.compile(dialogue, re.MULTILINE)
