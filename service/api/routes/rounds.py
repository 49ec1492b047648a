"""A job's rounds over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from flows.knowledge import Round, limits
from service.api.deps import Facade, Knowledge
from service.api.problems import answers
from service.api.routes.jobs import JobIdInPath, find
from service.errors import NotFound
from service.schemas import RoundList, RoundSummary, RoundView

router = APIRouter(prefix="/jobs/{job_id:uuid}/rounds", tags=["jobs"])


@router.get("", responses=answers(404, 422))
async def read_rounds(
    job_id: JobIdInPath,
    facade: Facade,
    after: Annotated[
        int, Query(ge=0, le=2**31, description="Number of the last round on the previous page")
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=limits.MAX_ROUNDS_PAGE)] = 20,
) -> RoundList:
    """List a job's rounds in order, without their candidates."""
    rounds = await facade.store.rounds(job_id, after=after, limit=limit + 1)
    if not rounds:
        await find(facade, job_id)
    shown = rounds[:limit]
    return RoundList(
        items=tuple(map(_summary, shown)), cursor=shown[-1].number if len(rounds) > limit else None
    )


@router.get("/{number}", responses=answers(404, 422))
async def read_round(
    job_id: JobIdInPath, number: Annotated[int, Path(ge=1, le=2**31)], store: Knowledge
) -> RoundView:
    """Read one round: every candidate with its verdict, and the results for its words."""
    found = await store.round(job_id, number)
    if found is None:
        raise NotFound(
            "number",
            f"job {job_id} has no round {number}",
            f"GET /jobs/{job_id}/rounds lists its rounds.",
        )
    return RoundView(**dict(found), results=await store.batches(job_id, number))


def _summary(round_: Round) -> RoundSummary:
    verdicts: dict[str, int] = {}
    for candidate in round_.candidates:
        verdicts[candidate.verdict.value] = verdicts.get(candidate.verdict.value, 0) + 1
    return RoundSummary(
        number=round_.number,
        attempt=round_.attempt,
        model=round_.model,
        prompt_version=round_.prompt_version,
        candidates=len(round_.candidates),
        accepted=len(round_.accepted),
        verdicts=verdicts,
        batches=len(round_.batches),
        usage=round_.usage,
        created_at=round_.created_at,
    )
