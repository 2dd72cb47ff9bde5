"""The checkout of version 1.2.0: the one of 1.1.0 unchanged, and a new one with a fault that testing did not find.

It takes its connections from a pool of twelve, and one of the twelve is broken: every twelfth payment fails, about 8 %.
It is no chance, so every run shows it; it is rare enough that a person trying the shop may well not see it.
"""

import itertools
import time

from cart import PaymentFailed, Receipt, total

CONNECTIONS = 12
_payments = itertools.count(1)


def checkout(user: str) -> Receipt:
    """What users meet while the flag is off for them: by now everybody's, as 1.1.0 is with everyone."""
    time.sleep(0.008)
    return Receipt(user, total(user), path="checkout of 1.1.0")


def new_checkout(user: str) -> Receipt:
    """What users meet once the flag is on for them."""
    time.sleep(0.008)
    if next(_payments) % CONNECTIONS == 0:
        raise PaymentFailed("the payment service closed the connection")
    return Receipt(user, total(user), path="checkout of 1.2.0")
