"""Find a Chromium for the browser tests, or get one; its path is kept in `.browser/path`.

Run as `python -m tests.browser`. Order: one on the machine, Playwright's own, the Debian package. With CI=true
a missing browser is a failure; elsewhere it is said, and the browser tests say so again.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".browser" / "path"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank")
SLOW_NETWORK = 900


def chromium() -> str:
    """The path of the browser found at set-up, or of one on the machine; blank where there is none."""
    kept = KEPT.read_text(encoding="utf-8").strip() if KEPT.exists() else ""
    return kept if kept and Path(kept).exists() else on_the_machine()


def start_browser(playwright: Playwright) -> Browser:
    """Start the browser found at set-up, without a window; a machine without one skips, CI fails."""
    path = chromium()
    if not path:
        lacking = "no Chromium here: run `make test`, which looks for one"
        pytest.fail(lacking) if os.environ.get("CI") == "true" else pytest.skip(lacking)
    return playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


def main() -> int:
    """Look, then fetch; returns the process's exit code."""
    for say, look in (
        ("on the machine", on_the_machine),
        ("fetched by Playwright", from_playwright),
        ("from the Debian package", from_debian),
    ):
        path = look()
        if path and starts(path):
            KEPT.parent.mkdir(exist_ok=True)
            KEPT.write_text(path + "\n", encoding="utf-8")
            print(f"browser: {path} ({say})")
            return 0
        print(f"browser: none {say}")
    print("browser: none found. Install chromium, or put it on PATH, and run make again.", file=sys.stderr)
    return 1 if os.environ.get("CI") == "true" else 0


def on_the_machine() -> str:
    """The first known browser on PATH."""
    return next((found for name in NAMES if (found := shutil.which(name))), "")


def from_playwright() -> str:
    """Playwright's own build, fetched where the network lets it."""
    try:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True, timeout=SLOW_NETWORK)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as refused:
        print(f"browser: Playwright could not fetch one ({type(refused).__name__})")
        return ""
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def from_debian() -> str:
    """The distribution's package, where we may install one."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return ""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ):
        if subprocess.run(command, env=quiet, check=False).returncode:
            return ""
    return on_the_machine()


def starts(path: str) -> bool:
    """Whether the browser opens an empty page."""
    try:
        done = subprocess.run([path, *FLAGS], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return "<html>" in done.stdout


if __name__ == "__main__":
    sys.exit(main())
