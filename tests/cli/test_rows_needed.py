# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import pytest

from evalkit.core.measure import Difference, Interval, Measure
from evalkit.evaluation.result import Answer, Row, Run
from evalkit.evaluation.stored import save_run
from evalkit.evaluation.verdict import difference
from evalkit.statistics.clusters import paired_clustered_share
from evalkit.statistics.paired import paired_binary, paired_mean
from evalkit.statistics.power import rows_needed_binary, rows_needed_margin
from evalkit.statistics.proportion import wilson


def stored(folder, base, candidate, *, clusters=None, unit="share"):
    """A finished run of two models with these scores."""
    compare = paired_binary if unit == "share" else paired_mean
    paired = compare(base, candidate)
    if clusters is not None:
        paired = paired_clustered_share(base, candidate, clusters)
    of: Difference = difference(
        paired,
        metric="accuracy",
        base="base",
        candidate="tuned",
        where="all",
        better="higher",
        unit=unit,
    )

    def answer(score):
        return Answer(text="x", finish="stop", error=None, score=score)

    rows = [
        Row(
            id=str(i),
            source="t.jsonl",
            line=i + 1,
            messages=[("user", "Q")],
            expected="x",
            slices={},
            answers={"base": answer(x), "tuned": answer(y)},
            cluster=None if clusters is None else str(clusters[i]),
        )
        for i, (x, y) in enumerate(zip(base, candidate, strict=True))
    ]
    value = sum(candidate) / len(candidate)
    measure = Measure(
        model="tuned",
        metric="accuracy",
        slice="all",
        interval=Interval(value=value, n=len(rows)),
        unit=unit,
        better="higher",
        signature="s",
    )
    run = Run(
        suite="x",
        task="classification",
        primary="accuracy",
        labels=[],
        decision="not_proven",
        base="base",
        candidate="tuned",
        models=[],
        rows=rows,
        measures=[measure],
        differences=[of],
        gates=[],
        confusions=[],
        visible=0.1,
        leaked=None,
        unscored={},
        notes=[],
        started="2026-11-21T00:00:00",
        provenance={},
    )
    save_run(run, folder)
    return folder


def scores(fixed, broken, both, neither=0):
    base = [0.0] * fixed + [1.0] * (broken + both) + [0.0] * neither
    candidate = [1.0] * fixed + [0.0] * broken + [1.0] * both + [0.0] * neither
    return base, candidate


def answers(told):
    assert told.code == 0, told.err
    return json.loads(told.out)["answers"]


def test_without_options_a_small_table(run):
    told = run("rows-needed", "--lang", "en")
    assert told.code == 0, told.err
    for line in (
        "  5 points           312     626   1,254",
        "  5 points     257     495     990",
        "  2 points   1,546   3,092   6,183",
        "  5 points     381    245    141     83",
        "  55 %        783    548    312",
    ):
        assert line in told.out.splitlines()
    assert "Power 80 %, false alarms 5 %" in told.out


def test_in_chinese(run):
    told = run("rows-needed", "--lang", "zh", "--difference", "5个百分点", "--disagreement", "20%")
    assert told.code == 0, told.err
    assert "需要多少条样本？" in told.out
    assert "5 个百分点   626" in told.out


@pytest.mark.parametrize("written", ["3", "3 points", "3%", "3.0", "3 个百分点", "３%"])
def test_points_as_people_write_them(run, written):
    told = run(
        "rows-needed", "--difference", written, "--disagreement", "0.2", "--output-format", "json"
    )
    if written.startswith("３"):
        assert told.code == 2  # full-width digits are not silently read
        return
    assert [one["rows"] for one in answers(told)] == [1742]


def test_json(run):
    told = run("rows-needed", "--margin", "2", "--disagreement", "20%", "--output-format", "json")
    found = json.loads(told.out)
    assert (found["schema"], found["power"], found["alpha"], found["rows"]) == (1, 0.8, 0.05, None)
    assert found["answers"] == [
        {"question": "not_worse", "assumed": {"disagreement": 0.2}, "size": 0.02, "rows": 3092}
    ]


def test_the_other_way_round(run):
    told = run("rows-needed", "--rows", "626", "--disagreement", "0.2", "--output-format", "json")
    seen = {one["question"]: one["visible"] for one in answers(told)}
    assert seen["better"] == pytest.approx(0.05, rel=1e-3)
    told = run("rows-needed", "--rows", "626", "--lang", "en")
    assert "What can 626 examples show?" in told.out
    assert "5 points" in told.out


def test_so_few_rows_show_nothing(run):
    told = run("rows-needed", "--rows", "2", "--lang", "en")
    assert told.code == 0, told.err
    assert "nothing" in told.out


def test_means_clusters_and_promises(run):
    told = run("rows-needed", "--sd", "1", "--difference", "0.1", "--output-format", "json")
    assert [one["rows"] for one in answers(told)] == [785]
    told = run(
        "rows-needed", "--sd", "1", "--difference", "0.1", "--cluster-size", "5", "--alike", "0.25",
        "--output-format", "json",
    )  # fmt: skip
    assert [one["rows"] for one in answers(told)] == [785 * 2]
    told = run(
        "rows-needed", "--sd", "1", "--difference", "0.1", "--power", "90%", "--alpha", "0.01",
        "--output-format", "json",
    )  # fmt: skip
    assert [one["rows"] for one in answers(told)] == [1488]
    assert "1 independent row" in run("rows-needed", "--cluster-size", "4", "--lang", "en").out


def test_from_a_run(run, tmp_path):
    folder = stored(tmp_path / "r", *scores(30, 10, 140, 20))
    told = run(
        "rows-needed", "--from", folder, "--difference", "5 points", "--output-format", "json"
    )
    seen, careful = answers(told)
    assert seen["assumed"] == {"seen": 0.2}  # 40 of 200, as the column says
    assert careful["assumed"]["careful"] == pytest.approx(wilson(40, 200).high)
    assert careful["rows"] > seen["rows"]
    assert seen["rows"] == 626
    text = run("rows-needed", "--from", folder, "--lang", "en").out
    assert "tuned - base on accuracy over 200 pairs, 30 fixed, 10 broken: +10 points" in text
    assert "  10 points" in text
    assert "20 % (seen there)" in text
    told = run(
        "rows-needed", "--from", folder, "--difference", "15 points", "--output-format", "json"
    )
    assert answers(told)[0]["rows"] == rows_needed_binary(0.25, 0.15)  # 10 % of noise, and it


def test_a_pilot_in_which_nothing_was_broken(run, tmp_path):
    """5 of 120 differ: 4.2 %, not the one row that stands for the noise."""
    folder = stored(tmp_path / "r", *scores(5, 0, 115))
    told = run("rows-needed", "--from", folder, "--margin", "2 points", "--output-format", "json")
    assert answers(told)[0]["assumed"] == {"seen": pytest.approx(5 / 120)}
    assert answers(told)[0]["rows"] == rows_needed_margin(5 / 120, 0.0, 0.02, binary=True)
    assert "4.2 %（该次运行所见）" in run("rows-needed", "--from", folder, "--lang", "zh").out


def test_models_that_hardly_differ_take_rows_for_a_margin(run):
    told = run("rows-needed", "--disagreement", "0%", "--lang", "en")
    assert "  2 points   133" in told.out.splitlines()
    assert "never" not in told.out
    assert "one model is better" not in told.out  # models that never differ cannot be
    told = run("rows-needed", "--margin", "10", "--disagreement", "1%", "--output-format", "json")
    assert answers(told)[0]["rows"] == 25


def test_differences_that_such_models_cannot_have(run):
    """Nothing is silently raised: sizes above the disagreement are left out, or refused."""
    told = run("rows-needed", "--disagreement", "2%", "--disagreement", "20%", "--lang", "en")
    line = next(line for line in told.out.splitlines() if line.startswith("  3 points"))
    assert line.split() == ["3", "points", "never", "1,742"]
    told = run("rows-needed", "--disagreement", "2%", "--output-format", "json")
    assert [a["size"] for a in answers(told) if a["question"] == "better"] == [0.01, 0.02]
    told = run("rows-needed", "--disagreement", "0.5%", "--output-format", "json")
    assert [a["size"] for a in answers(told) if a["question"] == "better"] == [0.005]


def test_one_row_and_one_column(run):
    assert "What can 1 example show?" in run("rows-needed", "--rows", "1", "--lang", "en").out
    told = run("rows-needed", "--disagreement", "20%", "--lang", "en")
    assert "Is it 20 %? Ask 100 rows" in told.out
    assert "Which column" not in told.out
    assert "Is it 3? " in run("rows-needed", "--sd", "3", "--lang", "en").out
    assert "Which column" in run("rows-needed", "--lang", "en").out


def test_from_a_run_of_means(run, tmp_path):
    base = [float(i % 7) for i in range(60)]
    candidate = [x + 0.5 + (i % 5 - 2) for i, x in enumerate(base)]
    folder = stored(tmp_path / "r", base, candidate, unit="characters")
    found = json.loads(run("rows-needed", "--from", folder, "--output-format", "json").out)
    assert found["unit"] == "metric"
    sd = found["answers"][0]["assumed"]["sd"]
    assert sd == pytest.approx(paired_mean(base, candidate).spread, rel=1e-9)


def test_conversations_of_a_run(run, tmp_path):
    base, candidate = scores(20, 10, 50)
    order = sorted(range(80), key=lambda i: candidate[i] - base[i])
    clusters = [0] * 80
    for place, i in enumerate(order):
        clusters[i] = place // 4  # four alike in a conversation
    folder = stored(tmp_path / "r", base, candidate, clusters=clusters)
    found = json.loads(run("rows-needed", "--from", folder, "--output-format", "json").out)
    assert found["design_effect"] > 2
    given = run("rows-needed", "--from", folder, "--cluster-size", "2", "--output-format", "json")
    assert json.loads(given.out)["design_effect"] == pytest.approx(1.3)


def test_models_that_never_differed(run, tmp_path):
    folder = stored(tmp_path / "r", *scores(0, 0, 50))
    found = answers(run("rows-needed", "--from", folder, "--output-format", "json"))
    assert all(one["rows"] is None or one["rows"] > 0 for one in found)
    assert run("rows-needed", "--from", folder).code == 0


def test_written_to_a_file(run, tmp_path):
    assert run("rows-needed", "-o", tmp_path / "n.txt", "--lang", "en").out == ""
    assert "How many examples" in (tmp_path / "n.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--difference", "0.02"], "is 0.02 a share or a part of a point?"),
        (["--difference", "many"], "is no number"),
        (["--difference", "-3"], "--difference -3 is below 0"),
        (["--difference", "0 points"], "no number of rows shows that"),
        (["--difference", "0"], "--difference 0: no number of rows shows that"),
        (["--difference", "25", "--disagreement", "20%"], "cannot differ by more"),
        (["--difference", "300"], "out of range"),
        (["--baseline", "120%"], "out of range"),
        (["--win-rate", "50%"], "no difference"),
        (["--power", "3%"], "--power is out of range"),
        (["--alpha", "60%"], "--alpha is out of range"),
        (["--rows", "10", "--margin", "2"], "--rows asks what rows show"),
        (["--sd", "1", "--baseline", "80%"], "both say how much"),
        (["--sd", "1", "--win-rate", "60%"], "--sd is of means"),
        (["--sd", "1", "--difference", "2 points"], "in the metric's unit"),
        (["--sd", "0"], "is not above 0"),
        (["--metric", "f1"], "--metric names a metric of a run"),
        (["--from", "nowhere"], "holds no finished run"),
    ],
)
def test_wrong_options_are_said(run, arguments, said):
    told = run("rows-needed", *arguments)
    assert told.code == 2
    assert said in told.err


def test_a_run_that_does_not_say(run, tmp_path):
    folder = stored(tmp_path / "r", *scores(3, 1, 20))
    told = run("rows-needed", "--from", folder, "--metric", "acuracy")
    assert told.code == 2
    assert "accuracy" in told.err
    one = stored(tmp_path / "one", [1.0], [0.0])
    assert "only 1 pair" in run("rows-needed", "--from", one).err
