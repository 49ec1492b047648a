"""What can be configured without code: `LEARN_…` variables, read once and passed down."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from platformdirs import user_data_path
from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from flows.errors import ConfigurationError


class Settings(BaseSettings):
    """The installation's settings. Each has a default with which everything runs on one machine with no account anywhere."""

    model_config = SettingsConfigDict(env_prefix="LEARN_", frozen=True, extra="ignore", env_ignore_empty=True)

    home: Path = Field(
        default_factory=lambda: user_data_path("learning-pipeline", appauthor=False),
        description="Folder of the embedded store, Prefect's database and the logs",
    )
    store: str = Field(default="", description="sqlite:///file, memory:// or firestore://project/database; empty: a SQLite file in the home folder")
    language: str = Field(default="en", pattern=r"^[a-z]{2,3}$", description="The one language of the store, ISO 639")
    model: Literal["auto", "lexicon"] = Field(default="auto", description="What writes; auto takes the best that is configured")
    concurrency: Annotated[int, Field(ge=1, le=16)] = Field(default=4, description="Batches in work at once")
    batch_size: Annotated[int, Field(ge=1, le=50)] = Field(default=20, description="Words in a batch")
    prefect_port: Annotated[int, Field(ge=1, le=65535)] = Field(default=4200, description="Port of the embedded Prefect server, on 127.0.0.1")

    @model_validator(mode="after")
    def _place_the_store(self) -> Self:
        home = self.home.expanduser().absolute()
        object.__setattr__(self, "home", home)
        if not self.store:
            object.__setattr__(self, "store", f"sqlite:///{home / 'knowledge.db'}")
        return self


def read_settings() -> Settings:
    """Settings from the environment. Raises ConfigurationError that names each variable that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"LEARN_{'_'.join(str(p) for p in e['loc']).upper()}: {e['msg']} (given: {e['input']!r})" for e in error.errors()]
        raise ConfigurationError("; ".join(re.sub(r"\s+", " ", line) for line in lines)) from error
