"""The dashboard in a real Chromium, on the simulated vehicle in real time."""

from __future__ import annotations

import pytest
from browser import ARGUMENTS, find_chromium
from playwright.sync_api import Page, expect, sync_playwright

from codriver.settings import load_settings
from codriver.web.access import Access
from codriver.web.server import WebServer
from hmi.session import open_session
from hmi.web.app import create_app, hub_of
from hmi.web.events import READERS

pytestmark = pytest.mark.browser

SIZES = {"phone": (390, 844), "rig": (800, 480), "desktop": (1440, 900)}
WINDOW = '.car [data-part="window"][data-at="Row1.DriverSide"]'
TOKEN = "the-token-of-the-browser-test"  # noqa: S105
RAIN = "Vehicle.Body.Raindetection.Intensity"
PATIENCE_MS = 20_000
"""How long a slow machine may take; nothing here measures time."""


class Served:
    """A session behind a server, and the means to stop both."""

    def __init__(self, access: Access) -> None:
        self.session = open_session(load_settings({}, environ={}, files=[]))
        self.app = create_app(self.session, access)
        self.server = WebServer(self.app, "127.0.0.1", 0, streams=READERS)
        self.server.start()
        self.address = f"http://127.0.0.1:{self.server.port}/"

    def close(self) -> None:
        hub_of(self.app).close()
        self.server.stop()
        self.session.close()


@pytest.fixture(scope="module")
def browser():
    path, reason = find_chromium()
    if not path:
        pytest.skip(f"no Chromium can be had here: {reason}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served():
    served = Served(Access())
    yield served
    served.close()


@pytest.fixture
def open_page(browser, served):
    """Opens the dashboard on a fresh vehicle; it may log no error and ask nothing of another server."""
    served.session.reset()
    pages, errors = [], []

    def open_at(size: str = "desktop", address: str = served.address) -> Page:
        width, height = SIZES[size]
        page = browser.new_page(viewport={"width": width, "height": height})
        pages.append(page)
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        page.on(
            "request", lambda request: request.url.startswith(address.rstrip("/")) or errors.append(request.url)
        )
        page.goto(address)
        expect(page.locator("#link")).to_have_text("live", timeout=PATIENCE_MS)
        return page

    yield open_at
    for page in pages:
        page.close()
    assert errors == []


def ask(page: Page, text: str) -> None:
    page.fill("#ask-text", text)
    page.press("#ask-text", "Enter")


def last_reply(page: Page):
    return page.locator(".reply").last


def expect_outcome(page: Page, outcome: str) -> None:
    expect(last_reply(page)).to_have_attribute("data-outcome", outcome, timeout=PATIENCE_MS)


def glass_left(page: Page) -> float:
    return page.locator(WINDOW).bounding_box()["x"]


def test_a_sentence_moves_the_window_in_the_drawing(open_page):
    page = open_page()
    closed = glass_left(page)
    ask(page, "open my window halfway")
    expect_outcome(page, "done")
    page.wait_for_function(
        "selector => document.querySelector(selector).style.getPropertyValue('--open') === '0.500'", arg=WINDOW
    )
    page.wait_for_function(
        "([selector, closed]) => document.querySelector(selector).getBoundingClientRect().x < closed - 3",
        arg=[WINDOW, closed],
    )
    expect(page.locator('[data-zone="Row1.DriverSide"] .notes')).to_contain_text("50 %")
    expect(last_reply(page).locator(".level")).to_have_text("grammar")
    expect(last_reply(page).locator(".facts")).to_contain_text("understand")
    expect(last_reply(page).locator(".facts")).to_contain_text("act")


def test_a_question_is_answered_with_a_button(open_page, served):
    page = open_page()
    served.session.stage({RAIN: 80})
    expect(page.locator("#status-rain")).to_have_text("80 %")
    ask(page, "open my window")
    expect_outcome(page, "needs_confirmation")
    expect(page.locator(WINDOW)).to_have_attribute("data-on", "no")
    page.get_by_role("button", name="Yes", exact=True).click()
    expect_outcome(page, "done")
    expect(page.locator(WINDOW)).to_have_attribute("data-on", "yes")
    expect(page.get_by_role("button", name="Yes", exact=True)).to_have_count(0)


def test_no_leaves_the_window_shut(open_page, served):
    page = open_page()
    served.session.stage({RAIN: 80})
    ask(page, "open my window")
    page.get_by_role("button", name="No", exact=True).click()
    expect_outcome(page, "nothing_to_do")
    expect(page.locator(WINDOW)).to_have_attribute("data-on", "no")


def test_an_option_is_chosen_with_a_button(open_page):
    page = open_page()
    ask(page, "turn on the light")
    expect_outcome(page, "needs_clarification")
    page.get_by_role("button", name="the dome light").click()
    expect_outcome(page, "done")
    expect(page.locator('.car [data-part="dome"]')).to_have_attribute("data-on", "yes")


def test_everything_can_be_done_with_the_keyboard(open_page, served):
    page = open_page()
    served.session.stage({RAIN: 80})
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#ask-text")).to_be_focused()
    page.keyboard.type("open my window")
    page.keyboard.press("Enter")
    expect_outcome(page, "needs_confirmation")
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.textContent") == "Yes":
            break
    page.keyboard.press("Enter")
    expect_outcome(page, "done")


@pytest.mark.parametrize("size", SIZES)
def test_car_and_ask_box_are_on_the_screen_without_scrolling(open_page, size):
    page = open_page(size)
    width, height = SIZES[size]
    ask(page, "how fast are we going?")
    expect_outcome(page, "answered")
    for selector in (".car", "#ask-text", ".send", ".reply .words", "#status-speed", ".tile >> nth=0"):
        box = page.locator(selector).last.bounding_box()
        assert box["width"] > 0
        assert box["height"] > 0
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
    assert page.locator(".car").bounding_box()["height"] >= 300
    extent = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert extent == [width, height]


@pytest.mark.parametrize("size", ["phone", "rig"])
def test_controls_are_big_enough_to_touch(open_page, size):
    page = open_page(size)
    page.click("#scene-toggle")
    for control in page.locator("button:visible, input:visible, select:visible").all():
        box = control.bounding_box()
        assert box["height"] >= 32, control.evaluate("element => element.outerHTML")


def test_the_scene_panel_moves_the_simulated_car(open_page, served):
    page = open_page("rig")
    page.click("#scene-toggle")
    slider = page.get_by_label("Speed", exact=True)
    slider.fill("80")
    expect(page.locator("#status-speed")).to_have_text("80 km/h")
    expect(page.locator("#status-gear")).to_have_text("D4")
    page.keyboard.press("Escape")
    expect(page.locator("#scene-toggle")).to_be_focused()
    ask(page, "open the trunk")
    expect_outcome(page, "refused")
    assert last_reply(page).locator(".rule").count() > 0


def test_a_fault_is_added_shown_and_ended(open_page, served):
    page = open_page()
    page.select_option("#fault-kind", "silent")
    page.select_option("#fault-target", "DOORS")
    page.get_by_role("button", name="Add fault").click()
    expect(page.locator("#faults li")).to_have_count(1)
    assert [fault.target for fault in served.session.simulation.faults()] == ["DOORS"]
    ask(page, "open my window")
    expect_outcome(page, "failed")
    expect(page.locator(WINDOW)).to_have_attribute("data-known", "no", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Clear all").click()
    expect(page.locator("#faults li")).to_have_count(0)
    expect(page.locator(WINDOW)).to_have_attribute("data-known", "yes", timeout=PATIENCE_MS)


def test_two_pages_show_what_is_said_on_the_other(open_page):
    first, second = open_page(), open_page("phone")
    ask(first, "turn on the dome light")
    expect_outcome(first, "done")
    expect_outcome(second, "done")
    expect(second.locator(".elsewhere")).to_have_count(1)
    expect(first.locator(".turn")).to_have_count(1)


def test_the_history_survives_a_reload(open_page):
    page = open_page()
    ask(page, "turn on the dome light")
    expect_outcome(page, "done")
    page.reload()
    expect(page.locator(".said")).to_have_text(["turn on the dome light"])
    expect_outcome(page, "done")


def test_the_page_says_so_when_the_server_is_gone(browser):
    served = Served(Access())
    page = browser.new_page()
    page.goto(served.address)
    expect(page.locator("#link")).to_have_text("live", timeout=PATIENCE_MS)
    served.close()
    expect(page.locator("body")).to_have_attribute("data-link", "lost", timeout=PATIENCE_MS)
    ask(page, "open my window")
    expect(last_reply(page)).to_contain_text("cannot be reached", timeout=PATIENCE_MS)
    page.close()


def test_the_token_in_the_address_logs_in_and_leaves_it(browser):
    served = Served(Access(TOKEN))
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{served.address}#token={TOKEN}")
    expect(page.locator("#link")).to_have_text("live", timeout=PATIENCE_MS)
    assert TOKEN not in page.url
    assert TOKEN not in page.evaluate("document.cookie")
    stranger = browser.new_context().new_page()
    stranger.goto(served.address)
    stranger.fill("#token", "wrong")
    stranger.press("#token", "Enter")
    expect(stranger.locator("#login-error")).to_contain_text("not the server's token")
    stranger.fill("#token", TOKEN)
    stranger.press("#token", "Enter")
    expect(stranger.locator("#link")).to_have_text("live", timeout=PATIENCE_MS)
    stranger.context.close()
    context.close()
    served.close()


def test_the_documentation_page_works_without_network(open_page, browser, served):
    asked, errors = [], []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.goto(f"{served.address}docs")
    expect(page.locator("#operations-conversation-conversation_ask_ask_post")).to_be_visible(timeout=PATIENCE_MS)
    assert all(url.startswith((served.address, "data:")) for url in asked)
    assert errors == []
    page.close()
