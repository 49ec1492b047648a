"""A wall clock that jumps while programs run: `.ci/clock_ahead.c`, told by a file how far ahead to be."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

SHIM = Path(__file__).parents[2] / ".ci" / "clock_ahead.c"


class Clock:
    """The clock of all processes that are started in its environment."""

    def __init__(self, folder: Path) -> None:
        self._told = folder / "ahead"
        self._told.write_bytes(struct.pack("l", 0))
        self._shim = folder / "clock.so"
        compiler = shutil.which("gcc")
        self.can_jump = False
        if compiler is not None:
            command = [compiler, "-shared", "-fPIC", "-O2", f'-DAHEAD_FILE="{self._told}"', "-o", self._shim]
            made = subprocess.run([*command, SHIM, "-ldl", "-pthread"], capture_output=True, check=False)
            self.can_jump = made.returncode == 0

    @property
    def environment(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self._shim)} if self.can_jump else {}

    def jump(self, seconds: float) -> None:
        """Show so many seconds more, or fewer, than the real clock from now on."""
        with self._told.open("r+b") as told:
            told.write(struct.pack("l", round(seconds)))
