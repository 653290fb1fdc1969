# SPDX-License-Identifier: Apache-2.0
"""The pages on training jobs say what happens: each is typed as it stands, in an empty folder.

The provider is a server on this machine that speaks OpenAI's API; the client is the real one. What
it "trains" answers as the most similar training row does.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import openai
import pytest
from loopback import Loopback

from evalkit.cli.job import job
from evalkit.core.registry import names
from evalkit.jobs.seam import Where, open_provider

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 21)
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*(?:\\\n.*)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


class Then(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz=None):
        """Noon of that day."""
        return datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=tz)


# What differs from run to run, or from machine to machine.
UNSETTLED = (
    (re.compile(r"127\.0\.0\.1:\d+"), "api.openai.com"),
    (re.compile(r" in \d+\.\d+s\b"), ""),
    (re.compile(r", [\d.,]+/s|(?:,| ·) \d+ (?:s|min) left"), ""),
    (re.compile(r"reports/([\w-]+)/\d{4}-[\dT-]+"), r"reports/\1/TIME"),
    (re.compile(r"^  (?:latency|延迟) .*\n", re.MULTILINE), ""),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?(?: UTC)?\b"), "DATE"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "TIME"),
    (re.compile(r"\b(?:[0-9a-f]{16}|[0-9a-f]{40})\b"), "KEY"),
)


def settled(said: str) -> str:
    """What stays from run to run."""
    said = said.replace("\r\n", "\n")
    for pattern, instead in UNSETTLED:
        said = pattern.sub(instead, said)
    return said


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
    """Type every block of a page; the exit codes of its commands of evalkit.

    Blocks with a name are files. Blocks of the kind `console` hold commands with what they print:
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
                    said = settled(told.out or told.err)
                    codes.append(told.code)
                else:
                    assert words[0] == "python", command
                    subprocess.run([sys.executable, *words[1:]], cwd=folder, check=True)
                    said = ""
                if holds(said, settled(shown)):
                    continue
                assert os.environ.get("EVALKIT_WRITE_GUIDE"), f"{command}\n{said}\n{told.err}"
                whole = f"$ {command}\n{said.rstrip()}\n"  # to be shortened by hand
                fresh = fresh.replace(f"$ {command}\n{shown}", whole, 1)
            text = text.replace(block, fresh, 1)
    if os.environ.get("EVALKIT_WRITE_GUIDE"):
        page.write_text(text, "utf-8", newline="\n")
    return codes


def nearest(rows: bytes) -> Callable[[list[dict]], str]:
    """Answers with that of the training row whose question has most rare words in common."""
    learned = []
    for line in rows.splitlines():
        messages = json.loads(line)["messages"]
        learned.append((words_of(messages[-2]["content"]), messages[-1]["content"]))
    seen = Counter(word for words, _ in learned for word in words)

    def answer(messages: list[dict]) -> str:
        asked = words_of(messages[-1]["content"])

        def alike(row: tuple[set[str], str]) -> float:
            return sum(1 / seen[w] for w in asked & row[0]) / (3 + len(row[0]))

        return max(learned, key=alike)[1]

    return answer


def words_of(text: str) -> set[str]:
    """Words, and pairs of Chinese characters."""
    han = re.findall(r"[\u4e00-\u9fff]", text)
    pairs = {one + two for one, two in pairwise(han)}
    return pairs | set(re.findall(r"[a-z]{3,}", text.lower()))


def base_answer(messages: list[dict]) -> str:
    """What the base model says: polite, long, and never the house's own words."""
    asked, told = messages[-1]["content"], messages[0]["content"]
    if "one word:" in told:
        labels = re.findall(r"[a-z]{5,}", told.partition("one word:")[2])
        return next((label for label in labels if label[:5] in asked.lower()), "delivery")
    if re.search(r"[\u4e00-\u9fff]", asked):
        return "您好，这个问题需要结合具体情况分析，建议咨询专业人士。"
    return "Thank you for your message! I would be happy to help you with that."


@pytest.fixture
def account(monkeypatch) -> Iterator[Loopback]:
    """An account at a provider, on the day on which the pages were written."""
    with Loopback() as server:
        trainings = server.fine_tuning

        def served(run, name):
            run.answers = nearest(run.train)
            usual(run, name)

        usual = trainings.tell
        trainings.tell = served
        server.answer = base_answer
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-account")
        monkeypatch.setenv("EVALKIT_JOB_WATCH_EVERY", "0.02")
        monkeypatch.setenv("COLUMNS", "100")
        for module in ("_job_submit", "_job_results", "_lint_settings", "models", "estimate"):
            monkeypatch.setattr(f"evalkit.cli.{module}._today", lambda: TODAY)
        monkeypatch.setattr("evalkit.cli._prepare_set.datetime", Then)
        yield server
        assert server.complaints == []


@pytest.fixture
def old_account(account, monkeypatch) -> Loopback:
    """The same, with a tuned model of last year; at Azure the tuned one is deployed."""
    client = openai.OpenAI()
    rows = (ROOT / "suites/support/intent.train.jsonl").read_bytes()
    file = client.files.create(file=("train.jsonl", rows), purpose="fine-tune").id
    job = client.fine_tuning.jobs.create(
        model="gpt-4.1-mini-2025-04-14",
        training_file=file,
        suffix="intent",
        hyperparameters={"n_epochs": 1},
    )
    while client.fine_tuning.jobs.retrieve(job.id).status != "succeeded":
        pass
    trained = account.fine_tuning.jobs[job.id]
    trained.created = trained.finished = int(datetime(2026, 3, 4, 12, tzinfo=UTC).timestamp())
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", account.url.removesuffix("/v1"))
    learned = nearest(rows)

    def moved(messages: list[dict]) -> str:
        """Much like the old one, now better and now worse: no two trainings come out alike."""
        asked = messages[-1]["content"]
        mark = sum(asked.encode()) % 150
        if mark in (1, 2) and "refund" in asked.lower():
            return "refund"
        return "billing" if mark == 0 else learned(messages)

    account.answers["intent-ft"] = moved
    return account


# Page to the exit codes of its commands: what is not fit to be sent ends in 1 or 2.
CODES = {
    "howto/jobs.md": [1, 1, 2, 1, 2, 0, 0, 0, 0, 0, 0, 0],
    "tutorials/job-csv.md": [0] * 10,
    "tutorials/job-xlsx.md": [0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    "tutorials/job-chatlaw.md": [0] * 9,
    "tutorials/job-chatlaw-zh.md": [0] * 9,
    "tutorials/job-medical.md": [0] * 7,
    "tutorials/job-medical-zh.md": [0] * 7,
}
MOVING = {"howto/moving-off.md": [0] * 11, "howto/moving-off-zh.md": [0] * 11}


def some_slow(pages, *quick):
    """All but a few are slow: the suite of tests stays short, and still each kind is tried."""
    return [p if Path(p).stem in quick else pytest.param(p, marks=pytest.mark.slow) for p in pages]


@pytest.mark.parametrize("page", some_slow(CODES, "job-medical"))
def test_every_command_of_a_page_says_what_it_says_there(page, run, account, tmp_path):
    assert typed(run, ROOT / "docs" / page, tmp_path) == CODES[page]


@pytest.mark.slow
@pytest.mark.parametrize("page", MOVING)
def test_moving_off_works_as_it_is_typed(page, run, old_account, tmp_path):
    assert typed(run, ROOT / "docs" / page, tmp_path) == MOVING[page]


def test_every_page_on_jobs_is_typed_by_a_test():
    pages = {*ROOT.glob("docs/tutorials/job-*.md"), *ROOT.glob("docs/howto/jobs*.md"),
             *ROOT.glob("docs/howto/moving-off*.md")}  # fmt: skip
    assert {page.relative_to(ROOT / "docs").as_posix() for page in pages} == {*CODES, *MOVING}


def test_the_guide_says_what_each_provider_cannot_do(monkeypatch):
    for name in ("OPENAI", "AZURE_OPENAI", "TOGETHER", "FIREWORKS", "MISTRAL"):
        monkeypatch.setenv(f"{name}_API_KEY", "k")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "http://127.0.0.1:9")

    async def lacking() -> list[str]:
        found = []
        for target in names("jobs"):
            async with open_provider(target, Where()) as provider:
                found += [f"| {target} | {what} | {why} |" for what, why in provider.lacks.items()]
        return found

    page = ROOT / "docs/howto/jobs.md"
    text, rows = page.read_text("utf-8"), asyncio.run(lacking())
    table = text.partition("## What a provider cannot do")[2].partition("\n## ")[0]
    shown = re.findall(r"^\| (?!target|---).*\|$", table, re.MULTILINE)
    if os.environ.get("EVALKIT_WRITE_GUIDE"):
        page.write_text(text.replace("\n".join(shown), "\n".join(rows)), "utf-8", newline="\n")
    else:
        assert shown == rows


def test_the_guide_names_every_verb():
    page = (ROOT / "docs/howto/jobs.md").read_text("utf-8")
    for verb in job.list_commands(None):
        assert re.search(rf"`(?:evalkit job )?{verb}\b", page), verb


def whole_way(run, train: str, heldout: str, suffix: str) -> str:
    """Submit, watch, results, suite, run; the tuned model's name."""
    line = ("--model", "gpt-4.1-mini", "--target", "openai", "--suffix", suffix, "--budget", "5")
    told = run("job", "submit", train, *line, "--yes")
    assert told.code == 0, told.err
    assert run("job", "watch", "last").code == 0
    assert run("job", "results", "last", "-o", "results.html").code == 0
    told = run("job", "suite", "last", "--data", heldout)
    assert told.code == 0, told.err
    told = run("run", f"suites/{suffix}.eval.yaml", "--output-format", "json")
    assert told.code == 0, told.err
    assert {gate["verdict"] for gate in json.loads(told.out)["gates"]} == {"pass"}
    return f"openai/ft:gpt-4.1-mini-2025-04-14:org:{suffix}:000001"


@pytest.mark.slow
def test_the_way_of_the_page_takes_chatlaws_own_file(run, account, shared, tmp_path):
    page = (ROOT / "docs/tutorials/job-chatlaw.md").read_text("utf-8")
    [config] = [block for _, name, block in BLOCK.findall(page) if name == "evalkit.toml"]
    (tmp_path / "evalkit.toml").write_text(config, "utf-8")
    folder = shared / "chatlaw-law-zh"
    name = "一个名叫ChatLAW，由北京大学团队开发的人工智能助理=一个人工智能法律助理"
    raw = folder / "demo_data_法律咨询.jsonl"
    assert run("convert", raw, "law.jsonl", "--replace", name).code == 0
    # What its users trained on, byte for byte.
    assert (tmp_path / "law.jsonl").read_bytes() == (folder / "fine_tuning.jsonl").read_bytes()
    assert run("split", "law.jsonl", "--take", "5").code == 0
    tuned = whole_way(run, "law.train.jsonl", "law.test.jsonl", "law")
    [first, *_] = (tmp_path / "law.train.jsonl").read_text("utf-8").splitlines()
    _, asked, answer = json.loads(first)["messages"]
    told = run("ask", "--model", tuned, "--output-format", "json", asked["content"])
    assert answer["content"] in json.dumps(json.loads(told.out), ensure_ascii=False)


@pytest.mark.slow
def test_the_way_of_the_page_takes_a_hundred_of_real_rows(run, account, shared, tmp_path):
    raw = shared / "gbk-csv-medical-zh" / "neike_part1_gbk.csv"
    columns = ("--columns", "user=ask,assistant=answer", "--system", "你是一名导诊护士。")
    sample = ("--take", "100", "--train", "rest.jsonl", "--test", "sample.jsonl", "--no-manifest")
    told = run("split", raw, *columns, *sample)
    assert told.code == 0, told.err
    told = run("prepare", "sample.jsonl", "--target", "openai", "--take", "20", "--apply")
    assert told.code == 0, told.out + told.err
    train, test = "sample.openai.train.jsonl", "sample.openai.test.jsonl"
    assert 60 <= len((tmp_path / train).read_text("utf-8").splitlines()) <= 80
    whole_way(run, train, test, "nurse")
