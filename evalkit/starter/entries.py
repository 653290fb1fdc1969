# SPDX-License-Identifier: Apache-2.0
"""The configuration and the entries for pre-commit, GitHub and GitLab."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from glob import escape
from pathlib import Path

from evalkit import __version__
from evalkit.data.discover import INCLUDE
from evalkit.starter.writing import NewFile, toml_text

__all__ = ["config_file", "github_file", "gitlab_file", "pre_commit_file", "services"]

_HOST = re.compile(r"^\s*url\s*=\s*(.+?)\s*$", re.MULTILINE)
_PACKAGE = f'"evalkit-ft[eval]=={__version__}"'


def services(folder: Path) -> tuple[str, ...]:
    """Where the project is, "github" or "gitlab", told by its files and remotes; else both."""
    found = []
    if (folder / ".github").is_dir():
        found.append("github")
    if (folder / ".gitlab-ci.yml").exists():
        found.append("gitlab")
    try:
        config = (folder / ".git" / "config").read_text(encoding="utf-8", errors="replace")
    except OSError:
        config = ""
    for url in _HOST.findall(config):
        found += [name for name in ("github", "gitlab") if name in url]
    return tuple(dict.fromkeys(found)) or ("github", "gitlab")


def config_file(tables: Sequence[Path]) -> NewFile:
    """evalkit.toml; tables are named one by one, for spreadsheets are too often something else."""
    include = [*INCLUDE, *(escape(path.as_posix()) for path in tables)]
    lines = [
        "# Settings of evalkit for this folder and those below; the command line goes over them.",
        "# All keys: evalkit schema config",
        "",
        "[lint]",
        "# What `evalkit lint` checks where no path is given.",
        "include = [",
        *(f"    {toml_text(pattern)}," for pattern in include),
        "]",
        'extend-exclude = ["reports"]',
        '# target = "together" # whose rules apply; who takes the data: evalkit lint --target all',
        '# fail-on = "warning" # the least severity that gives exit code 1; error else',
        "",
        "[run]",
        '# budget = "2.50" # US dollars that a run may spend at most',
        "# allow-undecided = true # a gate that the rows cannot decide does not fail the run",
    ]
    return NewFile(
        path=Path("evalkit.toml"),
        text="\n".join(lines) + "\n",
        about=("settings", "设置"),
    )


def pre_commit_file() -> NewFile:
    """.pre-commit-config.yaml with lint as a hook."""
    hook = [
        "  - repo: local",
        "    hooks:",
        "      - id: evalkit-lint",
        "        name: evalkit lint",
        "        entry: evalkit lint --force-exclude --output-format concise",
        "        language: python",
        f'        additional_dependencies: ["evalkit-ft=={__version__}"]',
        r"        files: \.(jsonl|ndjson)(\.gz)?$",
        "        require_serial: true",
    ]
    text = "\n".join(["repos:", *hook]) + "\n"
    return NewFile(
        path=Path(".pre-commit-config.yaml"),
        text=text,
        about=("lint before each commit", "每次提交前检查数据"),
        kept=(
            "add to its `repos:` the hook of docs/ci.md (`evalkit lint --force-exclude`)",
            "请在其 `repos:` 中加入 docs/ci.md 里的钩子（`evalkit lint --force-exclude`）",
        ),
    )


def github_file(suites: Sequence[Path]) -> NewFile:
    """A workflow of its own: lint and every suite, annotated, with the pages as an artifact."""
    lines = [
        "name: evalkit",
        "on: [push, pull_request]",
        "permissions:",
        "  contents: read",
        "jobs:",
        "  evalkit:",
        "    runs-on: ubuntu-latest",
        "    steps:",
        "      - uses: actions/checkout@v4",
        "      - uses: actions/setup-python@v5",
        '        with: {python-version: "3.12"}',
        f"      - run: pip install {_PACKAGE}",
        "      - run: evalkit lint --output-format github",
        *(f"      - run: {line}" for line in _runs(suites, "--output-format github")),
        "      - uses: actions/upload-artifact@v4",
        "        if: always()",
        "        with: {name: evalkit, path: reports, if-no-files-found: ignore}",
    ]
    return NewFile(
        path=Path(".github/workflows/evalkit.yml"),
        text="\n".join(lines) + "\n",
        about=("lint and the suites on GitHub", "在 GitHub 上检查数据并运行评测"),
    )


def gitlab_file(suites: Sequence[Path], *, beside: bool) -> NewFile:
    """A job for GitLab.

    Args:
        suites: That it runs.
        beside: Whether a .gitlab-ci.yml is there: then it is a file to include.
    """
    job = [
        "evalkit:",
        '  image: "python:3.12"',
        "  script:",
        f"    - pip install {_PACKAGE}",
        "    - evalkit lint --output-format gitlab -o gl-code-quality-report.json",
        *(f"    - {line}" for line in _runs(suites, "-o evalkit.xml")),
        "  artifacts:",
        "    when: always",
        "    paths: [reports]",
        "    reports:",
        "      codequality: gl-code-quality-report.json",
        *(["      junit: evalkit.xml"] if suites else []),
    ]
    name = "evalkit.gitlab-ci.yml" if beside else ".gitlab-ci.yml"
    return NewFile(
        path=Path(name),
        text="\n".join(job) + "\n",
        about=("lint and the suites on GitLab", "在 GitLab 上检查数据并运行评测")
        if not beside
        else (
            "a job; add to .gitlab-ci.yml: include: {local: evalkit.gitlab-ci.yml}",
            "一个任务；请在 .gitlab-ci.yml 中加入：include: {local: evalkit.gitlab-ci.yml}",
        ),
    )


def _runs(suites: Sequence[Path], options: str) -> Iterator[str]:
    """One command for all suites: one run, one report."""
    if suites:
        named = " ".join(shlex.quote(path.as_posix()) for path in suites)
        yield f"evalkit run {named} {options}"
