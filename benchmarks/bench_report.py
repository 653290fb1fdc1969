# SPDX-License-Identifier: Apache-2.0
"""The report of 10,000 rows of 1 KB: its size, how long it takes to build, when first rows show.

    python benchmarks/bench_report.py [--datatables] [--rounds N] [ROWS...]

Budgets (10,000 rows, 2 cores): at most 5 MB, first rows within 1.5 s in headless Chromium. Times
are the least of the rounds, in which the pages take turns. The texts are those of the shared data
sets (English and Chinese in turn, none twice) where these lie beside the checkout, else invented
words, which pack worse.

Peers, made of the same rows in the same run: a plain table of all rows by a Jinja2 loop; with
`--datatables` also DataTables (what itables shows frames with), whose files npm fetches into a
temporary folder: rows as JSON in the page, 25 on a page, as text.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from evalkit.evaluation.result import Run
from evalkit.page.island import as_json
from evalkit.page.shell import page as shell
from evalkit.report.build import build_report

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


_PLAIN = """<!doctype html><meta charset=utf-8><table><thead><tr>{% for h in heads %}<th>{{ h }}
{% endfor %}</thead><tbody>{% for row in rows %}<tr>{% for x in row %}<td>{{ x }}{% endfor %}
{% endfor %}</tbody></table><script>performance.mark("shown")</script>"""
_DATATABLES = """<!doctype html><meta charset=utf-8><style>{css}</style><table id=t></table>
<script id=data type=application/json>{rows}</script><script>{jquery}</script>
<script>{code}</script>
<script>const rows = JSON.parse(document.getElementById("data").textContent);
const as = DataTable.render.text();
window.t = new DataTable("#t", {{data: rows, pageLength: 25, deferRender: true,
columns: {heads}.map((title) => ({{title, render: as}}))}});
performance.mark("shown")</script>"""
_SEARCH = (
    "() => { const at = performance.now(); t.search('ka').draw(); return performance.now() - at }"
)
_PEERS_TO = 10_000  # rows: above, the plain table takes minutes
_HEADS = ["#", "Question", "Expected", "base", "tuned"]


def cells(run: Run) -> list[list[Any]]:
    """What a table of the rows shows."""
    return [
        [i + 1, row.messages[-1][1], row.expected, *(a.text for a in row.answers.values())]
        for i, row in enumerate(run.rows)
    ]


def plain(run: Run) -> str:
    """All rows in one table by a Jinja2 loop."""
    import jinja2

    template = jinja2.Environment(autoescape=True).from_string(_PLAIN)
    return template.render(heads=_HEADS, rows=cells(run))


def with_datatables(run: Run, files: Mapping[str, str]) -> str:
    """The rows as JSON in the page, shown by DataTables."""
    rows = as_json(cells(run))
    return _DATATABLES.format(rows=rows, heads=as_json(_HEADS), **files)


def fetched(folder: Path) -> Mapping[str, str]:
    """The three files of DataTables, from npm."""
    packages = ["datatables.net@2", "datatables.net-dt@2", "jquery@3"]
    npm = shutil.which("npm") or "npm"
    subprocess.run([npm, "install", "--silent", "--prefix", folder, *packages], check=True)
    places = {
        "jquery": "jquery/dist/jquery.min.js",
        "code": "datatables.net/js/dataTables.min.js",
        "css": "datatables.net-dt/css/dataTables.dataTables.min.css",
    }
    return {
        part: (folder / "node_modules" / place).read_text(encoding="utf-8")
        for part, place in places.items()
    }


def opened(browser: Any, path: Path) -> tuple[float, float | None]:
    """Milliseconds to the first rows, and of one search where the page has any."""
    page = browser.new_page()
    page.goto(path.as_uri(), wait_until="load", timeout=180_000)
    shown = []
    while not shown:
        page.wait_for_timeout(100)
        shown = page.evaluate("performance.getEntriesByName('shown').map(m => m.startTime)")
    search = {"evalkit": _FILTER, "datatables": _SEARCH}.get(path.stem)
    took = page.evaluate(search) if search else None
    page.close()
    return shown[0], took


def measure(browser: Any, folder: Path, ways: Mapping[str, Callable[[], str]], rounds: int) -> None:
    """Builds the page of each way, opens them in turn, and prints a line for each."""
    built, size = {}, {}
    for way, build in ways.items():
        start = time.process_time()
        html = build()
        built[way] = time.process_time() - start
        size[way] = len(html.encode()) / 1e6
        (folder / f"{way}.html").write_text(html, encoding="utf-8")
    took: dict[str, list[tuple[float, float | None]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            took[way].append(opened(browser, folder / f"{way}.html"))
    for way in ways:
        first = min(shown for shown, _ in took[way])
        searches = [search for _, search in took[way] if search is not None]
        line = f"  {way:<12} {size[way]:6.2f} MB, built in {built[way]:.2f} s CPU"
        print(f"{line}, first rows after {first:,.0f} ms", end="")
        print(f", searched in {min(searches):.0f} ms" if searches else "")


def main() -> None:
    from markupsafe import Markup
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="*", type=int, default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--datatables", action="store_true")
    options = parser.parse_args()
    empty = shell({"en": "", "zh": ""}, Markup(), {}, "en")
    print(f"shell (no body, no rows): {len(empty.encode()):,} bytes")
    made = samples()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        files = fetched(folder) if options.datatables else None
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for n in options.rows:
            found = list(itertools.islice(pieces(250), 4 * n)) if SHARED.is_dir() else []
            real = len(found) == 4 * n
            run = made.large(n, pieces=found if real else None)
            ways: dict[str, Callable[[], str]] = {"evalkit": partial(build_report, run)}
            if n <= _PEERS_TO:
                ways["table"] = partial(plain, run)
            if n <= _PEERS_TO and files is not None:
                ways["datatables"] = partial(with_datatables, run, files)
            print(f"{n:,} rows of {'real' if real else 'invented'} text")
            measure(browser, folder, ways, options.rounds)
        browser.close()


if __name__ == "__main__":
    main()
