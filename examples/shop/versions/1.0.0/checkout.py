"""The checkout of version 1.0.0: one way to pay, and no new one to switch on yet."""

import time

from cart import Receipt, total


def checkout(user: str) -> Receipt:
    """What every user meets."""
    time.sleep(0.012)  # the call to the payment service
    return Receipt(user, total(user), path="checkout of 1.0.0")


new_checkout = None
