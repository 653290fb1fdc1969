# SPDX-License-Identifier: Apache-2.0
"""What a model's chat form spends around the texts of a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

__all__ = ["ASSUMED", "EARLY_TURBO", "FRAMES", "OPENAI", "Frame"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Tokens of the chat form that are no text of the data.

    Attributes:
        per_message: Of each message, beside those of its role's name.
        per_name: Of a message's name, beside those of the name; a form without names drops them.
        priming: Of a training example.
        prompt_priming: Of a request: priming, and the opening of the answer.
        basis: "billed" = found in real bills or usage figures of its provider; "template" = the
            model's published chat template; "assumed" = OpenAI's form, since this one's is not
            published.
        named: Whether names of messages are written.
        around: Role to all tokens around such a message, where its role is not written out; roles
            that are missing here spend `per_message` and those of their name.
        no_system: Of what the form says by itself where no system message is.
        tools: How definitions are written: as a TypeScript "namespace", as "json" in one line, or
            "indented" by four.
        around_tools: Around all definitions; the namespace counts its own.
        per_tool: Around each definition.
        around_call: Around the name and arguments of a call, part of what is said.
        calls: Whether calls and results are written as `calls` tells of OpenAI's models, and by
            `around` and `around_call` otherwise.
    """

    per_message: int
    per_name: int
    priming: int
    prompt_priming: int
    basis: Literal["billed", "template", "assumed"]
    named: bool = True
    around: Mapping[str, int] = field(default_factory=dict, hash=False)
    no_system: int = 0
    tools: Literal["namespace", "json", "indented"] = "namespace"
    around_tools: int = 0
    per_tool: int = 0
    around_call: int = 0
    calls: bool = False


# Training: exact on three jobs whose bills are public (gpt-3.5-turbo-0613, 2023); requests: the
# cookbook's How_to_count_tokens_with_tiktoken, whose figures are the API's own for gpt-3.5-turbo,
# gpt-4, gpt-4o and gpt-4o-mini; recordings of gpt-4o and gpt-4.1-mini agree where there are neither
# tools nor files.
OPENAI = Frame(per_message=3, per_name=1, priming=1, prompt_priming=3, basis="billed", calls=True)

# gpt-3.5-turbo-0301 alone (same notebook): <|start|>{role or name}\n{content}<|end|>\n
EARLY_TURBO = Frame(per_message=4, per_name=-1, priming=1, prompt_priming=3, basis="billed")

ASSUMED = replace(OPENAI, basis="assumed")

# The templates below are those of the models' own repositories as TRL 1.16.0 and mistral-common
# 1.13.1 carry them (November 2026); the sums were compared with the tokens of conversations that
# were rendered by them and counted with the real vocabularies: with and without system message
# exact, with tools, calls and results within a few tokens (where texts meet, tokens merge).

# <|im_start|>{role}\n{content}<|im_end|>\n = 1 + role + 1 + content + 1 + 1; a request ends in
# <|im_start|>assistant\n = 3. Definitions: a text of 78 and one line of JSON each. A call:
# <tool_call>\n{"name": "{name}", "arguments": {arguments}}\n</tool_call> = 11. A result, as user:
# <tool_response>\n{content}\n</tool_response> and the frame = 9.
_CHATML = Frame(
    per_message=4,
    per_name=0,
    priming=0,
    prompt_priming=3,
    basis="template",
    named=False,
    around={"tool": 9, "function": 9},
    tools="json",
    around_tools=78,
    around_call=11,
)

# Without a system message it writes "You are Qwen, created by Alibaba Cloud. You are a helpful
# assistant.": 5 + 16 = 21.
_QWEN_2 = replace(_CHATML, no_system=21)

# Without one it writes "You are a helpful AI assistant named SmolLM, trained by Hugging Face": 5 +
# 16 = 21; the last line feed is not trained on (evalkit/jobs/training/encode.py).
_SMOLLM_2 = replace(_CHATML, priming=-1, no_system=21)

# The last answer begins with an empty thought, <think>\n\n</think>\n\n = 4, which a request leaves
# to the model. The instruct models of July 2025 have none: 4 less.
_QWEN_3 = replace(_CHATML, priming=4)

# <|begin_of_text|> = 1; <|start_header_id|>{role}<|end_header_id|>\n\n{content}<|eot_id|> = 1 +
# role + 1 + 1 + content + 1; a request ends in such a header = 4. Definitions as 3.1 has them: a
# text of 56 and JSON indented by 4. A call: {"name": "{name}", "parameters": {arguments}} = 8; a
# result, as ipython and in quotes = 7.
_LLAMA_3 = Frame(
    per_message=4,
    per_name=0,
    priming=1,
    prompt_priming=5,
    basis="template",
    named=False,
    around={"tool": 7, "function": 7},
    tools="indented",
    around_tools=56,
    around_call=8,
)

# 3.1 to 3.3 write "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n" = 20 into
# the system message, and one of their own where there is none: 5 + 20.
_LLAMA_3_1 = replace(_LLAMA_3, around={**_LLAMA_3.around, "system": 25}, no_system=25)

# <s> = 1; [INST]{content}[/INST] = 2; {content}</s> = 1; the system message goes before the user's
# with two line ends between = 2. [AVAILABLE_TOOLS][{...}, {...}][/AVAILABLE_TOOLS]. A call:
# [TOOL_CALLS][{"name": "{name}", "arguments": {arguments}, "id": "{9 letters}"}] = 19; a result:
# [TOOL_RESULTS]{"content": "{content}", "call_id": "{9 letters}"}[/TOOL_RESULTS] = 19.
_MISTRAL_3 = Frame(
    per_message=2,
    per_name=0,
    priming=1,
    prompt_priming=1,
    basis="template",
    named=False,
    around={"system": 2, "developer": 2, "user": 2, "assistant": 1, "tool": 19, "function": 19},
    tools="json",
    around_tools=3,
    per_tool=1,
    around_call=19,
)

# As from version 7 on: [SYSTEM_PROMPT]{content}[/SYSTEM_PROMPT] = 2; a result:
# [TOOL_RESULTS]{9 letters}[TOOL_CONTENT]{content}[/TOOL_RESULTS] = 8.
_TEKKEN = replace(_MISTRAL_3, around={**_MISTRAL_3.around, "tool": 8, "function": 8})

# <bos> = 1; <start_of_turn>{user or model}\n{content}<end_of_turn>\n = 5; a request ends in
# <start_of_turn>model\n = 3; the system message goes before the first user's with \n\n = 1. It has
# no form for tools.
_GEMMA_3 = Frame(
    per_message=4,
    per_name=0,
    priming=1,
    prompt_priming=4,
    basis="template",
    named=False,
    around={"system": 1, "developer": 1, "user": 5, "assistant": 5, "tool": 5, "function": 5},
    tools="json",
)

# <｜begin▁of▁sentence｜> = 1; {system}; <｜User｜>{content} = 1;
# <｜Assistant｜>{content}<｜end▁of▁sentence｜> = 2; a request ends in <｜Assistant｜> = 1. It has
# no form for definitions. A call: <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function
# <｜tool▁sep｜>{name}\n```json\n{arguments}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜> = 11; a
# result, between the marks of outputs = 4.
_DEEPSEEK_3 = Frame(
    per_message=1,
    per_name=0,
    priming=1,
    prompt_priming=2,
    basis="template",
    named=False,
    around={"system": 0, "developer": 0, "user": 1, "assistant": 2, "tool": 4, "function": 4},
    tools="json",
    around_call=11,
)

FRAMES: Mapping[str, Frame] = MappingProxyType(
    {
        "llama-3": _LLAMA_3,
        "llama-3.1": _LLAMA_3_1,
        "qwen-2.5": _QWEN_2,
        "qwen-3": _QWEN_3,
        "mistral-v3": _MISTRAL_3,
        "mistral-tekken": _TEKKEN,
        "gemma-3": _GEMMA_3,
        "gemini": ASSUMED,
        "deepseek-v3": _DEEPSEEK_3,
        "smollm2": _SMOLLM_2,
    }
)
