# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import shutil

import pytest

KEY = "sk-CANARY-0123456789"


def checks(done):
    return {check["name"]: check for check in json.loads(done.out)["checks"]}


def test_says_what_is_there(evalkit):
    done = evalkit("doctor", "--output-format", "json")
    assert done.code == 0
    found = checks(done)
    assert {"Python", "evalkit", "core packages", "extra eval", "local engine", "keys"} <= set(
        found
    )
    assert found["core packages"]["state"] == "ok"
    assert "click " in found["core packages"]["found"]
    assert "another evalkit" not in found


def test_each_thing_missing_has_its_line(evalkit, tmp_path):
    empty = str(tmp_path / "cache")
    done = evalkit("doctor", XDG_CACHE_HOME=empty, LOCALAPPDATA=empty, EVALKIT_LOCAL_GGUF="")
    assert done.code == 0
    lines = done.out.splitlines()
    missing = [n for n, line in enumerate(lines) if " missing " in line]
    assert missing
    for n in missing:
        assert lines[n + 1].startswith("          ")


def test_keys_by_name_only(evalkit):
    done = evalkit("doctor", OPENAI_API_KEY=KEY, TOGETHER_API_KEY=KEY)
    assert "OPENAI_API_KEY, TOGETHER_API_KEY" in done.out
    assert "CANARY" not in done.out + done.err


@pytest.mark.parametrize("same", [True, False])
def test_the_other_project_of_that_name(evalkit, root, tmp_path, same):
    """A foreign distribution `evalkit`: beside us a problem, in our folder nothing works."""
    site = tmp_path / "site"
    info = site / "evalkit-0.9.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evalkit\nVersion: 0.9\n")
    if same:
        shutil.copytree(root / "evalkit", site / "evalkit")
    done = evalkit("doctor", "--output-format", "json", PYTHONPATH=str(site))
    other = checks(done)["another evalkit"]
    assert other["state"] == ("broken" if same else "problem")
    assert done.code == (2 if same else 0)
    assert "pip uninstall -y evalkit" in other["mend"]


def test_a_file_that_is_no_model(evalkit, tmp_path):
    (tmp_path / "m.gguf").write_text("hello")
    done = evalkit("doctor", "--output-format", "json", EVALKIT_LOCAL_GGUF=str(tmp_path / "m.gguf"))
    assert checks(done)["local model"]["state"] == "problem"
    assert done.code == 0


def test_nothing_heavy_is_imported(root):
    import subprocess
    import sys

    code = (
        "import sys\n"
        "from evalkit.cli.main import _run\n"
        "_run(['doctor'])\n"
        "heavy = {'openai', 'numpy', 'pandas', 'sklearn', 'xllamacpp', 'tiktoken', 'rich'}\n"
        "print(heavy & set(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stderr.strip() == b"set()"
