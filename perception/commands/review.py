"""`codriver review`: the page where a person settles a labelled dataset, until it is stopped."""

from __future__ import annotations

import click

from codriver.settings import load_settings
from codriver.stopping import stop_event
from codriver.web.settings import WEB_HOST, WEB_PORT, WEB_TOKEN


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("--host", metavar="ADDRESS", help=f"{WEB_HOST.help} [setting {WEB_HOST.key}]")
@click.option("--port", metavar="PORT", help=f"{WEB_PORT.help}; 0: any free one [setting {WEB_PORT.key}]")
@click.option("--token", metavar="TEXT", help=f"{WEB_TOKEN.help} [setting {WEB_TOKEN.key}]")
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
def review(folder: str, host: str | None, port: str | None, token: str | None, *, open_page: bool) -> None:
    """Review the dataset in DIR in the browser: name, merge, split and reject what was found.

    Every decision is kept in DIR/review/decisions.jsonl as it is made, and can be undone.

    \b
    Examples:
      codriver review labelled --open
      CODRIVER_WEB_TOKEN=… codriver review labelled --host 0.0.0.0
    """
    from codriver.web.server import address_of
    from perception.review.serving import serve

    settings = load_settings({WEB_HOST.key: host, WEB_PORT.key: port, WEB_TOKEN.key: token})
    stop = stop_event()

    def greet(actual: int) -> None:
        address = address_of(settings[WEB_HOST], actual, settings[WEB_TOKEN])
        click.echo(f"The review of {folder} is at {address}  (keys: ?, API: /docs, stop: Ctrl-C)")
        if open_page:
            click.launch(address)

    serve(folder, settings, greet, stop.wait)
