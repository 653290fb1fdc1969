# SPDX-License-Identifier: Apache-2.0
"""Fireworks' data sets: made, filled by one request or at a signed address, given back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._fireworks_state import (
    ACCOUNT_PATH,
    Dataset,
    fireworks_of,
    iso,
    page,
    signed,
    valid,
)
from .app import Answer, Call, Refused, Route, now
from .files import form

if TYPE_CHECKING:
    from .server import Loopback

__all__ = ["DATASET_ROUTES"]


def make_dataset(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /accounts/A/datasets."""
    body = call.body if isinstance(call.body, dict) else {}
    name = body.get("datasetId")
    if not isinstance(name, str) or not isinstance(body.get("dataset"), dict):
        raise Refused(400, "datasetId and dataset are required", "INVALID_ARGUMENT")
    valid(name)
    with it.lock:
        all_ = fireworks_of(it)
        if name in all_.datasets:
            raise Refused(409, f"dataset {name} already exists", "ALREADY_EXISTS")
        all_.datasets[name] = Dataset(name, body["dataset"], now())
        return _shown_dataset(call, all_.datasets[name])


def datasets(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /accounts/A/datasets?pageSize&pageToken, by name."""
    with it.lock:
        found = sorted(fireworks_of(it).datasets.values(), key=lambda one: one.id)
        return page(call, "datasets", [_shown_dataset(call, one) for one in found])


def dataset(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /accounts/A/datasets/ID."""
    return _shown_dataset(call, _dataset(it, call.found["dataset"]))


def upload(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /accounts/A/datasets/ID:upload, as multipart/form-data."""
    _, name, raw = form(call)
    held = _dataset(it, call.found["dataset"])
    if raw is None or not raw or not name.endswith(".jsonl"):
        raise Refused(400, "an empty file, or one that is not .jsonl", "INVALID_ARGUMENT")
    if len(raw) > fireworks_of(it).direct:
        raise Refused(413, "the file is too large for this way", "INVALID_ARGUMENT")
    with it.lock:
        _filled(it, held, raw)
    return {"id": held.id, "bytes": len(raw), "filename": name, "object": "file"}


def upload_endpoint(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /accounts/A/datasets/ID:getUploadEndpoint: a signed address for each file."""
    body = call.body if isinstance(call.body, dict) else {}
    sizes = body.get("filenameToSize") or {}
    held = _dataset(it, call.found["dataset"])
    if len(sizes) != 1:
        raise Refused(400, "one file at a time", "INVALID_ARGUMENT")
    name, size = next(iter(sizes.items()))
    held.awaited = int(size)
    return {"filenameToSignedUrls": {name: signed(it, held.id, name)}}


def put_signed(it: Loopback, call: Call) -> Answer:
    """PUT of the bytes at a signed address; it must come without the key."""
    held = _dataset(it, call.found["dataset"])
    wanted = f"{held.awaited},{held.awaited}"
    if call.key:
        it.complain(["fireworks: the key was sent to a signed address"])
    if call.headers.get("x-goog-content-length-range") != wanted or len(call.raw) != held.awaited:
        raise Refused(403, "the signature does not match", "SignatureDoesNotMatch")
    held.content = call.raw
    return Answer(b"")


def get_signed(it: Loopback, call: Call) -> Answer:
    """GET of a data set's bytes at a signed address."""
    if call.key:
        it.complain(["fireworks: the key was sent to a signed address"])
    held = _dataset(it, call.found["dataset"])
    return Answer(held.content, type="application/octet-stream")


def validate(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /accounts/A/datasets/ID:validateUpload."""
    held = _dataset(it, call.found["dataset"])
    with it.lock:
        if not held.content:
            raise Refused(400, "nothing was uploaded", "FAILED_PRECONDITION")
        _filled(it, held, held.content)
    return {}


def download_endpoint(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /accounts/A/datasets/ID:getDownloadEndpoint."""
    held = _dataset(it, call.found["dataset"])
    name = f"{held.id}.jsonl"
    return {"filenameToSignedUrls": {name: signed(it, held.id, name)}}


_SET = f"{ACCOUNT_PATH}/datasets/(?P<dataset>[^/:]+)"
DATASET_ROUTES = (
    Route("POST", f"{ACCOUNT_PATH}/datasets", make_dataset),
    Route("GET", f"{ACCOUNT_PATH}/datasets", datasets),
    Route("GET", _SET, dataset),
    Route("POST", f"{_SET}:upload", upload),
    Route("POST", f"{_SET}:getUploadEndpoint", upload_endpoint),
    Route("POST", f"{_SET}:validateUpload", validate),
    Route("GET", f"{_SET}:getDownloadEndpoint", download_endpoint),
    Route("PUT", "/signed/datasets/(?P<dataset>[^/]+)/[^/]+", put_signed),
    Route("GET", "/signed/datasets/(?P<dataset>[^/]+)/[^/]+", get_signed),
)


def _filled(it: Loopback, held: Dataset, raw: bytes) -> None:
    held.content, held.ready = raw, True
    fireworks_of(it).uploaded.append(held.id)


def _shown_dataset(call: Call, held: Dataset) -> dict[str, Any]:
    return {
        **held.made,
        "name": f"accounts/{call.found['account']}/datasets/{held.id}",
        "createTime": iso(held.created),
        "state": "READY" if held.ready else "UPLOADING",
        "status": {"code": "OK", "message": ""},
        "format": "CHAT",
    }


def _dataset(it: Loopback, name: str) -> Dataset:
    with it.lock:
        held = fireworks_of(it).datasets.get(name)
    if held is None:
        raise Refused(404, f"dataset not found: {name}", "NOT_FOUND")
    return held
