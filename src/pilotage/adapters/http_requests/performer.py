"""Carries out ``SendRequest`` with httpx, which is imported at the first request."""

from __future__ import annotations

import asyncio
import functools
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from pilotage import __version__
from pilotage.application.masking import Mask
from pilotage.application.outputs import KEPT, captured, clean, last_line, one_line, patterns
from pilotage.application.ports.performer import Performer
from pilotage.application.ports.secrets import Secrets, is_reference
from pilotage.domain.effects import Effect, SendRequest
from pilotage.domain.errors import Bug, PilotageError
from pilotage.domain.facts import Outcome, OutcomeKind

from .sentences import failure_sentence, shown, status_sentence

if TYPE_CHECKING:
    import ssl

    import httpx

_FOLLOWING = frozenset({"GET", "HEAD"})
_MOST_REDIRECTS = 5
_LARGEST = 1024 * 1024  # bytes of an answer that are read
_HEADER_SAFE = "!#$&'()*+,/:;=?@[]{}|~ "


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: str
    whole: bool
    """False: the answer was longer than is read."""
    location: str
    retry_after: str


class HttpRequestsPerformer:
    """Sends requests. The effect's id travels as ``Idempotency-Key``, so a service that knows it acts once."""

    def __init__(self, secrets: Secrets, probes: Performer) -> None:
        """``probes`` asks the ``probe`` command of an effect after a crash (the performer of commands)."""
        self._secrets = secrets
        self._probes = probes

    async def perform(self, effect: Effect) -> Outcome:
        """Send the request and judge the answer. Redirects are followed for GET and HEAD, five at most."""
        import httpx

        if not isinstance(effect.action, SendRequest):
            raise Bug(
                f"{type(effect.action).__name__} was given to the performer of requests",
                "Please report this.",
            )
        action, mask, started = effect.action, Mask(), time.monotonic()
        name = f"{action.method.upper()} {shown(action.url)}"
        try:
            search = patterns(action.capture)
            async with asyncio.timeout(action.timeout):
                url, headers = await self._resolved(effect.id, action, mask)
                answer = await _exchange(action.method.upper(), url, headers, action.body)
            text = mask(clean(answer.body))
            outcome = replace(
                _judged(action, answer, name, text),
                output=text[:KEPT],
                last_line=last_line(text),
                captured=captured(search, text),
            )
        except TimeoutError:
            outcome = Outcome(
                OutcomeKind.TIMED_OUT,
                f"{name} gave no whole answer within {action.timeout:g} s; it may have arrived. "
                'Look at that service, or give the step a longer "timeout".',
            )
        except PilotageError as error:
            outcome = Outcome(OutcomeKind.FAILED, one_line(error))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            outcome = Outcome(OutcomeKind.FAILED, failure_sentence(name, error))
        return replace(outcome, detail=mask(outcome.detail), seconds=time.monotonic() - started)

    async def happened(self, effect: Effect) -> bool | None:
        """Whether the effect's probe says it happened; without one a request cannot be asked about."""
        return await self._probes.happened(effect)

    async def _resolved(self, effect_id: str, action: SendRequest, mask: Mask) -> tuple[str, dict[str, str]]:
        """Address and headers with secrets in place, and those secrets hidden by the mask."""
        url = await self._secrets.resolve(action.url)
        if is_reference(action.url):
            mask.hide(url)
        headers = {
            "User-Agent": f"pilotage/{__version__}",
            # Nothing to unpack means nothing that unpacks into gigabytes.
            "Accept-Encoding": "identity",
            "Idempotency-Key": header_safe(effect_id),
        }
        for name, value in action.headers:
            # What the plan says replaces what we would have said.
            headers = {ours: kept for ours, kept in headers.items() if ours.lower() != name.lower()}
            headers[name] = await self._header(value, mask)
            mask.guess(name, headers[name])
            mask.guess(name, headers[name].rpartition(" ")[2])
        return url, headers

    async def _header(self, value: str, mask: Mask) -> str:
        """A header's value; it may be a reference, or a word and a reference (``Bearer env:TOKEN``)."""
        scheme, space, rest = ("", "", value) if is_reference(value) else value.partition(" ")
        if not is_reference(rest.strip()):
            return value
        secret = await self._secrets.resolve(rest.strip())
        mask.hide(secret)
        return f"{scheme}{space}{secret}"


def header_safe(text: str) -> str:
    """An id as a header may carry it: letters outside ASCII percent-encoded, the same every time."""
    return quote(text, safe=_HEADER_SAFE)


def _judged(action: SendRequest, answer: _Answer, name: str, text: str) -> Outcome:
    """Whether the answer passes. ``text`` is its body, fit to be quoted."""
    if not 200 <= answer.status < 300:
        sentence = status_sentence(name, answer.status, text, answer.location, answer.retry_after)
        return Outcome(OutcomeKind.FAILED, sentence)
    if action.expect and action.expect not in answer.body:
        where = "the answer" if answer.whole else f"the first {_LARGEST // 1024} KiB of the answer"
        return Outcome(
            OutcomeKind.FAILED,
            f'{name} answered {answer.status}, but "{action.expect}" does not stand in {where}. '
            'Look at that service, or mend "expect" in the plan.',
        )
    return Outcome(OutcomeKind.DONE, f"{name} answered {answer.status}")


async def _exchange(method: str, url: str, headers: dict[str, str], body: str) -> _Answer:
    """Send and read; a redirect to another server is followed without the plan's headers, not meant for it."""
    import httpx

    # No timeout here: the caller's covers the whole exchange, and httpx's would start anew with every byte.
    client = httpx.AsyncClient(timeout=None, verify=_trusted(), follow_redirects=False)  # noqa: S113 - the caller's covers it
    async with client:
        # As bytes, or httpx refuses what is not ASCII.
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        request = client.build_request(method, url, headers=raw, content=body.encode() or None)
        for _ in range(_MOST_REDIRECTS + 1):
            _ = urlsplit(
                str(request.url)
            ).port  # a port that is none raises ValueError here, deep inside httpx something else
            response = await client.send(request, stream=True)
            try:
                answer = await _read(response)
            finally:
                await response.aclose()
            following = response.next_request
            if following is None or method not in _FOLLOWING:
                return answer
            same = _server(following.url) == _server(request.url)
            request = client.build_request(method, following.url, headers=raw if same else None)
    raise httpx.TooManyRedirects("too many redirects", request=request)


async def _read(response: httpx.Response) -> _Answer:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _LARGEST:
            break
    try:
        text = bytes(body[:_LARGEST]).decode(response.charset_encoding or "utf-8", errors="replace")
    except LookupError:  # the server names an encoding that does not exist
        text = bytes(body[:_LARGEST]).decode("utf-8", errors="replace")
    location = response.headers.get("location", "") if response.has_redirect_location else ""
    whole = len(body) <= _LARGEST
    return _Answer(response.status_code, text, whole, location, response.headers.get("retry-after", ""))


def _server(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


@functools.cache
def _trusted() -> ssl.SSLContext:
    """The certificates this machine trusts; loading them takes some 20 ms, so once."""
    import ssl

    return ssl.create_default_context()
