"""The email channel: SMTP (RFC 5321), one transaction a message, so that it reaches all its recipients or none.

SMTP takes no idempotency key. The ``Message-ID`` is the same at every try, which lets most mailboxes show one message,
but nothing promises it: a delivery that broke off in the middle is unknown, and a person is asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import smtplib
import socket
from dataclasses import dataclass, field
from email.headerregistry import Group
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from pilotage.application.masking import Mask
from pilotage.application.outputs import shortened
from pilotage.application.ports.clock import Clock
from pilotage.application.ports.secrets import Secrets
from pilotage.domain.effects import SendMessage
from pilotage.domain.errors import OutsideError, PilotageError
from pilotage.domain.facts import Outcome

from .channel import DeliveryUnknown, done, needed, setting, subject_of
from .mail_server import MailServer, mail_server

_SECONDS = 60.0
_POLICY = SMTP.clone(cte_type="7bit")  # any server takes it, also one without 8BITMIME


@dataclass(slots=True)
class _Delivery:
    """One SMTP conversation in a thread; ``handed_over`` from the moment the server may have the message."""

    server: MailServer
    sender: str
    recipients: tuple[str, ...]
    content: bytes
    smtp: smtplib.SMTP
    handed_over: bool = False
    given_up: bool = False
    refused: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Hand the message over. Raises OSError or SMTPException."""
        try:
            self.server.connect(self.smtp)
            if not self.given_up:
                self._transaction()
        finally:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self.smtp.putcmd("quit")  # its answer changes nothing, so nobody waits for it
            self.smtp.close()

    def _transaction(self) -> None:
        code, said = self.smtp.mail(self.sender)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, said, self.sender)
        refused: dict[str, tuple[int, bytes]] = {}
        for recipient in self.recipients:
            code, said = self.smtp.rcpt(recipient)
            if code not in {250, 251}:
                refused[recipient] = (code, said)
        if len(refused) == len(self.recipients):
            raise smtplib.SMTPRecipientsRefused(refused)
        self.refused = {recipient: _said(code, said) for recipient, (code, said) in refused.items()}
        self.handed_over = True
        code, said = self.smtp.data(self.content)
        if code != 250:
            raise smtplib.SMTPDataError(code, said)

    def cut(self) -> None:
        """End the conversation from outside: the thread wakes up with an error and sends nothing more."""
        self.given_up = True
        with contextlib.suppress(OSError):
            if self.smtp.sock is not None:
                self.smtp.sock.shutdown(socket.SHUT_RDWR)


class EmailChannel:
    """Sends mail through the server of the channel's ``host``, ``port``, ``tls``, ``user``, ``password``, ``from``."""

    takes_idempotency_key = False

    def __init__(self, secrets: Secrets, clock: Clock, seconds: float = _SECONDS) -> None:
        """``seconds``: for one whole conversation with the server. ``clock`` dates the mail."""
        self._secrets = secrets
        self._clock = clock
        self._seconds = seconds

    async def send(self, message_id: str, message: SendMessage) -> Outcome:
        """Hand the message to the server, to all recipients at once."""
        mask = Mask()
        server = await mail_server(message, self._secrets, mask)
        try:
            delivery = self._delivery(server, message_id, message)
        except (ValueError, LookupError) as error:
            raise PilotageError(
                f"The mail cannot be written: {error}", "Mend the message in the plan."
            ) from None
        try:
            async with asyncio.timeout(self._seconds):
                await asyncio.to_thread(delivery.run)
        except TimeoutError:
            delivery.cut()
            self._raise(delivery, f"had not taken the mail after {self._seconds:g} s")
        except asyncio.CancelledError:
            delivery.cut()
            raise
        except smtplib.SMTPResponseException as error:
            raise OutsideError(*server.refusal(error, mask)) from None
        except smtplib.SMTPRecipientsRefused as error:
            said = "; ".join(f"{who}: {_said(*answer)}" for who, answer in error.recipients.items())
            raise OutsideError(
                f"{server} refused every recipient ({shortened(said)})", "Mend the addresses."
            ) from None
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self._raise(delivery, f"broke off: {mask(shortened(str(error) or type(error).__name__))}")
        return done(_delivered(delivery))

    async def sent(self, message_id: str, message: SendMessage) -> bool | None:  # noqa: ARG002 - cannot be asked
        """A mail server cannot be asked."""
        return None

    @staticmethod
    def _raise(delivery: _Delivery, what: str) -> None:
        if delivery.handed_over:
            raise DeliveryUnknown(
                f"{delivery.server} {what}, while it may have had the whole message",
                "Ask a recipient whether it arrived, then say so, or send it again.",
            ) from None
        raise OutsideError(
            f"{delivery.server} {what}; nothing was sent",
            "Check host, port and tls of the channel, then send it again.",
        ) from None

    def _delivery(self, server: MailServer, message_id: str, message: SendMessage) -> _Delivery:
        sender = setting(message, "from") or (server.user if "@" in server.user else "")
        sender = sender or needed(message, "from", "Pilotage <pilotage@example.org>")
        recipients = message.recipients or tuple(filter(None, [message.address]))
        addresses = tuple(parseaddr(recipient)[1] for recipient in recipients)
        if not addresses or not all("@" in address for address in addresses):
            raise PilotageError(
                f'The channel "{message.channel}" does not know where to reach {message.to}',
                f'Give "{message.to}" mail addresses under "audiences" or "people", such as someone@example.org',
            )
        mail = self._mail(message_id, message, sender, recipients)
        smtp = server.unconnected(self._seconds)
        return _Delivery(server, parseaddr(sender)[1], addresses, mail.as_bytes(), smtp)

    def _mail(
        self, message_id: str, message: SendMessage, sender: str, recipients: tuple[str, ...]
    ) -> EmailMessage:
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = sender
        # Several recipients need not learn each other's addresses: the group is named, its members are not.
        mail["To"] = recipients[0] if len(recipients) == 1 else Group(message.to)
        mail["Subject"] = subject_of(message)
        mail["Date"] = format_datetime(self._clock.now())
        domain = parseaddr(sender)[1].rpartition("@")[2] or "pilotage.invalid"
        mail["Message-ID"] = f"<{hashlib.sha256(message_id.encode()).hexdigest()[:32]}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies, please
        mail.set_content(message.text)
        return mail


def _delivered(delivery: _Delivery) -> str:
    taken = len(delivery.recipients) - len(delivery.refused)
    detail = f"{delivery.server} took it for {taken} of {len(delivery.recipients)}"
    refused = "; ".join(f"{who}: {said}" for who, said in delivery.refused.items())
    return f"{detail}; refused were {shortened(refused)}. Tell them another way." if refused else detail


def _said(code: int, said: bytes) -> str:
    return shortened(f"{code} {said.decode(errors='replace')}", 120)
