"""A Chromium for the tests: found, or installed by ``python tests/browser/chromium.py --install``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
MACOS = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium")


def candidates() -> Iterator[str]:
    """Where a browser may be: where ``CHROME`` points, on PATH, in its usual place on a Mac, where Playwright puts its own."""
    if asked := os.environ.get("CHROME"):
        yield asked
    yield from filter(None, map(shutil.which, NAMES))
    yield from (path for path in MACOS if Path(path).exists())
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return
    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


def find() -> str | None:
    """The path of a Chromium that starts; a name alone says little: on Ubuntu it may only ask for a snap."""
    for path in candidates():
        try:
            done = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return path
    return None


def install() -> str | None:
    """Install one: Debian's package where we may, else Playwright's own build; its path."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root and shutil.which("apt-get"):
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", *arguments], env=quiet, stdout=subprocess.DEVNULL, check=False)
        if found := find():
            return found
    # With root's rights Playwright can bring the system libraries as well, where it knows the system.
    subprocess.run([sys.executable, "-m", "playwright", "install", *(["--with-deps"] if root else []), "chromium"], check=False)
    return find()


def main(arguments: list[str]) -> int:
    """Print the path of a Chromium; 1 if there is none."""
    found = find() or (install() if "--install" in arguments else None)
    print(found or "no Chromium here, and none could be installed: install one and put it on PATH, or point CHROME at it")
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
