"""Refusals by their meaning, in the form of each server: money, limits, models, filters, schemas, sizes."""

import json

import pytest
from refused import answered, told

from flows.errors import (
    ConfigurationError,
    MalformedOutput,
    ModelUnavailable,
    QuotaExhausted,
    Refused,
    RequestTooLarge,
)
from flows.models.chat.errors import (
    Crowded,
    LimitReached,
    ModelGone,
    Oversized,
    Rejected,
    RoomLimited,
    SchemaRefused,
)


def google(code, message, status="INVALID_ARGUMENT", **more):
    return json.dumps([{"error": {"code": code, "message": message, "status": status, **more}}])


def anthropic(kind, message):
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}})


def vllm(message, kind="BadRequestError", code=400):
    return json.dumps({"object": "error", "message": message, "type": kind, "param": None, "code": code})


def behind(raw, code=400):
    """OpenRouter's refusal for one of the provider behind it."""
    text = raw if isinstance(raw, str) else json.dumps(raw)
    return told("Provider returned error", code=code, metadata={"raw": text, "provider_name": "P"})


def litellm(name, message, code="400", **more):
    return told(f"litellm.{name}: {message}", type=None, param=None, code=code, **more)


async def kind_of(status, body, headers=None):
    return type(await answered(status, body, headers))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (
            400,
            anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
        ),
        (400, anthropic("invalid_request_error", "You have reached your specified API usage limits.")),
        (402, anthropic("billing_error", "Pay first")),
        (400, told("Billing hard limit has been reached", code="billing_hard_limit_reached")),
        (
            429,
            told("Your account is not active, please check your billing details", code="billing_not_active"),
        ),
        (429, told("You exceeded your current quota, please check your plan", type="insufficient_quota")),
        (429, told("You exceeded your current quota, please check your plan and billing details.")),
        (400, told("Budget has been exceeded! Current cost: 10.0", type="budget_exceeded", code="400")),
        (429, litellm("BudgetExceededError", "Budget has been exceeded! Max budget: 5.0", "429")),
        (429, told("Project has exceeded its monthly spend limit.")),
        (400, told("API access blocked: spend limit reached", code="blocked_api_access")),
        (403, told("Key limit exceeded (total limit). Manage it at x", code=403)),
        (200, told("Insufficient credits. Add more", code=402)),
        (400, behind({"error": {"message": "Insufficient Balance"}})),
        (
            429,
            google(429, "Quota exceeded for metric: m, limit: 0\nPlease retry in 39s.", "RESOURCE_EXHAUSTED"),
        ),
        (403, told("Access denied", code="Arrearage")),
    ],
)
async def test_no_money_is_told_whatever_the_status(status, body):
    assert await kind_of(status, body) is QuotaExhausted


RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "39s"}
MINUTE = {"violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]}
DAY = {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}
QUOTA = "You exceeded your current quota, please check your plan and billing details. "


@pytest.mark.parametrize(
    ("body", "wait_s", "day_s"),
    [
        (
            google(429, f"{QUOTA}Please retry in 39.5s.", "RESOURCE_EXHAUSTED", details=[MINUTE, RETRY]),
            39.5,
            None,
        ),
        (google(429, QUOTA, "RESOURCE_EXHAUSTED", details=[MINUTE, RETRY]), 39, None),
        (google(429, QUOTA, "RESOURCE_EXHAUSTED", details=[DAY, RETRY]), None, 3600),
        (told(f"{QUOTA}Please retry in 39.5s."), 39.5, None),
        (
            litellm(
                "RateLimitError", f"VertexAIException - {google(429, QUOTA, 'RESOURCE_EXHAUSTED')[1:-1]}"
            ),
            2,
            None,
        ),
        (told("Retry after 1 minute."), 60, None),
        (told("exceeded token rate limit. Please retry after 26 seconds.", code="429"), 26, None),
        (behind("m is temporarily rate-limited upstream. Please retry in 8 seconds", 429), 8, None),
        (told("Rate limit", metadata={"headers": {"Retry-After": "21"}}), 21, None),
        (
            json.dumps({"message": "Tokens per day limit exceeded", "code": "token_quota_exceeded"}),
            None,
            3600,
        ),
        (told("Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000"), None, 3600),
        (told("you've reached your hourly usage limit"), None, 3600),
        (told("Daily limit reached, try again in 2 hours"), None, 7200),
        (
            told("on tokens per day (TPD): Limit 100, Used 99, Requested 2. Please try again in 14s."),
            None,
            14,
        ),
    ],
)
async def test_a_limit_is_waited_for_as_long_as_it_says(body, wait_s, day_s):
    error = await answered(429, body)
    assert isinstance(error, LimitReached)
    assert error.seen.retry_after_s == (wait_s and pytest.approx(wait_s))
    assert error.seen.day_used_up_for_s == (day_s and pytest.approx(day_s))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            429,
            told("Request too large for gpt-4 (TPM): Limit 10000, Requested 20000. Must be reduced."),
            Oversized,
        ),
        (429, told("(TPM): Limit 10000, Used 0, Requested 20000. Please try again in 60s."), Oversized),
        (429, told("(TPM): Limit 10000, Used 9000, Requested 2000. Please try again in 6s."), LimitReached),
        (413, anthropic("request_too_large", "Request exceeds the maximum size"), Oversized),
        (422, {"error": "`inputs` must have less than 4096 tokens. Given: 9000"}, RequestTooLarge),
        (400, litellm("ContextWindowExceededError", "..."), RequestTooLarge),
        (500, told("input is too large to process. increase the physical batch size"), RequestTooLarge),
        (400, told("request (9000 tokens) does not fit", type="exceed_context_size_error"), RequestTooLarge),
        (
            400,
            behind({"error": {"message": "This model's maximum context length is 4096 tokens."}}),
            RequestTooLarge,
        ),
        (502, behind({"error": {"message": "prompt is too long: 9 > 8", "code": 400}}, 502), RequestTooLarge),
        (400, behind("Input is too long for requested model."), RequestTooLarge),
        (
            400,
            told("Prompt contains 40000 tokens, too large for model with 32768", code="3051"),
            RequestTooLarge,
        ),
        (
            400,
            told("`max_completion_tokens` must be less than or equal to `8192`, less than `context_window`"),
            RoomLimited,
        ),
        (400, told("x", code="context_length_exceeded", param="messages"), RequestTooLarge),
    ],
)
async def test_what_is_too_large_is_split_and_not_waited_for(status, body, kind):
    assert await kind_of(status, body) is kind


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, told("No endpoints found for m.", code=404)),
        (404, google(404, "models/m is not found for API version v1main", "NOT_FOUND")),
        (404, anthropic("not_found_error", "model: claude-x")),
        (404, told("Unable to access model m. Please visit https://x/models", code="model_not_available")),
        (400, told("Unable to access model m.")),
        (400, told("Invalid model: m", type="invalid_model", code="1500")),
        (400, told("Invalid model: m")),
        (400, told("/chat/completions: Invalid model name passed in model=m. Call `/v1/models` to view")),
        (404, told("The API deployment for this resource does not exist.", code="DeploymentNotFound")),
        (404, {"detail": {"error": "Model is not available"}}),
        (404, vllm("The model `m` does not exist.", "NotFoundError", 404)),
        (403, told("Project `p` does not have access to model `m`", code="model_not_found")),
        (401, told("Key not allowed to access model", type="key_model_access_denied", code="401")),
        (400, told("m is not a valid model ID", code=400)),
        (404, behind({"error": {"message": "gone", "code": "model_not_found"}}, 404)),
        (400, {"error": "No models loaded. Please load a model first."}),
        (404, told('model "m" not found, try pulling it first', type="api_error")),
    ],
)
async def test_a_model_that_is_gone_lets_the_next_one_take_over(status, body):
    assert await kind_of(status, body) is ModelGone


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, "404 page not found"),
        (404, told("Unknown request URL: POST /openai/v1/models. Please check the URL", code="unknown_url")),
        (404, {"detail": "Not Found"}),
        (404, {"error": {"code": "404", "message": "Resource not found"}}),
        (404, "<html>The models of this year: not found</html>"),
        (403, told("Your account has been flagged and suspended")),
        (400, google(400, "User location is not supported for the API use.", "FAILED_PRECONDITION")),
        (400, told("Organization has been restricted.", code="organization_restricted")),
        (400, google(400, "Bad", details=[{"reason": "API_KEY_INVALID"}])),
        (401, told("x", code="anything")),
        (200, anthropic("authentication_error", "invalid x-api-key")),
    ],
)
async def test_a_wrong_address_key_or_account_is_a_setting(status, body):
    assert await kind_of(status, body) is ConfigurationError


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, told('m requires moderation on OpenAI. Your input was flagged for "violence"'), Refused),
        (403, told("no", code=403, metadata={"reasons": ["violence"], "flagged_input": "x"}), Refused),
        (
            400,
            told(
                "Invalid prompt: your prompt was flagged as violating our usage policy.",
                code="invalid_prompt",
            ),
            Refused,
        ),
        (400, told("x", code="content_filter", innererror={"code": "ResponsibleAIPolicyViolation"}), Refused),
        (400, behind({"error": {"message": "x", "code": "content_policy_violation"}}), Refused),
        (500, told("The moderation service is down"), ModelUnavailable),
        (400, vllm("The provided JSON schema contains features not supported by xgrammar."), SchemaRefused),
        (400, vllm("Grammar error: Unsupported schema: minItems is not supported"), SchemaRefused),
        (400, told("JSON schema conversion failed:\nUnrecognized schema: {}"), SchemaRefused),
        (400, told("Failed to initialize samplers: failed to parse grammar"), SchemaRefused),
        (500, told("failed to parse grammar", type="server_error"), SchemaRefused),
        (
            400,
            google(400, "Unknown name additionalProperties at 'generation_config.response_schema'"),
            SchemaRefused,
        ),
        (
            422,
            {"detail": [{"loc": ["body", "response_format", "type"], "msg": "unexpected value"}]},
            SchemaRefused,
        ),
        (400, told("bad value", param="response_format"), SchemaRefused),
        (400, behind({"error": {"message": "response_format json_schema is not supported"}}), SchemaRefused),
        (404, told("No endpoints found that can handle the requested parameters."), SchemaRefused),
        (422, {"error": "Input validation error: grammar is not valid"}, SchemaRefused),
        (400, told("Could not finish the message because max_tokens was reached."), MalformedOutput),
        (400, {"error": "The model has crashed without additional information."}, ModelUnavailable),
        (400, vllm("[{'type': 'extra_forbidden', 'loc': ('body', 'x'), 'msg': 'no'}]"), Rejected),
        (400, behind("something new"), Rejected),
        (503, told("Loading model", code=503, type="unavailable_error"), Crowded),
        (200, anthropic("overloaded_error", "Overloaded"), Crowded),
        (200, told("slow down", code="429"), LimitReached),
        (
            200,
            {"choices": [{"error": {"message": "x", "code": 502}, "message": {"content": ""}}]},
            ModelUnavailable,
        ),
        (500, told("upstream", code=429), LimitReached),
        (500, told("upstream", code=404), ModelUnavailable),
        (503, told("model m not found on this node, loading"), Crowded),
    ],
)
async def test_other_refusals_are_told_by_what_they_say(status, body, kind):
    assert await kind_of(status, body) is kind


async def test_a_message_names_the_cause_behind_a_gateway():
    error = await answered(400, behind({"error": {"message": "something new"}}))
    assert "Provider returned error: something new" in str(error)
