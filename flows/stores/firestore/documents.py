"""Firestore's documents: the fields of our types under their own names."""

from __future__ import annotations

import json
from typing import Any, TypeVar
from uuid import UUID

from flows.core.words import document_id
from flows.knowledge import Batch, CachedEvidence, Entry, Job, QuotaUsage, Round
from flows.knowledge.base import Document

D = TypeVar("D", bound=Document)


def entry_fields(entry: Entry) -> dict[str, Any]:
    """An entry."""
    return entry.model_dump(exclude_none=True)


def job_path(job_id: UUID) -> str:
    """Path of a job."""
    return f"jobs/{job_id}"


def job_fields(job: Job) -> dict[str, Any]:
    """A job. Its parameters are stored as JSON, since Firestore rejects nested lists and some names."""
    return job.model_dump(exclude={"parameters"}) | {
        "parameters": json.dumps(job.parameters, ensure_ascii=False)
    }


def job_of(fields: dict[str, Any]) -> Job:
    """The job in a document."""
    return read_document(Job, fields | {"parameters": json.loads(fields["parameters"])})


def rounds_path(job_id: UUID) -> str:
    """Path of a job's rounds."""
    return f"raw_training/{job_id}/rounds"


def round_path(job_id: UUID, number: int) -> str:
    """Path of a round."""
    return f"{rounds_path(job_id)}/{number}"


def round_fields(round_: Round) -> dict[str, Any]:
    """A round."""
    return round_.model_dump()


def batch_path(batch: Batch) -> str:
    """Path of a batch."""
    return f"{round_path(batch.job_id, batch.round)}/batches/{batch.number}"


def batch_fields(batch: Batch) -> dict[str, Any]:
    """A batch."""
    return batch.model_dump()


def usage_path(model: str, window: str) -> str:
    """Path of a window of a model's quota."""
    return f"quota_usage/{document_id(f'{window} {model}')}"


def usage_fields(usage: QuotaUsage) -> dict[str, Any]:
    """A window of a model's quota."""
    return usage.model_dump()


def evidence_path(source: str, key: str) -> str:
    """Path of a source's evidence for a word."""
    return f"research_cache/{document_id(f'{source} {key}')}"


def evidence_fields(cached: CachedEvidence) -> dict[str, Any]:
    """What a source said about a word."""
    return cached.model_dump(exclude_none=True)


def read_document(kind: type[D], fields: dict[str, Any]) -> D:
    """The value in a document, without the store's own fields."""
    return kind.model_validate({name: value for name, value in fields.items() if name in kind.model_fields})
