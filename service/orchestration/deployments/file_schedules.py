"""Brings the schedules of a deployment from the file to Prefect, setting by setting.

What is remembered of a schedule are prints of its settings as the file had them when they were applied. A
setting whose print is another now was edited in the file and is applied. A setting that is otherwise in
Prefect was changed there by a person and stays.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import DeploymentSchedule
from prefect.client.schemas.responses import DeploymentResponse

Stamp = str | dict[str, str]
"""Prints by setting; of an earlier version, one print of the whole entry."""
RULE = frozenset({"rule", "anchor"})
"""The settings that are Prefect's `schedule`."""

_INTERIM = "-to-be-renamed"
"""How the slug of a schedule ends that takes the place of another, until that one is deleted."""


class LeftSchedule(NamedTuple):
    """A schedule that is no longer in the file, and that stays in Prefect: a person changed it there, or it
    was not recorded what the file had.
    """

    deployment: str
    slug: str
    reason: Literal["changed", "unrecorded"]


def print_of(value: object) -> str:
    """A short hash of a value of the file."""
    return sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:12]


def schedules_of_file(entries: Sequence[Mapping[str, Any]]) -> list[DeploymentScheduleCreate]:
    """Read a deployment's schedules from the file. Raises ValueError, AttributeError."""
    found = [_read(entry) for entry in entries]
    if len({schedule.slug for schedule in found}) < len(found):
        raise ValueError("two schedules have the same `slug`")
    return found


def _read(wanted: Mapping[str, Any]) -> DeploymentScheduleCreate:
    # its own fields are next to those of its kind: cron, interval or rrule, and the time zone
    own = {
        name: value
        for name, value in wanted.items()
        if name in {"slug", "active", "parameters", "max_scheduled_runs", "replaces"}
    }
    if not own.get("slug"):
        raise ValueError("a schedule needs a `slug`")
    return DeploymentScheduleCreate(schedule={n: v for n, v in wanted.items() if n not in own}, **own)


def prints_of(schedule: DeploymentScheduleCreate | DeploymentSchedule) -> dict[str, str]:
    """The print of each setting of a schedule that is not its default."""
    rule = schedule.schedule
    settings: dict[str, object] = {
        "rule": rule.model_dump(mode="json", exclude={"anchor_date"}),
        # without one in the file it is the moment of reading
        "anchor": getattr(rule, "anchor_date", None) if "anchor_date" in rule.model_fields_set else None,
        "active": schedule.active,
        "parameters": schedule.parameters or None,
        "max_scheduled_runs": schedule.max_scheduled_runs,
    }
    return {name: print_of(value) for name, value in settings.items() if value is not None}


async def apply_schedules(
    client: PrefectClient,
    existing: DeploymentResponse,
    wanted: Sequence[DeploymentScheduleCreate],
    *,
    applied: Mapping[str, Stamp],
    entries: Mapping[str, str],
) -> list[LeftSchedule]:
    """Apply what was edited in the file since, by the stamps of `applied`; remove what is no longer in it,
    and return what of that stays. `entries` are the prints of whole entries, by slug.
    """
    there = {schedule.slug: schedule for schedule in existing.schedules if schedule.slug}
    named = {schedule.slug for schedule in wanted}
    for schedule in wanted:
        slug = schedule.slug or ""
        interim = there.pop(_interim_slug(slug), None) or there.pop(
            _interim_slug(schedule.replaces or ""), None
        )
        known_as = schedule.replaces if slug not in there and schedule.replaces not in named else None
        old = there.pop(known_as or "", None)
        if old is None:
            known_as, old = slug, there.get(slug)
        if interim is not None and old is not None:
            await client.delete_deployment_schedule(existing.id, interim.id)
        old = old or interim
        changed = _changed(prints_of(schedule), applied.get(known_as or ""), entries.get(known_as or ""))
        if old is not None:
            await _update(client, existing, old, schedule, changed)
        elif changed is None or changed:
            await client.create_deployment_schedules(existing.id, [schedule])
    left: list[LeftSchedule] = []
    for slug in applied.keys() - named:
        if (interim := there.get(_interim_slug(slug))) is not None:
            await client.delete_deployment_schedule(existing.id, interim.id)
        if (old := there.get(slug)) is None:
            continue
        stamp = applied[slug]
        if isinstance(stamp, dict) and _is_as_applied(old, stamp):
            await client.delete_deployment_schedule(existing.id, old.id)
        else:
            reason: Literal["changed", "unrecorded"] = "changed" if isinstance(stamp, dict) else "unrecorded"
            left.append(LeftSchedule(existing.name, slug, reason))
    return left


def _interim_slug(slug: str) -> str:
    """The slug under which a schedule is made anew before its old one is deleted."""
    return f"{slug}{_INTERIM}"


def _changed(now: Mapping[str, str], before: Stamp | None, entry: str | None) -> set[str] | None:
    """The settings that were edited in the file; None if it was never applied."""
    if before is None:
        return None
    if isinstance(before, str):
        # not recorded which: whether it is active was always left to Prefect
        return set() if before == entry else {*RULE, "parameters", "max_scheduled_runs"}
    return {name for name in now.keys() | before.keys() if now.get(name) != before.get(name)}


def _is_as_applied(old: DeploymentSchedule, applied: Mapping[str, str]) -> bool:
    now = prints_of(old)
    if "anchor" not in applied:
        now.pop("anchor", None)
    return now == applied


async def _update(
    client: PrefectClient,
    existing: DeploymentResponse,
    old: DeploymentSchedule,
    wanted: DeploymentScheduleCreate,
    changed: set[str] | None,
) -> None:
    """Update a schedule in Prefect by the settings that changed; by none if it was never applied."""
    edits = changed or set()
    result = DeploymentScheduleCreate(
        slug=wanted.slug,
        schedule=wanted.schedule if edits & RULE else old.schedule,
        active=wanted.active if "active" in edits else old.active,
        parameters=wanted.parameters if "parameters" in edits else old.parameters,
        max_scheduled_runs=(
            wanted.max_scheduled_runs if "max_scheduled_runs" in edits else old.max_scheduled_runs
        ),
    )
    if not edits and old.slug == wanted.slug:
        return
    if result.max_scheduled_runs is None and old.max_scheduled_runs is not None:
        # Prefect's update cannot take the limit away; one that has all settings is always left
        interim = result.model_copy(update={"slug": _interim_slug(wanted.slug or "")})
        (made,) = await client.create_deployment_schedules(existing.id, [interim])
        try:
            await client.delete_deployment_schedule(existing.id, old.id)
        except BaseException:
            # two that are active would start each job twice
            with suppress(Exception):
                await client.delete_deployment_schedule(existing.id, made.id)
            raise
        old = made
    # all settings, since Prefect empties parameters that an update leaves out
    await client.update_deployment_schedule(
        existing.id,
        old.id,
        active=result.active,
        schedule=result.schedule,
        max_scheduled_runs=result.max_scheduled_runs,
        parameters=result.parameters,
        slug=result.slug,
    )
