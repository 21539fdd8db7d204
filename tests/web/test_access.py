"""Who gets in: host names, origins, tokens, cookies, and the headers of every response."""

from __future__ import annotations

import pytest
from web_fakes import WINDOW, MemorySession

from codriver.errors import InputError
from codriver.web.access import COOKIE, Access, is_loopback
from hmi.web.app import create_app, hub_of

TOKEN = "a-long-enough-token"  # noqa: S105
EVERYWHERE = "0.0.0.0"  # noqa: S104
READ = "/api/v1/status"
ASK = "/api/v1/ask"


@pytest.fixture
def guarded(session):
    app = create_app(session, Access(TOKEN, EVERYWHERE))
    yield app.test_client()
    hub_of(app).close()


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.0.0.9", True),
        ("localhost", True),
        ("::1", True),
        ("[::1]", True),
        (EVERYWHERE, False),
        ("::", False),
        ("192.168.1.4", False),
        ("example.com", False),
    ],
)
def test_is_loopback(host, loopback):
    assert is_loopback(host) is loopback


def test_beyond_loopback_a_token_is_needed_and_the_message_gives_one():
    with pytest.raises(InputError, match=r"web\.token is needed; for example: CODRIVER_WEB_TOKEN=\S{20,}"):
        Access("", EVERYWHERE)
    assert Access(TOKEN, EVERYWHERE).host == EVERYWHERE


@pytest.mark.parametrize("token", ["two words", "tabbed\ttoken", "gehëim", "line\nbreak"])
def test_a_token_that_no_header_can_carry_is_refused(token):
    with pytest.raises(InputError, match="printable ASCII"):
        Access(token)


def test_an_empty_host_is_refused():
    with pytest.raises(InputError, match=r"web\.host is empty"):
        Access(TOKEN, " ")


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:1"])
def test_loopback_names_are_served(client, host):
    assert client.get(READ, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "localhost.evil.example", "[::1", "10.0.0.1"]
)
def test_foreign_host_names_are_not_served_on_loopback(client, host):
    answer = client.get(READ, headers={"Host": host})
    assert answer.status_code == 403
    assert answer.content_type == "application/problem+json"
    assert client.get("/", headers={"Host": host}).status_code == 403
    assert client.get("/static/main.js", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://[::1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_changes_that_another_site_asks_for_are_refused(client, session, headers):
    before = session.vehicle.state()
    for call in (
        lambda: client.post(ASK, json={"text": "open my window"}, headers=headers),
        lambda: client.put(f"/api/v1/signals/{WINDOW}", json={"value": 50}, headers=headers),
        lambda: client.post("/api/v1/simulation/reset", json={}, headers=headers),
        lambda: client.delete("/api/v1/conversations/x", headers=headers),
    ):
        assert call().status_code == 403
    assert session.vehicle.state() == before


def test_our_own_page_may_ask(client):
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert client.post(ASK, json={"text": "hello"}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_body_that_a_foreign_form_could_send_is_refused(client, content_type):
    answer = client.post(ASK, data='{"text": "open my window"}', content_type=content_type)
    assert answer.status_code == 415
    assert "application/json" in answer.json["detail"]


def test_no_cross_origin_permission_is_given(client):
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answer = client.options(ASK, headers=headers)
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/api/v1/openapi.json", READ, "/api/v1/events", "/api/v1/nowhere", "/docs/swagger/js/x"]
)
def test_without_the_token_nothing_is_told(guarded, path):
    answer = guarded.get(path)
    assert answer.status_code == 401
    assert b"Vehicle." not in answer.data


def test_a_change_without_the_token_is_refused_before_its_body_is_looked_at(guarded, session):
    before = session.vehicle.state()
    answer = guarded.put(f"/api/v1/signals/{WINDOW}", json={"value": 50})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert session.vehicle.state() == before


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"bearer {TOKEN}"])
def test_the_token_as_bearer_opens(guarded, header):
    assert guarded.get(READ, headers={"Authorization": header}).status_code == 200


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer é", f"Bearer {TOKEN}x"]
)
def test_anything_else_does_not_open(guarded, header):
    assert guarded.get(READ, headers={"Authorization": header}).status_code == 401


def test_the_token_in_the_address_does_not_open(guarded):
    assert guarded.get(f"{READ}?token={TOKEN}").status_code == 401


def test_the_page_trades_the_token_for_a_cookie_that_opens_and_does_not_tell_it(guarded):
    answer = guarded.post("/api/v1/login", json={"token": TOKEN})
    assert answer.status_code == 204
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert TOKEN not in cookie
    assert guarded.get(READ).status_code == 200
    assert b"ask-text" in guarded.get("/").data


def test_a_wrong_token_gives_no_cookie(guarded):
    answer = guarded.post("/api/v1/login", json={"token": "wrong"})
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert guarded.get(READ).status_code == 401


def test_a_cookie_of_another_token_does_not_open(guarded):
    guarded.set_cookie(COOKIE, Access("another-token").cookie)
    assert guarded.get(READ).status_code == 401


def test_the_login_page_and_what_it_loads_need_no_token(guarded):
    page = guarded.get("/")
    assert b'id="token"' in page.data
    assert guarded.get("/shared/login.js").status_code == 200
    assert guarded.get("/favicon.ico").status_code == 200


def test_a_token_counts_on_loopback_too():
    app = create_app(MemorySession(), Access(TOKEN))
    assert app.test_client().get(READ).status_code == 401
    hub_of(app).close()


@pytest.mark.parametrize("path", ["/", READ, "/static/main.js", "/api/v1/nowhere", "/docs"])
def test_every_response_carries_the_security_headers(client, path):
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_only_the_documentation_page_may_use_inline_styles_and_none_inline_scripts(client):
    assert "unsafe-inline" not in client.get("/").headers["Content-Security-Policy"]
    docs = dict(part.split(" ", 1) for part in client.get("/docs").headers["Content-Security-Policy"].split("; "))
    assert [name for name, value in docs.items() if "unsafe-inline" in value] == ["style-src"]
