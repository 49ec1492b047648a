"""Deploys `prefect.yaml`: its deployments, their work pool. Repeating it is harmless.

Deployments are created by Prefect's RunnerDeployment, just as `prefect deploy` does. It reads names and
parameters of the flows; who deploys loads them, since this room imports none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import yaml
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import (
    DeploymentScheduleCreate,
    VariableCreate,
    VariableUpdate,
    WorkPoolCreate,
)
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.events import DeploymentTriggerTypes
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.flows import Flow
from prefect.types.entrypoint import EntrypointType
from prefect.workers.process import ProcessWorker
from pydantic import TypeAdapter, ValidationError

from flows.errors import ConfigurationError
from service.orchestration.types import POOL_TYPE

ZOMBIES = "learning: runs without a heartbeat"
"""The name of an automation that earlier versions made."""
APPLIED = "learning_deployments"
"""The Prefect variable that records what was applied, to tell changes in the file from changes in Prefect's
UI.
"""

Stamps = dict[str, dict[str, str]]
LoadFlow = Callable[[str], Flow[..., Any]]
"""Returns the flow at an entrypoint, such as `flows.big.big_learning`."""


def prefect_file() -> Path:
    """The path of `prefect.yaml`: inside an installed package, or at the top of a checkout."""
    shipped = Path(__file__).parents[2] / "prefect.yaml"
    return shipped if shipped.exists() else Path(__file__).parents[3] / "prefect.yaml"


async def deploy(load_flow: LoadFlow, file: Path | None = None) -> dict[str, UUID]:
    """Apply the file to the Prefect server in the environment, and return the deployments' ids by name.

    Deployments and schedules that have not changed in the file keep their changes from Prefect's UI. A
    schedule that has changed in the file stays active or paused. Raises ConfigurationError for an unusable
    file and for a work pool of another type.
    """
    source = file or prefect_file()
    ids: dict[str, UUID] = {}
    async with get_client() as client:
        remembered = await client.read_variable_by_name(APPLIED)
        applied: Stamps = cast(Stamps, remembered.value) if remembered is not None else {}
        stamps: Stamps = {}
        for wanted in _entries(source):
            await _ensure_pool(client, wanted["work_pool"]["name"])
            name = wanted["name"]
            ids[name], stamps[name] = await _apply(
                client, load_flow(wanted["entrypoint"]), wanted, applied.get(name, {}), source
            )
        if stamps != applied:
            value = cast(Any, stamps)
            if remembered is None:
                await client.create_variable(VariableCreate(name=APPLIED, value=value))
            else:
                await client.update_variable(VariableUpdate(name=APPLIED, value=value, tags=[]))
        await _remove_automation(client)
    return ids


def _entries(file: Path) -> list[dict[str, Any]]:
    """The deployments of the file, each merged with what all deployments need."""
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))["deployments"]
        for entry in found:
            for needed in (entry["name"], entry["entrypoint"], entry["work_pool"]["name"]):
                if not isinstance(needed, str):
                    raise ConfigurationError(f"{file}: {needed!r} must be text")
    except KeyError as error:
        raise ConfigurationError(f"{file}: {error} is missing") from error
    except (yaml.YAMLError, TypeError, OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read as deployments: {error}") from error
    return list(found)


async def _ensure_pool(client: PrefectClient, name: str) -> None:
    try:
        pool = await client.read_work_pool(name)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        wanted = WorkPoolCreate(
            name=name, type=POOL_TYPE, base_job_template=template, description="Runs learning jobs"
        )
        with suppress(ObjectAlreadyExists):
            await client.create_work_pool(wanted)
    else:
        if pool.type not in {POOL_TYPE, "process"}:
            raise ConfigurationError(
                f"Prefect's work pool {name!r} has type {pool.type!r}; jobs need {POOL_TYPE!r} or"
                " 'process'. Delete the pool in Prefect, then try again."
            )


async def _apply(
    client: PrefectClient,
    flow: Flow[..., Any],
    wanted: Mapping[str, Any],
    applied: Mapping[str, str],
    file: Path,
) -> tuple[UUID, dict[str, str]]:
    """Apply one deployment. Returns its id and stamps of what is now applied: the deployment's under "", each
    schedule's under its slug.
    """
    schedules: dict[str, dict[str, Any]] = {s["slug"]: s for s in wanted.get("schedules") or ()}
    itself = {name: value for name, value in wanted.items() if name != "schedules"}
    stamps = {slug: _stamp(schedule) for slug, schedule in schedules.items()} | {
        "": _stamp([itself, flow.parameters.model_dump(mode="json")])
    }
    existing: DeploymentResponse | None = None
    with suppress(ObjectNotFound):
        existing = await client.read_deployment_by_name(f"{flow.name}/{wanted['name']}")
    if existing is not None and applied == stamps:
        return existing.id, stamps
    try:
        given = [_schedule(schedule) for schedule in schedules.values()]
        deployment = _deployment(flow, wanted, given if existing is None else None)
    except (ValidationError, ValueError, KeyError) as error:
        raise ConfigurationError(f"{file}: invalid deployment {wanted.get('name')!r}: {error}") from error
    deployment_id = (
        existing.id if existing is not None and applied.get("") == stamps[""] else await deployment.aapply()
    )
    if existing is not None:
        await _update_schedules(
            client,
            existing,
            given,
            changed={slug for slug, stamp in stamps.items() if applied.get(slug, stamp) != stamp},
        )
    return deployment_id, stamps


def _deployment(
    flow: Flow[..., Any],
    wanted: Mapping[str, Any],
    schedules: Sequence[DeploymentScheduleCreate] | None,
) -> RunnerDeployment:
    pool = wanted["work_pool"]
    limit = wanted.get("concurrency_limit")
    return RunnerDeployment.from_flow(
        flow,
        name=wanted["name"],
        description=wanted.get("description"),
        tags=wanted.get("tags"),
        version=wanted.get("version"),
        parameters=wanted.get("parameters"),
        triggers=cast(
            Any, TypeAdapter(list[DeploymentTriggerTypes]).validate_python(wanted.get("triggers") or [])
        ),
        enforce_parameter_schema=wanted.get("enforce_parameter_schema", True),
        concurrency_limit=ConcurrencyLimitConfig(**limit) if isinstance(limit, dict) else limit,
        schedules=cast(Any, schedules),
        work_pool_name=pool["name"],
        work_queue_name=pool.get("work_queue_name"),
        job_variables=pool.get("job_variables"),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


def _schedule(wanted: Mapping[str, Any]) -> DeploymentScheduleCreate:
    """Read a schedule from the file.

    Its own fields are next to those of its kind: cron, interval or rrule, and the time zone.
    """
    own = {
        name: value
        for name, value in wanted.items()
        if name in {"slug", "active", "parameters", "max_scheduled_runs", "replaces"}
    }
    return DeploymentScheduleCreate(schedule={n: v for n, v in wanted.items() if n not in own}, **own)


async def _update_schedules(
    client: PrefectClient,
    existing: DeploymentResponse,
    wanted: Sequence[DeploymentScheduleCreate],
    *,
    changed: set[str],
) -> None:
    """Add schedules that Prefect lacks and update those changed in the file. Leave the rest alone."""
    there = {schedule.slug: schedule for schedule in existing.schedules if schedule.slug}
    missing = [schedule for schedule in wanted if schedule.slug not in there]
    if missing:
        await client.create_deployment_schedules(existing.id, missing)
    for schedule in wanted:
        if schedule.slug in changed and (old := there.get(schedule.slug)) is not None:
            await client.update_deployment_schedule(
                existing.id, old.id, schedule=schedule.schedule, active=old.active
            )


def _stamp(value: object) -> str:
    return sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:12]


async def _remove_automation(client: PrefectClient) -> None:
    """Remove the automation of earlier versions that marked a run without a heartbeat as crashed.

    It relied on the server's clock, and a clock that jumped ended healthy jobs. The projector decides now.
    """
    for automation in await client.read_automations_by_name(ZOMBIES):
        await client.delete_automation(automation.id)
