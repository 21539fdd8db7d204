"""The review page on 100,000 segments: how soon it is there, and how long a decision takes."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from benchmarks.measure import Measurement, milliseconds
from codriver.web.access import Access
from codriver.web.server import WebServer
from perception.dataset.clusters import Cluster
from perception.dataset.dataset import Dataset
from perception.dataset.decision_log import DecisionLog
from perception.dataset.result import write_result
from perception.dataset.run_file import RunFile, write_run
from perception.dataset.storage import Storage
from perception.frame import FrameInfo
from perception.masks import Mask
from perception.record import FrameRecord, Instance
from perception.review.app import create_app
from perception.review.serving import export

FRAMES, SEGMENTS = 4000, 25
WIDTH, HEIGHT = 1280, 720
BIG = 1
"""The cluster with 5,000 segments; the others have 95 each."""
OTHERS = 1000


def _masks() -> list[Mask]:
    masks = []
    for number in range(SEGMENTS):
        pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
        x, y = 20 + 48 * number, 200 + 12 * number
        pixels[y : y + 60 + number, x : x + 40 + 2 * number] = 1
        masks.append(Mask.from_array(pixels))
    return masks


def _picture(folder: Path) -> tuple[Path, str]:
    ramp = np.linspace(0, 255, WIDTH, dtype=np.uint8)
    pixels = np.stack([np.tile(ramp, (HEIGHT, 1))] * 3, axis=2)
    path = folder / "frame.jpg"
    Image.fromarray(pixels).save(path)
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def _records(folder: Path) -> Iterator[FrameRecord]:
    masks = _masks()
    path, digest = _picture(folder)
    total = 0
    for number in range(FRAMES):
        found = []
        for at, mask in enumerate(masks):
            cluster = BIG if total % 20 == 0 else 2 + total % OTHERS
            found.append(Instance(at + 1, mask, 0.5, "unknown", objectness=0.8, cluster_id=cluster))
            total += 1
        yield FrameRecord(FrameInfo(f"{number:05d}.jpg", str(path), WIDTH, HEIGHT, digest), tuple(found))


def make_dataset(folder: Path) -> Path:
    """100,000 segments in 4,000 frames, all of the same picture."""
    out = folder / "out"
    storage = Storage(str(out))
    clusters = [Cluster(number, 95, f"thing {number}", 0.5, "namer", number) for number in range(1, OTHERS + 2)]
    write_result(storage, "generated", _records(folder), {}, clusters)
    write_run(storage, RunFile(str(folder), state="finished", result="generated"))
    return out


def measure() -> list[Measurement]:
    """One run of each figure, on a generated dataset."""
    with tempfile.TemporaryDirectory() as folder:
        out = make_dataset(Path(folder))
        before = psutil.Process().memory_info().rss
        start = time.perf_counter()
        dataset = Dataset.open(str(out))
        log = DecisionLog(dataset.storage)
        app = create_app(dataset, log, lambda: export(dataset), Access(), who="benchmark")
        opened = time.perf_counter() - start
        figures = [Measurement("open 100,000 segments", opened, "s", "<= 5"), *_requests(app)]
        grown = (psutil.Process().memory_info().rss - before) / 2**20
        figures.append(Measurement("memory it takes", grown, "MiB", "<= 500"))
        server = WebServer(app, "127.0.0.1", 0)
        server.start()
        figures += _page(f"http://127.0.0.1:{server.port}/")
        server.stop()
        log.close()
    return figures


def _requests(app) -> list[Measurement]:  # noqa: ANN001
    client = app.test_client()
    page = "/api/v1/clusters?limit=24"
    first = milliseconds(lambda: client.get(page))
    again = milliseconds(lambda: client.get(page))
    samples = [one["thumb"] for group in client.get(page).json["clusters"] for one in group["samples"]]
    made = milliseconds(lambda: [client.get(one) for one in samples])
    kept = milliseconds(lambda: [client.get(one) for one in samples])
    body = {"kind": "rename", "clusters": [BIG], "label": "thing"}
    named = milliseconds(lambda: client.post("/api/v1/decisions", json=body))
    undone = milliseconds(lambda: client.post("/api/v1/undo", json={}))
    frame = milliseconds(lambda: client.get("/api/v1/frames/3999"))
    written = milliseconds(lambda: client.post("/api/v1/export", json={})) / 1000
    return [
        Measurement("gallery page of 24 clusters, the first", first, "ms", "<= 1000"),
        Measurement("gallery page of 24 clusters, later", again, "ms", "<= 300"),
        Measurement(f"its {len(samples)} thumbnails, made from 1280×720", made, "ms"),
        Measurement(f"its {len(samples)} thumbnails, kept", kept, "ms"),
        Measurement("rename of a cluster of 5,000 segments", named, "ms", "<= 1000"),
        Measurement("its undo", undone, "ms", "<= 1000"),
        Measurement("frame with 25 outlines", frame, "ms"),
        Measurement("export to COCO", written, "s"),
    ]


def _page(address: str) -> list[Measurement]:
    """Until the first cluster is on the screen; nothing without a Chromium."""
    import shutil

    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        return []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        taken = milliseconds(lambda: (page.goto(address), page.wait_for_selector(".card")))
        browser.close()
    return [Measurement("page load until the first cluster is seen", taken, "ms", "<= 2000")]
