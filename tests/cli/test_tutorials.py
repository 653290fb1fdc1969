# SPDX-License-Identifier: Apache-2.0
"""The tutorials and how-tos say what happens: each is typed as it stands, in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*(?:\\\n.*)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
PACE = re.compile(r", [\d.,]+/s|, \d+ (?:s|min) left")
FOLDER = re.compile(r"reports/([\w-]+)/\d{4}-[\dT-]+")
SECONDS = re.compile(r" in \d+\.\d+s\b")
# What differs from run to run, or from day to day (what an old price is called).
CLOCK = re.compile(r"^  (?:latency|延迟) .*\n", re.MULTILINE)
AGE = re.compile(r", \d+ days old|（\d+ 天前）|，已有 \d+ 天|, in \d+ days")

# Pages on training jobs need a provider: test_job_guides.py types them.
SUITES = [
    f"tutorials/{path.name}"
    for path in sorted((ROOT / "docs/tutorials").glob("*.md"))
    if not path.name.startswith("job-")
]
STARTS = {"tutorials/first.md", "tutorials/first-local.md", "tutorials/first-zh.md"}
HOWTOS = [
    f"howto/{path.name}"
    for path in sorted((ROOT / "docs/howto").glob("*.md"))
    if not path.name.startswith(("jobs", "moving-off"))
]
PAGES = [*HOWTOS, "explanation/pictures.md"]


def settled(said: str) -> str:
    """What stays from run to run."""
    said = said.replace("\r\n", "\n").replace(os.sep, "/") if os.sep != "/" else said
    said = SECONDS.sub("", said)
    return AGE.sub("", CLOCK.sub("", FOLDER.sub(r"reports/\1/TIME", PACE.sub("", said))))


def narrow(said: str) -> str:
    """Columns are as wide as what is left out; blanks at the end are not seen."""
    return re.sub(r"(?<=\S) {2,}", "  ", re.sub(r" +$", "", said, flags=re.MULTILINE)).strip()


def holds(said: str, shown: str) -> bool:
    """Whether the shown pieces, parted by lines `…`, occur in what was said, in their order."""
    at = 0
    for piece in re.split(r"^…$\n?", shown, flags=re.MULTILINE):
        wanted = narrow(piece)
        found = narrow(said).find(wanted, at)
        if found < 0:
            return False
        at = found + len(wanted)
    return "…\n" in shown or narrow(said) == narrow(shown)


def typed(run, page: Path, folder: Path) -> list[int]:
    """Type every block of a page; the exit codes of its commands.

    Blocks with a name are files. Blocks of the kind `console` hold commands with what they print
    to standard output, or to standard error where that is all.
    """
    text, codes = page.read_text("utf-8"), []
    for kind, name, block in BLOCK.findall(text):
        if name:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(block, "utf-8", newline="\n")
        elif kind == "console":
            fresh = block
            for command, shown in COMMAND.findall(block):
                words = shlex.split(command.replace("\\\n", " "))
                if words[0] == "evalkit":
                    told = run(*words[1:])
                    code, said = told.code, settled(told.out or told.err)
                elif words[0] == "python":
                    done = subprocess.run([sys.executable, *words[1:]], cwd=folder, text=True)
                    code, said = done.returncode, ""
                elif words[0] == "pytest":
                    done = subprocess.run(
                        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words[1:]],
                        cwd=folder, capture_output=True, text=True, encoding="utf-8",
                    )  # fmt: skip
                    code, said = done.returncode, settled(done.stdout)
                else:
                    raise AssertionError(command)
                codes.append(code)
                if os.environ.get("EVALKIT_WRITE_GUIDE") and "…\n" not in shown:
                    fresh = fresh.replace(
                        f"$ {command}\n{shown}", f"$ {command}\n{said.rstrip()}\n"
                    )
                else:
                    assert holds(said, settled(shown)), f"{command}\n{said}"
            text = text.replace(block, fresh, 1)
    if os.environ.get("EVALKIT_WRITE_GUIDE"):
        page.write_text(text, "utf-8", newline="\n")
    return codes


@pytest.fixture
def suites(tmp_path):
    """The suites that come with the project, where the pages have them."""
    shutil.copytree(ROOT / "suites", tmp_path / "suites")


# What each page's commands end with: the suites have gates that fail or stay open on purpose.
CODES = {
    "tutorials/intent.md": [1, 0],
    "tutorials/extraction.md": [1, 0],
    "tutorials/chinese-qa.md": [1],
    "tutorials/tool-calls.md": [1, 0],
    "tutorials/judged.md": [1],
    "tutorials/forgetting.md": [1, 0],
}


def some_slow(pages, *quick):
    """All but a few are slow: the suite of tests stays short, and still each kind is tried."""
    return [p if Path(p).stem in quick else pytest.param(p, marks=pytest.mark.slow) for p in pages]


@pytest.mark.parametrize("page", some_slow(sorted(CODES), "extraction", "tool-calls", "judged"))
def test_every_command_of_a_suites_page_says_what_it_says_there(
    page, run, suites, tmp_path, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "100")
    assert typed(run, ROOT / "docs" / page, tmp_path) == CODES[page]


def test_every_tutorial_is_typed_by_a_test():
    assert set(SUITES) == {*CODES, *STARTS}


@pytest.mark.parametrize("page", sorted(CODES))
def test_the_suite_on_the_page_is_the_suite(page):
    name = Path(page).stem
    blocks = [
        block
        for kind, _, block in BLOCK.findall((ROOT / "docs" / page).read_text("utf-8"))
        if kind == "yaml"
    ]
    file = (ROOT / "suites" / name / f"{name}.eval.yaml").read_text("utf-8")
    assert re.sub(r"^#.*\n", "", file, flags=re.MULTILINE) == blocks[0]


@pytest.mark.slow
def test_the_first_tutorial_works_as_it_is_typed(run, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    codes = typed(run, ROOT / "docs/tutorials/first.md", tmp_path)
    assert codes == [0, 1, 0, 0, 0, 0, 0, 0, 1, 1]


@pytest.mark.slow
def test_the_first_tutorial_in_chinese_works_as_it_is_typed(run, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    codes = typed(run, ROOT / "docs/tutorials/first-zh.md", tmp_path)
    assert codes == [0, 1, 0, 0, 0, 0, 0, 0, 1, 1]


@pytest.mark.slow
@pytest.mark.local
def test_the_tutorial_with_a_real_model_works_as_it_is_typed(run, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert typed(run, ROOT / "docs/tutorials/first-local.md", tmp_path) == [0] * 6


@pytest.mark.parametrize("page", some_slow(PAGES, "azure", "bailian", "pictures"))
def test_every_command_of_a_how_to_says_what_it_says_there(page, run, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("AZURE_OPENAI", "TOGETHER", "FIREWORKS", "MISTRAL", "DASHSCOPE"):
        monkeypatch.setenv(f"{name}_API_KEY", "not-a-key")  # models are opened, none is asked
    codes = typed(run, ROOT / "docs" / page, tmp_path)
    assert set(codes) <= {0, 1}
    assert codes


@pytest.mark.parametrize(
    "suite", sorted((ROOT / "suites").rglob("*.eval.yaml")), ids=lambda p: p.stem
)
def test_every_suite_holds_to_the_published_schema(suite):
    import jsonschema
    import yaml

    from evalkit.core.resources import schema

    jsonschema.validate(yaml.safe_load(suite.read_text("utf-8")), schema("suite"))
    assert suite.parent.name in (ROOT / "suites" / "README.md").read_text("utf-8")
