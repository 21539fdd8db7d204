"""The review page in a real Chromium, from the command line to the COCO file."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright
from review_kit import make_dataset

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from browser import ARGUMENTS, find_chromium

pytestmark = pytest.mark.browser
PATIENCE_MS = 20_000


@pytest.fixture(scope="module")
def browser():
    path, reason = find_chromium()
    if not path:
        pytest.skip(f"no Chromium can be had here: {reason}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def folder(tmp_path):
    return make_dataset(tmp_path / "labelled", 6)


@pytest.fixture
def address(folder):
    """The command itself, on a free port, stopped with SIGTERM."""
    command = [sys.executable, "-m", "codriver", "review", str(folder), "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    yield re.search(r"http://\S+/", process.stdout.readline())[0]
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


@pytest.fixture
def page(browser, address):
    """The page; it may log no error and ask nothing of another server."""
    errors = []
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.on("request", lambda request: request.url.startswith(address) or errors.append(request.url))
    page.goto(address)
    expect(page.locator(".card")).to_have_count(4)
    yield page
    page.close()
    assert errors == []


def card(page, cluster: int):
    return page.locator(f'.card[data-cluster="{cluster}"]')


def settled(page, count: int) -> None:
    expect(page.locator("#progress-text")).to_have_text(f"{count} of 24 segments settled")


def type_name(page, name: str) -> None:
    page.fill("#name-input", name)
    page.press("#name-input", "Enter")


def export(page, folder) -> dict:
    """Category names of the annotations by image, from the file that the page wrote."""
    page.click("#export")
    expect(page.locator("#toast")).to_contain_text("annotations.json")
    return json.loads((folder / "annotations.json").read_text())


def names_in(document: dict) -> list[str]:
    names = {one["id"]: one["name"] for one in document["categories"]}
    return sorted(names[one["category_id"]] for one in document["annotations"])


def test_what_is_decided_with_keys_is_in_the_coco_file(page, folder):
    card(page, 1).focus()
    page.keyboard.press("r")
    type_name(page, "traffic cone")
    settled(page, 6)
    expect(card(page, 1)).to_have_count(0)
    assert names_in(export(page, folder)).count("traffic cone") == 6

    page.keyboard.press("u")
    settled(page, 0)
    expect(card(page, 1)).to_contain_text("cone")
    assert "traffic cone" not in names_in(export(page, folder))

    card(page, 1).focus()
    page.keyboard.press("a")
    settled(page, 6)
    card(page, 3).focus()
    page.keyboard.press("d")
    settled(page, 12)
    document = export(page, folder)
    assert len(document["annotations"]) == 18
    assert names_in(document).count("cone") == 6


def test_clusters_are_merged_and_split_with_the_mouse(page, folder):
    for cluster in (2, 3):
        card(page, cluster).get_by_role("checkbox").check()
    page.get_by_role("button", name="Merge 2 clusters").click()
    expect(page.locator(".card")).to_have_count(3)
    expect(page.locator("#toast")).to_contain_text("Merged 12 segments")
    merged = page.locator(".card", has_text="12 segments")
    merged.get_by_role("button", name="Rename").click()
    type_name(page, "sign")
    settled(page, 12)

    page.click('[data-filter="settled"]')
    merged.dblclick()
    expect(page.locator(".tile")).to_have_count(12)
    page.locator(".tile").nth(0).click()
    page.locator(".tile").nth(2).click(modifiers=["Shift"])
    page.get_by_role("button", name="Split off").click()
    expect(page.locator(".tile")).to_have_count(9)
    settled(page, 9)
    document = export(page, folder)
    assert names_in(document).count("sign") == 9
    clusters = {one["attributes"]["cluster_id"] for one in document["annotations"]}
    assert len(clusters) == 4  # cone, sign, what was split off, and the cars that have none

    page.keyboard.press("u")
    expect(page.locator(".tile")).to_have_count(12)
    settled(page, 12)


def test_a_frame_shows_whole_shapes_and_lets_one_be_chosen(page, folder):
    page.click("#tab-frames")
    expect(page.locator(".outline")).to_have_count(4)
    expect(page.locator(".outline.whole")).to_have_count(0)
    expect(page.locator(".panel h3")).to_have_text(["Nearest layer", "Layer 2"])
    page.keyboard.press("v")
    expect(page.locator(".outline.whole")).to_have_count(1)
    first = page.locator(".outline.whole").get_attribute("d")

    page.locator(".entry", has_text="car").click()
    expect(page.locator(".entry", has_text="car")).to_contain_text("behind cone")
    page.keyboard.press("2")
    expect(page.locator('[data-choice="1"]')).to_have_attribute("aria-pressed", "true")
    assert page.locator(".outline.whole").get_attribute("d") != first
    document = export(page, folder)
    (chosen,) = [one for one in document["annotations"] if one["attributes"].get("amodal_method") == "prior"]
    assert chosen["amodal_bbox"] == [20, 34, 24, 22]

    page.keyboard.press("n")
    expect(page.locator(".outline.whole")).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator(".outline.whole")).to_have_count(1)
    page.keyboard.press("d")
    settled(page, 1)
    expect(page.locator('.outline[data-kind="rejected"]').first).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#frame-name")).to_have_text("001.png")


def test_zoom_and_layers(page):
    page.click("#tab-frames")
    expect(page.locator(".outline")).to_have_count(4)
    page.keyboard.press("+")
    view = [float(one) for one in page.locator(".stage svg").get_attribute("viewBox").split()]
    assert view[2] == pytest.approx(96 / 1.3)
    page.keyboard.press("0")
    expect(page.locator(".stage svg")).to_have_attribute("viewBox", "0 0 96 64")
    page.get_by_label("from layer").fill("1")
    expect(page.locator(".outline")).to_have_count(1)
    page.get_by_label("from layer").fill("0")
    page.locator(".filter", has_text="unknown").get_by_role("checkbox").uncheck()
    expect(page.locator(".outline")).to_have_count(1)


def test_clusters_without_a_name_are_accepted_together_under_one(page, folder):
    card(page, 1).focus()
    page.keyboard.press("x")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+X")
    expect(page.locator('.card[aria-selected="true"]')).to_have_count(3)
    page.keyboard.press("a")
    expect(page.locator("#name-about")).to_contain_text("All ")
    type_name(page, "sign")
    expect(page.locator("#toast")).to_contain_text("“sign”")
    names = names_in(export(page, folder))
    assert names.count("sign") == 12
    assert names.count("cone") == 6
    settled(page, 18)


def test_segments_in_the_list_of_a_frame_are_told_apart_and_stay_where_they_are(page):
    page.click("#tab-frames")
    expect(page.locator(".entry", has_text="unknown thing 2")).to_have_count(1)
    expect(page.locator(".entry img")).to_have_count(4)
    entry = page.locator(".entry", has_text="car")
    before = entry.bounding_box()
    entry.click()
    expect(page.locator(".proposals")).to_be_visible()
    assert entry.bounding_box() == before
    entry.hover()
    expect(page.locator(".outline[data-pointed]")).to_have_count(1)
    for name in ("unknown", "known"):
        page.locator(".filter").get_by_label(name, exact=True).uncheck()
    expect(page.locator(".panel")).to_contain_text("filtered out")


def frame_view(page) -> list[float]:
    return [float(one) for one in page.locator(".stage svg").get_attribute("viewBox").split()]


def test_two_fingers_zoom_and_what_is_chosen_comes_into_sight(page):
    page.click("#tab-frames")
    expect(page.locator(".outline")).to_have_count(4)
    pinch = """svg => {
        const box = svg.getBoundingClientRect();
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        const finger = (type, id, dx) => svg.dispatchEvent(new PointerEvent(type,
            {pointerId: id, pointerType: "touch", buttons: 1, clientX: x + dx, clientY: y, bubbles: true}));
        finger("pointerdown", 1, -50);
        finger("pointerdown", 2, 50);
        finger("pointermove", 1, -200);
        finger("pointermove", 2, 200);
        finger("pointerup", 1, -200);
        finger("pointerup", 2, 200);
    }"""
    page.locator(".stage svg").evaluate(pinch)
    x, y, width, height = frame_view(page)
    assert width == pytest.approx(96 / 4)
    assert x + width / 2 == pytest.approx(48)
    assert y + height / 2 == pytest.approx(32)

    page.locator(".entry", has_text="unknown thing 3").click()  # at 78..88, 30..50
    x, y, width, height = frame_view(page)
    assert x < 83 < x + width
    assert y < 40 < y + height
    page.keyboard.press("+")
    x, _, width, _ = frame_view(page)
    assert x < 83 < x + width


def test_keys_are_listed_and_a_refusal_is_told(page):
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("m")
    expect(page.locator("#toast")).to_contain_text("Choose two clusters")


@pytest.mark.parametrize("size", [(1024, 600), (390, 844)])
def test_it_fits_small_screens(page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for tab in ("#tab-frames", "#tab-clusters"):
        page.click(tab)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    expect(page.locator(".card").first).to_be_visible()


def test_a_folder_without_a_dataset_is_one_sentence(tmp_path):
    command = [sys.executable, "-m", "codriver", "review", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith(f"codriver: There is no dataset in {tmp_path}")
    assert not list(tmp_path.iterdir())
