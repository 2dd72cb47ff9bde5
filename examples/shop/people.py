"""The shop's users, u0 to u299: the first twelve are the team, the next thirty test early versions."""

USERS = 300
TEAM = 12
TESTERS = 30


def everybody() -> list[str]:
    """The ids of all users."""
    return [f"u{number}" for number in range(USERS)]


def attributes(user: str) -> dict[str, str]:
    """What a flag may be told about a user: ``email`` and ``group`` (team, beta or customers)."""
    number = int(user[1:]) if user[1:].isdecimal() else USERS
    if number < TEAM:
        return {"email": f"{user}@shop.example", "group": "team"}
    group = "beta" if number < TEAM + TESTERS else "customers"
    return {"email": f"{user}@mail.example", "group": group}
