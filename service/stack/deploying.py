"""Applies `prefect.yaml` when a stack starts, and says which schedules stay that it no longer has."""

from __future__ import annotations

from pathlib import Path

from service.orchestration.deployments.deploy import LoadFlow, deploy
from service.orchestration.deployments.file_schedules import LeftSchedule
from service.stack.supervisor import Say


async def apply_file(load_flow: LoadFlow, file: Path | None, say: Say) -> None:
    """Apply the file, or ours; raises as `deploy` does."""
    for left in (await deploy(load_flow, file)).left:
        say(left_text(left))


def left_text(left: LeftSchedule) -> str:
    """Why a schedule stays, as a line."""
    why = {
        "changed": "it was changed there",
        "unrecorded": "an earlier version did not record whether it was changed there",
    }[left.reason]
    return (
        f"The schedule {left.slug!r} of {left.deployment!r} is no longer in prefect.yaml, but stays in"
        f" Prefect: {why}. If you do not need it, delete it in Prefect's UI."
    )
