"""`codriver run`: the dashboard and the API on the vehicle, until it is stopped."""

from __future__ import annotations

from contextlib import closing

import click

from codriver.settings import Settings, load_settings
from codriver.stopping import stop_event
from codriver.web.settings import WEB_HOST, WEB_PORT, WEB_TOKEN
from hmi.settings import SPEAKER, VEHICLE

TO_TRY = ("open my window halfway", "turn on seat heating for everyone", "how fast are we going?")


@click.command()
@click.option("--host", metavar="ADDRESS", help=f"{WEB_HOST.help} [setting {WEB_HOST.key}]")
@click.option("--port", metavar="PORT", help=f"{WEB_PORT.help}; 0: any free one [setting {WEB_PORT.key}]")
@click.option("--token", metavar="TEXT", help=f"{WEB_TOKEN.help} [setting {WEB_TOKEN.key}]")
@click.option("--vehicle", type=click.Choice(VEHICLE.choices), help=f"{VEHICLE.help} [setting {VEHICLE.key}]")
@click.option("--open", "open_page", is_flag=True, help="Open the dashboard in the browser.")
def run(host: str | None, port: str | None, token: str | None, vehicle: str | None, open_page: bool) -> None:
    """Serve the dashboard and the API until Ctrl-C.

    \b
    Examples:
      codriver run
      codriver run --port 0 --open
      CODRIVER_WEB_TOKEN=… codriver run --host 0.0.0.0
    """
    flags = {WEB_HOST.key: host, WEB_PORT.key: port, WEB_TOKEN.key: token, VEHICLE.key: vehicle}
    serve(load_settings(flags), open_page=open_page)


def serve(settings: Settings, *, open_page: bool = False) -> None:
    """Serve until SIGINT or SIGTERM, then end streams and movements under way, and stop.

    Raises `InputError` and `ResourceError` for settings that cannot be served.
    """
    # Flask and the vehicle take a moment to import; `codriver --help` must not pay for it.
    from codriver.web.access import Access
    from codriver.web.server import WebServer, address_of
    from hmi.session import open_session
    from hmi.web.app import create_app, hub_of
    from hmi.web.events import READERS

    access = Access(settings[WEB_TOKEN], settings[WEB_HOST])
    stop = stop_event()
    with closing(open_session(settings)) as session:
        session.warm_up()
        app = create_app(session, access, speaker=settings[SPEAKER])
        with closing(hub_of(app)) as hub:
            server = WebServer(app, settings[WEB_HOST], settings[WEB_PORT], streams=READERS)
            server.start()
            _greet(address_of(settings[WEB_HOST], server.port, access.token), open_page=open_page)
            stop.wait()
            server.close()
            hub.close()
            # A window on its way would hold its request for seconds; without a vehicle the request ends at once.
            session.close()
            server.stop()


def _greet(address: str, *, open_page: bool) -> None:
    click.echo(f"codriver is at {address}  (API: /docs, stop: Ctrl-C)")
    click.echo("Try saying:")
    for sentence in TO_TRY:
        click.echo(f"  {sentence}")
    if open_page:
        click.launch(address)
