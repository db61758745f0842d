"""Where the history is, and whether that lies on a network."""

from __future__ import annotations

from pathlib import Path

DEFAULT = ".nbperf/history.sqlite"
"""In the folder the kernel works in."""
NETWORKS = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "glusterfs", "lustre", "gpfs", "beegfs", "davfs", "fuse.", "virtiofs")
"""Types of file systems, by how they begin, on which several machines may see one file."""


class Place:
    """The file that the functions of the history use by default: one a process, set by ``%config NBPerf.history``."""

    def __init__(self) -> None:
        self.path: str | None = DEFAULT
        self._folder: Path | None = None

    def settle(self) -> None:
        """Remember the folder that a relative path is meant from: code that changes folders must not split the history."""
        try:
            self._folder = Path.cwd()
        except OSError:  # the folder is gone
            self._folder = None

    def file(self) -> Path | None:
        """Where the file is; None where no history is kept, or its place cannot be told."""
        if self.path is None:
            return None
        try:
            return ((self._folder or Path.cwd()) / Path(self.path).expanduser()).absolute()
        except (OSError, RuntimeError):  # the folder is gone, or there is no home
            return None


PLACE = Place()


def on_network(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> bool:
    """Whether a folder lies on a network file system; False where the system does not say.

    Parameters
    ----------
    folder : Path
    mounts : Path
        As proc(5) describes mountinfo: the fifth field is the mount point, the type follows a lone hyphen.
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
        place = folder.resolve()
    except OSError:
        return False
    kind, depth = "", -1
    for line in lines:
        before, hyphen, after = line.partition(" - ")
        fields = before.split()
        if not hyphen or len(fields) < 5 or not after:
            continue
        point = Path(fields[4].replace("\\040", " "))
        if (place == point or point in place.parents) and len(point.parts) >= depth:  # of two on one point, the later one counts
            kind, depth = after.split()[0], len(point.parts)
    return kind.startswith(NETWORKS)
