# SPDX-License-Identifier: Apache-2.0
"""A large file walked by several processes, each over its own bytes, with the same result."""

from __future__ import annotations

import multiprocessing
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import InputError
from evalkit.core.spill import using
from evalkit.lint.policy import Policy
from evalkit.lint.rule import Scope
from evalkit.lint.walk import Walk

if TYPE_CHECKING:
    from evalkit.data.read import DataSet
    from evalkit.lint.settings import Settings

__all__ = ["walked_in_processes"]

_WORTH = 8 << 20  # bytes from which on another process pays for itself
_PART = 64 << 20  # bytes of a part at most
_LEAST = 4 << 20  # and at least
_TURNS = 4  # parts for each process, so that all end at about the same time


def walked_in_processes(
    dataset: DataSet,
    walk: Walk,
    settings: Settings,
    folder: str,
    watch: Callable[[int], None] | None,
) -> Walk | None:
    """The walk over a file by `settings.jobs` processes.

    Args:
        dataset: The file.
        walk: An empty one: what shall run.
        settings: Of the lint.
        folder: Where processes may leave state that memory has no room for.
        watch: Told how many examples were read.

    Returns:
        None where the file is too small, packed, or no JSONL in UTF-8: walk it alone.

    Raises:
        InputError: A process was killed (out of memory, mostly).
    """
    from evalkit.data.parts import cuts

    if not dataset.divisible or dataset.size < _WORTH:
        return None
    number = max(
        settings.jobs,
        min(_TURNS * settings.jobs, dataset.size // _LEAST),
        -(-dataset.size // _PART),
    )
    ends = [0, *cuts(dataset, number), dataset.size]
    if len(ends) == 2:  # nowhere to cut
        return None
    spans = list(pairwise(ends))
    scopes = tuple(walk.running)
    # A forked process has everything loaded; with threads about it might inherit a held lock.
    forks = sys.platform == "linux" and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if forks else "spawn")
    parts: list[Walk] = []
    lines = numbers = 0
    with ProcessPoolExecutor(settings.jobs, mp_context=context) as pool:
        waiting = iter(spans)

        def start() -> Iterator[Future[dict[str, Any]]]:
            for span in waiting:
                yield pool.submit(_walk_part, dataset, span, walk.policy, scopes, walk.keep, folder)

        queue = start()
        running = list(islice(queue, settings.jobs + 1))
        try:
            while running:
                made = running.pop(0).result()
                running += islice(queue, 1)
                part = Walk(walk.policy, scopes, keep=walk.keep).unpacked(made)
                before = part.numbers
                parts.append(part.moved(lines, numbers))
                lines, numbers = lines + part.lines, numbers + before
                if watch is not None:
                    watch(before)
        except BrokenProcessPool as error:
            raise InputError(
                f"a process that read {dataset.path} was killed, perhaps for want of memory",
                "try again with fewer: --jobs 1",
            ) from error
    dataset.lines, dataset.examples = lines, numbers
    return Walk.merged(parts)


def _walk_part(
    dataset: DataSet,
    span: tuple[int, int],
    policy: Policy,
    scopes: tuple[Scope, ...],
    keep: int | None,
    folder: str,
) -> dict[str, Any]:
    """What one process does: a part of the file, packed to be sent back."""
    import gc

    walk = Walk(policy, scopes, keep=keep)
    start, stop = span
    gc.disable()  # the values have no cycles; looking for some costs a tenth of the time
    with using(Path(folder)):
        for example in dataset.part(start, stop if stop < dataset.size else None):
            walk.feed(example)
        return walk.packed()
