# SPDX-License-Identifier: Apache-2.0
"""Files: uploaded in parts of a form, listed in pages, given back as they came."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .app import Answer, Call, Refused, Route, now
from .schemas import complaints

if TYPE_CHECKING:
    from .server import Loopback

__all__ = ["ROUTES", "File", "Files", "files_of", "form", "paged"]

_BATCH_KEEPS = 30 * 24 * 3600  # seconds that OpenAI keeps a file of the purpose `batch`
_FIELD = re.compile(rb'name="([^"]*)"')
_NAME = re.compile(rb'filename="([^"]*)"')


@dataclass
class File:
    """One file."""

    id: str
    name: str
    purpose: str
    content: bytes
    created: int
    unsettled: int = 0  # looks until it has been looked through
    unfit: str | None = None  # why it then cannot be used

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        whole = {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
        }
        if self.unsettled:
            whole["status"] = "uploaded"
        elif self.unfit is not None:
            whole |= {"status": "error", "status_details": self.unfit}
        if self.purpose.startswith("batch"):
            whole["expires_at"] = self.created + _BATCH_KEEPS
        return whole


@dataclass
class Files:
    """All files by id, in the order in which they came.

    Attributes:
        held: By id.
        made: Of all ids.
        uploaded: By clients, deleted ones too.
        settling: Times that a new upload is shown as "uploaded" before it is processed.
        unfit: What is then wrong with new uploads.
    """

    held: dict[str, File] = field(default_factory=dict)
    made: int = 0
    uploaded: list[File] = field(default_factory=list)
    settling: int = 0
    unfit: str | None = None

    def add(self, name: str, purpose: str, content: bytes) -> File:
        self.made += 1
        file = File(f"file-{self.made:06d}", name, purpose, content, now())
        self.held[file.id] = file
        return file


def files_of(it: Loopback) -> Files:
    """The state of this API."""
    return it.state.setdefault("files", Files())


def create(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /files, as multipart/form-data."""
    fields, name, content = form(call)
    if content is None:
        raise Refused(400, "'file' is a required property", param="file")
    said = complaints("CreateFileRequest", {**fields, "file": "…"})
    it.complain(said)
    if said or "purpose" not in fields:
        raise Refused(400, said[0] if said else "'purpose' is a required property")
    with it.lock:
        all_ = files_of(it)
        file = all_.add(name, fields["purpose"], content)
        file.unsettled, file.unfit = all_.settling, all_.unfit
        all_.uploaded.append(file)
        return file.shown()


def listed(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /files?purpose&order&limit&after."""
    purpose = call.query.get("purpose")
    with it.lock:
        files = [f for f in files_of(it).held.values() if purpose in (None, f.purpose)]
    if call.query.get("order", "desc") == "desc":
        files.reverse()
    return paged([file.shown() for file in files], call, most=10_000, usual=10_000)


def retrieve(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /files/ID; looking at it settles it."""
    file = _file(it, call)
    with it.lock:
        shown = file.shown()
        file.unsettled = max(0, file.unsettled - 1)
    return shown


def content(it: Loopback, call: Call) -> Answer:
    """GET /files/ID/content."""
    return Answer(_file(it, call).content, type="application/octet-stream")


def delete(it: Loopback, call: Call) -> dict[str, Any]:
    """DELETE /files/ID."""
    file = _file(it, call)
    with it.lock:
        del files_of(it).held[file.id]
    return {"id": file.id, "object": "file", "deleted": True}


ROUTES = (
    Route("POST", "/files", create, None, "OpenAIFile"),
    Route("GET", "/files", listed, None, "ListFilesResponse"),
    Route("GET", "/files/(?P<file>[^/]+)", retrieve, None, "OpenAIFile"),
    Route("GET", "/files/(?P<file>[^/]+)/content", content),
    Route("DELETE", "/files/(?P<file>[^/]+)", delete, None, "DeleteFileResponse"),
)


def paged(shown: list[dict[str, Any]], call: Call, *, most: int, usual: int) -> dict[str, Any]:
    """One page of a list, as OpenAI gives it."""
    limit = int(call.query.get("limit", usual))
    if not 1 <= limit <= most:
        raise Refused(400, f"limit must be between 1 and {most}", param="limit")
    after = call.query.get("after")
    if after is not None:
        places = [n for n, one in enumerate(shown) if one["id"] == after]
        if not places:
            raise Refused(400, f"no such object: {after}", param="after")
        shown = shown[places[0] + 1 :]
    page = shown[:limit]
    return {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else "",
        "last_id": page[-1]["id"] if page else "",
        "has_more": len(shown) > limit,
    }


def _file(it: Loopback, call: Call) -> File:
    with it.lock:
        file = files_of(it).held.get(call.found["file"])
    if file is None:
        raise Refused(404, f"No such File object: {call.found['file']}", param="id")
    return file


def form(call: Call, file_field: str = "file") -> tuple[dict[str, Any], str, bytes | None]:
    """Fields, and the file's name and bytes, of multipart/form-data (RFC 7578)."""
    _, _, boundary = call.headers.get("content-type", "").partition("boundary=")
    if not boundary:
        raise Refused(400, "expected multipart/form-data")
    fields: dict[str, Any] = {}
    name, file = "", None
    for part in call.raw.split(b"--" + boundary.strip('"').encode())[1:-1]:
        head, _, value = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        value = value.removesuffix(b"\r\n")
        found = _FIELD.search(head)
        if found is None:
            continue
        field_name = found[1].decode()
        if field_name == file_field:
            named = _NAME.search(head)
            name, file = named[1].decode() if named else "", value
        elif "[" in field_name:  # expires_after[anchor]
            outer, _, inner = field_name.rstrip("]").partition("[")
            said = value.decode()
            fields.setdefault(outer, {})[inner] = int(said) if said.isdigit() else said
        else:
            fields[field_name] = value.decode()
    return fields, name, file
