# SPDX-License-Identifier: Apache-2.0
"""What a profile of a data set says: plain values, ready to be shown and written as JSON.

Texts in it come from the data: they are cut, printable, and rid of secrets and personal data. None
stands for what a set does not have, or what was not asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from evalkit.estimation.profile_some import Media, Pairs, Reasoning, Tools, Verdicts, Weights
from evalkit.estimation.profile_spread import Counted, Spread

__all__ = [
    "Answers",
    "Conversations",
    "Field",
    "File",
    "Languages",
    "Lengths",
    "Place",
    "Profile",
    "Prompt",
    "Repeats",
    "Rows",
    "SystemPrompts",
    "Tokens",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Where the rows were read.

    Attributes:
        container: "jsonl", "json", "csv", ...
        encoding: "utf-8", "gb18030", ...
        packing: "gzip", "zstd" or "".
        bytes: On disk.
        sheet: Of a workbook.
        columns: Role to header, for tables.
    """

    container: str
    encoding: str
    packing: str
    bytes: int
    sheet: str | None
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A record in the file.

    Attributes:
        line: First physical line, or row of a sheet; None where it has none.
        why: In short.
    """

    line: int | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The records of a file.

    Attributes:
        records: All but blank lines.
        usable: With a conversation: what the rest of the profile is about.
        broken: That could not be read.
        unread: Readable, but without a conversation in their layout.
        blank: Blank lines.
        broken_by_kind: "json", "encoding", "ragged", ...
        places: The first broken and unread ones.
    """

    records: int
    usable: int
    broken: int
    unread: int
    blank: int
    broken_by_kind: tuple[Counted, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversations:
    """How the rows are built.

    Attributes:
        messages: Per row.
        turns: Per row: how often the user speaks, several messages in a row counted once.
        roles: Messages of each role, most frequent first.
        shapes: Sequences of roles, such as "system (user assistant)×2"; shares of rows.
        different_shapes: How many; None = more than 10,000.
    """

    messages: Spread
    turns: Spread
    roles: tuple[Counted, ...]
    shapes: tuple[Counted, ...]
    different_shapes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Characters (code points) of texts.

    Attributes:
        example: All texts of a row.
        roles: Role to the texts of its messages, one by one; those that only call a tool apart.
    """

    example: Spread
    roles: Mapping[str, Spread]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Tokens, counted offline and exactly as tiktoken counts them.

    Attributes:
        encoding: By name, such as "o200k_base".
        form: "chat" = `example` has the overhead of chat messages; "plain" = the texts alone.
        example: Per row and epoch, as OpenAI bills them; rejected answers apart.
        cookbook: Per row, as the check script of the OpenAI cookbook counts them.
        learned: Per row: what the assistant says and calls, but for messages with weight 0.
        roles: Role to what its messages say and call, one by one, without overhead.
    """

    encoding: str
    form: str
    example: Spread
    cookbook: Spread
    learned: Spread
    roles: Mapping[str, Spread]


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages:
    """Languages by `data.language`, of messages with a text.

    Attributes:
        questions: Of messages of the user.
        answers: Of messages of the assistant.
    """

    questions: tuple[Counted, ...]
    answers: tuple[Counted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The last answer of each row, where it is text.

    Attributes:
        count: Rows that end with such an answer.
        empty: Of them, without anything but blanks.
        different: Texts.
        json: That are a JSON object or array.
        labels: What the answers are where they are labels (short, and fewer kinds of them than a
            third of the rows); else empty.
        imbalance: The most frequent label's count over the rarest one's; None without labels.
    """

    count: int
    empty: int
    different: int
    json: int
    labels: tuple[Counted, ...]
    imbalance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A system prompt.

    Attributes:
        text: Its beginning.
        characters: Its length.
        count: Rows that have it.
        share: Of all usable rows.
    """

    text: str
    characters: int
    count: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPrompts:
    """Instructions: the first message of the role system or developer.

    Attributes:
        rows: That have one.
        without: That have none.
        different: How many; None = more than 10,000.
        prompts: The most frequent ones.
    """

    rows: int
    without: int
    different: int | None
    prompts: tuple[Prompt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """Rows that stand there more than once.

    Attributes:
        copies: Rows that are the same as an earlier one.
        groups: Different rows that have copies.
        places: Lines of the largest groups, the first few of each.
    """

    copies: int
    groups: int
    places: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Something beside the conversation: a column, a key of the row or of its `metadata`.

    Attributes:
        name: In lower case.
        filled: Rows where it is not empty.
        share: Of usable rows.
        different: Values; None = more than 1,000.
        values: Where they are few and repeat: how often each occurs; else empty.
    """

    name: str
    filled: int
    share: float
    different: int | None
    values: tuple[Counted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a data set is made of.

    Attributes:
        path: As the caller wrote it.
        file: Where the rows were read; None for rows that come from no file.
        layout: Of most rows, such as "openai-chat"; None where there is none.
        method: What a job trains with it: "sft", "preference", "rft", "completion", "text", "eval".
        rows: Counts of records.
        conversations: How the rows are built.
        characters: Lengths of texts.
        tokens: Lengths in tokens; None where they were not counted.
        languages: Of questions and answers.
        answers: The last ones.
        system: Instructions.
        tools: None where there are neither definitions nor calls nor results.
        media: None where there is none.
        weights: None where no message has one.
        reasoning: None where there is none.
        pairs: None where no row has a rejected answer.
        verdicts: None where no row has one.
        grader_fields: Keys that graders can read, for reinforcement sets.
        repeated_rows: Rows that are the same, key order and white space apart.
        repeated_questions: Rows that ask the same: all but instructions and answers, without
            differences of case, width and blanks.
        fields: Beside the conversation, in alphabetical order.
    """

    path: str
    file: File | None
    layout: str | None
    method: str | None
    rows: Rows
    conversations: Conversations | None
    characters: Lengths | None
    tokens: Tokens | None
    languages: Languages
    answers: Answers
    system: SystemPrompts
    tools: Tools | None
    media: Media | None
    weights: Weights | None
    reasoning: Reasoning | None
    pairs: Pairs | None
    verdicts: Verdicts | None
    grader_fields: tuple[Counted, ...]
    repeated_rows: Repeats
    repeated_questions: Repeats
    fields: tuple[Field, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON values: one of `files` in schemas/stats.schema.json."""
        return asdict(self)
