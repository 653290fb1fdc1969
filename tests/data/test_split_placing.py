# SPDX-License-Identifier: Apache-2.0
"""Where parts go, all of them or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.core.errors import InputError
from evalkit.data.placing import manifest_place, place_of, placed, stem_of, write_parts
from evalkit.data.read import open_data


@pytest.mark.parametrize(
    ("source", "out", "place"),
    [
        ("data.jsonl", None, "data.train.jsonl"),
        ("a/b.c/客服.xlsx", None, "a/b.c/客服.train.jsonl"),
        ("data.v2.jsonl.gz", None, "data.v2.train.jsonl"),
        ("data", None, "data.train.jsonl"),
        ("data.2024", None, "data.2024.train.jsonl"),
        ("x/DATA.CSV", "y/", "y/DATA.train.jsonl"),
        ("x/data.csv", "y/z", "y/z.train.jsonl"),
    ],
)
def test_names_of_parts(source, out, place):
    assert Path(place_of(source, "train", out)) == Path(place)


def test_an_existing_folder_needs_no_slash(tmp_path):
    assert Path(place_of("a.jsonl", "test", str(tmp_path))) == tmp_path / "a.test.jsonl"


@pytest.mark.parametrize(
    ("train", "manifest"),
    [
        ("a/data.train.jsonl", "a/data.manifest.json"),
        ("learn.jsonl", "learn.manifest.json"),
        ("train.jsonl", "train.manifest.json"),
        ("rows", "rows.manifest.json"),
    ],
)
def test_names_of_manifests(train, manifest):
    assert Path(manifest_place(train)) == Path(manifest)


def test_a_disk_that_fills_up_at_the_end(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("no device that is always full")
    with (
        pytest.raises(InputError, match="No space left"),
        placed({"full": "/dev/full", "fine": str(tmp_path / "fine")}) as streams,
    ):
        streams["full"].write(b"x")
    assert not list(tmp_path.iterdir())


def test_a_file_that_has_changed_in_between(tmp_path):
    place = tmp_path / "x.jsonl"
    place.write_text('{"messages": [{"role": "user", "content": "a"}]}\n')
    with (
        pytest.raises(InputError, match="has changed while it was read"),
        placed({"train": str(tmp_path / "t"), "test": str(tmp_path / "u")}) as streams,
    ):
        write_parts(open_data(place), ["train", "test"], [1, 2], streams)
    assert [p.name for p in tmp_path.iterdir()] == ["x.jsonl"]


@pytest.mark.parametrize(
    ("source", "stem"),
    [
        ("-", "stdin"),
        ("x/客服.csv.gz", "客服"),
        ("a.b.csv", "a.b"),
        ("data.2024", "data.2024"),
        ("x", "x"),
    ],
)
def test_what_files_made_of_another_are_called(source, stem):
    assert stem_of(source) == stem
    assert Path(place_of(source, "test", "y/")) == Path(f"y/{stem}.test.jsonl")
