"""What the doctor says of a store whose file other users can open."""

from __future__ import annotations

import pytest
from another_user import as_nobody, needs_root, open_folder

from flows.settings import Settings
from flows.stores import open_store
from service.cli.doctor.checks import store

LOCK = """
import fcntl, os, sys
try:
    fcntl.lockf(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_SH | fcntl.LOCK_NB, 1, 120)
    print("locked")
except OSError:
    print("refused")
"""


@needs_root
@pytest.mark.parametrize(
    ("file_mode", "folder_mode", "state"),
    [
        (0o600, 0o755, "ok"),
        (0o644, 0o755, "warn"),
        (0o640, 0o755, "warn"),
        # nobody else comes as far as the file
        (0o644, 0o700, "ok"),
        (0o666, 0o700, "ok"),
    ],
)
async def test_a_store_that_others_can_lock_is_told_with_the_remedy(file_mode, folder_mode, state):
    with open_folder() as folder:
        url = f"sqlite:///{folder}/words.db"
        async with open_store(url, language="en"):
            pass
        file = folder / "words.db"
        file.chmod(file_mode)
        folder.chmod(folder_mode)
        check = (await store(Settings(home=folder / "home", store=url)))[0]
        assert check.state == state, check
        assert check.remedy == (f"chmod go= {file}*" if state == "warn" else "")
        # what it says is so; a group of its own, 0640, is not his
        expected = "locked" if state == "warn" and file_mode & 0o004 else "refused"
        assert as_nobody(LOCK, file).strip() == expected
