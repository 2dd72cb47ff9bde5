"""Effects and secrets for tests, in few words."""

from __future__ import annotations

from pilotage.application.ports.secrets import is_reference
from pilotage.domain.effects import Effect, EffectAction
from pilotage.domain.errors import OutsideError


def effect(action: EffectAction, id: str = "checkout-1/deploy#1", probe: str = "") -> Effect:  # noqa: A002 - its name
    """An effect about a step."""
    return Effect(id=id, about="deploy", purpose="step", action=action, probe=probe)


class KnownSecrets:
    """Secrets held in a dictionary, by reference."""

    def __init__(self, **values: str) -> None:
        self.values = {f"env:{name}": value for name, value in values.items()}

    async def resolve(self, text: str) -> str:
        """As the port says."""
        if not is_reference(text):
            return text
        try:
            return self.values[text]
        except KeyError:
            raise OutsideError(f'The secret "{text}" is not set', "Set it.") from None
