"""The facade on a real socket in a thread of this process, for tests."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager

import httpx

from flows.settings import Settings
from service.api.app import create_app
from service.settings import FacadeSettings
from service.stack.environment import adopted
from service.stack.web_server import bind, server_for

TOKEN = "a-token-of-sixteen-or-more"  # noqa: S105
NOWHERE = "http://127.0.0.1:9/api"
"""An address without a Prefect."""


class Served:
    """A facade that is up. `do` runs a coroutine in its event loop, `client` speaks to it."""

    def __init__(self, app, port, loop, **client):
        self.app = app
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.client = httpx.Client(base_url=self.url, timeout=20, **client)
        self._loop = loop

    @property
    def resources(self):
        return self.app.state.resources

    @property
    def store(self):
        return self.app.state.resources.store

    def do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    def __getattr__(self, name):
        return getattr(self.client, name)


@contextmanager
def serving(tmp_path, *, token=None, store="memory://", ui=None, **facade):
    settings = FacadeSettings(port=0, api_token=token, **facade)
    app = create_app(Settings(home=tmp_path / "facade", store=store), settings, ui=ui)
    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    server = server_for(app, settings)
    loops = []

    async def serve():
        loops.append(asyncio.get_running_loop())
        await server.serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        served = Served(app, port, loops[0], headers=headers)
        with served.client:
            yield served
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


@contextmanager
def without_prefect():
    with adopted({"PREFECT_API_URL": NOWHERE}):
        yield
