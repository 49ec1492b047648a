"""An event loop on whose clock nothing takes time but waiting, and all waiting is over at once."""

import asyncio
import selectors

PATIENCE_S = 5.0


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its time stands still while anything can run; when nothing can, it jumps to the next timer."""

    def __init__(self):
        self.now_s = 0.0
        super().__init__(JumpingSelector(self))

    def time(self):
        return self.now_s


class JumpingSelector(selectors.DefaultSelector):
    """Signals, sockets and threads are heard before the clock moves."""

    def __init__(self, loop):
        super().__init__()
        self._loop = loop

    def select(self, timeout=None):
        if found := super().select(0):
            return found
        if timeout is None:
            found = super().select(PATIENCE_S)
            assert found, "all tasks wait, and nothing is left that could wake one"
            return found
        self._loop.now_s += timeout
        return []


def now_s():
    """What the clock of the test says."""
    return asyncio.get_running_loop().time()


async def at(moment_s, act):
    """Wait for a moment, then call."""
    await asyncio.sleep(moment_s - now_s())
    result = act()
    return await result if asyncio.iscoroutine(result) else result
