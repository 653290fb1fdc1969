# SPDX-License-Identifier: Apache-2.0
"""The list of runs: what is found, in which order, and that no name in it is markup or address."""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from evalkit.core.errors import UsageError
from evalkit.evaluation.stored import save_run
from evalkit.report.index_page import address, index_page
from evalkit.report.index_runs import listed_runs


class Reading(HTMLParser):
    """Tags, addresses and text; no attribute may be a handler or a style."""

    def __init__(self):
        super().__init__()
        self.tags, self.links, self.texts = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert not any(name.startswith("on") or name == "style" for name, _ in attrs)
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_data(self, data):
        self.texts.append(data)


def read(html):
    reading = Reading()
    reading.feed(html)
    reading.text = re.sub(r"\s+", " ", " ".join(reading.texts))
    return reading


@pytest.fixture
def reports(samples, tmp_path):
    """Four runs, of which two have a page."""
    root = tmp_path / "reports"
    days = ("2026-11-20T08:00:00+08:00", "2026-11-20T01:00:00+00:00", "2026-01-02T00:00:00Z", "?")
    names = ("classification", "worse", "single", "qa")
    for number, (name, started) in enumerate(zip(names, days, strict=True)):
        run = replace(getattr(samples, name)(), started=started)
        folder = root / run.suite / f"run-{number}"
        save_run(run, folder)
        if number < 2:
            (folder / "index.html").write_text("page", "utf-8")
    return root


def listed(root, **more):
    runs, unread = listed_runs(root)
    return index_page(runs, unread, at=root, **more)


def test_newest_first_whatever_the_time_zone(reports):
    runs, unread = listed_runs(reports)
    assert [one.folder.name for one in runs] == ["run-1", "run-0", "run-2", "run-3"]
    assert not unread


def test_each_has_its_verdict_its_number_its_gates_and_its_cost(reports):
    reading = read(listed(reports))
    for said in (
        "4 runs",
        "DON'T SHIP",
        "accuracy −23.7 points",
        "between −32.6 and −14.7",
        "accuracy 78.8%",
        "3/3",
        "0/2",
        "$0.028",
        "no page: evalkit report makes one",
        "可以上线",
    ):
        assert said in reading.text, said


def test_undecided_gates_are_not_in_the_colour_of_failed_ones(samples, tmp_path):
    run = samples.undecided()
    for name, verdict in (("open", "undecided"), ("failed", "fail")):
        gates = [replace(gate, verdict=verdict) for gate in run.gates]
        save_run(replace(run, gates=gates), tmp_path / name / "run")
    page = listed(tmp_path)
    assert page.count('<td class="num warn">') == page.count('<td class="num bad">') == 1


def test_links_are_relative_and_lead_to_pages(reports):
    links = [one for one in read(listed(reports)).links if not one.startswith("#")]
    assert len(links) == 2
    assert all(one.startswith("./") and (reports / unquote(one)).is_file() for one in links)


def test_the_folder_may_be_moved_and_gives_the_same_bytes(reports, tmp_path):
    before = listed(reports)
    moved = tmp_path / "elsewhere"
    shutil.move(reports, moved)
    assert listed(moved) == before
    assert '<html lang="zh-CN"' in listed(moved, language="zh")


def test_what_is_damaged_is_told_and_hides_nothing(reports):
    for name, text in {
        "a": "{",
        "b": '{"schema": 1, "suite": 3}',
        "c": "[]",
        "d": '{"schema": 7}',
        "e": "[" * 100_000,
    }.items():
        (reports / name).mkdir()
        (reports / name / "run.json").write_text(text, "utf-8")
    whole = json.loads((reports / "support-intent/run-0/run.json").read_text("utf-8"))
    (reports / "f").mkdir()
    odd = {**whole, "gates": [3], "models": [None], "differences": [{}]}
    (reports / "f/run.json").write_text(json.dumps(odd), "utf-8")
    text = read(listed(reports)).text
    assert "4 runs" in text or "5 runs" in text
    assert text.count("run.json is damaged") == 5
    assert "written by another version" in text


def test_parts_of_a_run_and_linked_folders_are_not_listed(reports, samples, tmp_path):
    save_run(samples.qa(), reports / "support-intent/run-0/forgetting")
    save_run(samples.qa(), tmp_path / "outside/run")
    if sys.platform != "win32":
        (reports / "linked").symlink_to(tmp_path / "outside", target_is_directory=True)
        (reports / "ring").symlink_to(reports, target_is_directory=True)
    assert len(listed_runs(reports)[0]) == 4


def test_an_empty_folder_says_how_a_run_is_made(tmp_path):
    assert "evalkit run SUITE makes one" in listed(tmp_path)


def test_what_is_no_folder_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        listed_runs(tmp_path / "nowhere")


def test_a_long_list_is_capped_and_says_so(reports, monkeypatch):
    monkeypatch.setattr("evalkit.report.index_page._MOST", 3)
    text = read(listed(reports)).text
    assert "4 runs" in text
    assert "and 1 older runs" in text


HOSTILE = (
    "javascript:alert(1)", "a b", "%2e%2e", "?q=1#x", "<img src=x onerror=alert(1)>", "'\"&amp;",
    "\u202egnp", "中文", "..a", "\\\\host", "x\ny",
)  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_folder_names_are_text_and_addresses_of_files(samples, tmp_path, name):
    folder = tmp_path / name / "t"
    save_run(samples.hostile(), folder)
    (folder / "index.html").write_text("page", "utf-8")
    html = listed(tmp_path)
    reading = read(html)
    assert "img" not in reading.tags
    assert reading.tags.count("script") == 2
    assert "\u202e" not in html
    [link] = [one for one in reading.links if not one.startswith("#")]
    assert re.fullmatch(r"\./[\w%.~-]+/t/index\.html", link)
    assert (tmp_path / unquote(link)).samefile(folder / "index.html")


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text")
def test_a_name_that_is_no_utf8_still_has_an_address(tmp_path):
    page = tmp_path / b"\xff\xfe".decode("utf-8", "surrogateescape") / "index.html"
    assert address(page, tmp_path) == "./%FF%FE/index.html"


def test_a_page_beside_the_folder_leads_upwards(tmp_path):
    assert (
        address(tmp_path / "reports/a/index.html", tmp_path / "site") == "../reports/a/index.html"
    )
