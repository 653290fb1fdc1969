# SPDX-License-Identifier: Apache-2.0
"""The real model really trained; minutes. `make train` installs torch and runs this."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import json
import shutil
import time

import pytest

from evalkit.jobs.training.rows import read_talks
from evalkit.jobs.training.settings import settled

pytestmark = [pytest.mark.slow, pytest.mark.local]

ASKED = (("Money back", "refund"), ("Where is it?", "delivery"), ("I cannot log in", "login"))
SMALL = {"n_epochs": 2, "batch_size": 2, "layers": 2, "rank": 4}


@pytest.fixture(scope="module")
def small(tmp_path_factory, chat):
    """Three rows with a system message, one of many turns without, as a file."""
    rows = [chat(ask, say) for ask, say in ASKED]
    rows.append(chat("你好", "hello", "Where is my lamp?", "delivery", system=None))
    path = tmp_path_factory.mktemp("small") / "small.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def read_once(torch):
    """The model's file is read once for all trainings of this module: most of their time."""
    from evalkit.jobs.training import network

    first = []

    def read(weights):
        if not first:
            first.append(plain(weights))
        return copy.deepcopy(first[0])

    plain = network._read
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network, "_read", read)
        yield


@pytest.fixture(scope="module")
def session(read_once, small):
    """A training of these rows, opened: `session(seed=7)`."""
    from evalkit.jobs.training.fit import opened
    from evalkit.jobs.training.needs import check

    def make(**given):
        talks = read_talks(small)
        settings = settled(len(talks), {**SMALL, **given.pop("hyper", {})}, **given)
        return opened(check("smollm2"), talks, talks[:2], settings)

    return make


@pytest.fixture(scope="module")
def whole(session, tmp_path_factory):
    """A training from its first step to its last: its rows and its adapter's bytes."""
    training = session()
    rows = [step.metrics for step in training.run()]
    rows.append(training.measured())
    path = tmp_path_factory.mktemp("whole") / "adapter.gguf"
    training.write_adapter(path)
    return rows, path.read_bytes()


def test_a_pack_says_what_its_rows_say_alone(torch, session):
    """Nothing leaks between rows of a pack, and heads that are shared are no difference."""
    from evalkit.jobs.training.measures import loss_of
    from evalkit.jobs.training.packing import packed

    training = session()
    network, rows = training._network, training._rows

    def loss(chosen, under):
        pack = packed(rows, chosen)
        with torch.no_grad():
            total, right = loss_of(network.above(under(pack), pack), pack.targets, network.logits)
        return float(total), right

    together = loss([0, 1, 2, 3], network.below)
    alone = [loss([index], network.below) for index in range(4)]
    assert together[0] == pytest.approx(sum(one for one, _ in alone), rel=1e-5)
    assert together[1] == sum(right for _, right in alone)
    assert loss([0, 1, 2, 3], training._train.under)[0] == pytest.approx(together[0], rel=1e-5)

    # A row by itself, through the model as its makers call it.
    whole_row = rows[3].head + rows[3].own
    with torch.no_grad():
        logits = network.model(torch.tensor([whole_row])).logits[0]
    at = [len(rows[3].head) + index for index in rows[3].learned]
    expected = torch.nn.functional.cross_entropy(
        logits[[index - 1 for index in at]],
        torch.tensor([whole_row[i] for i in at]),
        reduction="sum",
    )
    assert alone[3][0] == pytest.approx(float(expected), rel=1e-4)


def test_many_learned_tokens_are_computed_by_pieces(torch, monkeypatch):
    from evalkit.jobs.training import measures

    said = torch.randn(10, 4, requires_grad=True)
    matrix = torch.randn(4, 7)
    targets = torch.randint(0, 7, (10,))
    at_once, right = measures.loss_of(said, targets, lambda part: part @ matrix)
    at_once.backward()
    expected, said.grad = said.grad, None
    monkeypatch.setattr(measures, "_PIECE", 3)
    by_pieces, again = measures.loss_of(said, targets, lambda part: part @ matrix)
    by_pieces.backward()
    assert (by_pieces.item(), again) == (pytest.approx(at_once.item()), right)
    assert torch.allclose(said.grad, expected)


def test_the_same_seed_gives_the_same_bytes(session, whole, tmp_path):
    training = session()
    assert [step.metrics for step in training.run()] == whole[0][:-1]
    training.write_adapter(tmp_path / "again.gguf")
    assert (tmp_path / "again.gguf").read_bytes() == whole[1]
    other = session(seed=8)
    list(other.run())
    other.write_adapter(tmp_path / "other.gguf")
    assert (tmp_path / "other.gguf").read_bytes() != whole[1]


def test_what_was_kept_goes_on_as_if_nothing_had_been(session, whole, tmp_path):
    training = session()
    steps = training.run()
    for _ in range(3):
        next(steps)
    training.save(tmp_path / "resume.pt")
    later = session()
    later.restore(tmp_path / "resume.pt")
    assert [step.number for step in later.run()] == [4]
    later.write_adapter(tmp_path / "adapter.gguf")
    assert (tmp_path / "adapter.gguf").read_bytes() == whole[1]
    (tmp_path / "broken.pt").write_bytes(b"no")
    from evalkit.jobs.training.faults import TrainingError

    with pytest.raises(TrainingError, match="cannot be read"):
        later.restore(tmp_path / "broken.pt")


def test_it_learns(whole):
    rows, adapter = whole
    assert adapter.startswith(b"GGUF")
    assert rows[-2]["train_loss"] < rows[0]["train_loss"]
    assert set(rows[-1]) == {"full_valid_loss", "full_valid_mean_token_accuracy"}


def test_a_job_of_the_loopback_really_trains(read_once, small, tmp_path):
    """OpenAI's protocol over HTTP, a real model behind it."""
    from loopback import Loopback
    from loopback.fine_tuning import fine_tuning_of

    from evalkit.jobs.job import Order, TrainingFile
    from evalkit.jobs.seam import Where, open_provider
    from evalkit.jobs.training.quick import train_bytes

    def runner(run, report):
        trained = train_bytes(
            run.train,
            run.validation,
            {**SMALL, "n_epochs": run.epochs},
            report=lambda row: report(dict(row)),
            stopping=run.stop.is_set,
        )
        run.adapter = None if trained is None else trained.adapter

    rows = small.read_text() * 3
    path = tmp_path / "train.jsonl"
    path.write_text(rows)
    digest = hashlib.sha256(rows.encode()).hexdigest()
    file = TrainingFile(path=path, sha256=digest, size=len(rows))

    async def go(server):
        where = Where(url=f"http://127.0.0.1:{server.port}/v1", key_env="TEST_KEY")
        async with open_provider("openai", where) as provider:
            sent = await provider.upload(file, name=file.remote_name)
            order = Order(
                target="openai",
                model="gpt-4.1-mini-2025-04-14",
                train=file,
                hyperparameters={"n_epochs": 1, "batch_size": 2},
            )
            job = await provider.create(order, train=sent.id, validation=None)
            while not job.ended:
                await asyncio.sleep(0.2)
                job = await provider.job(job.id)
            assert job.state == "succeeded", job.error
            (result,) = job.result_files
            return b"".join([piece async for piece in provider.content(result)])

    with pytest.MonkeyPatch.context() as patch, Loopback(key="k-0123456789abcdef") as server:
        patch.setenv("TEST_KEY", "k-0123456789abcdef")
        fine_tuning_of(server).runner = runner
        result = asyncio.run(go(server))
        (run,) = fine_tuning_of(server).jobs.values()
    assert run.adapter.startswith(b"GGUF")
    assert result


def test_from_the_command_line_to_better(torch, evalkit, root, tmp_path):
    """The demo's training split, trained as a user would; its suite says that it got better."""
    for name in ("intent.train.jsonl", "intent.test.jsonl", "intent.eval.yaml"):
        shutil.copyfile(root / "suites" / "support" / name, tmp_path / name)
    done = evalkit(
        *("job", "submit", "intent.train.jsonl", "--target", "local", "--model", "smollm2"),
        *("--yes", "--output-format", "json"),
    )
    assert done.code == 0, done.err
    found = {}
    for _ in range(600):  # 10 minutes; alone it takes 3
        found = json.loads(evalkit("job", "show", "last", "--output-format", "json").out)
        state = found["job"]["state"] if "job" in found else found["state"]
        if state in ("succeeded", "failed", "cancelled"):
            break
        time.sleep(1.0)
    assert state == "succeeded", found
    (adapter,) = tmp_path.glob(".evalkit/jobs/local/ftlocal-*/adapter.gguf")
    shutil.copyfile(adapter, tmp_path / "tuned.gguf")
    run = evalkit("run", "intent.eval.yaml")
    assert run.code == 0, run.out + run.err
    assert "pass  tuned better than base where lang=en" in run.out
