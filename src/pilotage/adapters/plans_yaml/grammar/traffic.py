"""How much traffic a service has.

traffic = number , ( "rps" | " per " , ( "s" | "m" | "h" | "d" ) ) ;
"""

from __future__ import annotations

import re

from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,9})?"


def parse_traffic(text: str) -> float:
    """``100rps``, ``100 per s``, ``6000 per m`` → requests a second. Raises GrammarError.

    >>> parse_traffic("100rps"), parse_traffic("6000 per m"), parse_traffic("0.5 rps")
    (100.0, 100.0, 0.5)
    """
    found = re.fullmatch(rf"({_NUMBER})\s*(?:rps|per\s+([smhd]))", text.strip())
    if found is None or not float(found[1]) > 0:
        number = re.match(_NUMBER, text.strip())
        hint = f'; did you mean "{number[0]}rps"?' if number and float(number[0]) > 0 else ""
        raise GrammarError(f'expected traffic such as "100rps" or "6000 per m"; found "{text.strip()}"{hint}')
    return float(found[1]) / _SECONDS[found[2] or "s"]
