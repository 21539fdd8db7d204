"""Serves the review of one folder until it is stopped."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from contextlib import closing

from codriver.settings import Settings
from codriver.web.access import Access
from codriver.web.server import WebServer
from codriver.web.settings import WEB_HOST, WEB_PORT, WEB_TOKEN
from perception.dataset.dataset import Dataset
from perception.dataset.decision_log import DecisionLog
from perception.dataset.settled import settled_records
from perception.formats.coco import write_coco
from perception.review.app import create_app

ANNOTATIONS = "annotations.json"


def serve(folder: str, settings: Settings, ready: Callable[[int], None], wait: Callable[[], object]) -> None:
    """Serve until `wait` returns; `ready` is told the port.

    Raises `NotFoundError`, `InputError`, `FileFormatError` or `ResourceError` for what cannot be served.
    """
    access = Access(settings[WEB_TOKEN], settings[WEB_HOST])
    dataset = Dataset.open(folder)
    with closing(DecisionLog(dataset.storage)) as log:
        app = create_app(dataset, log, lambda: export(dataset), access, who=_user())
        server = WebServer(app, settings[WEB_HOST], settings[WEB_PORT])
        server.start()
        ready(server.port)
        wait()
        server.stop()


def export(dataset: Dataset) -> tuple[str, int]:
    """Write `annotations.json` with all decisions; gives its path and the number of annotations."""
    with dataset.storage.writing(ANNOTATIONS) as file:
        count = write_coco(settled_records(dataset), file)
    return dataset.storage.path(ANNOTATIONS), count


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        return ""
