"""The email channel against a real SMTP server, and against bad ones."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from pilotage.adapters.notify import EmailChannel, MessagePerformer
from pilotage.domain.effects import SendMessage
from pilotage.domain.facts import OutcomeKind
from tests.support.clocks import HurriedClock
from tests.support.effects import KnownSecrets
from tests.support.loopback import closed_port
from tests.support.messages import message, sending


@dataclass
class Mailbox:
    """What an SMTP server took, and how it answers."""

    port: int = 0
    taken: list[Envelope] = field(default_factory=list)
    data_answer: str = "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address.startswith("unknown"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        if self.data_answer.startswith("250"):
            self.taken.append(envelope)
        return self.data_answer


class AnyPort(Controller):
    """A controller that takes whichever port is free."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call] # aiosmtpd's types are not complete


@contextmanager
def mail_server(**options: Any) -> Iterator[Mailbox]:
    """A real SMTP server on a free loopback port."""
    mailbox = Mailbox()
    controller = AnyPort(mailbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        mailbox.port = controller.port
        yield mailbox
    finally:
        controller.stop()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as mailbox:
        yield mailbox


@contextmanager
def bad_server(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """A server that speaks SMTP its own way with the one connection it takes."""
    over = threading.Event()

    def run() -> None:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            talk(connection, over)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            listening.close()
            thread.join(10)


def answering(last: bytes, *, hang: bool) -> Callable[[socket.socket, threading.Event], None]:
    """Talks politely up to the command ``last``; there it hangs or hangs up."""

    def talk(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"220 hello\r\n")
        said = b""
        while not said.upper().endswith(last + b"\r\n") and last not in said.upper():
            piece = connection.recv(4096)
            if not piece:
                return
            said = piece
            if last in said.upper():
                break
            connection.sendall(b"354 go on\r\n" if said.upper().startswith(b"DATA") else b"250 fine\r\n")
        if hang:
            over.wait(30)

    return talk


@pytest.fixture
def messages() -> MessagePerformer:
    return performer(seconds=30)


def performer(seconds: float) -> MessagePerformer:
    """Sends mail, and waits that long for a server."""
    channel = EmailChannel(KnownSecrets(SMTP_PASSWORD="s3cret-value"), HurriedClock(), seconds)
    return MessagePerformer({"email": channel})


def mail(port: int, /, *recipients: str, **more: str) -> SendMessage:
    settings = {
        "host": "127.0.0.1",
        "port": str(port),
        "tls": "none",
        "from_": "Pilotage <pilotage@example.org>",
    }
    texts = {name: more.pop(name) for name in ("text", "subject") if name in more}
    return message("email", recipients=recipients, **texts, **(settings | more))


async def test_one_mail_reaches_everybody_without_showing_them_to_each_other(
    mailbox: Mailbox, messages: MessagePerformer
) -> None:
    sent = mail(
        mailbox.port,
        "Maria <maria@example.org>",
        "sam@example.org",
        text="Größe: live\n.\nend",
        subject="Pilot\nlive ✓",
    )
    outcome = await messages.perform(sending(sent))
    assert outcome.done, outcome.detail
    assert outcome.detail == f"The mail server 127.0.0.1:{mailbox.port} took it for 2 of 2"
    (envelope,) = mailbox.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == (
        "pilotage@example.org",
        ["maria@example.org", "sam@example.org"],
    )
    assert isinstance(envelope.content, bytes)
    assert envelope.content.isascii()
    arrived = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert arrived["Subject"] == "Pilot live ✓"
    assert arrived["To"] == "internal:;"
    assert arrived["From"] == "Pilotage <pilotage@example.org>"
    assert arrived["Date"] == "Mon, 02 Mar 2026 09:00:00 +0000"
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived.get_content().splitlines() == ["Größe: live", ".", "end"]


async def test_the_same_message_keeps_its_message_id(mailbox: Mailbox, messages: MessagePerformer) -> None:
    for id_ in ("a", "a", "b"):
        assert (await messages.perform(sending(mail(mailbox.port, "maria@example.org"), id=id_))).done
    first = email.message_from_bytes(mailbox.taken[0].original_content or b"")
    assert (first["To"], first["Subject"]) == ("maria@example.org", "Pilot live")
    ids = [
        email.message_from_bytes(e.content)["Message-ID"]
        for e in mailbox.taken
        if isinstance(e.content, bytes)
    ]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].endswith("@example.org>")
    assert await messages.happened(sending(mail(mailbox.port, "maria@example.org"), id="a")) is None
    assert messages.repeatable_types == frozenset()


async def test_a_recipient_the_server_does_not_know_is_named(
    mailbox: Mailbox, messages: MessagePerformer
) -> None:
    outcome = await messages.perform(sending(mail(mailbox.port, "maria@example.org", "unknown@example.org")))
    assert outcome.done
    assert (
        "took it for 1 of 2; refused were unknown@example.org: 550 no such user. Tell them another way."
        in outcome.detail
    )
    outcome = await messages.perform(sending(mail(mailbox.port, "unknown@example.org")))
    assert outcome.kind is OutcomeKind.FAILED
    assert (
        "refused every recipient (unknown@example.org: 550 no such user). Mend the addresses."
        in outcome.detail
    )
    assert len(mailbox.taken) == 1


@pytest.mark.parametrize(
    ("answer", "next_"), [("451 busy", "tried again later"), ("554 spam", "Mend what it names")]
)
async def test_a_server_that_refuses_the_text_sent_nothing(
    mailbox: Mailbox, messages: MessagePerformer, answer: str, next_: str
) -> None:
    mailbox.data_answer = answer
    outcome = await messages.perform(sending(mail(mailbox.port, "maria@example.org")))
    assert outcome.kind is OutcomeKind.FAILED
    assert f"refused: {answer}. " in outcome.detail
    assert next_ in outcome.detail


async def test_login_uses_the_secret_and_its_refusal_does_not_tell_it(messages: MessagePerformer) -> None:
    def check(server: Any, session: Any, envelope: Any, mechanism: str, login: LoginPassword) -> AuthResult:
        return AuthResult(
            success=login == LoginPassword(b"pilot@example.org", b"s3cret-value"), handled=False
        )

    with mail_server(authenticator=check, auth_require_tls=False) as mailbox:
        sent = mail(
            mailbox.port,
            "maria@example.org",
            user="pilot@example.org",
            password="env:SMTP_PASSWORD",
            from_="",
        )
        assert (await messages.perform(sending(sent))).done
        sent = mail(mailbox.port, "maria@example.org", user="other@example.org", password="env:SMTP_PASSWORD")
        refused = await messages.perform(sending(sent))
        assert refused.kind is OutcomeKind.FAILED
        assert 'Check "user" and "password" of the channel.' in refused.detail
        assert "s3cret-value" not in repr(refused)
        assert len(mailbox.taken) == 1
        assert mailbox.taken[0].mail_from == "pilot@example.org"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate for localhost that only this test trusts, and a server context that shows it."""
    folder = tmp_path_factory.mktemp("certificate")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("needs openssl to make a certificate: apt-get install openssl")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", context


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_tls_is_used_and_the_certificate_checked_by_name(
    certificate: tuple[Path, ssl.SSLContext],
    tls: str,
    messages: MessagePerformer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trusted, context = certificate
    options = (
        {"tls_context": context, "require_starttls": True} if tls == "starttls" else {"ssl_context": context}
    )
    with mail_server(**options) as mailbox:
        untrusted = await messages.perform(
            sending(mail(mailbox.port, "maria@example.org", host="localhost", tls=tls))
        )
        assert untrusted.kind is OutcomeKind.FAILED
        assert "nothing was sent" in untrusted.detail
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        other_name = await messages.perform(sending(mail(mailbox.port, "maria@example.org", tls=tls)))
        assert "mismatch" in other_name.detail
        outcome = await messages.perform(
            sending(mail(mailbox.port, "maria@example.org", host="localhost", tls=tls))
        )
        assert outcome.done, outcome.detail
        assert len(mailbox.taken) == 1


async def test_tls_a_server_does_not_offer_is_not_done_without(
    mailbox: Mailbox, messages: MessagePerformer
) -> None:
    for tls in ("starttls", "implicit"):
        outcome = await messages.perform(sending(mail(mailbox.port, "maria@example.org", tls=tls)))
        assert outcome.kind is OutcomeKind.FAILED
        assert "Check host, port and tls of the channel" in outcome.detail
    assert mailbox.taken == []


async def test_nobody_listening_is_told(messages: MessagePerformer) -> None:
    with closed_port() as port:
        outcome = await messages.perform(sending(mail(port, "maria@example.org")))
    assert outcome.kind is OutcomeKind.FAILED
    assert "Connection refused; nothing was sent. Check host, port and tls" in outcome.detail


@pytest.mark.parametrize("hang", [True, False])
async def test_a_server_that_breaks_off_before_the_text_sent_nothing(hang: bool) -> None:
    with bad_server(answering(b"RCPT", hang=hang)) as port:
        outcome = await performer(seconds=1 if hang else 30).perform(sending(mail(port, "maria@example.org")))
    assert outcome.kind is OutcomeKind.FAILED
    assert "nothing was sent" in outcome.detail


@pytest.mark.parametrize("hang", [True, False])
async def test_a_server_that_breaks_off_after_the_text_leaves_the_delivery_unknown(hang: bool) -> None:
    with bad_server(answering(b"\r\n.\r\n", hang=hang)) as port:
        outcome = await performer(seconds=1 if hang else 30).perform(sending(mail(port, "maria@example.org")))
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert "while it may have had the whole message. Ask a recipient whether it arrived" in outcome.detail


async def test_cancelling_cuts_the_connection(messages: MessagePerformer) -> None:
    heard: list[bytes] = []
    with bad_server(lambda connection, _: heard.append(connection.recv(100))) as port:
        task = asyncio.create_task(messages.perform(sending(mail(port, "maria@example.org"))))
        await asyncio.wait({task}, timeout=0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert heard == [b""], "the connection ended, long before any timeout, and without a word"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"host": ""}, 'The channel "main" has no "host". Add it under "channels"'),
        ({"from_": ""}, 'has no "from"'),
        ({"port": "smtp"}, "Expected a number from 1 to 65535"),
        ({"tls": "ssl"}, "Expected one of starttls, implicit, none"),
        ({"port": "25", "tls": "", "user": "me"}, "would send its password unprotected"),
        ({"password": "env:GONE"}, 'The secret "env:GONE" is not set'),
        ({"from_": "a@b\nBcc: c@d"}, "The mail cannot be written"),
    ],
)
async def test_a_channel_that_is_not_set_up_says_what_to_write(
    messages: MessagePerformer, change: dict[str, str], says: str
) -> None:
    outcome = await messages.perform(sending(mail(2525, "maria@example.org", **change)))
    assert outcome.kind is OutcomeKind.FAILED
    assert says in outcome.detail


@pytest.mark.parametrize("recipients", [(), ("maria",), ("maria@example.org", "sam")])
async def test_people_without_an_address_are_named(
    messages: MessagePerformer, recipients: tuple[str, ...]
) -> None:
    outcome = await messages.perform(sending(mail(2525, *recipients)))
    assert outcome.kind is OutcomeKind.FAILED
    assert "does not know where to reach internal" in outcome.detail
