# SPDX-License-Identifier: Apache-2.0
import importlib.util
import sys

import pytest

from evalkit.evaluation.stored import save_run
from evalkit.report.build import build_report


@pytest.fixture
def stored(root, tmp_path):
    spec = importlib.util.spec_from_file_location("sample_run", root / "tests/report/sample_run.py")
    module = sys.modules["sample_run"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    run = module.classification()
    save_run(run, tmp_path / "reports" / "a")
    save_run(run, tmp_path / "reports" / "b")
    return run


def test_a_stored_run_gives_the_same_page_as_the_run_itself(evalkit, stored, tmp_path):
    done = evalkit("report", "reports/a", "-o", "x.html", "--lang", "zh")
    assert done.code == 0, done.err
    assert done.out.strip() == "x.html"
    assert (tmp_path / "x.html").read_text(encoding="utf-8") == build_report(stored, language="zh")


def test_several_runs_get_a_page_each(evalkit, stored, tmp_path):
    assert evalkit("report", "reports/a/run.json", "reports/b").code == 0
    assert (tmp_path / "reports/a/index.html").read_bytes() == (
        tmp_path / "reports/b/index.html"
    ).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("reports/a", "reports/b", "-o", "x.html"), "leave -o out"),
        (("nowhere",), "nowhere holds no finished run"),
        ((), "Missing argument"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(evalkit, stored, arguments, said):
    done = evalkit("report", *arguments)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
