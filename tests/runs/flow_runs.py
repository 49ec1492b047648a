"""Words to learn, and what a run has stored."""

WORDS = [f"{a}{b}{c}um" for a in "bdfgklmnprst" for b in "aeiou" for c in "bdgklmnprt"]


async def rows(store, job):
    return await store.rounds(job.job_id, limit=200), await store.batches(job.job_id)


def done(job):
    return {stage: count.done for stage, count in job.stages.items()}
