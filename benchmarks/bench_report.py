# SPDX-License-Identifier: Apache-2.0
"""The report of 10,000 rows of 1 KB: its size, how long it takes to build, when first rows show.

    python benchmarks/bench_report.py [ROWS...]

Budgets (10,000 rows, 2 cores): at most 5 MB, first rows within 1.5 s in headless Chromium. Times
are the least of 5. The texts are those of the shared data sets (English and Chinese in turn, none
twice) where these lie beside the checkout, else invented words, which pack worse.
"""

from __future__ import annotations

import importlib.util
import itertools
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from evalkit.report.build import build_report

_ROUNDS = 5
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
_FILTER = """() => new Promise((done) => {
  const start = performance.now();
  const box = document.getElementById('q');
  box.value = 'ka';
  box.dispatchEvent(new Event('input'));
  const look = () => document.getElementById('found').textContent.includes(' of ')
    ? done(performance.now() - start - 120) : requestAnimationFrame(look);
  look();
})"""  # 120 ms is the pause that the page waits for the next key


def samples() -> ModuleType:
    """The invented runs of the tests."""
    path = Path(__file__).parents[1] / "tests" / "report" / "sample_run.py"
    spec = importlib.util.spec_from_file_location("sample_run", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["sample_run"] = module
    spec.loader.exec_module(module)
    return module


def pieces(size: int) -> Iterator[str]:
    """Real texts cut to `size` bytes, four English ones and four Chinese ones in turn."""
    queues: dict[bool, list[str]] = {False: [], True: []}
    for path in sorted(SHARED.rglob("*.json*")):
        text = path.read_text(encoding="utf-8", errors="replace")
        for found in re.findall(r'"((?:[^"\\\n]|\\[n"]){60,})"', text):
            chinese = ord(max(found)) > 0x2E80
            step = size // 3 if chinese else size
            body = found.replace("\\n", "\n")
            queues[chinese] += [body[i : i + step] for i in range(0, len(body) - step + 1, step)]
    unique = [list(dict.fromkeys(queue)) for queue in queues.values()]
    for i in range(0, min(map(len, unique)), 4):
        for queue in unique:
            yield from queue[i : i + 4]


def main() -> None:
    from playwright.sync_api import sync_playwright

    sizes = [int(a) for a in sys.argv[1:]] or [1_000, 10_000]
    made = samples()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for n in sizes:
            found = list(itertools.islice(pieces(250), 4 * n)) if SHARED.is_dir() else []
            real = len(found) == 4 * n
            run = made.large(n, pieces=found if real else None)
            start = time.process_time()
            html = build_report(run)
            built = time.process_time() - start
            path = Path(folder) / f"{n}.html"
            path.write_text(html, encoding="utf-8")
            first, filtered = [], []
            for _ in range(_ROUNDS):
                page = browser.new_page()
                page.goto(path.as_uri(), wait_until="commit")
                page.wait_for_selector("html[data-ready]", state="attached", timeout=60_000)
                first.append(page.evaluate("performance.getEntriesByName('rows')[0].startTime"))
                filtered.append(page.evaluate(_FILTER))
                page.close()
            size = len(html.encode()) / 1e6
            print(f"{n:>7,} rows of {'real' if real else 'invented'} text: {size:.2f} MB,", end=" ")
            print(f"built in {built:.2f} s CPU, first rows after {min(first):.0f} ms,", end=" ")
            print(f"filtered in {min(filtered):.0f} ms")
        browser.close()


if __name__ == "__main__":
    main()
