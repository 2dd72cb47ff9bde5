"""docs/reference/openapi.json: the HTTP API as the server itself describes it."""

from __future__ import annotations

import json

from pilotage.interfaces.http.app import create_app
from pilotage.testing.world import World


def page() -> str:
    """The OpenAPI document."""
    document = create_app(World().app, person="").openapi()
    # The page speaks of the API's own version, so that it does not change with every build.
    document["info"]["version"] = "v1"
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
