# SPDX-License-Identifier: Apache-2.0
"""Keeps what is left of a job that its provider no longer has."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from evalkit.jobs.archive.documents import as_bytes, utc
from evalkit.jobs.archive.manifest import Manifest, read_manifest
from evalkit.jobs.archive.names import file_suffix
from evalkit.jobs.archive.save import Own, Saved, place_of, saved
from evalkit.jobs.archive.shelf import Shelf

__all__ = ["save_gone"]


async def save_gone(
    archive: Path,
    target: str,
    job: str,
    *,
    host: str | None,
    why: str,
    now: datetime,
    own: Own | None = None,
) -> Saved | None:
    """Keep what is left of a job that the provider no longer has: the order, and its files here.

    Args:
        archive: Folder of all jobs.
        target: Whose it was.
        job: The provider's id.
        host: That was asked.
        why: The provider's words.
        now: For the manifest.
        own: What this machine knows of it.

    Returns:
        None = nothing is known of such a job, here or in the archive.

    Raises:
        InputError: The archive cannot be written, or its manifest is damaged.
    """
    own = own or Own()
    place = place_of(archive, target, job)
    before = read_manifest(place)
    if before is None and own.order is None:
        return None
    model = str((own.order or {}).get("model", ""))
    head = before or Manifest(target=target, host=host, job=job, model=model, tuned_model=None,
                              state="gone", created=None, finished=None)  # fmt: skip
    shelf = Shelf(place, head, before, utc(now))
    if own.order is not None:
        shelf.put("order.json", "order", as_bytes(own.order), source="this machine")
    for id_, (path, sha256) in (own.files or {}).items():
        train = (own.order or {}).get("train") or {}
        what = "training" if train.get("id") == id_ else "validation"
        name = f"{what}{file_suffix(path.name, '.jsonl')}"
        if shelf.held(what, id_) is None:
            await shelf.copy(name, what, path, id=id_, source="this machine", sha256=sha256)
    shelf.lacks("job", why, though_held=True)
    return saved(shelf)
