"""The commands of `learn` about the installation itself: doctor, env."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys

import typer

from service.cli.options import AsJson
from service.cli.output.console import DONE, FAILED, out, say


def doctor(as_json: AsJson = False) -> int:
    """Check the settings, the store, Prefect, the server and the providers, and say how to fix problems."""
    from service.cli.doctor import doctor as checks

    found = asyncio.run(checks.examine())
    if as_json:
        typer.echo(checks.as_json(found))
    else:
        out().print(checks.as_table(found))
    return FAILED if any(check.state == "fail" for check in found) else DONE


def env(as_json: AsJson = False) -> int:
    """Print the variables with which `prefect` and other programs use the Prefect server of `learn up`.

    For a shell: eval "$(learn env)". Prefect's pages ask for the password once; it is the value of
    PREFECT_API_AUTH_STRING, with `learn:` before it.
    """
    from flows.running_server import AUTH, URL, is_ours, live_port
    from flows.settings import read_settings
    from service.stack.environment import api_url, named_api, named_credentials, prepare_home
    from service.stack.password import make_auth_string

    settings = read_settings()
    named = named_api()
    given = {URL: named or api_url(live_port(settings.home) or settings.prefect_port)}
    if named and (own := named_credentials()):
        given[AUTH] = own
    elif not named or is_ours(settings.home, named):
        prepare_home(settings)
        given[AUTH] = make_auth_string(settings.home)
    if as_json:
        typer.echo(json.dumps(given, indent=2))
        return DONE
    for name, value in given.items():
        typer.echo(f"export {name}={shlex.quote(value)}")
    if not named and live_port(settings.home) is None:
        say("No Prefect server is running for this home folder; `learn up` starts one.")
    elif sys.stdout.isatty() and AUTH in given:
        say('For this shell: eval "$(learn env)".')
        say(f"Prefect's pages ask once for a password: paste the whole value of {AUTH}.")
    return DONE
