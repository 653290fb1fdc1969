# SPDX-License-Identifier: Apache-2.0
"""Together's own check of files, which still looked into rows in 1.5.35."""

from __future__ import annotations

import os
import warnings

import pytest

from evalkit.data.conversation import Conversation
from evalkit.data.recognise import layout
from evalkit.data.write import json_line

pytestmark = pytest.mark.filterwarnings("ignore")

SYSTEM, ASKED = {"role": "system", "content": "要简短"}, {"role": "user", "content": "三加四？"}
GOOD, BAD = {"role": "assistant", "content": "七"}, {"role": "assistant", "content": "八"}
PLAIN = Conversation(messages=(SYSTEM, ASKED, GOOD))
PAIR = Conversation(messages=(SYSTEM, ASKED, GOOD), answer=1, rejected=(BAD,))
PIXEL = "data:image/png;base64,iVBORw0KGgo="
SHOWN = Conversation(
    messages=(
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PIXEL}}]},
        {"role": "assistant", "content": [{"type": "text", "text": "七"}]},
    )
)


@pytest.fixture(scope="module")
def check_file():
    os.environ.setdefault("TOGETHER_NO_BANNER", "1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        files = pytest.importorskip("together.utils.files")
    if not hasattr(files, "validate_messages"):
        pytest.skip("this version of together leaves rows to the server")
    return files.check_file


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("openai-chat", PLAIN),
        ("openai-chat", SHOWN),
        ("prompt-completion", Conversation(messages=(ASKED, GOOD))),
        ("openai-preference", PAIR),
    ],
)
@pytest.mark.parametrize("source", ["as it is", "sharegpt", "trl-preference", "llama-factory-v1"])
def test_files_pass(check_file, tmp_path, name, said, source):
    """Conversations of chat, and those that come from other layouts."""
    if source != "as it is":
        if said is SHOWN or (source == "trl-preference") != bool(said.rejected):
            pytest.skip("that layout holds other rows, or texts as texts beside images")
        said = layout(source).conversation(layout(source).build(said))
    row = layout(name).build(said)
    path = tmp_path / "train.jsonl"
    path.write_bytes((json_line(row) + b"\n") * 3)
    report = check_file(path)
    assert report["is_check_passed"], report["message"]
    assert report["num_samples"] == 3


def test_its_check_can_fail(check_file, tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_bytes(json_line({"messages": [ASKED, ASKED]}) + b"\n")
    assert not check_file(path)["is_check_passed"]
