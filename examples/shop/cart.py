"""What is in a cart, and what a checkout answers: shared by all versions of the shop."""

import zlib
from dataclasses import dataclass


class PaymentFailed(Exception):
    """The user's money was not taken and nothing was bought."""


@dataclass(frozen=True)
class Receipt:
    """A cart that was paid for; ``cents`` is the amount, ``path`` the code that did it."""

    user: str
    cents: int
    path: str


def total(user: str) -> int:
    """The price of the user's cart in cents: always the same for the same user."""
    return 500 + zlib.crc32(user.encode()) % 9_500
