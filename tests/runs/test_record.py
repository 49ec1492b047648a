"""What a run leaves behind for its readers: log, name, tags, artifacts, parameters."""

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.utilities.callables import parameter_schema

from flows import big_learning, deep_learning, quick_learning
from flows.job.progress import reporting_to
from flows.models.scripted import ScriptedModel
from tests.runs.flow_runs import WORDS

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


async def test_the_log_is_numbered_without_holes_and_the_watcher_sees_all_of_it(learning, store):
    seen = []
    with reporting_to(lambda _job, events: seen.extend(events)):
        job = await learning(big_learning, ScriptedModel(WORDS), max_entries=40)
    log = await store.log(job.job_id, limit=200)
    assert [e.seq for e in log] == list(range(1, len(log) + 1))
    assert tuple(seen) == log
    assert (log[0].kind, log[-1].kind) == ("job.started", "job.ended")
    assert sum(len(e.words) for e in log if e.kind == "words.learned") == 40


async def test_the_run_carries_name_tags_and_artifacts(learning, store):
    job = await learning(big_learning, ScriptedModel(WORDS), max_entries=20, topic="testing")
    async with get_client() as client:
        run = await client.read_flow_run(job.job_id)
        artifacts = await client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[job.job_id])), limit=50
        )
    assert run.name.startswith("big-learning · testing · 20")
    assert {"learning", "mode:big"} <= set(run.tags)
    assert {"progress", "table", "markdown"} <= {a.type for a in artifacts}


@pytest.mark.parametrize("flow", [big_learning, quick_learning, deep_learning])
def test_every_parameter_is_described_in_prefects_form(flow):
    properties = parameter_schema(flow).properties
    assert all(field["description"] for field in properties.values())
