"""Packages from their registries, by the registries' own clients, so that a user's mirrors and proxies count.

The clients only download: no dependencies, no build (`--only-binary`), no scripts of the package.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from codriver.models.manifest import Package
from codriver.models.progress import Report
from codriver.models.transfer import SourceFailedError

_LOOK_EVERY = 0.2  # seconds between two looks at what has arrived
_NO_NETWORK = re.compile(
    r"Retrying \(|NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|Temporary failure in name"
    r"|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT"
)
_DISK_FULL = re.compile(r"ENOSPC|EDQUOT|No space left on device|Disk quota exceeded")
_NO_SUCH_VERSION = re.compile(r"No matching distribution|E404|ETARGET|notarget")
_ADDRESS = re.compile(r"\w+://\S+")  # may carry somebody's password


class DiskFullError(OSError):
    """A client had no room left for what it brings."""


def download_package(package: Package, folder: Path, stall: float, report: Report) -> Path:
    """Download `package` into the empty `folder`; returns its archive (a wheel or a gzipped tar).

    `stall` is the number of seconds without a single byte after which the client is stopped. Raises
    `SourceFailedError` when there is no client, no network or no such package, `DiskFullError`.
    """
    command, environment, pattern = _pip(package, folder) if package.client == "pypi" else _npm(package, folder)
    output = folder / "client.log"
    exit_code = _run_watched(command, environment, output, stall, report)
    if exit_code != 0:
        raise _failure(output.read_text(encoding="utf-8", errors="replace"), exit_code)
    archives = list(folder.glob(pattern))
    if len(archives) != 1:
        raise SourceFailedError(f"its client gave {len(archives)} archives instead of one")
    return archives[0]


def _pip(package: Package, folder: Path) -> tuple[list[str], dict[str, str], str]:
    if not sys.executable or importlib.util.find_spec("pip") is None:
        raise SourceFailedError("this Python has no pip")
    temporary = folder / "tmp"  # where pip collects what arrives, so that we see it grow
    temporary.mkdir()
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-cache-dir", "--no-deps"]
    # A source distribution would be built to be looked at, which runs its code: wheels only.
    options += ["--no-binary=:none:", "--only-binary=:all:", "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", "download", *options, f"{package.name}=={package.version}"]
    return command, {"TMPDIR": str(temporary)}, "*.whl"


def _npm(package: Package, folder: Path) -> tuple[list[str], dict[str, str], str]:
    client = shutil.which("npm")
    if client is None:
        raise SourceFailedError("npm is not installed")
    options = ["--ignore-scripts", "--loglevel=error", "--no-update-notifier", "--pack-destination", str(folder)]
    # A cache of its own: we see it grow, and no second copy of the weights stays in the user's.
    options += ["--cache", str(folder / "cache")]
    return [client, "pack", f"{package.name}@{package.version}", *options], {}, "*.tgz"


def _run_watched(
    command: Sequence[str], environment: Mapping[str, str], output: Path, stall: float, report: Report
) -> int:
    """Run a client in the folder of `output` until it ends, or until nothing has arrived for `stall` seconds."""
    folder = output.parent
    process = _start(command, environment, output)
    arrived, last_growth = 0, time.monotonic()
    try:
        while True:
            with suppress(subprocess.TimeoutExpired):
                return process.wait(_LOOK_EVERY)
            size = _bytes_in(folder)
            if size > arrived:
                arrived, last_growth = size, time.monotonic()
                report(arrived)
            elif time.monotonic() - last_growth > stall:
                raise SourceFailedError(f"nothing arrived for {stall:g} s; check the network")
    finally:
        # The client itself may be gone while a helper of it still writes.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _start(command: Sequence[str], environment: Mapping[str, str], output: Path) -> subprocess.Popen[bytes]:
    with output.open("wb") as log:
        try:
            return subprocess.Popen(  # noqa: S603 - a list, no shell; the manifest's reader restricts its words
                command,
                cwd=output.parent,  # empty: no project's configuration, no module of the caller's folder
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # clients start helpers; they end together
            )
        except OSError as error:
            raise SourceFailedError(f"{command[0]} cannot be started ({error.strerror})") from None


def _bytes_in(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # it was moved on since
                total += (Path(place) / name).stat().st_size
    return total


def _failure(output: str, exit_code: int) -> Exception:
    """What a client's output means, in few words."""
    if _DISK_FULL.search(output):
        return DiskFullError("the disk is full")
    if _NO_NETWORK.search(output):
        return SourceFailedError("its registry cannot be reached; check the network")
    if _NO_SUCH_VERSION.search(output):
        return SourceFailedError("the registry has no such version")
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "ERR" in line.upper()] or lines or ["no word of why"]
    words = _ADDRESS.sub("(address)", errors[0]).rstrip(".")
    return SourceFailedError(f"its client failed with exit code {exit_code} ({words:.160})")
