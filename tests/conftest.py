"""What all tests share: an environment of their own, and one real Prefect server for the whole session."""

from __future__ import annotations

import ast
import asyncio
import functools
import gc
import os
import re
import shutil
import socket
import ssl
import sys
import tempfile
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import guardian
from prefect_database import prepare

guardian.begin()
if "FIRESTORE_EMULATOR_HOST" in os.environ:  # for tests/flows/stores/emulator.py alone
    os.environ["TEST_FIRESTORE_EMULATOR_HOST"] = os.environ["FIRESTORE_EMULATOR_HOST"]
for name in [
    n
    for n in os.environ
    if n.startswith(("LEARN_", "PREFECT_", "GROQ_", "GOOGLE_", "FIRESTORE_", "WIKIMEDIA_"))
]:
    del os.environ[name]

HOME = Path(tempfile.mkdtemp(prefix="learning-tests-"))
(HOME / "default" / "prefect").mkdir(parents=True)
# before anything imports Prefect, which reads its home then
os.environ |= {
    "LEARN_HOME": str(HOME / "default"),
    "PREFECT_HOME": str(HOME / "default" / "prefect"),
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
}

# each client of httpx reads every certificate authority, for 20 ms, and no code of ours changes the context
ssl.create_default_context = functools.cache(ssl.create_default_context)

SLOW_FOLDERS = {"acceptance", "benchmarks", "browser", "faults", "notebooks", "runs", "world"}
SLOW_FIXTURES = {"chromium", "emulator_host", "prefect_api", "processes", "serve"}
"""A Prefect server, a browser, the emulator, processes, a server of ours."""
SLOW_MARKERS = {"acceptance", "browser", "prefect", "smoke"}
SLOW_TESTS = (
    "flows/job/test_batch_workers.py::test_where_work_is_fast_",
    "flows/job/attempt/test_others.py",
    "flows/lexicon/test_compose.py::test_definition_of_every_headword_",
    "flows/lexicon/test_entries.py",
    "flows/models/chat/test_groq.py::test_requests_wait_for_the_minutes_tokens_",
    "flows/models/chat/test_groq_faults.py",
    "flows/models/chat/test_reading.py::test_damaged_answers_",
    "flows/sources/wikimedia/test_action_api_faults.py",
    "flows/stages/test_the_door.py",
    "flows/lexicon/test_reader.py::test_memory_stays_small_however_much_is_read",
    "flows/models/test_lexicon_model.py::test_every_presentable_lemma_",
    "flows/stages/test_planner.py::test_ten_rounds_bring_twice_as_many_new_words_as_a_naive_prompt",
    "flows/stores/sqlite/test_claim_races.py",
    "flows/stores/test_factory.py::test_no_driver_is_imported_before_it_is_needed",
    "flows/stores/sqlite/test_locked.py",
    "flows/stores/mending/test_mending.py::test_no_doubles_are_left_and_nothing_else_is_changed",
    "flows/stores/test_model.py::test_sqlite_does_what_memory_does",
    "flows/test_running_server.py",
    "service/api/test_secrets.py::test_process_tells_no_secret_even_when_it_fails",
    "service/api/middleware/test_access.py::test_session_ends_and_does_not_outlive_the_token",
    "service/cli/doctor/test_server.py",
    "service/cli/doctor/test_store_check.py",
    "service/cli/output/test_plain_and_live.py::test_live_display_",
    "service/cli/test_app.py::test_a_shell_can_complete_commands",
    "service/cli/test_app.py::test_a_reader_that_goes_away_is_no_error",
    "service/cli/test_app.py::test_help_costs_little_more_than_the_library_that_prints_it",
    "service/cli/test_app.py::test_help_imports_nothing_heavy",
    "service/cli/test_app.py::test_windows_is_told_in_one_line_what_to_do",
    "service/cli/test_jobs_without_server.py",
    "service/cli/test_unwritable_store.py",
    "service/cli/test_jobs.py::test_without_a_facade_one_line_says_so",
    "service/cli/upkeep/test_mend.py::test_a_killed_run_is_taken_up",
    "service/cli/upkeep/test_copy.py",
    "test_journeys.py::test_an_event_reaches_a_browser",
    "service/cli/test_read.py::test_a_store_that_cannot_be_opened_is_one_line",
    "service/cli/output/test_streams.py",
    "service/client/test_connection.py",
    "service/client/test_client.py::test_it_loads_neither_prefect_nor_the_facade",
    "service/orchestration/test_client.py",
    "service/orchestration/test_liveness.py::test_a_killed_process_",
    "service/orchestration/test_patches.py",
    "service/orchestration/test_retention.py",
    "service/orchestration/projection/test_stuck.py::test_a_stopped_process_",
    "service/stack/test_open_server.py",
    "service/stack/test_housekeeping.py",
    "service/stack/test_environment.py::test_prefect_makes_no_folder_in_the_users_home",
    "service/stack/test_prefect_server.py::test_a_starting_server_disowns_what_the_last_one_wrote",
    "service/stack/test_restarts.py",
    "service/stack/prefect/test_sign_in.py::test_another_user_",
    "service/stack/test_supervisor.py",
    "service/stack/test_web_server.py",
    "service/stack/worker/test_warm_pool.py",
    "installation/test_build.py",
    "installation/test_extras.py",
    "test_guardian.py",
    "test_hygiene.py::test_a_clock_that_is_ahead_",
    "test_hygiene.py::test_repository_carries_no_pictures",
    "test_imports.py",
    "installation/test_make_install.py::test_packages_",
    "installation/test_ui_build.py",
)
"""Where the names of tests begin that start processes by themselves, wait by the real clock, or work for many
seconds.
"""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "quick: needs nothing but this process; chosen by tests/conftest.py")
    # or pytest-asyncio makes a loop that nobody closes, and some later test is blamed for it
    asyncio.set_event_loop(None)
    gc.disable()  # what collection makes stays alive; scanning it takes a quarter of the time


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    gc.freeze()  # or each full collection looks at all modules and tests again
    if _is_quick_alone(session.config):
        gc.set_threshold(20_000)  # by default it would run about a hundred times in each test of a job
    gc.enable()


def _is_quick_alone(config: pytest.Config) -> bool:
    return bool(config.option.markexpr == "quick")


def is_quick(item: pytest.Item) -> bool:
    """Whether a test is one of `make quick`."""
    kind = getattr(item, "callspec", None)
    return not (
        _is_slow(item.path, f"::{item.name}")
        or SLOW_FIXTURES & set(getattr(item, "fixturenames", ()))
        or SLOW_MARKERS & {marker.name for marker in item.iter_markers()}
        or (kind is not None and "firestore" in kind.params.values())
    )


def _is_slow(path: Path, name: str = "") -> bool:
    """Whether a folder, a file, or a test in it is slow by its place and name."""
    place = path.relative_to(Path(__file__).parent)
    return bool(SLOW_FOLDERS & set(place.parts)) or f"{place}{name}".startswith(SLOW_TESTS)


_MARKED_SLOW = re.compile(rf"^pytestmark = .*\.({'|'.join(SLOW_MARKERS)})\b", re.MULTILINE)


@functools.cache
def _has_no_quick_test(path: Path) -> bool:
    """Whether no test in a folder or a file is quick, as far as it can be told without importing it."""
    return _is_slow(path) or (
        path.suffix == ".py" and _MARKED_SLOW.search(path.read_text("utf-8")) is not None
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip files of which `make quick` runs no test, so that its processes need not import them."""
    return True if _is_quick_alone(config) and _has_no_quick_test(collection_path) else None


_quick: str | None = None
"""The quick test that runs just now."""


def _no_processes(event: str, _arguments: object) -> None:
    if _quick is not None and event in {"subprocess.Popen", "os.posix_spawn"}:
        raise AssertionError(f"{_quick} starts a process: name it in SLOW_TESTS of tests/conftest.py")


sys.addaudithook(_no_processes)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item):
    global _quick  # noqa: PLW0603  an audit hook is told nothing of tests
    _quick = item.nodeid if item.get_closest_marker("quick") else None
    try:
        return (yield)
    finally:
        _quick = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    report = yield
    # where everything is installed that a test can need, one that is skipped has found a gap
    if os.environ.get("TEST_COMPLETE") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"Skipped with TEST_COMPLETE: {report.longrepr}"
    return report


LONG = (
    "service/stack/",
    "acceptance/",
    "faults/",
    "service/api/test_contract",
    "flows/stores/test_model",
    "notebooks/",
)
"""Files that take a minute or more: begun first, so that no process is left alone with one at the end."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not any(name in item.nodeid for name in LONG))
    for item in items:
        if is_quick(item):
            if _has_no_quick_test(item.path):
                raise pytest.UsageError(
                    f"{item.nodeid} is quick, but `make quick` skips its file: see tests/conftest.py"
                )
            item.add_marker("quick")


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


def a_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def our_code():
    """The syntax tree of each module of flows/ and service/ by its path, parsed once; nobody changes one."""
    root = Path(__file__).parents[1]
    return {
        file.relative_to(root).as_posix(): ast.parse(file.read_text(encoding="utf-8"))
        for top in ("flows", "service")
        for file in sorted((root / top).rglob("*.py"))
    }


@pytest.fixture
def free_port():
    return a_free_port()


@pytest.fixture
def prefect_auth(prefect_api):
    """The user and password of that server, as httpx takes them."""
    return tuple(os.environ["PREFECT_API_AUTH_STRING"].split(":", 1))


@pytest.fixture(scope="session")
def prefect_api():
    """Address of a real Prefect server, in force for this process; one for the whole session."""
    from prefect.logging.handlers import APILogHandler

    from flows.settings import Settings
    from service.stack.environment import adopted, client_environment
    from service.stack.prefect_server import ensure_server, stop_if_unused, take_lease

    settings = Settings(home=HOME / "session", prefect_port=a_free_port())
    prepare(settings.home)
    lease = asyncio.run(take_lease(settings))
    try:
        url = asyncio.run(ensure_server(settings, say=print))
        with adopted(client_environment(settings, url) | {"PREFECT_HOME": str(settings.home / "prefect")}):
            yield url
    finally:
        # what is not sent yet would be complained about after the last line
        APILogHandler().flush()
        lease.close()
        deadline = time.monotonic() + 20
        # a process of the last test may still be giving up its lease
        while not asyncio.run(stop_if_unused(settings, within_s=20)) and time.monotonic() < deadline:
            time.sleep(0.2)
