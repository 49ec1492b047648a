"""What can be configured without code: `LEARN_…` variables and the providers' own, read once and passed
down.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import quote, urlsplit

from platformdirs import user_data_path
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from flows.errors import ConfigurationError

GROQ_URL = "https://api.groq.com"
GROQ_KEYS_PAGE = "https://console.groq.com/keys"
_OPENAI_PATH = "/openai/v1"
_SOURCES = ("lexicon", "wikipedia", "wiktionary")


class Price(NamedTuple):
    """Dollars per million tokens."""

    tokens_in: float
    tokens_cached: float
    tokens_out: float


PRICES: Mapping[str, Price] = {
    "openai/gpt-oss-120b": Price(0.15, 0.075, 0.60),
    "openai/gpt-oss-20b": Price(0.075, 0.0375, 0.30),
}
"""Groq's list prices, October 2026 (https://groq.com/pricing); LEARN_PRICES adds to and overrides them."""

HIGHEST_PRICE = 1e6  # dollars per million tokens
_SECRET = re.compile(r"//[^/\s'\"]*@")
QuotaLimit = Annotated[int, Field(ge=0)]
Names = Annotated[tuple[str, ...], NoDecode]  # separated by commas


class Settings(BaseSettings):
    """The installation's settings.

    Every setting has a default with which everything runs on one machine without any account. Providers'
    variables keep their own names: GROQ_API_KEY, GROQ_BASE_URL, WIKIMEDIA_CONTACT.
    """

    model_config = SettingsConfigDict(
        env_prefix="LEARN_", frozen=True, extra="ignore", env_ignore_empty=True, populate_by_name=True
    )

    home: Path = Field(
        default_factory=lambda: user_data_path("learning-pipeline", appauthor=False),
        description="Folder for the embedded store, Prefect's database and logs",
    )
    store: str = Field(
        default="",
        description=(
            "sqlite:///file, memory:// or firestore://project/database; default: a SQLite file in the home"
            " folder"
        ),
    )
    language: str = Field(
        default="en", pattern=r"^[a-z]{2,3}$", description="Language of the store (ISO 639)"
    )
    concurrency: Annotated[int, Field(ge=0, le=32)] = Field(
        default=0, description="Batches processed at once; 0 means 4, or 12 with Groq"
    )
    batch_size: Annotated[int, Field(ge=1, le=50)] = Field(
        default=20,
        description="Words per request and batch; with the lexicon, a batch grows to about a second of work",
    )
    keep_details_days: Annotated[int, Field(ge=0)] = Field(
        default=14, description="Days that an ended job's rounds, batches and log are kept; 0 for ever"
    )
    keep_jobs_days: Annotated[int, Field(ge=0)] = Field(
        default=90, description="Days that an ended job's row and Prefect's run are kept; 0 for ever"
    )
    keep_mb: Annotated[int, Field(ge=0)] = Field(
        default=200,
        description="Megabytes of rounds, batches and logs, and of Prefect's database; 0 for no limit",
    )
    prefect_port: Annotated[int, Field(ge=1, le=65535)] = Field(
        default=4200, description="Port of the embedded Prefect server, on 127.0.0.1"
    )

    model: Literal["auto", "groq", "lexicon"] = Field(
        default="auto",
        description="What writes the entries; auto means Groq if GROQ_API_KEY is set, else the lexicon",
    )
    groq_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("GROQ_API_KEY"),
        description="API key from console.groq.com",
    )
    groq_base_url: str = Field(
        default=GROQ_URL,
        validation_alias=AliasChoices("GROQ_BASE_URL"),
        description="Groq's base URL, without /openai/v1",
    )
    propose_models: Names = Field(
        default=("openai/gpt-oss-20b", "openai/gpt-oss-120b"),
        description="Models that propose words, comma-separated; the next is used when one is unavailable",
    )
    write_models: Names = Field(
        default=("openai/gpt-oss-120b", "openai/gpt-oss-20b"),
        description="Models that define, enrich and deepen; same format",
    )
    requests_per_minute: QuotaLimit = Field(
        default=30, description="Limit per model; 0 for no limit. Defaults match Groq's free plan"
    )
    tokens_per_minute: QuotaLimit = Field(
        default=8000, description="Limit per model; corrected by Groq's response headers"
    )
    requests_per_day: QuotaLimit = Field(
        default=1000, description="Limit per model; corrected by Groq's response headers"
    )
    tokens_per_day: QuotaLimit = Field(default=200_000, description="Limit per model; 0 for no limit")
    prices: dict[str, Price] = Field(
        default_factory=dict, description='JSON, dollars per million tokens: {"model": [in, cached, out]}'
    )

    sources: Names = Field(
        default=("auto",),
        description="Any of lexicon, wikipedia, wiktionary, or auto (lexicon; all three if a contact is set)",
    )
    wikimedia_contact: str = Field(
        default="",
        validation_alias=AliasChoices("WIKIMEDIA_CONTACT"),
        description="Operator's e-mail address or URL; Wikimedia requires one",
    )
    wikipedia_url: str = Field(
        default="https://en.wikipedia.org/w/api.php", description="Wikipedia's Action API URL"
    )
    wiktionary_url: str = Field(
        default="https://en.wiktionary.org/w/api.php", description="Wiktionary's Action API URL"
    )

    @property
    def writes_with_groq(self) -> bool:
        """Whether Groq writes rather than the lexicon."""
        return self.model == "groq" or (self.model == "auto" and self.groq_api_key is not None)

    @property
    def source_names(self) -> tuple[str, ...]:
        """The research sources to ask, in order."""
        if "auto" not in self.sources:
            return self.sources
        return _SOURCES if self.wikimedia_contact else _SOURCES[:1]

    def price(self, model: str) -> Price:
        """A model's price; zero if unknown."""
        return self.prices.get(model, Price(0.0, 0.0, 0.0))

    @field_validator("propose_models", "write_models", "sources", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:  # noqa: ANN401  whatever the environment holds
        return (
            tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
            if isinstance(value, str)
            else value
        )

    @field_validator("propose_models", "write_models")
    @classmethod
    def _name_some(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("must name at least one model, for example openai/gpt-oss-120b")
        return value

    @field_validator("sources")
    @classmethod
    def _know_sources(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or set(value) - {"auto", *_SOURCES}:
            raise ValueError(f"must list one or more of auto, {', '.join(_SOURCES)}")
        return value

    @field_validator("groq_api_key")
    @classmethod
    def _clean_key(cls, value: SecretStr | None) -> SecretStr | None:
        key = value.get_secret_value().strip() if value else ""
        if not key.isascii() or not key.isprintable():
            raise ValueError(f"contains invalid characters; copy the key again from {GROQ_KEYS_PAGE}")
        return SecretStr(key) if key else None

    @field_validator("groq_base_url", "wikipedia_url", "wiktionary_url")
    @classmethod
    def _be_url(cls, value: str) -> str:
        if not _is_url(value := value.strip()):
            raise ValueError("must be a URL such as https://host/path")
        return value

    @field_validator("groq_base_url")
    @classmethod
    def _leave_out_the_path(cls, value: str) -> str:
        plain = value.rstrip("/").removesuffix(_OPENAI_PATH)
        if plain != value.rstrip("/"):
            _note_the_path(plain)
        return plain

    @field_validator("prices")
    @classmethod
    def _add_list_prices(cls, value: dict[str, Price]) -> dict[str, Price]:
        amounts = [amount for price in value.values() for amount in price]
        if any(amount < 0 for amount in amounts):
            raise ValueError("prices must not be negative")
        if not all(amount <= HIGHEST_PRICE for amount in amounts):  # so that NaN is none
            raise ValueError(f"prices must be numbers, at most {HIGHEST_PRICE:,.0f}")
        return {**PRICES, **value}

    @field_validator("home")
    @classmethod
    def _be_somebodys(cls, value: Path) -> Path:
        try:
            return value.expanduser()
        except RuntimeError as error:
            raise ValueError("names a user that does not exist on this machine") from error

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        object.__setattr__(self, "home", self.home.absolute())
        if not self.store:
            object.__setattr__(self, "store", f"sqlite:///{quote(bytes(self.home / 'knowledge.db'))}")
        if not self.concurrency:
            object.__setattr__(self, "concurrency", 12 if self.writes_with_groq else 4)
        return self


_PLAIN = {  # by pydantic's error type; others keep pydantic's words
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be true or false",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "finite_number": "must be a finite number",
    "literal_error": "must be {expected}",
    "too_short": "must have at least {min_length} characters",
}


def read_settings() -> Settings:
    """Settings from the environment.

    Raises ConfigurationError naming each invalid variable; it never shows a key.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = [_line(e["loc"], problem_text(e), e["input"]) for e in error.errors()]
        raise ConfigurationError("; ".join(lines)) from error
    except SettingsError as error:
        raise ConfigurationError(
            'LEARN_PRICES: must be JSON such as {"model": [0.15, 0.075, 0.6]}'
        ) from error


def _is_url(value: str) -> bool:
    """Whether our HTTP client, imported only if an address is set, accepts it as a URL."""
    import httpx

    try:
        is_port, url = urlsplit(value).port != 0, httpx.URL(value if " " not in value else "")
        return is_port and url.scheme in {"http", "https"} and bool(url.host)
    except (ValueError, httpx.InvalidURL):
        return False


def problem_text(error: ErrorDetails) -> str:
    """What is wrong with a setting, to follow its name."""
    code, params = error["type"], error.get("ctx") or {}
    if code == "value_error":  # what our validator raised, without pydantic's words before it
        return str(params["error"])
    return _PLAIN[code].format_map(params) if code in _PLAIN else error["msg"]


@cache
def _note_the_path(plain: str) -> None:
    """Warn once per process that Groq's client, unlike OpenAI's, adds the path itself."""
    logging.getLogger(__name__).warning(
        "GROQ_BASE_URL: ignoring /openai/v1, which Groq's client adds itself; set it to %s", plain
    )


def _line(loc: tuple[int | str, ...], message: str, given: object) -> str:
    name = str(loc[0]) if loc else "settings"
    variable = name if name.isupper() else f"LEARN_{name.upper()}"
    shown = "" if variable.endswith("_KEY") else _SECRET.sub("//", f" (given: {given!r})")
    return re.sub(r"\s+", " ", f"{variable}: {message}{shown}")
