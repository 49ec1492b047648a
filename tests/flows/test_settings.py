"""What the environment can configure, and what is said of it when it cannot be used."""

import logging

import pytest

from flows.errors import ConfigurationError
from flows.settings import PRICES, Price, Settings, read_settings
from flows.stores.sqlite import path_of

OWN_NAMES = ["GROQ_API_KEY", "GROQ_BASE_URL", "WIKIMEDIA_CONTACT"]


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """No provider is configured, whatever the developer's shell holds."""
    for name in OWN_NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LEARN_HOME", str(tmp_path))


@pytest.fixture
def configured(monkeypatch):
    def read(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return read_settings()

    return read


def test_without_any_account_the_lexicon_writes_and_is_the_only_source(configured):
    settings = configured()
    assert not settings.writes_with_groq
    assert settings.source_names == ("lexicon",)
    assert settings.concurrency == 4


def test_a_key_makes_groq_write_with_more_batches_at_once(configured):
    settings = configured(GROQ_API_KEY=" gsk_secret\n")
    assert settings.writes_with_groq
    assert settings.groq_api_key.get_secret_value() == "gsk_secret"
    assert settings.concurrency == 12
    assert not configured(LEARN_MODEL="lexicon").writes_with_groq


def test_a_key_is_never_shown(configured):
    assert "gsk_secret" not in repr(configured(GROQ_API_KEY="gsk_secret"))
    with pytest.raises(ConfigurationError, match="GROQ_API_KEY: contains invalid characters") as failed:
        configured(GROQ_API_KEY="gsk_sécret")
    assert "cret" not in str(failed.value)


def test_an_empty_key_is_no_key(configured):
    assert configured(GROQ_API_KEY="  ").groq_api_key is None


@pytest.mark.parametrize(
    "given",
    [
        "http://127.0.0.1:9",
        "http://127.0.0.1:9/",
        "http://127.0.0.1:9/openai/v1",
        "http://127.0.0.1:9/openai/v1/",
    ],
)
def test_the_path_of_openai_is_left_out_of_groqs_address(configured, given):
    assert configured(GROQ_BASE_URL=given).groq_base_url == "http://127.0.0.1:9"


def test_leaving_out_the_path_is_told_with_what_to_write(configured, caplog):
    with caplog.at_level(logging.WARNING):
        configured(GROQ_BASE_URL="http://told.example/openai/v1")
    assert "set it to http://told.example" in caplog.text


def test_models_and_sources_are_lists_by_commas(configured):
    settings = configured(LEARN_PROPOSE_MODELS="a, b,a,", LEARN_SOURCES="wikipedia,lexicon")
    assert settings.propose_models == ("a", "b")
    assert settings.source_names == ("wikipedia", "lexicon")


def test_wikimedia_is_asked_when_a_contact_is_set(configured):
    assert configured(WIKIMEDIA_CONTACT="ops@example.org").source_names == (
        "lexicon",
        "wikipedia",
        "wiktionary",
    )


def test_the_limits_are_the_free_plans_unless_told(configured):
    settings = configured()
    limits = (
        settings.requests_per_minute,
        settings.tokens_per_minute,
        settings.requests_per_day,
        settings.tokens_per_day,
    )
    assert limits == (30, 8000, 1000, 200_000)
    assert configured(LEARN_TOKENS_PER_DAY="0", LEARN_TOKENS_PER_MINUTE="250000").tokens_per_minute == 250_000


def test_prices_add_to_the_list_prices(configured):
    settings = configured(LEARN_PRICES='{"mine": [1, 0.5, 2]}')
    assert settings.price("mine") == Price(1, 0.5, 2)
    assert settings.price("openai/gpt-oss-120b") == PRICES["openai/gpt-oss-120b"]
    assert settings.price("unheard of") == Price(0, 0, 0)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("LEARN_MODEL", "gpt", "LEARN_MODEL: .*'groq'"),
        (
            "LEARN_SOURCES",
            "encarta",
            "LEARN_SOURCES: must list one or more of auto, lexicon, wikipedia, wiktionary",
        ),
        ("LEARN_WRITE_MODELS", " , ", "LEARN_WRITE_MODELS: must name at least one model"),
        ("GROQ_BASE_URL", "api.groq.com", "GROQ_BASE_URL: must be a URL"),
        ("LEARN_WIKIPEDIA_URL", "ftp://x", "LEARN_WIKIPEDIA_URL: must be a URL"),
        ("LEARN_TOKENS_PER_DAY", "-1", "LEARN_TOKENS_PER_DAY: must be at least 0"),
        ("LEARN_PRICES", "{", "LEARN_PRICES: must be JSON"),
        *(
            ("GROQ_BASE_URL", url, "GROQ_BASE_URL: must be a URL")
            for url in (
                "http://h:abc",
                "http://h:99999",
                "http://h:0",
                "http://[::1",
                "http://xn--",
                "http://h h",
                "http://h\n/x",
                "http://\u202eh",
                "http://",
                "999.1.1.1",
            )
        ),
        ("LEARN_WIKTIONARY_URL", "http://h:abc/w/api.php", "LEARN_WIKTIONARY_URL: must be a URL"),
        ("LEARN_HOME", "~nobody-at-all/x", "LEARN_HOME: names a user that does not exist on this machine"),
        ("LEARN_PRICES", '{"m": [-1, 0, 0]}', "LEARN_PRICES: prices must not be negative"),
        ("LEARN_PRICES", '{"m": [NaN, 0, 0]}', "LEARN_PRICES: .*(number|finite)"),
        ("LEARN_PRICES", '{"m": [0, Infinity, 0]}', "LEARN_PRICES: .*(number|finite)"),
        ("LEARN_PRICES", '{"m": [0, 0, 1e300]}', "LEARN_PRICES: prices must be numbers, at most 1,000,000"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(configured, variable, value, said):
    with pytest.raises(ConfigurationError, match=said):
        configured(**{variable: value})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" http://h:1 ", "http://h:1"),
        ("http://h:1\n", "http://h:1"),
        ("http://[::1]:1", "http://[::1]:1"),
        ("http://höst.example", "http://höst.example"),
        ("HTTP://H", "HTTP://H"),
    ],
)
def test_an_address_that_our_client_takes_is_kept(configured, given, kept):
    assert configured(GROQ_BASE_URL=given).groq_base_url == kept


def test_no_password_of_a_url_is_shown(configured):
    with pytest.raises(ConfigurationError) as told:
        configured(GROQ_BASE_URL="http://anna:secret@h:abc")
    assert "secret" not in str(told.value)


def test_a_home_may_be_under_ones_own(configured, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert configured(LEARN_HOME="~/x").home == tmp_path / "x"


def test_settings_can_be_made_by_their_own_names(tmp_path):
    settings = Settings(home=tmp_path, groq_api_key="k", groq_base_url="http://h", wikimedia_contact="x@y.z")
    assert (settings.groq_base_url, settings.wikimedia_contact, settings.writes_with_groq) == (
        "http://h",
        "x@y.z",
        True,
    )


def test_the_default_store_is_in_the_home_folder_whatever_that_is_called(tmp_path):
    home = tmp_path / "100%25 mine?"
    settings = Settings(home=home)
    assert path_of(settings.store.removeprefix("sqlite://")) == home / "knowledge.db"
