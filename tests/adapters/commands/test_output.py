"""Output in bounded room, without secrets, fit to read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pilotage.adapters.commands.output import CappedOutput
from pilotage.application.masking import MASK, Mask


@given(st.lists(st.text("abc\n", min_size=1, max_size=30)), st.integers(2, 40))
def test_beginning_and_end_are_kept_and_the_rest_is_counted(chunks: list[str], limit: int) -> None:
    output = CappedOutput(limit)
    for chunk in chunks:
        output.add(chunk.encode())
    whole, half = "".join(chunks), limit // 2
    if len(whole) <= 2 * half:
        assert output.text(Mask()) == whole
        assert output.dropped == 0
    else:
        assert output.dropped == len(whole) - 2 * half
        note = f"\n… {output.dropped:,} bytes of output dropped here …\n"
        assert output.text(Mask()) == whole[:half] + note + whole[-half:]


def test_a_flood_takes_no_more_room_than_the_limit() -> None:
    output = CappedOutput(1000)
    for _ in range(2000):
        output.add(b"y\n" * 32768)
    assert len(output._head) + len(output._tail) <= 2000
    assert output.dropped == 2000 * 65536 - 1000


@given(st.integers(0, 60))
def test_a_secret_under_the_cut_leaves_no_half_behind(offset: int) -> None:
    mask = Mask()
    mask.hide("hunter2-and-more")
    output = CappedOutput(40)
    output.add(b"." * offset + b"hunter2-and-more" + b"." * (120 - offset))
    text = output.text(mask).replace(MASK, "")
    kept = text.replace("bytes of output dropped here", "")
    assert not [letter for letter in "huntmrd" if letter in kept.split("…")[0] + kept.split("…")[-1]]


def test_what_is_not_text_is_tolerated_and_what_a_terminal_would_obey_is_taken_out() -> None:
    output = CappedOutput()
    output.add(b"\xff\xfe ok\x00 \x1b[31mred\x1b[0m \x1b]0;title\x07 10%\r 20%\rdone\r\n")
    assert output.text(Mask()) == "done\n"
    output = CappedOutput()
    output.add(b"\xff ok\x00 \x1b[31mred\x1b[0m\n")
    assert output.text(Mask()) == "� ok red\n"
