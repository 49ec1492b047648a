"""What can be configured without code: `LEARN_…` variables, and the providers' own, read once and passed
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
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from flows.errors import ConfigurationError

GROQ_URL = "https://api.groq.com"
_OPENAI_PATH = "/openai/v1"
_SOURCES = ("lexicon", "wikipedia", "wiktionary")


class Price(NamedTuple):
    """Dollars a million tokens."""

    tokens_in: float
    tokens_cached: float
    tokens_out: float


PRICES: Mapping[str, Price] = {
    "openai/gpt-oss-120b": Price(0.15, 0.075, 0.60),
    "openai/gpt-oss-20b": Price(0.075, 0.0375, 0.30),
}
"""Groq's list prices as of October 2026 (https://groq.com/pricing); LEARN_PRICES adds to them and corrects
them.
"""

Limit = Annotated[int, Field(ge=0)]
Names = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """The installation's settings.

    Each has a default with which everything runs on one machine with no account anywhere.

    The providers' own variables keep their own names: GROQ_API_KEY, GROQ_BASE_URL, WIKIMEDIA_CONTACT.
    """

    model_config = SettingsConfigDict(
        env_prefix="LEARN_", frozen=True, extra="ignore", env_ignore_empty=True, populate_by_name=True
    )

    home: Path = Field(
        default_factory=lambda: user_data_path("learning-pipeline", appauthor=False),
        description="Folder of the embedded store, Prefect's database and the logs",
    )
    store: str = Field(
        default="",
        description=(
            "sqlite:///file, memory:// or firestore://project/database; empty: a SQLite file in the home"
            " folder"
        ),
    )
    language: str = Field(
        default="en", pattern=r"^[a-z]{2,3}$", description="The one language of the store, ISO 639"
    )
    concurrency: Annotated[int, Field(ge=0, le=32)] = Field(
        default=0, description="Batches in work at once; 0 means 4, and 12 with Groq"
    )
    batch_size: Annotated[int, Field(ge=1, le=50)] = Field(default=20, description="Words in a batch")
    prefect_port: Annotated[int, Field(ge=1, le=65535)] = Field(
        default=4200, description="Port of the embedded Prefect server, on 127.0.0.1"
    )

    model: Literal["auto", "groq", "lexicon"] = Field(
        default="auto", description="What writes; auto is Groq where GROQ_API_KEY is set"
    )
    groq_api_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("GROQ_API_KEY"), description="Key of console.groq.com"
    )
    groq_base_url: str = Field(
        default=GROQ_URL,
        validation_alias=AliasChoices("GROQ_BASE_URL"),
        description="Where Groq is; the client adds /openai/v1 itself",
    )
    propose_models: Names = Field(
        default=("openai/gpt-oss-20b", "openai/gpt-oss-120b"),
        description="Models that propose words, by commas: the next when one is gone",
    )
    write_models: Names = Field(
        default=("openai/gpt-oss-120b", "openai/gpt-oss-20b"),
        description="Models that define, enrich and deepen, likewise",
    )
    requests_per_minute: Limit = Field(
        default=30, description="Limit of each model; 0 for none. The defaults are those of Groq's free plan"
    )
    tokens_per_minute: Limit = Field(default=8000, description="Likewise; the answers' headers correct it")
    requests_per_day: Limit = Field(default=1000, description="Likewise; the answers' headers correct it")
    tokens_per_day: Limit = Field(default=200_000, description="Likewise; 0 for none")
    prices: dict[str, Price] = Field(
        default_factory=dict, description='JSON, dollars a million tokens: {"model": [in, cached, out]}'
    )

    sources: Names = Field(
        default=("auto",),
        description="lexicon, wikipedia, wiktionary, by commas; auto: the lexicon, the others with a contact",
    )
    wikimedia_contact: str = Field(
        default="",
        validation_alias=AliasChoices("WIKIMEDIA_CONTACT"),
        description="Mail or URL of whoever runs this, which Wikimedia asks for",
    )
    wikipedia_url: str = Field(
        default="https://en.wikipedia.org/w/api.php", description="Action API of Wikipedia"
    )
    wiktionary_url: str = Field(
        default="https://en.wiktionary.org/w/api.php", description="Action API of Wiktionary"
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
        """Price of a model; nothing for one whose price nobody knows."""
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
            raise ValueError("name at least one model, such as openai/gpt-oss-120b")
        return value

    @field_validator("sources")
    @classmethod
    def _know_sources(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or set(value) - {"auto", *_SOURCES}:
            raise ValueError(f"name some of auto, {', '.join(_SOURCES)}")
        return value

    @field_validator("groq_api_key")
    @classmethod
    def _clean_key(cls, value: SecretStr | None) -> SecretStr | None:
        key = value.get_secret_value().strip() if value else ""
        if not key.isascii() or not key.isprintable():
            raise ValueError(
                "it holds characters that no key has; copy it again from https://console.groq.com/keys"
            )
        return SecretStr(key) if key else None

    @field_validator("groq_base_url", "wikipedia_url", "wiktionary_url")
    @classmethod
    def _be_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("give an address such as https://host/path")
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
        if any(amount < 0 for price in value.values() for amount in price):
            raise ValueError("a price cannot be below 0")
        return {**PRICES, **value}

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        home = self.home.expanduser().absolute()
        object.__setattr__(self, "home", home)
        if not self.store:
            object.__setattr__(self, "store", f"sqlite:///{quote(str(home / 'knowledge.db'))}")
        if not self.concurrency:
            object.__setattr__(self, "concurrency", 12 if self.writes_with_groq else 4)
        return self


def read_settings() -> Settings:
    """Settings from the environment.

    Raises ConfigurationError that names each variable that cannot be used; it shows no key.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = [_line(e["loc"], e["msg"], e["input"]) for e in error.errors()]
        raise ConfigurationError("; ".join(lines)) from error
    except SettingsError as error:
        raise ConfigurationError(
            'LEARN_PRICES: it is not JSON such as {"model": [0.15, 0.075, 0.6]}'
        ) from error


@cache
def _note_the_path(plain: str) -> None:
    """Say once a process that Groq's client, unlike OpenAI's, adds the path itself."""
    logging.getLogger(__name__).warning(
        "GROQ_BASE_URL: /openai/v1 is left out, since Groq's client adds it; write %s", plain
    )


def _line(loc: tuple[int | str, ...], message: str, given: object) -> str:
    name = str(loc[0]) if loc else "settings"
    variable = name if name.isupper() else f"LEARN_{name.upper()}"
    line = f"{variable}: {message.removeprefix('Value error, ')}" + (
        "" if variable.endswith("_KEY") else f" (given: {given!r})"
    )
    return re.sub(r"\s+", " ", line)
