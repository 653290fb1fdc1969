# SPDX-License-Identifier: Apache-2.0
"""Whether a folder lies on a file system of another machine, where SQLite's WAL must not be used.

WAL shares memory between processes (sqlite.org/wal.html: "does not work over a network
filesystem"). Linux says what is mounted in a file, Windows by a call, macOS by a command.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path, PurePath

__all__ = ["mounted_on", "network_file_system"]

_REMOTE = frozenset(
    {
        "9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "drvfs", "gfs", "gfs2", "glusterfs",
        "gpfs", "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2", "osxfs", "panfs", "prl_fs",
        "pvfs2", "smb", "smb2", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs", "webdav", "weka",
        "wekafs",
    }
)  # fmt: skip
# FUSE carries local and remote ones; these are local.
_LOCAL_FUSE = frozenset({"fuse.ext2", "fuse.ntfs", "fuse.ntfs-3g", "fuse.bindfs", "fuse.mergerfs"})


def network_file_system(folder: Path) -> str | None:
    """The kind of remote file system that a folder lies on, such as "nfs4"; None = a local one.

    Best effort: where nothing can be found out, the folder is taken for local.
    """
    try:
        place = folder.resolve()
        if sys.platform == "win32":
            return _windows(place)
        if sys.platform == "darwin":
            kind = mounted_on(place, _mac_mounts())
        else:
            mounts = Path("/proc/self/mountinfo").read_bytes().decode("utf-8", "surrogateescape")
            kind = mounted_on(place, _linux_mounts(mounts))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return kind if kind is not None and _remote(kind) else None


def mounted_on(place: PurePath, mounts: list[tuple[str, str]]) -> str | None:
    """The kind of the mount that holds a place; of several at one point the last counts.

    Args:
        place: Absolute, without links.
        mounts: Mount point and kind, in the order in which they were mounted.
    """
    found, depth = None, -1
    for point, kind in mounts:
        path = type(place)(point)
        if (place == path or path in place.parents) and len(path.parts) >= depth:
            found, depth = kind, len(path.parts)
    return found


def _remote(kind: str) -> bool:
    if kind.startswith("fuse"):
        return kind not in _LOCAL_FUSE and kind != "fuseblk"
    return kind in _REMOTE


def _linux_mounts(mountinfo: str) -> list[tuple[str, str]]:
    """Mount points and kinds of /proc/self/mountinfo (proc(5); blanks stand as octal escapes)."""
    found = []
    for line in mountinfo.split("\n"):
        before, separator, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if separator and len(fields) > 4:
            point = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m.group(1), 8)), fields[4])
            found.append((point, kinds[0]))
    return found


def _mac_mounts() -> list[tuple[str, str]]:
    """Of lines such as `//me@host/share on /Volumes/share (smbfs, nodev, nosuid)`."""
    said = subprocess.run(["/sbin/mount"], capture_output=True, timeout=5, check=True).stdout
    lines = said.decode("utf-8", "surrogateescape").split("\n")
    matches = (re.search(r" on (/.*) \((\w+)", line) for line in lines)
    return [(match.group(1), match.group(2)) for match in matches if match]


def _windows(place: Path) -> str | None:
    import ctypes

    if os.fspath(place).startswith("\\\\"):
        return "a network share"
    drive_type = ctypes.windll.kernel32.GetDriveTypeW(place.anchor)  # type: ignore[attr-defined,unused-ignore]
    return "a network drive" if drive_type == 4 else None  # DRIVE_REMOTE
