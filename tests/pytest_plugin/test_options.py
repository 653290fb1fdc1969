# SPDX-License-Identifier: Apache-2.0
"""The options of the plug-in, each in a session of its own."""

from __future__ import annotations

import pytest
from loopback import Loopback

import evalkit

pytest_plugins = ["pytester"]

ASSERTED = """
def test_it(evaluate):
    assert evaluate("x.eval.yaml")["tuned"].accuracy >= 0.999
"""


def test_with_a_limit_nothing_is_judged(project):
    project.gates("tuned better than base", "base better than tuned")
    project.write("test_it.py", ASSERTED)
    result = project.run("suites", "--evalkit-limit", "10", "-rsx")
    result.assert_outcomes(skipped=2, xfailed=1)
    assert len(project.calls) == 10
    result.stdout.fnmatch_lines(
        [
            "PARTIAL (--evalkit-limit 10): no gate is judged",
            "SKIPPED *tuned better than base: PARTIAL: only the first 10 rows were asked, no gate is judged; so far *",
        ]
    )
    project.run("suites", "--evalkit-limit", "61").assert_outcomes(passed=1, failed=2)


@pytest.mark.slow
def test_a_recording_answers_everything_and_a_configured_one_can_be_set_aside(project):
    project.gates("tuned accuracy >= 85%")
    recording = project.folder / "x.answers.jsonl.gz"
    evalkit.run(project.folder / "x.eval.yaml", store="s.sqlite", record=recording)
    (project.folder / "calls.log").unlink()
    for place in ("suites/x.answers.jsonl.gz", "suites"):
        project.run("suites", "--evalkit-replay", place).assert_outcomes(passed=1)
    project.pytester.makeini("[pytest]\nevalkit_replay = suites\n")
    project.run().assert_outcomes(passed=1)
    assert project.calls == []
    project.run("suites", "--evalkit-replay", "none").assert_outcomes(passed=1)
    assert len(project.calls) == 60
    project.write("test_it.py", "def test_it(ask):\n    assert ask('tuned', 'money 1') == 'bill'\n")
    project.run("suites/test_it.py").assert_outcomes(passed=1)
    assert len(project.calls) == 60


def test_a_row_that_is_not_recorded_says_how_to_record_it(project):
    project.gates("tuned accuracy >= 85%")
    recording = project.folder / "x.answers.jsonl"
    evalkit.run(project.folder / "x.eval.yaml", store="s.sqlite", record=recording, limit=20)
    result = project.run("suites", "--evalkit-replay", "suites")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the suite could not be run: *", "*--record*"])
    result = project.run("suites", "--evalkit-replay", "reports")
    result.stdout.fnmatch_lines(["*no recording of *x in *reports*", "*--record*"])


@pytest.mark.slow
def test_a_model_can_be_another(project):
    project.write("other.py", "def answer(prompt):\n    return 'ship'\n")
    project.gates("tuned accuracy >= 85%")
    other = "--evalkit-model=tuned=python:other.py:answer"
    result = project.run("suites", other)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["fail: 50.0 %*short by 35.0 points*"])
    for wrong, said in (
        ("--evalkit-model=tunde=openai/x", "*no model `tunde`*did you mean `tuned`*"),
        ("--evalkit-model=tuned=opanai/x", "*opanai*did you mean*"),
    ):
        result = project.run("suites", wrong)
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines([said])
        assert "Traceback" not in result.stdout.str()


@pytest.mark.slow
def test_repeats_results_and_store_go_where_they_are_told(project):
    project.gates("tuned accuracy >= 85%")
    places = ("--evalkit-results=out", "--evalkit-store=kept/s.sqlite")
    project.run("suites", "--evalkit-repeats=2", *places).assert_outcomes(passed=1)
    assert len(project.calls) == 120
    assert list(project.pytester.path.glob("out/x/*/index.html"))
    assert (project.pytester.path / "kept" / "s.sqlite").is_file()
    assert not (project.pytester.path / "reports").exists()
    assert not (project.pytester.path / ".evalkit").exists()
    (project.pytester.path / "file").write_text("")
    result = project.run("suites", "--evalkit-results=file/x")
    result.stdout.fnmatch_lines(["the suite could not be run: cannot write*"])


@pytest.mark.slow
def test_one_page_for_the_session(project):
    project.gates("tuned accuracy >= 85%")
    result = project.run("suites", "--evalkit-report=out/r.html")
    page = project.pytester.path / "out" / "r.html"
    assert "tuned accuracy &gt;= 85%" in page.read_text("utf-8")
    result.stdout.fnmatch_lines(["report: out?r.html"])
    project.gates("base better than tuned", name="y.eval.yaml")
    project.run("suites", "--evalkit-report=out/r.html")
    text = page.read_text("utf-8")
    assert "base better than tuned" in text
    assert '<a href="r-1.html">' in text
    assert "tuned accuracy &gt;= 85%" in page.with_name("r-1.html").read_text("utf-8")
    page.unlink()
    project.run("suites", "--evalkit-report=out/r.html", "-m", "not evalkit")
    assert not page.exists()


@pytest.mark.slow
def test_the_confidence_of_suites_that_name_none(project):
    project.pytester.makeini("[pytest]\nevalkit_confidence = 0.8\n")
    project.gates("tuned accuracy low >= 82%")
    project.gates("tuned accuracy low >= 82%", name="y.eval.yaml", more="confidence: 0.95\n")
    project.run("suites").assert_outcomes(passed=1, failed=1)
    for none in ("95", "0.79"):
        project.pytester.makeini(f"[pytest]\nevalkit_confidence = {none}\n")
        assert f"evalkit_confidence: `{none}` is none" in project.run("suites").stderr.str()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--evalkit-budget=much", "no sum of money"),
        ("--evalkit-deadline=soon", "no length of time"),
        ("--evalkit-limit=0", "at least one row"),
        ("--evalkit-model=tuned", "`tuned` is not NAME=SPEC"),
    ],
)
def test_an_option_that_cannot_be_is_told_at_once(project, option, said):
    result = project.run("suites", option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()
    assert "Traceback" not in result.stderr.str()


REMOTE = """
data: test.jsonl
models:
  base: {{use: gpt-4.1-mini, url: "{url}", price: {{input: 1000, output: 1000}}}}
gates: [base accuracy >= 99%]
"""


@pytest.mark.slow
def test_hosts_are_named_first_and_the_budget_is_of_the_session(project, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")

    def answer(messages):
        return "bill" if "money" in messages[-1]["content"] else "ship"

    with Loopback(answer=answer) as server:
        project.write("x.eval.yaml", REMOTE.format(url=server.url))
        result = project.run("suites", "--evalkit-budget=0.000001")
        result.assert_outcomes(failed=1)
        assert server.billed == []
        result.stdout.fnmatch_lines(["the suite could not be run: *budget*"])
        result = project.run("suites", "--evalkit-budget=100")
        result.assert_outcomes(passed=1)
        assert len(server.billed) == 60
        result.stdout.fnmatch_lines(
            ["evalkit: 127.0.0.1*: 60 *", "  127.0.0.1*: 60 answers, 0 of them from the store, *"]
        )
        assert not server.complaints


@pytest.mark.slow
def test_the_budget_holds_for_all_workers_together(project, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with Loopback(answer=lambda _messages: "bill") as server:
        for name in "ab":
            suite = REMOTE.format(url=server.url).replace("gpt-4.1-mini", f"gpt-4.1-{name}")
            project.write(f"{name}.eval.yaml", suite)
        result = project.run("suites", "-n", "2", "--evalkit-budget=0.5", apart=True)
        result.assert_outcomes(failed=2)
        assert "with a new --evalkit-budget" in result.stdout.str()
        result.stdout.fnmatch_lines_random(["?: DON'T SHIP*", "?: the budget of *"])
        spent = sum((c.prompt_tokens + c.completion_tokens) / 1000 for c in server.bill.charges)
        assert 0.3 < spent <= 0.5  # one suite alone takes 0.42
        assert "evalkit: 127.0.0.1" in result.stderr.str()


def test_after_the_deadline_nothing_is_asked(project):
    project.gates("tuned accuracy >= 85%")
    result = project.run("suites", "--evalkit-deadline=0.001s")
    result.assert_outcomes(failed=1)
    assert len(project.calls) < 60
