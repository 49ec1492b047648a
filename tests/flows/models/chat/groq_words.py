"""Words, evidence and definitions for the tests of Groq's model."""

from uuid import UUID

from flows.knowledge import Citation, Definition, Evidence, Provenance, Word, WordEvidence, utc_now

WORDS = (
    "photosynthesis",
    "lighthouse",
    "gravity",
    "violin",
    "harbour",
    "molecule",
    "granite",
    "parliament",
    "orchard",
    "compass",
)
WRITE, PROPOSE = "openai/gpt-oss-120b", "openai/gpt-oss-20b"


def evidence(word, text, source="wikipedia"):
    citation = Citation(
        source=source,
        title=word,
        url=f"https://example.org/{word}",
        licence="CC",
        licence_url="https://l",
        retrieved_at=utc_now(),
        quote=text,
    )
    return Evidence(source=source, text=text, citation=citation)


def batch(words=WORDS, **texts):
    """Words with the evidence that is given for some of them."""
    return [
        WordEvidence(word=Word(text=w, key=w), evidence=(evidence(w, texts[w]),) if w in texts else ())
        for w in words
    ]


def definitions(words=WORDS):
    provenance = Provenance(job_id=UUID(int=1), round=1, model="m", prompt_version="p", created_at=utc_now())
    return [
        Definition(
            word=w,
            key=w,
            text=f"What people call a {n}th thing.",
            part_of_speech="noun",
            support="model_only",
            provenance=provenance,
        )
        for n, w in enumerate(words)
    ]
