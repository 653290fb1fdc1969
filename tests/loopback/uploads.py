# SPDX-License-Identifier: Apache-2.0
"""Uploads: a large file in parts of at most 64 MB, put together in the order that is named.

After https://developers.openai.com/api/reference/resources/uploads and the types of openai 3.52.0
(read 2026-11-21). The published subset of schemas has none for it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .app import Call, Refused, Route, now
from .files import File, files_of, form
from .schemas import complaints

if TYPE_CHECKING:
    from .server import Loopback

__all__ = ["ROUTES", "Upload", "Uploads", "uploads_of"]

_HOUR = 3600
_MIME = ("application/jsonl", "application/json", "text/jsonl", "text/plain")


@dataclass
class Upload:
    """One upload on its way."""

    id: str
    body: dict[str, Any]
    created: int
    status: str = "pending"
    parts: dict[str, bytes] = field(default_factory=dict)
    file: File | None = None

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "id": self.id,
            "object": "upload",
            "bytes": self.body["bytes"],
            "created_at": self.created,
            "filename": self.body["filename"],
            "purpose": self.body["purpose"],
            "status": self.status,
            "expires_at": self.created + _HOUR,
            "file": self.file.shown() if self.file else None,
        }


@dataclass
class Uploads:
    """All uploads by id.

    Attributes:
        held: In the order in which they came.
        most_part: Bytes of one part.
        most: Bytes of a whole file.
    """

    held: dict[str, Upload] = field(default_factory=dict)
    most_part: int = 64 * 2**20
    most: int = 8 * 2**30


def uploads_of(it: Loopback) -> Uploads:
    """The state of this API."""
    return it.state.setdefault("uploads", Uploads())


def create(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /uploads."""
    body = call.body if isinstance(call.body, dict) else {}
    for name, kind in (("filename", str), ("purpose", str), ("bytes", int), ("mime_type", str)):
        if not isinstance(body.get(name), kind):
            raise Refused(400, f"Missing required parameter: '{name}'.", param=name)
    all_ = uploads_of(it)
    if not 0 < body["bytes"] <= all_.most:
        raise Refused(400, f"bytes must be between 1 and {all_.most}", param="bytes")
    said = complaints("CreateFileRequest", {"file": "…", "purpose": body["purpose"]})
    if said or body["mime_type"] not in _MIME:
        raise Refused(400, "unsupported purpose or mime_type", param="mime_type")
    with it.lock:
        upload = Upload(f"upload_{len(all_.held) + 1:06d}", body, now())
        all_.held[upload.id] = upload
        return upload.shown()


def part(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /uploads/ID/parts, as multipart/form-data with the field `data`."""
    _, _, data = form(call, "data")
    if data is None:
        raise Refused(400, "'data' is a required property", param="data")
    with it.lock:
        upload = _pending(it, call)
        if len(data) > uploads_of(it).most_part:
            raise Refused(400, "the part is larger than 64 MB", param="data")
        name = f"part_{upload.id.removeprefix('upload_')}_{len(upload.parts) + 1:04d}"
        upload.parts[name] = data
        return {
            "id": name,
            "object": "upload.part",
            "created_at": now(),
            "upload_id": upload.id,
        }


def complete(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /uploads/ID/complete: the parts in that order, held against size and MD5."""
    body = call.body if isinstance(call.body, dict) else {}
    parts = body.get("part_ids")
    with it.lock:
        upload = _pending(it, call)
        if not isinstance(parts, list) or not parts or not set(parts) <= upload.parts.keys():
            raise Refused(400, "unknown part in part_ids", param="part_ids")
        whole = b"".join(upload.parts[one] for one in parts)
        if len(whole) != upload.body["bytes"]:
            said = f"{len(whole)} bytes in all parts, {upload.body['bytes']} were announced"
            raise Refused(400, said, param="part_ids")
        md5 = hashlib.md5(whole, usedforsecurity=False).hexdigest()
        if body.get("md5") not in (None, md5):
            raise Refused(400, "the MD5 does not match", param="md5")
        files = files_of(it)
        upload.file = files.add(upload.body["filename"], upload.body["purpose"], whole)
        files.uploaded.append(upload.file)
        upload.status = "completed"
        return upload.shown()


def cancel(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /uploads/ID/cancel."""
    with it.lock:
        upload = _pending(it, call)
        upload.status = "cancelled"
        return upload.shown()


ROUTES = (
    Route("POST", "/uploads", create),
    Route("POST", "/uploads/(?P<upload>[^/]+)/parts", part),
    Route("POST", "/uploads/(?P<upload>[^/]+)/complete", complete),
    Route("POST", "/uploads/(?P<upload>[^/]+)/cancel", cancel),
)


def _pending(it: Loopback, call: Call) -> Upload:
    upload = uploads_of(it).held.get(call.found["upload"])
    if upload is None:
        raise Refused(404, f"No such Upload object: {call.found['upload']}", param="id")
    if upload.status != "pending":
        raise Refused(400, f"The upload is {upload.status}.", param="id")
    return upload
