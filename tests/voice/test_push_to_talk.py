"""Push-to-talk in a real Chromium whose microphone plays recordings, with a real speech model behind the page."""

from __future__ import annotations

import base64

import pytest
from browser import ARGUMENTS, find_chromium
from playwright.sync_api import Page, expect, sync_playwright
from speech import EARS, VOICE, need, speech
from voice_kit import wav

from codriver.settings import load_settings
from codriver.web.access import Access
from codriver.web.server import WebServer
from hmi.session import open_session
from hmi.web.app import create_app, hub_of

pytestmark = [pytest.mark.browser, pytest.mark.network]

PATIENCE_MS = 60_000
WINDOWS = [
    f"Vehicle.Cabin.Door.{row}.{side}.Window.Position"
    for row in ("Row1", "Row2")
    for side in ("DriverSide", "PassengerSide")
]


@pytest.fixture(scope="module")
def served():
    need(VOICE, EARS)
    patch = pytest.MonkeyPatch()
    patch.setenv("CODRIVER_VOICE_MODEL", EARS)
    patch.setenv("CODRIVER_UNDERSTANDING_LLM", "false")
    session = open_session(load_settings({}, files=[]))
    app = create_app(session, Access())
    server = WebServer(app, "127.0.0.1", 0)
    server.start()
    # Loading the model may take long on a busy machine; what is tested is what comes after.
    body = {"wav": base64.b64encode(wav(speech("Stop!"))).decode()}
    assert app.test_client().post("/api/v1/voice/transcript", json=body).json == {"transcript": "Stop."}
    yield session, f"http://127.0.0.1:{server.port}/"
    hub_of(app).close()
    server.stop()
    session.close()
    patch.undo()


@pytest.fixture(scope="module")
def chromium():
    path, reason = find_chromium()
    if not path:
        pytest.skip(f"no Chromium can be had here: {reason}")
    with sync_playwright() as playwright:
        yield lambda *more: playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *more])


@pytest.fixture
def hear(served, chromium, tmp_path):
    """Opens the page in a browser whose microphone says a sentence once, as soon as it is opened."""
    session, address = served
    session.reset()
    opened, errors = [], []

    def open_page(sentence: str) -> Page:
        file = tmp_path / "microphone.wav"
        file.write_bytes(wav(speech(sentence)))
        browser = chromium(
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-audio-capture={file}%noloop",
        )
        opened.append(browser)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        page.goto(address)
        expect(page.locator("#link")).to_have_text("live", timeout=PATIENCE_MS)
        return page

    yield session, open_page
    for browser in opened:
        browser.close()
    assert errors == []


def hold(page: Page, seconds: float) -> None:
    button = page.locator("#mic")
    expect(button).to_be_visible(timeout=PATIENCE_MS)
    box = button.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(seconds * 1000)


def test_what_is_said_appears_while_it_is_said_and_then_moves_the_window(hear):
    session, open_page = hear
    page = open_page("Open my window halfway.")
    hold(page, 2.5)
    expect(page.locator(".hearing .said")).to_have_text("Open my window halfway.", timeout=PATIENCE_MS)
    page.mouse.up()
    expect(page.locator(".said").last).to_have_text("Open my window halfway.", timeout=PATIENCE_MS)
    expect(page.locator(".reply").last).to_have_attribute("data-outcome", "done", timeout=PATIENCE_MS)
    expect(page.locator('[data-zone="Row1.DriverSide"] .notes')).to_contain_text("50 %")
    assert session.vehicle.read(WINDOWS[0]) == 50
    expect(page.locator("#mic")).to_have_attribute("aria-pressed", "false")


def test_a_misheard_word_is_repaired_and_the_repair_is_shown(hear):
    session, open_page = hear
    session.stage(dict.fromkeys(WINDOWS, 30))
    page = open_page("Plus all the windows.")
    hold(page, 3)
    page.mouse.up()
    expect(page.locator(".said").last).to_have_text("Close all the windows.", timeout=PATIENCE_MS)
    expect(page.locator(".repair")).to_have_text("heard: Plus all the windows.")
    expect(page.locator(".reply").last).to_have_attribute("data-outcome", "done", timeout=PATIENCE_MS)
    assert [session.vehicle.read(path) for path in WINDOWS] == [0, 0, 0, 0]
