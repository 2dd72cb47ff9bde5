"""OFREP as our OpenAPI page shows it: what is sent and what comes back, kept apart from what is done."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_KEY = {**_TEXT, "description": "The flag's name"}

_SUCCESS = {
    "type": "object",
    "required": ["key", "value", "reason", "variant"],
    "properties": {
        "key": _KEY,
        "value": {"type": "boolean", "description": "Whether this user meets the change"},
        "reason": {**_TEXT, "enum": ["STATIC", "TARGETING_MATCH", "SPLIT", "DISABLED", "DEFAULT"]},
        "variant": {**_TEXT, "description": "The variant's name, as metrics are labelled by it"},
        "metadata": {
            "type": "object",
            "properties": {
                "version": {**_TEXT, "description": "The flag's revision; grows with every change"}
            },
        },
    },
}

_FAILURE = {
    "type": "object",
    "required": ["errorCode", "errorDetails"],
    "properties": {
        "key": _KEY,
        "errorCode": {
            **_TEXT,
            "enum": ["PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "FLAG_NOT_FOUND", "GENERAL"],
        },
        "errorDetails": {**_TEXT, "description": "What is wrong and what to do, for people"},
    },
}

REQUEST_BODY: dict[str, Any] = {
    "required": False,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "context": {
                        "type": "object",
                        "properties": {
                            "targetingKey": {**_TEXT, "description": "The same for the same user every time"}
                        },
                        "additionalProperties": True,
                    }
                },
            },
            "example": {"context": {"targetingKey": "user-17", "email": "maria@example.com"}},
        }
    },
}


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_ERRORS: dict[int | str, dict[str, Any]] = {
    400: _answer("The request or its context cannot be used", _FAILURE),
    401: {"description": "A token is missing or unknown"},
    403: {"description": "This token may not read flags"},
    429: {
        **_answer("Too many requests are in work", _FAILURE),
        "headers": {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}},
    },
    500: _answer("Flags cannot be read at present", _FAILURE),
}

SINGLE_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _answer("What this user gets", _SUCCESS),
    404: _answer("There is no such flag", _FAILURE),
    **_ERRORS,
}

BULK_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        **_answer(
            "What this user gets, for every flag",
            {
                "type": "object",
                "required": ["flags"],
                "properties": {"flags": {"type": "array", "items": {"oneOf": [_SUCCESS, _FAILURE]}}},
            },
        ),
        "headers": {"ETag": {"description": "Changes when the answer does", "schema": _TEXT}},
    },
    304: {"description": "The answer is the one If-None-Match names"},
    **_ERRORS,
}
