"""The ground floor: command line root, settings, errors and time. It knows nothing of cars or pixels."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("codriver")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"
