# SPDX-License-Identifier: Apache-2.0
"""Work that is done once, whichever of the session's processes comes first; the others wait.

Only JSON files cross between processes, and a lock is a file that only one can create: no call of
the operating system that another lacks. The holder touches its lock now and then. Where it stops
(killed, crashed), a waiter goes on with the lock's next number, which again only one can create;
nothing is ever removed, so that no one removes what is not his. The folder goes with the session.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from evalkit.core.atomic import write_text

__all__ = ["alone", "done", "once", "read", "write"]

_BEAT = 1.0  # seconds between touches
_DEAD = 20.0  # seconds without one: a suspended machine is slow, a killed process is forever
_LOOK = 0.05


def once(folder: Path, key: str, work: Callable[[], Any]) -> Any:
    """What the work comes to, as JSON values; done here unless another process has done it.

    Args:
        folder: Known to all processes; made where it is missing.
        key: Of the work, fit for a file's name.
        work: Returns JSON values.
    """
    place = folder / f"{key}.json"
    if not place.exists():
        with alone(folder, key):
            if not place.exists():
                write(place, work())
    return read(place)


def done(folder: Path, kind: str) -> list[Any]:
    """What all finished works whose keys begin with `kind` came to, in the order of their keys."""
    return [read(place) for place in sorted(folder.glob(f"{kind}*.json"))]


@contextmanager
def alone(folder: Path, name: str) -> Iterator[None]:
    """Nobody else of the session is in a block of that name."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = _locked(folder, name)
    stop = threading.Event()
    beating = threading.Thread(target=_beat, args=(lock, stop), daemon=True)
    beating.start()
    try:
        yield
    finally:
        stop.set()
        beating.join()
        lock.with_suffix(".open").touch()


def read(place: Path) -> Any:
    """The JSON values of a file."""
    return json.loads(place.read_text("utf-8"))


def write(place: Path, value: Any) -> None:
    """JSON values, whole or not at all."""
    write_text(place, json.dumps(value, ensure_ascii=False))


def _locked(folder: Path, name: str) -> Path:
    number = 0
    while True:
        lock = folder / f"{name}.{number}.lock"
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            pass
        except PermissionError:  # what Windows says while another creates it
            time.sleep(_LOOK)
            continue
        else:
            return lock
        if lock.with_suffix(".open").exists() or _is_dead(lock):
            number += 1
        else:
            time.sleep(_LOOK)


def _is_dead(lock: Path) -> bool:
    # Both times are the file system's, so that clocks that differ do no harm.
    probe = lock.with_name(f"{os.getpid()}.probe")
    with suppress(OSError):
        if time.time() - lock.stat().st_mtime < _DEAD:
            return False  # the common case, without a probe
        probe.touch()
        return probe.stat().st_mtime - lock.stat().st_mtime > _DEAD
    return False


def _beat(lock: Path, stop: threading.Event) -> None:
    while not stop.wait(_BEAT):
        with suppress(OSError):
            lock.touch()
