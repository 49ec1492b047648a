"""What a refusal means, whichever server gives it: by its status and its codes first, then by its words.

Codes as documented by Groq, OpenAI, Azure, OpenRouter, Anthropic, Google, Mistral, LiteLLM, vLLM, llama.cpp,
Ollama, TGI, Cerebras, Together and others; words as recorded where a server has no code for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from flows.models.chat.bodies import Told

RefusalMeaning = Literal[
    "no_credit",  # the account has no money or no plan for it
    "rate",  # too much for now, or for today
    "oversized",  # more than the limit per minute or the server ever takes
    "bad_key",
    "blocked",  # the account, its country or its address
    "malformed",  # the model's answer did not keep to the schema
    "gone",  # no such model, or not for this account
    "address",  # no such API here
    "filtered",
    "context",  # prompt and answer together are too long for the model
    "room",  # the answer's limit is too high for the model
    "schema",  # no strict schema, or not this one
    "rejected",  # for a reason that we do not know
    "down",
]
_ANY = re.compile("")
_BAD_REQUEST = frozenset({400, 422})
_CLIENT = frozenset({400, 403, 406, 410, 422, 451})
_WRAPPED = frozenset({400, 422, 500, 501, 502})
"""A server that fails at a prompt or a schema often says so as a failure of its own."""


def _codes(**groups: str) -> dict[str, RefusalMeaning]:
    return {
        # a keyword is a meaning, which its type cannot say
        code: meaning  # type: ignore[misc]
        for meaning, codes in groups.items()
        for code in codes.split()
    }


_BY_CODE: Mapping[str, RefusalMeaning] = _codes(
    no_credit=(
        "insufficient_quota insufficient_balance insufficient_credits insufficient_funds payment_required"
        " billing_hard_limit_reached billing_not_active billing_error budget_exceeded spend_limit_exceeded"
        " spend_limit_reached blocked_api_access exceeded_current_quota_error arrearage credit_limit_reached"
    ),
    rate="resource_exhausted rate_limit_error too_many_requests_error token_quota_exceeded queue_exceeded",
    bad_key=(
        "invalid_api_key api_key_invalid authentication_error invalid_authentication unauthenticated"
        " expired_key token_not_found_in_db auth_error invalid_authentication_error expired_api_key"
        " wrong_api_key"
    ),
    blocked=(
        "organization_restricted unsupported_country_region_territory account_deactivated ip_not_authorized"
        " account_suspended"
    ),
    malformed="json_validate_failed tool_use_failed output_parse_failed",
    gone=(
        "model_not_found model_decommissioned model_not_active model_terms_required model_not_available"
        " model_permission_blocked_project model_permission_blocked_org invalid_model unknown_model"
        " unsupported_model model_not_supported model_deprecated deploymentnotfound modelnotfound"
        " key_model_access_denied team_model_access_denied user_model_access_denied org_model_access_denied"
        " project_model_access_denied"
    ),
    filtered=(
        "content_filter contentfilter content_policy content_policy_violation invalid_prompt"
        " prohibited_content"
        " data_inspection_failed responsibleaipolicyviolation moderation moderation_blocked content_filtered"
    ),
    context=(
        "context_length_exceeded exceed_context_size_error string_above_max_length context_window_exceeded"
        " contextwindowexceedederror prompt_too_long tokens_limit_reached model_max_prompt_tokens_exceeded"
    ),
    schema="invalid_json_schema unsupported_response_format unsupported_schema invalid_response_format",
)
_ALWAYS: frozenset[RefusalMeaning] = frozenset({"malformed", "context", "rate"})
"""Also as the code of a failure; another one may be of what is behind it, and pass."""
_IMPLIED = {
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "too_many_requests": 429,
    "resource_exhausted": 429,
    "throttling": 429,
    "overloaded_error": 529,
    "overloaded": 503,
    "unavailable": 503,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "unauthenticated": 401,
    "permission_error": 403,
    "permission_denied": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "billing_error": 402,
    "insufficient_quota": 429,
    "invalid_request_error": 400,
    "invalid_argument": 400,
    "context_length_exceeded": 400,
    "content_filter": 400,
}
"""The status of an error that comes with none, by its code."""


class _Rule(NamedTuple):
    meaning: RefusalMeaning
    statuses: frozenset[int]
    words: re.Pattern[str]


def _rule(meaning: RefusalMeaning, statuses: frozenset[int], *words: str) -> _Rule:
    return _Rule(meaning, statuses, re.compile("|".join(words), re.IGNORECASE) if words else _ANY)


ROOM = re.compile(
    r"max_(?:completion_|output_|new_)?tokens\W.*?"
    r"(?:(?:less than or equal to|at most|maximum|exceeds?|up to|<=)\D{0,40}|\[\d+, ?|\d > )"
    r"(?P<limit>\d{2,7})\b",
    re.IGNORECASE,
)
"""The longest answer that a refusal allows."""
_MODEL = r"(?<![\w/.-])models?\b"
_RULES = (
    # money before keys, models and the words of a request: none of those helps then
    _rule("rate", frozenset({429}), r"\bper[ _-]day\b", r"\bdaily\b", r"\bhourly\b", r"\b(?:RPD|TPD)\b"),
    _rule(
        "no_credit",
        frozenset({400, 403, 429}),
        r"insufficient[ _](?:quota|balance|credits?|funds)",
        r"credits? (?:are|is|have been|has been) (?:used up|exhausted|depleted)",
        r"(?:out of|no|not enough|requires more|no more|ran out of) credits?\b",
        r"credit balance is (?:too low|insufficient|exhausted)",
        r"billing[ _](?:hard[ _]limit|not[ _]active)|check your billing details on",
        r"(?:spend(?:ing)?|budget|key|credit) limit(?: has been| was| is)? (?:exceeded|reached)",
        r"(?:exceeded|reached|hit) (?:\w+ ){0,4}(?:spend(?:ing)?|budget|credit|monthly|weekly) limit",
        r"(?:monthly|weekly)[ _](?:usage |token |request )?(?:limit|quota)|budget has been exceeded",
        r"specified API usage limits",
    ),
    _rule("no_credit", frozenset({403}), r"exceeded your current quota"),
    _rule(
        "bad_key",
        frozenset({400, 403}),
        r"invalid_api_key|(?:api|access)[ -]key (?:is )?(?:not valid|invalid|expired|missing|revoked)",
        r"(?:invalid|incorrect|missing|expired|unknown) (?:x-)?api[ -]key",
    ),
    _rule("rate", frozenset({429})),
    _rule(
        "blocked",
        frozenset({400, 403}),
        r"location is not supported|(?:country|region|territory)\b.{0,30}\bnot supported",
        r"\b(?:organi[sz]ation|account|project|user)\b.{0,20}"
        r"\b(?:restricted|suspended|deactivated|banned|terminated)",
    ),
    _rule(
        "malformed",
        frozenset(range(400, 600)) - {404},
        r"failed_generation|failed to (?:parse tool call|generate json)",
        r"could not finish the message because max_tokens",
    ),
    _rule("schema", frozenset({404}), r"endpoints? found that can handle the requested parameters"),
    _rule(
        "gone",
        frozenset({400, 403, 404, 410, 422}),
        r"\bmodel\b.*(?:does not exist|doesn't exist|not found|decommissioned|deprecated|retired|shut down)",
        r"\bmodel\b.*(?:not a valid model|not available|no longer available|not deployed|not accessible)",
        r"(?:unknown|no such|not a valid|invalid|unrecogni[sz]ed) model(?: name| id)?"
        r"(?=$|[:.'\"`]|,? (?:passed|['\"`\w]+[/:-]))",
        r"(?:access to|unable to access|access denied to) (?:the |this )?model\b",
        r"no models? (?:are |is )?(?:loaded|available)",
    ),
    # a word about a model, which a server's page for a wrong address does not have
    _rule(
        "gone",
        frozenset({404}),
        _MODEL,
        r"no (?:allowed )?(?:endpoints|providers?|deployments?)\b",
        r"\bdeployment\b",
    ),
    _rule("address", frozenset({404})),
    _rule(
        "filtered",
        frozenset({403}),
        r"(?:input|prompt|content|messages?|request)\b.{0,40}\bflagged|requires moderation",
        r"content[ _](?:filter|policy|management policy)|prohibited_content|usage polic(?:y|ies)",
    ),
    _rule("blocked", frozenset({403})),
    _rule(
        "filtered",
        _CLIENT,
        r"content[ _]filter|content[ _]policy|content management policy|safety|moderation",
        r"prohibited_content|data_inspection|inappropriate content|\bflagged\b|usage polic(?:y|ies)",
        r"blocked by .{0,20}polic(?:y|ies)",
    ),
    _rule(
        "context",
        _WRAPPED,
        r"maximum context length|context window|ContextWindowExceeded|context[ _](?:length|size)",
        r"context shift",
        r"(?:prompt|input|request|message) is too (?:long|large)|too many (?:input |prompt )?tokens",
        r"input token count|reduce the length|tokens \+ `max_new_tokens|`?inputs`? must have less than",
        r"input length exceeds|too large for model",
        r"exceeds? the (?:model'?s? )?(?:maximum|max) (?:input|prompt|sequence|number of tokens)",
    ),
    _Rule("room", _BAD_REQUEST, ROOM),
    _rule(
        "schema",
        _BAD_REQUEST | {501},
        r"response[ _]?(?:format|schema)|json[ _]?schema|structured[ _]outputs?|json mode",
        r"guided[ _](?:json|decoding)|\bgrammars?\b|xgrammar|outlines|llguidance",
        r"(?:invalid|unsupported|unrecogni[sz]ed) schema|schema conversion|invalid format: expected",
    ),
    _rule(
        "schema",
        _WRAPPED,
        r"failed to parse grammar|grammar error|schema conversion failed|unsupported schema",
    ),
    _rule("gone", _BAD_REQUEST, r"\bmodel\b.*\bnot (?:supported|allowed|enabled|permitted)\b"),
    _rule("down", _BAD_REQUEST, r"model has crashed|still loading|currently loading|loading model"),
)
_UNMET_QUOTA = re.compile(r"exceeded your current quota", re.IGNORECASE)
_WAIT_TOLD = re.compile(
    r"\b(?:retry|again|wait|resets?) (?:in|after|for|at)\b|per[ _-](?:minute|day|hour)", re.IGNORECASE
)
_NONE_AT_ALL = re.compile(r"\blimit: 0\b(?!\.)")
_ASKED = re.compile(r"Limit:? (\d{1,15})\b.{0,40}?Requested:? (\d{1,15})\b", re.IGNORECASE)
_TOO_LARGE = re.compile(r"request too large", re.IGNORECASE)


def true_status(status: int, told: Told) -> int:
    """The status of a refusal: its own, or that of its cause where it is a success or a bare failure."""
    inner = [s for s in told.statuses if s < 500]
    if status == 200:
        found = [*told.statuses, *(_IMPLIED[code] for code in told.codes if code in _IMPLIED)]
        return found[0] if found else 502
    if status in {500, 502}:
        return next((s for s in inner if s in {400, 402, 413, 422, 429}), status)
    return status


def meaning_of(status: int, told: Told) -> RefusalMeaning:
    """What a refusal with this status means; "down" for what may pass."""
    said = f"{' '.join(told.codes)} {told.said}"
    asked = _ASKED.search(told.said)
    if status == 402:
        return "no_credit"
    if status == 413 or (
        status == 429 and (int(asked[2]) > int(asked[1]) if asked else _TOO_LARGE.search(told.said))
    ):
        return "oversized"
    typed = _typed(status, told)
    if typed == "rate" and _NONE_AT_ALL.search(told.said):
        return "no_credit"
    if typed is not None and not (typed == "rate" and status not in {429, *_WRAPPED}):
        return typed
    if status == 401:
        return "bad_key"
    if told.salvage is not None and status != 429:
        return "malformed"
    found = next(
        (rule.meaning for rule in _RULES if status in rule.statuses and rule.words.search(said)), None
    )
    if found == "rate" and not told.wait and _UNMET_QUOTA.search(said) and not _WAIT_TOLD.search(said):
        return "no_credit"
    if found is not None:
        return found
    return "rejected" if status in _BAD_REQUEST and told.message else "down"


def _typed(status: int, told: Told) -> RefusalMeaning | None:
    """The meaning of the innermost code that has one, otherwise of the parameter that was refused."""
    for code in told.codes:
        meaning = _BY_CODE.get(code)
        if meaning is not None and (status < 500 or meaning in _ALWAYS):
            return meaning
    if status in _BAD_REQUEST | {404}:
        if any(
            re.match(r"response_?format|text\.format|guided_|structured_outputs|format$", p)
            for p in told.places
        ):
            return "schema"
        if status == 404 and "model" in told.places:
            return "gone"
    return None
