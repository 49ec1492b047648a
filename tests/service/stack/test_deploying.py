"""What `learn up` says of schedules that stay although the file no longer has them."""

from __future__ import annotations

from uuid import uuid4

import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.flows import load_flow_from_entrypoint

from service.orchestration.deployments.file_schedules import LeftSchedule
from service.stack.deploying import apply_file, left_text


@pytest.mark.prefect
@pytest.mark.usefixtures("prefect_api")
async def test_a_removed_schedule_that_was_changed_in_prefect_is_told_in_one_line(stand_ins, tmp_path):
    name, file, said = f"told-{uuid4()}", tmp_path / "prefect.yaml", []
    wanted = {"name": name, "entrypoint": "stand_in_flows.big_learning", "work_pool": {"name": "learning"}}

    async def up(*schedules):
        file.write_text(yaml.safe_dump({"deployments": [wanted | {"schedules": list(schedules)}]}))
        await apply_file(load_flow_from_entrypoint, file, said.append)

    await up({"slug": "nightly", "cron": "0 2 * * *", "active": False})
    async with get_client() as client:
        found = await client.read_deployment_by_name(f"big-learning/{name}")
        await client.update_deployment_schedule(found.id, found.schedules[0].id, max_scheduled_runs=2)
        await up()
        await client.delete_deployment(found.id)
    assert said == [left_text(LeftSchedule(name, "nightly", "changed"))]


@pytest.mark.parametrize("reason", ["changed", "unrecorded"])
def test_the_line_names_the_schedule_and_the_way_out(reason):
    line = left_text(LeftSchedule("big", "nightly", reason))
    assert [part for part in ("'nightly'", "'big'", "delete it") if part not in line] == []
    assert "\n" not in line
