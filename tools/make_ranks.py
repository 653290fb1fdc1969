# SPDX-License-Identifier: Apache-2.0
"""Makes evalkit/tokens/ranks/*.xz, the merge ranks that let evalkit count tokens offline.

Run it on anything that holds tiktoken's own `.tiktoken` files under any name, such as a folder or
the wheel of a package that carries them (for p50k_base, cl100k_base and o200k_base all three):

    pip download --no-deps litellm==1.109.1 -d /tmp/ranks
    python tools/make_ranks.py /tmp/ranks/*.whl

Files are known by their sha256 alone, which must be the one that tiktoken checks after its own
download; so it does not matter who carried them. The result is the same byte for byte on every
run. `--verify` rebuilds the texts from evalkit's data and compares the hashes, nothing else.

Format: for each rank from 0 on, one length byte and the token's bytes; length 0 is a rank that no
token has (50,256 in p50k_base is `<|endoftext|>`). Then xz: 1.4 MB instead of 6.1 MB of base64.
"""

from __future__ import annotations

import base64
import hashlib
import lzma
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from evalkit.core.atomic import atomic
from evalkit.tokens.ranks import FOLDER, ORIGIN, read, sha256_of

_LARGEST = 8_000_000  # bytes; no rank file is larger


def _candidates(path: Path) -> Iterator[bytes]:
    if path.is_dir():
        for entry in sorted(path.rglob("*")):
            if entry.is_file():
                yield from _candidates(entry)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if 100_000 < info.file_size < _LARGEST:
                    yield archive.read(info)
    elif path.stat().st_size < _LARGEST:
        yield path.read_bytes()


def _packed(text: bytes) -> bytes:
    ranks = {
        int(rank): base64.b64decode(token) for token, rank in map(bytes.split, text.splitlines())
    }
    body = bytearray()
    for rank in range(max(ranks) + 1):
        token = ranks.get(rank, b"")
        body.append(len(token))  # ValueError over 255: then the format no longer fits
        body += token
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "pb": 0}]
    return lzma.compress(bytes(body), check=lzma.CHECK_CRC32, filters=filters)


def _unpacked(name: str) -> bytes:
    """The text that tiktoken reads, made from ours, for the hash."""
    lines = (
        base64.b64encode(token) + b" %d\n" % rank
        for token, rank in read(name, checked=False).items()
    )
    return b"".join(lines)


def main(arguments: list[str]) -> int:
    """Write or verify; returns the exit code."""
    verify = arguments == ["--verify"]
    if not arguments:
        print(__doc__)
        return 2
    wanted = {digest: name for name, digest in ORIGIN.items()}
    if not verify:
        for path in arguments:
            for text in _candidates(Path(path)):
                if name := wanted.get(hashlib.sha256(text).hexdigest()):
                    with atomic(FOLDER / f"{name}.xz") as stream:
                        stream.write(_packed(text))
    bad = 0
    for name, digest in ORIGIN.items():
        path = FOLDER / f"{name}.xz"
        if not path.exists():
            print(f"{name}: not found in what was given")
            bad = 1
            continue
        size, ours = path.stat().st_size, sha256_of(path)
        good = hashlib.sha256(_unpacked(name)).hexdigest() == digest
        bad |= not good
        print(f"{name}: {size:,} bytes, sha256 {ours}, {'exact' if good else 'DIFFERENT'}")
    return bad


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
