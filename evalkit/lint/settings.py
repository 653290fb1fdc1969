# SPDX-License-Identifier: Apache-2.0
"""What the caller wants of a lint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from evalkit.core.strings import Language
from evalkit.lint.rule import Rule

if TYPE_CHECKING:
    from evalkit.data.keymap import KeyMap
    from evalkit.data.read import TableOptions

__all__ = ["FailOn", "Settings"]

FailOn = Literal["error", "warning", "info", "never"]
_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to lint.

    Attributes:
        targets: Providers or trainers whose rules apply ("all" = every one); none = the strict
            common core.
        model: The model to train: its encoding and limits.
        select: Names, codes, code prefixes, "ALL" or "default".
        ignore: Likewise, taken away.
        severity: Rule name to "error", "warning", "info" or "off"; stands above the targets'.
        options: Rule name to its options; stand above the targets' limits.
        method: "sft", "preference" or "rft"; None = from each row's format.
        against: Held-out files: the linted ones are checked for their prompts.
        table: How to read tables; None = as they are found.
        language: Of the messages.
        fail_on: The least severity that makes the exit code 1.
        benchmarks: Files of public or private benchmarks that must not stand in the training data.
        today: For rules that know dates; None = they say nothing.
        per_file_ignores: (glob of paths, selectors) pairs; those rules are off in those files.
        extra_rules: Rules beside the catalogue's, from a file of the user's.
        plugins: Whether rules of installed plug-ins count.
        limit: Look at the first so many examples of each file; None = all.
        sample: Look at so many examples of each file, drawn at random; None = all.
        seed: Of the sample.
        jobs: Processes to use.
        tokens: Count the tokens of every example, not only where a rule needs it.
        keep: Findings of each rule and file to keep (the rest is counted); None = all.
        max_line_bytes: A longer line is one broken record; None = 16 MiB.
        stdin_name: What to call the standard input, which the path "-" means.
        layouts: Row layouts beside evalkit's own, by name, as a configuration describes them.
        spill_dir: Where state goes that memory has no room for; None = the temporary folder.
    """

    targets: tuple[str, ...] = ()
    model: str | None = None
    select: tuple[str, ...] = ("default",)
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: _EMPTY)
    method: str | None = None
    against: tuple[str, ...] = ()
    table: TableOptions | None = None
    language: Language = "en"
    fail_on: FailOn = "error"
    benchmarks: tuple[str, ...] = ()
    today: date | None = None
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    extra_rules: tuple[Rule, ...] = ()
    plugins: bool = True
    limit: int | None = None
    sample: int | None = None
    seed: int = 0
    jobs: int = 1
    tokens: bool = False
    keep: int | None = None
    max_line_bytes: int | None = None
    stdin_name: str | None = None
    spill_dir: str | None = None
    layouts: Mapping[str, KeyMap] = field(default_factory=lambda: _EMPTY)
