# SPDX-License-Identifier: Apache-2.0
"""The invented runs, loaded by path: tests are no package."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from evalkit.report.build import build_report

READY = "document.documentElement.dataset.ready === ''"


def _load(name: str) -> ModuleType:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    """The module of invented runs: `samples.worse()`."""
    return _load("sample_run")


@pytest.fixture(scope="session")
def sectioned(samples) -> ModuleType:
    """Runs with curves, tool calls, a judge and six models: `sectioned.six()`."""
    assert samples
    return _load("section_runs")


@pytest.fixture(scope="session")
def payloads() -> tuple[str, ...]:
    """200 texts that try to run, fetch or deceive."""
    return _load("payloads").PAYLOADS


@pytest.fixture(scope="module")
def browser():
    path = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if path is None:
        message = "no Chromium found: apt-get install chromium"
        if os.environ.get("EVALKIT_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a run's page, or HTML, and fails the test on any request, console error or dialog."""

    @contextmanager
    def open_(
        run, fragment: str = "", *, language="en", script=True, **options: object
    ) -> Iterator[object]:
        path = tmp_path / "page.html"
        html = run if isinstance(run, str) else build_report(run, language=language)
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(java_script_enabled=script, **options)
        page = context.new_page()
        seen: list[str] = []
        page.on("request", lambda r: seen.append(f"request {r.url}"))
        page.on("console", lambda m: seen.append(f"console {m.text}"))
        page.on("pageerror", lambda e: seen.append(f"error {e}"))
        page.on("dialog", lambda d: (seen.append(f"dialog {d.message}"), d.dismiss()))
        url = f"{path.as_uri()}{fragment}"
        page.goto(url)
        if script:
            _until(page, READY)
        yield page
        page.wait_for_timeout(50)
        context.close()
        ours = (f"request {path.as_uri()}", "request blob:")  # blob: what the page made itself
        assert [line for line in seen if not line.startswith(ours)] == []

    return open_


def _until(page, condition: str) -> None:
    """Wait for a condition; the page's policy forbids the evaluation that Playwright would poll with."""
    for _ in range(400):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(25)
    pytest.fail(f"never true: {condition}")


@pytest.fixture(scope="session")
def until():
    """`until(page, condition)`: waits for an expression in the page to hold."""
    return _until


@pytest.fixture
def axe():
    """`axe(page)`: what axe-core finds on a page that was opened with `bypass_csp=True`."""
    source = os.environ.get("EVALKIT_AXE_JS")
    if not source:
        pytest.skip("EVALKIT_AXE_JS does not name an axe.min.js (npm package axe-core)")

    def run(page) -> list[tuple[str, list[str]]]:
        page.evaluate(Path(source).read_text(encoding="utf-8"))
        found = page.evaluate(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        )
        assert len(found["passes"]) > 15  # an open dialog leaves fewer rules to hold
        return [(v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in found["violations"]]

    return run
