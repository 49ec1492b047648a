"""Deploys `prefect.yaml`: its deployments, their work pool. Repeating it is harmless.

Deployments are created by Prefect's RunnerDeployment, just as `prefect deploy` does. It reads names and
parameters of the flows; who deploys loads them, since this room imports none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, cast
from uuid import UUID

import yaml
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import (
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
from service.orchestration.deployments.file_schedules import (
    LeftSchedule,
    Stamp,
    apply_schedules,
    print_of,
    prints_of,
    schedules_of_file,
)
from service.orchestration.types import POOL_TYPE

ZOMBIES = "learning: runs without a heartbeat"
"""The name of an automation that earlier versions made."""
APPLIED = "learning_deployments"
"""The Prefect variable that records what was applied, to tell changes in the file from changes in Prefect's
UI.
"""

Stamps = dict[str, dict[str, Stamp]]
LoadFlow = Callable[[str], Flow[..., Any]]
"""Returns the flow at an entrypoint, such as `flows.big.big_learning`."""


def prefect_file() -> Path:
    """The path of `prefect.yaml`: inside an installed package, or at the top of a checkout."""
    shipped = Path(__file__).parents[2] / "prefect.yaml"
    return shipped if shipped.exists() else Path(__file__).parents[3] / "prefect.yaml"


class Deployed(NamedTuple):
    """The deployments' ids by name, and the schedules that stay although the file no longer has them."""

    ids: dict[str, UUID]
    left: list[LeftSchedule]


async def deploy(load_flow: LoadFlow, file: Path | None = None) -> Deployed:
    """Apply the file to the Prefect server in the environment.

    Deployments that have not changed in the file, and settings of schedules that have not, keep their changes
    from Prefect's UI. Raises ConfigurationError for an unusable file and for a work pool of another type.
    """
    source = file or prefect_file()
    done = Deployed({}, [])
    async with get_client() as client:
        remembered = await client.read_variable_by_name(APPLIED)
        applied: Stamps = cast(Stamps, remembered.value) if remembered is not None else {}
        stamps: Stamps = {}
        for wanted in _entries(source):
            await _ensure_pool(client, wanted["work_pool"]["name"])
            name = wanted["name"]
            done.ids[name], stamps[name], left = await _apply(
                client, load_flow(wanted["entrypoint"]), wanted, applied.get(name, {}), source
            )
            done.left.extend(left)
        if stamps != applied:
            value = cast(Any, stamps)
            if remembered is None:
                await client.create_variable(VariableCreate(name=APPLIED, value=value))
            else:
                await client.update_variable(VariableUpdate(name=APPLIED, value=value, tags=[]))
        await _remove_automation(client)
    return done


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
    applied: Mapping[str, Stamp],
    file: Path,
) -> tuple[UUID, dict[str, Stamp], list[LeftSchedule]]:
    """Apply one deployment. Returns its id, stamps of what is now applied (the deployment's under "", each
    schedule's under its slug), and the schedules that stay although the file no longer has them.
    """
    existing: DeploymentResponse | None = None
    with suppress(ObjectNotFound):
        existing = await client.read_deployment_by_name(f"{flow.name}/{wanted['name']}")
    try:
        entries = list(wanted.get("schedules") or ())
        given = schedules_of_file(entries)
        deployment = _deployment(flow, wanted)
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{file}: invalid deployment {wanted.get('name')!r}: {error}") from error
    itself = {name: value for name, value in wanted.items() if name != "schedules"}
    stamps: dict[str, Stamp] = {schedule.slug or "": prints_of(schedule) for schedule in given}
    stamps[""] = print_of([itself, flow.parameters.model_dump(mode="json")])
    if existing is None:
        deployment_id = await deployment.aapply()
        # apart, since Prefect drops the limit of a schedule that comes with its deployment
        if given:
            await client.create_deployment_schedules(deployment_id, given)
        return deployment_id, stamps, []
    if applied.get("") != stamps[""]:
        # an empty list would delete all schedules, if a person has added one without a slug
        deployment.model_fields_set.discard("schedules")
        await deployment.aapply()
    left: list[LeftSchedule] = []
    if applied != stamps:
        left = await apply_schedules(
            client,
            existing,
            given,
            applied={slug: stamp for slug, stamp in applied.items() if slug},
            entries={entry["slug"]: print_of(entry) for entry in entries},
        )
    return existing.id, stamps, left


def _deployment(flow: Flow[..., Any], wanted: Mapping[str, Any]) -> RunnerDeployment:
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
        work_pool_name=pool["name"],
        work_queue_name=pool.get("work_queue_name"),
        job_variables=pool.get("job_variables"),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


async def _remove_automation(client: PrefectClient) -> None:
    """Remove the automation of earlier versions that marked a run without a heartbeat as crashed.

    It relied on the server's clock, and a clock that jumped ended healthy jobs. The projector decides now.
    """
    for automation in await client.read_automations_by_name(ZOMBIES):
        await client.delete_automation(automation.id)
