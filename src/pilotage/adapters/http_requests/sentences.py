"""How a request failed, told to the person who must do something about it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlsplit

from pilotage.application.outputs import last_line, shortened
from pilotage.application.ports.secrets import is_reference


def shown(url: str) -> str:
    """An address as a sentence may show it: without user, password and query, where secrets travel."""
    if is_reference(url):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.split("?", maxsplit=1)[0]
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.scheme else url


def status_sentence(name: str, status: int, body: str, location: str, retry_after: str) -> str:
    """What an answer other than 2xx means and what to do next."""
    phrase = next((s.phrase for s in HTTPStatus if s == status), "")
    said = f": {shortened(last_line(body))}" if body.strip() else ""
    return f"{name} answered {status} {phrase}".rstrip() + f"{said}. {_advice(status, location, retry_after)}"


def _advice(status: int, location: str, retry_after: str) -> str:
    if location:
        return f"Only GET and HEAD follow a redirect; ask {shown(location)} directly."
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return "Check the credentials in the step's headers."
    if status == HTTPStatus.NOT_FOUND:
        return "Check the address in the plan."
    if retry_after:
        return (
            f"It asks to come back later (Retry-After: {shortened(retry_after, 40)}); repeat the step then."
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "Look at that service, then repeat the step."
    return "Mend the request in the plan, or look at that service."


def failure_sentence(name: str, error: Exception) -> str:
    """Why there was no answer at all: whose fault, and what to do next. Speaks of httpx errors by their class names."""
    causes = list(_chain(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"{name} failed: the server's certificate is not trusted here ({cause.verify_message}). "
                "Mend the certificate, or let this machine trust who signed it."
            )
        if isinstance(cause, ssl.SSLError):
            return f"{name} failed: no TLS there ({cause.reason or cause}). Check whether the address is http:// or https://."
    match type(error).__name__:
        case "ConnectError":
            return f"{name} failed: it cannot be reached ({_innermost(causes)}). Check the address and whether it is up."
        case "TooManyRedirects":
            return f"{name} failed: it redirects in a circle or too often. Mend the service, or ask the last address."
        case (
            "UnsupportedProtocol" | "InvalidURL" | "LocalProtocolError" | "UnicodeEncodeError" | "ValueError"
        ):
            return f"{name} cannot be sent: {shortened(str(error))}. Mend the request in the plan."
        case "RemoteProtocolError" | "ReadError" | "WriteError" | "CloseError":
            return (
                f"{name} failed: the connection broke before there was a whole answer, so it may have arrived "
                f"({_innermost(causes)}). Look at that service before the step is repeated."
            )
        case _:
            return f"{name} failed: {_innermost(causes)}. Look at that service, then repeat the step."


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _innermost(causes: list[BaseException]) -> str:
    """The most telling words of a chain of errors: the system's own, where it has some."""
    for cause in reversed(causes):
        if isinstance(cause, OSError) and cause.strerror:
            return shortened(cause.strerror)
    return shortened(next((str(cause) for cause in causes if str(cause)), type(causes[0]).__name__))
