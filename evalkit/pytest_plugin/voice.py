# SPDX-License-Identifier: Apache-2.0
"""What a user must see while pytest holds back output: who is asked, and how far it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from evalkit.core.printable import printable
from evalkit.core.strings import Language

if TYPE_CHECKING:
    from evalkit.evaluation.outlook.outlook import Outlook
    from evalkit.models.ask import Tally

__all__ = ["Voice"]

_QUIET = 30.0  # seconds between words on one model
_STOPPING = (
    "stopping: what is under way is finished and stored; once more ends at once",
    "正在停止：先完成并保存已发出的请求；再按一次立即结束",
)
_SENT = ("{h}: {n} requests", "{h}：{n} 个请求")
_FAR = ("{name}: {done} of {of}", "{name}：{done}/{of}")


class Voice:
    """Speaks past pytest's capture; of a worker of pytest-xdist, to its standard error.

    Args:
        config: Of the session.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._said: dict[str, float] = {}

    def say(self, line: str) -> None:
        """One line."""
        plugins = self._config.pluginmanager
        capture = plugins.getplugin("capturemanager")
        # The reporter of a worker writes where nobody reads; its standard error is the session's.
        reporter = None
        if not hasattr(self._config, "workerinput"):
            reporter = plugins.getplugin("terminalreporter")
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            if reporter is not None:
                reporter.ensure_newline()
                reporter.write_line(f"evalkit: {printable(line)}")
            else:
                print(f"evalkit: {printable(line)}", file=sys.stderr, flush=True)  # noqa: T201

    def outlook(self, ahead: Outlook) -> None:
        """Names every host before anything is sent there; silent where nothing leaves."""
        from evalkit.evaluation.outlook.text import host_lines

        if any(host.host is not None and host.requests for host in ahead.hosts):
            for line in host_lines(ahead, self._language):
                self.say(line)

    def hosts(self, requests: Mapping[str, int]) -> None:
        """Names every host of questions without a suite, with the number of requests."""
        for host, number in requests.items():
            if number:
                self.say(_SENT[self._language == "zh"].format(h=host, n=f"{number:,}"))

    def progress(self, name: str, tally: Tally) -> None:
        """How far a model is, now and then: CI ends jobs that say nothing."""
        now = time.monotonic()
        if now - self._said.setdefault(name, now) < _QUIET:
            return
        self._said[name] = now
        words = _FAR[self._language == "zh"]
        self.say(words.format(name=name, done=f"{tally.done:,}", of=f"{tally.of:,}"))

    def stopping(self) -> None:
        """Ctrl-C was heard."""
        self.say(_STOPPING[self._language == "zh"])

    @property
    def _language(self) -> Language:
        from evalkit.pytest_plugin.settings import settings_of

        return settings_of(self._config).language
