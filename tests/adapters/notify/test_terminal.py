"""The terminal channel: one harmless line."""

from __future__ import annotations

from pilotage.adapters.notify import MessagePerformer, TerminalChannel
from pilotage.domain.facts import OutcomeKind
from tests.support.messages import message, sending


async def test_a_message_is_one_line_that_no_terminal_obeys() -> None:
    lines: list[str] = []
    messages = MessagePerformer({"terminal": TerminalChannel(lines.append)})
    assert (
        await messages.perform(sending(message("terminal", text="Pilot\nlive \x1b[2Jnow", subject="Team")))
    ).done
    assert (await messages.perform(sending(message("terminal", text="Pilot live")))).done
    assert lines == ["✉ internal: Team: Pilot live now", "✉ internal: Pilot live"]
    assert await messages.happened(sending(message("terminal"))) is None


async def test_a_terminal_that_is_gone_is_told() -> None:
    def gone(line: str) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    outcome = await MessagePerformer({"terminal": TerminalChannel(gone)}).perform(
        sending(message("terminal"))
    )
    assert outcome.kind is OutcomeKind.FAILED
    assert "Read the message in `pilotage release log`" in outcome.detail


async def test_a_type_nobody_connected_is_a_persons_task() -> None:
    messages = MessagePerformer({"terminal": TerminalChannel(lambda _: None)})
    outcome = await messages.perform(sending(message("call")))
    assert outcome.kind is OutcomeKind.FAILED
    assert outcome.detail == (
        'The channel "main" is of type "call", which nothing is connected to (connected here: terminal). '
        "Tell internal by hand, or give the channel one of these types."
    )
    assert await messages.happened(sending(message("call"))) is None
