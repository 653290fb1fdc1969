# SPDX-License-Identifier: Apache-2.0
"""Names in an archive are ours, its manifest is what it says, and nothing is half written."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import Loopback

from evalkit.core.errors import InputError
from evalkit.jobs.archive.manifest import MANIFEST, read_manifest
from evalkit.jobs.archive.names import file_suffix, safe_name
from evalkit.jobs.archive.save import save_job
from evalkit.jobs.archive.shelf import sha256_of
from evalkit.jobs.seam import Where, open_provider

MODEL = "gpt-4.1-mini-2025-04-14"
HEAD = {
    "target": "t", "host": None, "job": "j", "model": "m", "tuned_model": None, "state": "queued",
    "created": None, "finished": None, "missing": [],
}  # fmt: skip
PART = {
    "file": "x", "what": "job", "sha256": "0" * 64, "bytes": 1, "saved": "", "source": "",
    "id": None,
}  # fmt: skip
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@given(
    st.text(max_size=200) | st.sampled_from(["..", ".", "CON", "nul.txt", "a/../b", "C:\\x", ""])
)
def test_a_safe_name_is_one_plain_part_of_a_path(name):
    safe = safe_name(name)
    assert Path(safe).name == safe
    assert safe.isascii()
    assert not safe.startswith((".", "-", " "))
    assert not any(mark in safe for mark in '/\\:*?"<>| \n\x00')
    assert len(safe) <= 80
    assert safe.split(".")[0].upper() not in ("CON", "PRN", "AUX", "NUL")
    assert safe_name(safe) == safe


@given(st.lists(st.text(max_size=20), unique=True, max_size=20))
def test_different_names_stay_different(names):
    assert len({safe_name(name) for name in names}) == len(names)


def test_a_plain_id_is_its_own_name():
    assert safe_name("ftjob-Abc_123.x") == "ftjob-Abc_123.x"
    whole = "accounts/acme/supervisedFineTuningJobs/x1"
    assert safe_name(whole).startswith("x1-")


def test_a_suffix_is_one_of_a_few():
    assert file_suffix("data.JSONL", ".csv") == ".jsonl"
    assert file_suffix("../../.bashrc", ".jsonl") == ".jsonl"
    assert file_suffix("x.exe", ".csv") == ".csv"


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"schema": 2}', '{"schema": 1}', "[" * 10_000,
     json.dumps({"schema": 1, **HEAD, "files": [{**PART, "file": "../x"}]}),
     json.dumps({"schema": 1, **HEAD, "files": [{**PART, "sha256": "0"}]}),
     json.dumps({"schema": 1, **HEAD, "job": 1, "files": []})],
)  # fmt: skip
def test_what_is_no_manifest_is_said_and_not_believed(tmp_path, text):
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(InputError, match="no manifest"):
        read_manifest(tmp_path)


def rows(n: int, width: int = 10) -> bytes:
    lines = [
        {"messages": [{"role": "user", "content": f"{i} " + "q" * width},
                      {"role": "assistant", "content": "a"}]}
        for i in range(n)
    ]  # fmt: skip
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def trained(server: Loopback, content: bytes) -> str:
    """A job that has succeeded."""
    client = openai.OpenAI(api_key="k", base_url=server.url)
    file = client.files.create(file=("mine.jsonl", content), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model=MODEL, training_file=file.id)
    for _ in range(20):
        if client.fine_tuning.jobs.retrieve(job.id).status == "succeeded":
            return job.id
    raise AssertionError("it never ends")


def saved(server: Loopback, job: str, archive: Path):
    async def work():
        async with open_provider("openai", Where(url=server.url)) as provider:
            return await save_job(provider, await provider.job(job), archive, now=NOW)

    return asyncio.run(work())


@pytest.mark.slow
def test_two_jobs_of_one_file_fetch_it_once(tmp_path):
    from evalkit.jobs.archive.save import held_files

    with Loopback() as server:
        content = rows(12)
        client = openai.OpenAI(api_key="k", base_url=server.url)
        first = trained(server, content)
        file = client.fine_tuning.jobs.retrieve(first).training_file
        second = client.fine_tuning.jobs.create(model=MODEL, training_file=file, suffix="b").id
        saved(server, first, tmp_path)

        async def work():
            async with open_provider("openai", Where(url=server.url)) as provider:
                held = held_files(tmp_path, "openai")
                job = await provider.job(second)
                return await save_job(provider, job, tmp_path, now=NOW, held=held)

        done = asyncio.run(work())
        assert sum(path.endswith(f"{file}/content") for path in server.paths) == 1
    part = done.manifest.part("training.jsonl")
    assert part.source == "archive"
    assert (done.folder / "training.jsonl").read_bytes() == content


@pytest.mark.parametrize(
    "how",
    [
        {"truncated": True},
        pytest.param({"cut": True}, marks=pytest.mark.slow),
        pytest.param({"reset": True}, marks=pytest.mark.slow),
    ],
)
def test_a_broken_download_is_asked_again_and_never_kept(tmp_path, how):
    with Loopback() as server:
        content = rows(2_000)
        job = trained(server, content)
        server.fail(path="/content", **how)
        done = saved(server, job, tmp_path)
        assert server.complaints == []
    assert (done.folder / "training.jsonl").read_bytes() == content
    assert done.manifest.missing == ()
    assert [p.name for p in done.folder.glob(".*")] == []


@pytest.mark.slow
def test_what_stays_broken_is_noted_and_comes_the_next_time(tmp_path):
    with Loopback() as server:
        job = trained(server, rows(2_000))
        server.fail(path="/content", times=3, truncated=True)
        done = saved(server, job, tmp_path)
        assert not (done.folder / "training.jsonl").exists()
        assert [(one.what, one.again) for one in done.manifest.missing] == [("training", True)]
        again = saved(server, job, tmp_path)
    assert again.wrote == ("training.jsonl",)
    assert again.manifest.missing == ()


def test_bytes_that_are_not_what_was_uploaded_are_not_kept(tmp_path):
    with Loopback() as server:
        job = trained(server, rows(12))
        file = next(iter(server.files.held.values()))
        file.name = f"evalkit-{'0' * 32}.jsonl"  # as we call what we upload: by its sha256
        done = saved(server, job, tmp_path)
    assert done.manifest.part("training.jsonl") is None
    assert "sha256 differs" in done.manifest.missing[0].why


def test_what_killed_processes_left_is_swept_up_when_it_is_old(tmp_path):
    with Loopback() as server:
        job = trained(server, rows(12))
        folder = tmp_path / "openai" / job
        folder.mkdir(parents=True)
        old, young = folder / ".training.jsonl.aaaa", folder / ".training.jsonl.bbbb"
        for one in (old, young):
            one.write_bytes(b"half")
        os.utime(old, (time.time() - 7200,) * 2)
        saved(server, job, tmp_path)
    assert not old.exists()
    assert young.exists()  # somebody may be writing it


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_save_leaves_whole_files_and_goes_on(tmp_path):
    with Loopback() as server:
        content = rows(5_000, 200)
        job = trained(server, content)
        server.fail(path="/content", drip=0.05)  # the training file comes byte by byte
        environment = {**os.environ, "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "k"}
        command = [sys.executable, "-m", "evalkit", "job", "save", job, "--target", "openai"]
        folder = tmp_path / "archive" / "openai" / job
        with subprocess.Popen(command, cwd=tmp_path, env=environment) as process:
            deadline = time.monotonic() + 60
            while not list(folder.glob(".training*")) and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        before = read_manifest(folder)
        assert {p.name for p in folder.iterdir() if p.name[0] != "."} == {
            "manifest.json", "job.json", "events.jsonl", "checkpoints.json"
        }  # fmt: skip
        assert all(sha256_of(folder / part.file) == part.sha256 for part in before.files)
        server.faults.clear()
        done = saved(server, job, tmp_path / "archive")
    assert done.wrote == ("training.jsonl", "result-1.csv")
    assert (folder / "training.jsonl").read_bytes() == content


@pytest.mark.parametrize("name", ["azure", "fireworks", "mistral", "openai", "together"])
def test_every_providers_job_is_kept_and_twice_changes_nothing(house_of, tmp_path, name):
    house = house_of(name)
    order = house.order(validation=house.file("valid.jsonl"), suffix="mine")

    async def work(provider):
        job, _ = await house.ended(provider, await house.started(provider, order))
        archive = tmp_path / "archive"
        first = await save_job(provider, job, archive, now=NOW)
        again = await save_job(provider, await provider.job(job.id), archive, now=datetime.now(UTC))
        return dict(provider.lacks), job, first, again

    lacks, job, first, again = house.asked(work)
    assert first.manifest.tuned_model == job.tuned_model
    assert (first.folder / "training.jsonl").read_bytes() == order.train.path.read_bytes()
    assert (first.folder / "validation.jsonl").read_bytes() == order.validation.path.read_bytes()
    assert (first.folder / "result-1.csv").read_bytes().startswith(b"step,")
    missing = {one.what for one in first.manifest.missing}
    assert missing == {"events", "checkpoints"} & set(lacks)
    assert not any(one.again for one in first.manifest.missing)
    assert (again.changed, again.wrote) == (False, ())
    assert first.folder.parent.parent == tmp_path / "archive"
