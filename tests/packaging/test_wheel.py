# SPDX-License-Identifier: Apache-2.0
"""The built wheel, not the checkout: everything that travels is in it and can be read."""

import subprocess
import sys
import zipfile

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(out), str(root)],
        check=True,
        capture_output=True,
    )
    return next(out.glob("*.whl"))


def test_what_travels(wheel, root):
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in (root / "schemas").glob("*.json"):
        assert f"evalkit/schemas/{path.name}" in names
    for name in ("support.xlsx", "heldout-gbk.csv", "tuned.gguf", "intent.eval.yaml"):
        assert f"evalkit/suites/support/{name}" in names
    assert "evalkit/py.typed" in names
    assert any(name.startswith("evalkit/tokens/ranks/") and name.endswith(".xz") for name in names)
    assert not any("/tests/" in name or "__pycache__" in name for name in names)


def test_an_installed_wheel_works_without_the_checkout(wheel, tmp_path):
    target = tmp_path / "site"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--target",
            str(target),
            str(wheel),
        ],
        check=True,
        capture_output=True,
    )
    (tmp_path / "bad.jsonl").write_text('{"messages": [{"role": "user", "content": "Hi"}]}\n')
    code = (
        f"import sys; sys.path.insert(0, {str(target)!r});"
        "import evalkit; assert 'site' in evalkit.__file__, evalkit.__file__;"
        "from evalkit.cli.main import main; main(sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "lint", "bad.jsonl"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert "missing-assistant-message" in done.stdout
    listed = subprocess.run(
        [sys.executable, "-c", code, "schema", "suite"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert '"evalkit suite"' in listed.stdout
