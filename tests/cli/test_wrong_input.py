# SPDX-License-Identifier: Apache-2.0
"""Wrong input gets one clear line, the right exit code and no traceback."""

import socket

import pytest

ROW = (
    '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]}\n'
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good.jsonl").write_text(ROW * 3)
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "header.csv").write_text("question,answer\n")
    (tmp_path / "typo.eval.yaml").write_text("data: good.jsonl\nmodles: {a: baseline:majority}\n")
    (tmp_path / "local.eval.yaml").write_text("data: good.jsonl\nmodels: {a: 'local:smollm2'}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["lint", "absent.jsonl"], 2, "absent.jsonl"),
        (["convert", "absent.csv", "out.jsonl"], 2, "absent.csv"),
        (["estimate", "absent.jsonl"], 2, "absent.jsonl"),
        (["run", "absent.eval.yaml"], 2, "absent.eval.yaml"),
        (["lint", "paper.pdf"], 2, "PDF"),
        (["convert", "paper.pdf", "out.jsonl"], 2, "PDF"),
        (["run", "typo.eval.yaml"], 2, "did you mean `models`"),
        (["lint", "empty.csv"], 1, "empty"),
        (["convert", "empty.csv", "out.jsonl"], 2, "empty.csv"),
        (["convert", "header.csv", "out.jsonl"], 2, "header.csv"),
        (["estimate", "good.jsonl", "--model", "gpt-5-nonsense"], 2, "gpt-5-nonsense"),
        (["lint", "good.jsonl", "--select", "no-such-rule"], 2, "no-such-rule"),
        (["lint", "good.jsonl", "--target", "opnai"], 2, "did you mean `openai`"),
        (["show", "good.jsonl:99"], 2, "99"),
        (["rule", "missing-asistant-message"], 2, "did you mean"),
        (["schema", "suit"], 2, "did you mean `suite`"),
        (["report", "absent"], 2, "absent"),
    ],
)
def test_one_clear_line(evalkit, folder, arguments, code, said):
    done = evalkit(*arguments)
    assert done.code == code, done.err
    told = done.err + done.out
    assert said in told
    assert "Traceback" not in told
    assert "internal error" not in told
    assert len(done.err.strip().splitlines()) <= 3
    assert not (folder / "out.jsonl").exists()


def test_a_file_that_is_not_there_is_not_called_clean(evalkit, folder):
    assert evalkit("lint", "absent.jsonl").out.strip() == ""


def test_no_local_model_names_the_line_that_gets_it(evalkit, folder):
    done = evalkit(
        "run", "local.eval.yaml", XDG_CACHE_HOME=str(folder / "none"), EVALKIT_LOCAL_GGUF=""
    )
    assert done.code == 2
    assert "evalkit local setup" in done.err or "evalkit-ft[local]" in done.err
    assert "Traceback" not in done.err


def test_a_port_that_refuses_is_exit_3_and_resumable(evalkit, folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "x.eval.yaml").write_text(
        f"data: good.jsonl\nmodels: {{a: {{use: openai/x, url: 'http://127.0.0.1:{port}/v1'}}}}\n"
    )
    done = evalkit("run", "x.eval.yaml", OPENAI_API_KEY="canary-key-123")
    assert done.code == 3, done.err
    assert f"127.0.0.1:{port}" in done.err
    assert "Traceback" not in done.err
    assert "canary" not in done.err + done.out


def test_a_missing_key_is_named_before_anything_is_asked(evalkit, folder):
    (folder / "x.eval.yaml").write_text("data: good.jsonl\nmodels: {a: openai/gpt-4.1-mini}\n")
    done = evalkit("run", "x.eval.yaml", OPENAI_API_KEY="")
    assert done.code == 2
    assert "OPENAI_API_KEY" in done.err


def test_a_missing_file_does_not_keep_the_others_from_being_linted(evalkit, folder):
    (folder / "bad.jsonl").write_text('{"messages": [{"role": "user", "content": "Hi"}]}\n')
    done = evalkit("lint", "absent.jsonl", "bad.jsonl")
    assert done.code == 2
    assert "missing-assistant-message" in done.out


def test_a_closed_pipe_is_silent(root, folder):
    import subprocess
    import sys

    done = subprocess.run(
        f'"{sys.executable}" -m evalkit rule --all | head -n 1',
        shell=True,
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert done.stderr == ""
