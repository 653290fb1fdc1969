# SPDX-License-Identifier: Apache-2.0
"""The pages hang together: links lead somewhere, the site has every page, what is made is current."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *sorted((ROOT / "docs").rglob("*.md")),
    *(
        ROOT / name
        for name in ("README.md", "README.zh-CN.md", "suites/README.md", "suites/support/README.md")
    ),
]
FENCE = re.compile(r"^(```+).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
TREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def prose(path: Path) -> str:
    return CODE.sub("", FENCE.sub("", path.read_text("utf-8")))


def slugs(path: Path) -> set[str]:
    """Anchors of the headings, as GitHub and Sphinx make them."""
    text = FENCE.sub("", path.read_text("utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", title.replace("`", "").lower()) for title in titles)
    return {title.strip().replace(" ", "-") for title in kept}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(page):
    for one, two in LINK.findall(prose(page)):
        path, _, anchor = (one or two).partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page}: {path}"
        if anchor and there.suffix == ".md":
            assert anchor in slugs(there), f"{page}: {path}#{anchor}"


def test_every_page_is_on_the_site():
    shown = {"index"}
    for name in ("index", "reference/rules"):
        page = ROOT / "docs" / f"{name}.md"
        for block in TREE.findall(page.read_text("utf-8")):
            for line in (line for line in block.splitlines() if line and not line.startswith(":")):
                found = page.parent.glob(f"{line}.md")
                shown |= {
                    f.resolve().relative_to(ROOT / "docs").with_suffix("").as_posix() for f in found
                }
    there = {
        p.relative_to(ROOT / "docs").with_suffix("").as_posix()
        for p in (ROOT / "docs").rglob("*.md")
    }
    assert shown == there


@pytest.mark.parametrize("tool", ["make_reference.py", "make_pictures.py"])
def test_what_is_made_is_current(tool):
    done = subprocess.run(
        [sys.executable, f"tools/{tool}", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_pictures_are_plain_and_ask_for_nothing():
    for picture in (ROOT / "docs/images/statistics").glob("*.svg"):
        text = picture.read_text("utf-8")
        assert "<script" not in text
        assert set(re.findall(r"https?://[^\"\s]+", text)) == {"http://www.w3.org/2000/svg"}


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path):
    pytest.importorskip("myst_parser", reason="pip install --group docs")
    pytest.importorskip("furo", reason="pip install --group docs")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-q", "-d", tmp_path / "trees",
         "-b", "html", "docs", tmp_path / "html"],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    home = (tmp_path / "html" / "index.html").read_text("utf-8")
    assert "tutorials/first.html" in home
