# SPDX-License-Identifier: Apache-2.0
"""Providers of third parties: a package that is installed declares an entry point."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

PLUGIN = '''
from contextlib import asynccontextmanager
from evalkit.core.exchange import Reply
from evalkit.models._provided import Provided

@asynccontextmanager
async def parrot(model, spec, folder):
    """A provider takes by name what it wants of spec, folder, train and name."""
    async def answer(request):
        return Reply(text=f"{model}: {request.messages[-1]['content']} {spec.options['volume']}")
    yield Provided(answer=answer, identity=f"parrot {model} 1", capabilities=frozenset({"system"}))

@asynccontextmanager
async def bare(model):
    async def answer(request):
        return Reply(text=model)
    yield answer
'''


@pytest.fixture
def installed(tmp_path):
    (tmp_path / "parrots.py").write_text(PLUGIN, encoding="utf-8")
    info = tmp_path / "parrots-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: parrots\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[evalkit.models]\nparrot = parrots:parrot\nbare = parrots:bare\nbroken = parrots:no\n"
    )
    return tmp_path


def ran(folder, script: str) -> subprocess.CompletedProcess[str]:
    head = """
        import asyncio
        from pathlib import Path
        from evalkit.core.errors import EvalkitError
        from evalkit.core.exchange import Request
        from evalkit.models.open import open_model
        from evalkit.models.spec import parse_spec
        async def asked(value):
            async with open_model(parse_spec(value, where="t"), name="m", folder=Path()) as model:
                return model, await model.answer(Request(messages=[{"role": "user", "content": "hi"}]))
    """
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(script)],
        env={"PYTHONPATH": str(folder), "PATH": "", "SYSTEMROOT": "C:\\Windows"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_found_by_its_name_with_colon_and_slash(installed):
    done = ran(
        installed,
        """
        for use in ("parrot:polly", "parrot/polly"):
            model, reply = asyncio.run(asked({"use": use, "options": {"volume": 11}}))
            assert reply.text == "polly: hi 11", reply
            assert model.identity == "parrot polly 1"
            assert model.capabilities == {"system"}
        model, reply = asyncio.run(asked("bare:x/y"))
        assert (reply.text, model.identity) == ("x/y", "bare:x/y")
        """,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_broken_one_harms_nobody_else(installed):
    done = ran(
        installed,
        """
        asyncio.run(asked({"use": "parrot:polly", "options": {"volume": 1}}))
        try:
            asyncio.run(asked("broken:x"))
        except EvalkitError as error:
            print(error.message)
        try:
            asyncio.run(asked("parott:x"))
        except EvalkitError as error:
            print(error.message)
        """,
    )
    assert done.returncode == 0, done.stderr
    assert "the plug-in `broken` (parrots:no) does not load" in done.stdout
    assert "did you mean `parrot`" in done.stdout
