"""What commands print, kept in bounded room: the beginning and the end, and how much was dropped between."""

from __future__ import annotations

from pilotage.application.masking import Mask
from pilotage.application.outputs import KEPT, clean


class CappedOutput:
    """Collects bytes; never holds more than about one and a half times ``limit``, however much arrives."""

    def __init__(self, limit: int = KEPT) -> None:
        """``limit`` bytes are kept in the end, half from the beginning and half from the end."""
        self._half = max(limit // 2, 1)
        self._head = bytearray()
        self._tail = bytearray()
        self._total = 0

    def add(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._total += len(chunk)
        room = self._half - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:][-self._half :]
        if (
            len(self._tail) > 2 * self._half
        ):  # trimmed now and then, so that each byte moves a bounded number of times
            del self._tail[: -self._half]

    @property
    def dropped(self) -> int:
        """Bytes that arrived and are not kept."""
        return self._total - len(self._head) - min(len(self._tail), self._half)

    def text(self, mask: Mask) -> str:
        """What is kept, as text without secrets; bytes that are not UTF-8 become ``�``."""
        head, tail = bytes(self._head), bytes(self._tail[-self._half :])
        if not self.dropped:
            return mask(_decoded(head + tail))
        head, tail = mask.without_torn(head, tail)
        note = f"\n… {self.dropped:,} bytes of output dropped here …\n"
        return mask(_decoded(head)) + note + mask(_decoded(tail))


def _decoded(raw: bytes) -> str:
    return clean(raw.decode("utf-8", errors="replace"))
