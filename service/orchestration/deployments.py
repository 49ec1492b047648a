"""Puts the deployments of `prefect.yaml`, their work pool and one automation into Prefect; again and again without harm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyOptions, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import Automation, AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.flows import Flow
from prefect.utilities.callables import parameter_schema
from prefect.workers.process import ProcessWorker

from flows.errors import ConfigurationError

ZOMBIES = "learning: runs without a heartbeat"
SILENCE_S = 100
"""Three heartbeats of 30 s, and a little."""


def prefect_file() -> Path:
    """`prefect.yaml`: inside an installed package, or at the top of a checkout."""
    shipped = Path(__file__).parents[1] / "prefect.yaml"
    return shipped if shipped.exists() else Path(__file__).parents[2] / "prefect.yaml"


async def deploy(file: Path | None = None) -> dict[str, UUID]:
    """Apply the file to the Prefect that the environment names; the ids of the deployments by name.

    A deployment that has not changed in the file is left alone, with whatever a person changed in Prefect's UI; in one that
    has, schedules stay switched on or off as they are.
    """
    ids: dict[str, UUID] = {}
    async with get_client() as client:
        for wanted in yaml.safe_load((file or prefect_file()).read_text())["deployments"]:
            await _ensure_pool(client, wanted["work_pool"]["name"])
            ids[wanted["name"]] = await _apply(client, wanted)
        await _ensure_automation(client, ids)
    return ids


async def _ensure_pool(client: PrefectClient, name: str) -> None:
    try:
        pool = await client.read_work_pool(name)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        try:
            await client.create_work_pool(WorkPoolCreate(name=name, type="process", base_job_template=template, description="Runs learning jobs"))
        except ObjectAlreadyExists:
            return
    else:
        if pool.type != "process":
            raise ConfigurationError(f"Prefect has a work pool {name!r} of type {pool.type!r}, not `process`. Delete it there, then try again.")


async def _apply(client: PrefectClient, wanted: Mapping[str, Any]) -> UUID:
    flow = _load(wanted["entrypoint"])
    schema = parameter_schema(flow).model_dump(mode="json", exclude_unset=True)
    stamp = sha256(json.dumps([wanted, schema], sort_keys=True, default=str).encode()).hexdigest()[:12]
    existing: DeploymentResponse | None = None
    with suppress(ObjectNotFound):
        existing = await client.read_deployment_by_name(f"{flow.name}/{wanted['name']}")
    if existing is not None and existing.version == stamp:
        return existing.id
    is_active = {s.slug: s.active for s in existing.schedules if s.slug} if existing is not None else {}
    limit = wanted["concurrency_limit"]
    return await client.create_deployment(
        flow_id=await client.create_flow_from_name(flow.name),
        name=wanted["name"],
        version=stamp,
        description=wanted["description"],
        tags=wanted["tags"],
        entrypoint=wanted["entrypoint"],
        work_pool_name=wanted["work_pool"]["name"],
        job_variables=wanted["work_pool"]["job_variables"],
        concurrency_limit=limit["limit"],
        concurrency_options=ConcurrencyOptions(collision_strategy=limit["collision_strategy"]),
        schedules=[
            DeploymentScheduleCreate(
                slug=s["slug"], schedule=CronSchedule(cron=s["cron"], timezone=s["timezone"]), active=is_active.get(s["slug"], s["active"])
            )
            for s in wanted["schedules"]
        ],
        pull_steps=[],
        parameter_openapi_schema=schema,
        enforce_parameter_schema=True,
    )


def _load(entrypoint: str) -> Flow[..., Any]:
    module, name = entrypoint.rsplit(".", 1)
    found = getattr(import_module(module), name)
    if not isinstance(found, Flow):
        raise ConfigurationError(f"prefect.yaml: the entrypoint {entrypoint} is not a flow.")
    return found


async def _ensure_automation(client: PrefectClient, deployment_ids: Mapping[str, UUID]) -> None:
    """Have Prefect call a run crashed whose heartbeat has stopped. Only runs of our deployments, for these beat often enough."""
    automation = AutomationCore(
        name=ZOMBIES,
        description="A learning job whose process is gone without a word is marked as crashed, so that it can be run again.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.*"},
            for_each={"prefect.resource.id"},
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            match_related=ResourceSpecification(
                {"prefect.resource.role": "deployment", "prefect.resource.id": sorted(f"prefect.deployment.{i}" for i in deployment_ids.values())}
            ),
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=SILENCE_S),
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message=f"No heartbeat for {SILENCE_S} s: the process is gone")],
    )
    existing: list[Automation] = await client.read_automations_by_name(ZOMBIES)
    if not existing:
        await client.create_automation(automation)
    elif existing[0].trigger != automation.trigger:
        await client.update_automation(existing[0].id, automation.model_copy(update={"enabled": existing[0].enabled}))
