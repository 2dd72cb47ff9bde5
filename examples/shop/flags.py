"""The shop's flags, one for each version, read through OpenFeature from whatever service speaks OFREP."""

import logging
import sys
import threading
import time

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode

PATIENCE = 0.5
"""Seconds the flag service gets to answer."""

REST = 0.5
"""Seconds for which it is left alone after it did not: everybody gets the checkout they had, and nobody waits."""


class Flags:
    """Asks for every request anew, so a change is met by the very next one. Without an answer a flag is off."""

    def __init__(self, service: str) -> None:
        """``service`` is the address of the flag service; empty: every flag is off for everybody."""
        self.service = service
        self._rests_until = 0.0
        self._reachable = True
        self._lock = threading.Lock()
        # The SDK writes a traceback for every evaluation that fails; one line when that begins and ends says more.
        logging.getLogger("openfeature").setLevel(logging.CRITICAL)
        if service:
            api.set_provider(OFREPProvider(service, timeout=PATIENCE))
        self._client = api.get_client("shop")

    def on(self, flag: str, user: str, attributes: dict[str, str]) -> bool:
        """Whether this flag is on for this user."""
        if not self.service or time.monotonic() < self._rests_until:
            return False
        context = EvaluationContext(targeting_key=user, attributes=attributes)
        answer = self._client.get_boolean_details(flag, False, context)
        # "No such flag" is an answer, too: nobody created it yet.
        self._note(reachable=answer.error_code in {None, ErrorCode.FLAG_NOT_FOUND}, why=answer.error_message)
        return answer.value

    def _note(self, *, reachable: bool, why: str | None) -> None:
        with self._lock:
            if not reachable:
                self._rests_until = time.monotonic() + REST
            if reachable != self._reachable:
                self._reachable = reachable
                said = (
                    "answers again"
                    if reachable
                    else f"does not answer, so everybody gets the checkout they had: {why}"
                )
                print(f"shop: the flag service {said}", file=sys.stderr, flush=True)
