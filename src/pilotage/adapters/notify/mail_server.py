"""The mail server of a channel: its settings, how to connect, and what its refusals mean."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field

from pilotage.application.masking import Mask
from pilotage.application.outputs import shortened
from pilotage.application.ports.secrets import Secrets
from pilotage.domain.effects import SendMessage
from pilotage.domain.errors import PilotageError

from .channel import needed, setting

_USUAL_PORT = {"starttls": 587, "implicit": 465, "none": 25}
_USUAL_TLS = {465: "implicit", 25: "none"}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. ``tls`` is ``starttls`` (RFC 3207), ``implicit`` (RFC 8314) or ``none``."""

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"The mail server {self.host}:{self.port}"

    def unconnected(self, seconds: float) -> smtplib.SMTP:
        """The client, before any connection; ``seconds`` bound each wait on the network."""
        if self.tls == "implicit":
            return smtplib.SMTP_SSL(timeout=seconds, context=ssl.create_default_context())
        return smtplib.SMTP(timeout=seconds)

    def connect(self, smtp: smtplib.SMTP) -> None:
        """Connect, secure and log in as the settings say. Raises OSError or SMTPException."""
        # smtplib checks the certificate against this name, and sets it only in a constructor that connects at once.
        smtp._host = self.host  # type: ignore[attr-defined] # smtplib has no other way
        code, said = smtp.connect(self.host, self.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)
        if self.tls == "starttls":
            smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo_or_helo_if_needed()
        if self.user:
            smtp.login(self.user, self.password)

    def refusal(self, error: smtplib.SMTPResponseException, mask: Mask) -> tuple[str, str]:
        """What a refusal says, and what to do next."""
        said = (
            error.smtp_error.decode(errors="replace")
            if isinstance(error.smtp_error, bytes)
            else error.smtp_error
        )
        message = f"{self} refused: {error.smtp_code} {mask(shortened(said, 200))}"
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return message, 'Check "user" and "password" of the channel.'
        if 400 <= error.smtp_code < 500:
            return message, "It asks to be tried again later; nothing was sent."
        return message, "Nothing was sent. Mend what it names, then send it again."


async def mail_server(message: SendMessage, secrets: Secrets, mask: Mask) -> MailServer:
    """The server the message's channel names, with secrets looked up. PilotageError says which setting to mend."""
    host = await secrets.resolve(needed(message, "host", "smtp.example.org"))
    port = _port(message)
    tls = setting(message, "tls") or (_USUAL_TLS.get(port, "starttls") if port else "starttls")
    if tls not in _USUAL_PORT:
        raise PilotageError(
            f'The channel "{message.channel}" says tls: {tls}', "Expected one of starttls, implicit, none."
        )
    user = await secrets.resolve(setting(message, "user"))
    password = await secrets.resolve(setting(message, "password"))
    mask.hide(password)
    if user and tls == "none" and not setting(message, "tls"):
        raise PilotageError(
            f'The channel "{message.channel}" would send its password unprotected',
            'Say "tls: starttls" (port 587), or "tls: none" where the network is trusted.',
        )
    return MailServer(host, port or _USUAL_PORT[tls], tls, user, password)


def _port(message: SendMessage) -> int | None:
    written = setting(message, "port")
    if not written:
        return None
    if not (written.isdecimal() and 0 < int(written) < 65536):
        raise PilotageError(
            f'The channel "{message.channel}" says port: {written}',
            "Expected a number from 1 to 65535, such as 587.",
        )
    return int(written)
