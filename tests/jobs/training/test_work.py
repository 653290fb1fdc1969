# SPDX-License-Identifier: Apache-2.0
"""A job from its order to its end, by a trainer that needs no torch."""

from __future__ import annotations

import json

import pytest

from evalkit.jobs.training.alive import alive, holding
from evalkit.jobs.training.faults import TrainingError
from evalkit.jobs.training.work import KEPT_CHECKPOINTS, carry_out


@pytest.fixture
def work(stub):
    """Carries a job out; `seen` is told each step before it is taken."""

    def run(folder, *, seen=None, fail=0, check=lambda _adapter, _weights: None, **more):
        def opens(weights, training, validation, settings):
            opened = stub.opens(weights, training, validation, settings)
            opened.fail = fail
            steps = opened.run

            def watched():
                for step in steps():
                    if seen is not None:
                        seen(step.number)
                    yield step

            opened.run = watched
            return opened

        return carry_out(folder, opens=opens, check=check, **more)

    return run


def texts(folder):
    return [event["text"] for event in folder.events()]


def test_from_order_to_adapter(ordered, work, chat):
    folder = ordered(validation=[chat("Hey", "yes")])
    state = work(folder)
    assert state == folder.state()
    assert (state.status, state.step, state.steps, state.trained_tokens) == (
        "succeeded",
        6,
        6,
        1234,
    )
    assert state.finished >= state.started
    assert state.hyperparameters["n_epochs"] == 2
    assert folder.adapter.read_bytes() == b"GGUF after 6"
    assert [(one.step, one.file) for one in state.checkpoints] == [
        (3, "checkpoints/step-3.gguf"), (6, "adapter.gguf"),
    ]  # fmt: skip
    assert state.checkpoints[0].metrics["full_valid_loss"] == pytest.approx(5 / 3)
    assert [row["step"] for row in folder.rows()] == [1, 2, 3, 4, 5, 6]
    assert texts(folder) == [
        f"Created fine-tuning job: {folder.id}",
        "Validating training file: file-" + "a" * 32,
        "Validating validation file: file-" + "b" * 32,
        "Files validated, moving job to queued state",
        "Fine-tuning job started",
        "a note",
        "Step 1/6: training loss=4.00",
        "Step 2/6: training loss=2.00",
        "Step 3/6: training loss=1.33, full validation loss=1.67",
        "Checkpoint created at step 3",
        "Step 4/6: training loss=1.00",
        "Step 5/6: training loss=0.80",
        "Step 6/6: training loss=0.67, full validation loss=0.83",
        "New fine-tuned model created",
        "The job has successfully completed",
    ]
    assert not folder.resume.exists()
    assert not alive(folder.path)


def test_an_ended_job_is_not_done_again(ordered, work):
    folder = ordered()
    work(folder)
    before = texts(folder)
    assert work(folder) is None
    assert texts(folder) == before


def test_two_trainers_are_one(ordered, work, monkeypatch):
    folder = ordered()
    with holding(folder.path) as mine:
        assert mine
        monkeypatch.setattr(
            "evalkit.jobs.training.work.holding", lambda path: holding(path, patience=0.0)
        )
        assert work(folder) is None
    assert not folder.exists


def test_the_last_checkpoints_are_kept(ordered, work):
    folder = ordered(n_epochs=5)
    state = work(folder)
    steps = [one.step for one in state.checkpoints]
    assert steps == [9, 12, 15]
    assert len(steps) == KEPT_CHECKPOINTS
    files = sorted(path.name for path in (folder.path / "checkpoints").iterdir())
    assert {"step-9.gguf", "step-12.gguf"} <= set(files)
    assert "step-3.gguf" not in files


def test_pause_and_resume_is_as_if_nothing_had_been(ordered, work):
    whole = ordered(number="1" * 16)
    work(whole)
    folder = ordered()
    state = work(folder, seen=lambda step: folder.tell("pause") if step == 4 else None)
    assert (state.status, state.step, state.steps) == ("paused", 4, 6)
    assert folder.wish() is None
    assert folder.resume.exists()
    seen = []
    state = work(folder, seen=seen.append)
    assert (state.status, state.starts) == ("succeeded", 2)
    assert seen == [5, 6]
    assert folder.metrics.read_bytes() == whole.metrics.read_bytes()
    assert folder.adapter.read_bytes() == whole.adapter.read_bytes()
    assert "Going on after step 4" in texts(folder)


def test_cancel(ordered, work):
    folder = ordered()
    state = work(folder, seen=lambda step: folder.tell("cancel") if step == 2 else None)
    assert (state.status, state.step) == ("cancelled", 2)
    assert state.finished
    assert texts(folder)[-1] == "Fine-tuning job cancelled"
    assert len(folder.rows()) == 2
    assert not folder.adapter.exists()
    assert work(folder) is None


def test_a_machine_that_goes_down_pauses_it(ordered, work):
    folder = ordered()
    asked = []
    state = work(folder, stopping=lambda: len(asked) > 3 or asked.append(1))
    assert state.status == "paused"
    assert work(folder).status == "succeeded"


def test_a_training_that_fails_says_why_and_may_be_tried_again(ordered, work):
    folder = ordered()
    state = work(folder, fail=5)
    assert state.status == "failed"
    assert state.error == {
        "code": "training_diverged",
        "message": "no number any more",
        "param": "hyperparameters",
    }
    assert texts(folder)[-1] == "Fine-tuning job failed: no number any more"
    state = work(folder)  # from the end of the first epoch
    assert (state.status, state.error) == ("succeeded", None)
    assert texts(folder).count("Step 4/6: training loss=1.00") == 2
    assert [row["step"] for row in folder.rows()] == [1, 2, 3, 4, 5, 6]


def test_steps_that_were_told_and_not_kept_are_told_once_in_the_metrics(ordered, work):
    folder = ordered()
    work(folder, fail=5)  # kept after 3; 4 was told
    told = {"train_loss": 9.0, "train_accuracy": 0.0}
    folder.write_metrics([*folder.rows()[:3], {"step": 4, **told}])
    work(folder)
    assert [row["step"] for row in folder.rows()] == [1, 2, 3, 4, 5, 6]
    assert folder.rows()[3]["train_loss"] == 1.0


def test_rows_that_cannot_be_learned_fail_it_before_the_model_is_loaded(ordered, stub):
    folder = ordered(rows="not json\n")

    def opens(*_):
        raise AssertionError

    state = carry_out(folder, opens=opens)
    assert (state.status, state.error["code"]) == ("failed", "invalid_training_file")


@pytest.mark.parametrize("raw", [None, b"GGUF of another"])
def test_another_model_in_its_place_is_no_way_to_go_on(ordered, work, tmp_path, raw):
    folder = ordered()
    assert work(folder, seen=lambda step: folder.tell("pause") if step == 1 else None)
    if raw is None:
        (tmp_path / "model.gguf").unlink()
    else:
        (tmp_path / "model.gguf").write_bytes(raw)
    state = work(folder)
    assert (state.status, state.error["code"]) == ("failed", "invalid_model")


def test_an_adapter_that_does_not_load_is_none(ordered, work):
    folder = ordered()

    def check(_adapter, _weights):
        raise TrainingError("adapter_not_usable", "it does not load")

    state = work(folder, check=check)
    assert (state.status, state.error["code"]) == ("failed", "adapter_not_usable")
    assert not folder.adapter.exists()


def test_what_nobody_foresaw_is_told_too(ordered, stub):
    folder = ordered()

    def opens(*_):
        raise RuntimeError("the library says\nno")

    with pytest.raises(RuntimeError):
        carry_out(folder, opens=opens)
    error = folder.state().error
    assert (error["code"], error["message"]) == (
        "internal_error",
        "RuntimeError: the library says⏎no",
    )
    assert json.loads((folder.path / "state.json").read_text("utf-8"))["status"] == "failed"
