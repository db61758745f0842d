"""Which browser is taken, and how one is installed where there is none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.browser import chromium

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins for programs are shell scripts")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH; Playwright knows no browser."""
    monkeypatch.delenv("CHROME", raising=False)
    monkeypatch.setattr(chromium, "MACOS", ())
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(path: Path, body: str) -> str:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_the_first_that_starts_is_taken(path):
    assert chromium.find() is None
    program(path / "chromium-browser", "echo 'install the snap first' >&2; exit 1")
    assert chromium.find() is None
    chrome = program(path / "google-chrome", "echo Chrome 1")
    assert chromium.find() == chrome


def test_the_one_asked_for_comes_first(path, monkeypatch):
    program(path / "chromium", "echo Chromium 1")
    asked = program(path / "mine", "echo Chromium 2")
    monkeypatch.setenv("CHROME", asked)
    assert chromium.find() == asked


def test_root_gets_debians_package(path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    installed = path / "chromium"
    program(path / "apt-get", f'[ "$1" = install ] && printf "#!/bin/sh\\n" > {installed} && /bin/chmod 755 {installed}')
    assert chromium.install() == str(installed)


def test_others_get_playwrights_own(path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    program(path / "apt-get", "echo this must not run > $0.ran")
    installed = path / "chromium"
    playwright = program(
        path / "python", f'[ "$*" = "-m playwright install chromium" ] && printf "#!/bin/sh\\n" > {installed} && /bin/chmod 755 {installed}'
    )
    monkeypatch.setattr(sys, "executable", playwright)
    assert chromium.install() == str(installed)
    assert not (path / "apt-get.ran").exists()


def test_where_nothing_helps_one_line_says_what_would(path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "executable", program(path / "python", "exit 1"))
    assert chromium.main(["--install"]) == 1
    assert "put it on PATH, or point CHROME at it" in capsys.readouterr().out
