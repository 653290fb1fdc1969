# SPDX-License-Identifier: Apache-2.0
"""What the tests of providers of jobs share: a provider's loopback, and orders for it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import ExitStack
from importlib import import_module

import pytest
from loopback import Loopback

from evalkit.jobs.job import Order, TrainingFile
from evalkit.jobs.seam import Where, open_provider

# Where each is asked, below the server's address; and a model of it.
PATHS = {"openai": "/v1", "azure": "/openai/v1"}
MODELS = {"openai": "gpt-4.1-mini-2025-04-14", "azure": "gpt-4.1-mini-2025-04-14"}
KEY = "k-0123456789abcdef"


class House:
    """A provider's loopback and orders for it."""

    def __init__(self, name, server, folder):
        self.name = name
        self.server = server
        self.folder = folder
        own = name not in PATHS
        module = import_module(f"loopback.{name if own else 'fine_tuning'}")
        self.state = getattr(module, f"{name if own else 'fine_tuning'}_of")(server)

    @property
    def where(self):
        path = PATHS.get(self.name, f"/{self.name}/v1")
        url = f"http://127.0.0.1:{self.server.port}{path}"
        return Where(url=url, key_env="TEST_KEY", folder=self.folder / ".evalkit", seconds=20)

    def file(self, name="train.jsonl", rows=12, raw=None):
        answer = {"role": "assistant", "content": "好的"}
        if raw is None:
            lines = [
                {"messages": [{"role": "user", "content": f"{name} {n}"}, answer]}
                for n in range(rows)
            ]
            raw = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
        path = self.folder / name
        path.write_bytes(raw)
        return TrainingFile(path=path, sha256=hashlib.sha256(raw).hexdigest(), size=len(raw))

    def order(self, **given):
        usual = {"target": self.name, "model": MODELS.get(self.name, "m-8b"), "train": self.file()}
        return Order(**{**usual, **given})

    def asked(self, work, where=None):
        """Run `work(provider)` on an open provider; what it returns."""

        async def run():
            async with open_provider(self.name, where or self.where) as provider:
                return await work(provider)

        return asyncio.run(run())

    @staticmethod
    async def sent(provider, file):
        """The file's id, once a job can use it."""
        held = await provider.upload(file, name=file.remote_name)
        for _ in range(5):
            held = held if held.ready else await provider.file(held.id)
        assert held.ready
        return held.id

    async def started(self, provider, order):
        """Upload and order; the job."""
        train = await self.sent(provider, order.train)
        held = order.validation
        validation = await self.sent(provider, held) if held else None
        return await provider.create(order, train=train, validation=validation)

    @staticmethod
    async def ended(provider, job):
        """The job at its end, and the states that it was seen in."""
        seen = [job.state]
        for _ in range(30):
            if job.ended:
                return job, seen
            job = await provider.job(job.id)
            seen += [job.state] if job.state != seen[-1] else []
        raise AssertionError(f"still {job.said}")


@pytest.fixture
def house_of(tmp_path, monkeypatch):
    """Builds a provider's loopback: `house_of("together")`; it ends without complaints."""
    monkeypatch.setenv("TEST_KEY", KEY)
    for name in ("FIREWORKS_ACCOUNT_ID", "OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    with ExitStack() as open_servers:
        servers = []

        def build(name):
            servers.append(open_servers.enter_context(Loopback(key=KEY)))
            return House(name, servers[-1], tmp_path)

        yield build
    for server in servers:
        assert server.complaints == []
