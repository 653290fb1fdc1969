# SPDX-License-Identifier: Apache-2.0
"""Write the sample report and the pictures of it that the README shows.

    python tools/make_screenshots.py            rebuild the page and the pictures
    python tools/make_screenshots.py RUN_DIR    take that run of `evalkit demo` as the sample first

Needs Chromium and playwright. A test holds the committed page against a fresh build.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from evalkit.core.atomic import write_text
from evalkit.evaluation.stored import load_run
from evalkit.report.build import build_report

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "reports" / "sample" / "support-intent"
IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1200, "height": 800}


def main() -> None:
    """Page, then light, dark, Chinese and narrow."""
    from playwright.sync_api import sync_playwright

    if len(sys.argv) > 1:
        SAMPLE.mkdir(parents=True, exist_ok=True)
        for name in ("run.json", "samples.jsonl"):
            shutil.copyfile(Path(sys.argv[1]) / name, SAMPLE / name)
    page_file = SAMPLE / "index.html"
    write_text(page_file, build_report(load_run(SAMPLE)))
    IMAGES.mkdir(parents=True, exist_ok=True)
    shots = {
        "report-light": ("light", "en", SIZE),
        "report-dark": ("dark", "en", SIZE),
        "report-zh-light": ("light", "zh", SIZE),
        "report-zh-dark": ("dark", "zh", SIZE),
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, (theme, language, size) in shots.items():
            page = browser.new_page(viewport=size, color_scheme=theme, device_scale_factor=1.5)
            page.goto(f"{page_file.as_uri()}#lang={language}")
            page.wait_for_selector("html[data-ready]", state="attached")
            page.screenshot(path=IMAGES / f"{name}.png")
            page.close()
            print(f"docs/images/{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
