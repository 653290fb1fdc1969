# SPDX-License-Identifier: Apache-2.0
"""A rule of our own. Try it: `evalkit lint train.jsonl --add-rules examples/house_rules.py`."""

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule


@rule("ACME001", scope="example", en="names a host of ours; drop it", zh="写出了内部主机，请删去")
def internal_host(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds answers that name a host of our network.
    ## Why is this bad?
    Customers must not read such names, and a model repeats what it learns.
    ## Example
    {"messages": [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "On db1.acme.internal"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "With us"}]}
    """
    for message in example.messages:
        if message.role == "assistant" and ".acme.internal" in message.text:
            yield Fault(pointer=message.pointer)
