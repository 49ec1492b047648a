"""Keys and tokens are in the processes that use them and in no other."""

from __future__ import annotations

import pytest

from flows.settings import Settings
from service.stack.variables import of_facade, of_prefect_server, of_worker

ENVIRON = {
    "PATH": "/bin",
    "HOME": "/home/a",
    "LC_ALL": "C",
    "LEARN_HOME": "/x",
    "LEARN_LIFELINE": "/x/prefect/stack-1",
    "LEARN_API_TOKEN": "a token of sixteen or more",
    "PREFECT_API_URL": "http://127.0.0.1:4200/api",
    "PREFECT_API_AUTH_STRING": "learn:password",
    "PREFECT_LOGGING_LEVEL": "INFO",
    "GROQ_API_KEY": "gsk",
    "GOOGLE_APPLICATION_CREDENTIALS": "/key.json",
    "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1",
    "AWS_SECRET_ACCESS_KEY": "aws",
    "DATABASE_URL": "postgres://u:p@h/d",
    "SSH_AUTH_SOCK": "/ssh",
    "https_proxy": "http://u:p@proxy",
}
SECRETS = {
    "LEARN_API_TOKEN",
    "PREFECT_API_AUTH_STRING",
    "GROQ_API_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "AWS_SECRET_ACCESS_KEY",
    "DATABASE_URL",
    "SSH_AUTH_SOCK",
    "https_proxy",
}
SQLITE, FIRESTORE = "sqlite:////x/knowledge.db", "firestore://project/database"


def facade(store=SQLITE, **given):
    return of_facade(ENVIRON, Settings(store=store, **given))


@pytest.mark.parametrize(
    ("given", "held"),
    [
        (of_prefect_server(ENVIRON), set()),
        (facade(), {"LEARN_API_TOKEN", "PREFECT_API_AUTH_STRING", "https_proxy"}),
        (
            facade(FIRESTORE),
            {
                "LEARN_API_TOKEN",
                "PREFECT_API_AUTH_STRING",
                "https_proxy",
                "GOOGLE_APPLICATION_CREDENTIALS",
            },
        ),
        (of_worker(ENVIRON), SECRETS - {"LEARN_API_TOKEN"}),
    ],
    ids=["prefect", "facade", "facade of firestore", "worker"],
)
def test_each_process_holds_only_the_secrets_that_it_uses(given, held):
    assert set(given) & SECRETS == held
    assert {"PATH", "HOME", "LC_ALL", "LEARN_HOME"} <= set(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"groq_api_key": "gsk"}, "groq"),
        ({"groq_api_key": None}, "lexicon"),
        ({"groq_api_key": "gsk", "model": "lexicon"}, "lexicon"),
        ({"groq_api_key": None, "model": "groq"}, "groq"),
    ],
)
def test_the_facade_knows_without_the_key_what_writes(given, expected):
    assert facade(**given)["LEARN_MODEL"] == expected
    told = Settings(model=facade(**given)["LEARN_MODEL"], groq_api_key=None)
    assert told.writes_with_groq is Settings(**given).writes_with_groq
    assert told.concurrency == Settings(**given).concurrency
