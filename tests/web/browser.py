"""Finds a Chromium for the browser tests: the system's, else Playwright's own, else Debian's package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@lru_cache(maxsize=1)
def find_chromium() -> tuple[str, str]:
    """(path, "") of a Chromium that starts, or ("", why there is none)."""
    reasons = []
    for attempt in (_system, _playwright, _debian):
        path, reason = attempt()
        if path:
            return path, ""
        reasons.append(reason)
    return "", "; ".join(reasons)


def _system() -> tuple[str, str]:
    for name in NAMES:
        path = shutil.which(name)
        if path and _starts(path):
            return path, ""
    return "", f"none of {', '.join(NAMES)} is installed and starts"


def _playwright() -> tuple[str, str]:
    try:
        done = _run([sys.executable, "-m", "playwright", "install", "chromium-headless-shell"], 300)
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", f"Playwright could not download one ({type(error).__name__})"
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    for found in sorted(cache.glob("chromium*/*/*chrome*headless*shell*")):
        if os.access(found, os.X_OK) and found.is_file() and _starts(str(found)):
            return str(found), ""
    return "", f"Playwright's download gave none that starts (exit {done.returncode})"


def _debian() -> tuple[str, str]:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return "", "there is no apt-get to install one with, or no right to"
    try:
        _run(["apt-get", "update"], 300)
        _run(["apt-get", "install", "-y", "--no-install-recommends", "chromium"], 600)
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", f"apt-get could not install one ({type(error).__name__})"
    path, _ = _system()
    return path, "" if path else "apt-get installed none that starts"


def _starts(path: str) -> bool:
    try:
        return _run([path, "--version", "--no-sandbox"], 60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _run(command: list[str], timeout: float) -> subprocess.CompletedProcess:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, capture_output=True, timeout=timeout, check=False, env=environment)
