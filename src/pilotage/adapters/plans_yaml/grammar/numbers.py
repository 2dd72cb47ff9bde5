"""Numbers, shares and words from a fixed list.

percent      = number , "%" ;                        (* 0% to 100% where a share of something is meant *)
boolean      = "true" | "false" ;
false alarms = percent , " per release" ;
minimum      = number , " requests" ;
reveal       = number , "x" | "nothing" ;            (* more than 1x *)
tolerate     = percent ;                             (* how much worse: may be more than 100% *)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError, expected_one_of

_NUMBER = r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?"
_YES = frozenset({"yes", "y", "on", "1", "true"})
_NO = frozenset({"no", "n", "off", "0", "false"})


def parse_percent(text: str) -> float:
    """``25%`` → 25.0, between 0 and 100. Raises GrammarError."""
    if not (found := re.fullmatch(rf"({_NUMBER})%", text.strip())):
        number = re.fullmatch(rf"({_NUMBER})\s*(%|percent)?", text.strip())
        raise _expected("a percentage such as 10%", text, f"{number[1]}%" if number else "")
    return share(float(found[1]), text)


def share(percent: float, text: str, offset: int = 0) -> float:
    """The percentage itself when it is a possible share of something. Raises GrammarError."""
    if not 0 <= percent <= 100:
        raise GrammarError(f'a share lies between 0% and 100%; found "{text.strip()}"', offset)
    return percent


def parse_number(text: str) -> float:
    """``0.95``. Raises GrammarError."""
    if not re.fullmatch(_NUMBER, text.strip()):
        raise _expected("a number such as 5 or 0.95", text)
    return float(text)


def parse_count(text: str) -> int:
    """A whole number, 0 or more. Raises GrammarError."""
    if not re.fullmatch(r"[0-9]{1,15}", text.strip()):
        raise _expected("a whole number such as 2", text)
    return int(text)


def parse_boolean(text: str) -> bool:
    """``true`` or ``false`` and nothing else (rule 3). Raises GrammarError."""
    word = text.strip()
    if word in ("true", "false"):
        return word == "true"
    meant = "true" if word.casefold() in _YES else "false" if word.casefold() in _NO else ""
    raise _expected("true or false", text, meant)


def parse_false_alarms(text: str) -> float:
    """``1% per release`` → 0.01: the chance that a good release is stopped by chance. Raises GrammarError."""
    found = re.fullmatch(rf"({_NUMBER})%\s+per\s+release", text.strip())
    if not found or not 0 < float(found[1]) < 100:
        raise _expected('a budget such as "1% per release"', text)
    return float(found[1]) / 100


def parse_minimum(text: str) -> float:
    """``200 requests`` → 200.0: how many must have been seen before a number says anything. Raises GrammarError."""
    found = re.fullmatch(r"([0-9]{1,15})\s+requests?", text.strip())
    if not found:
        number = re.fullmatch(r"[0-9]{1,15}", text.strip())
        raise _expected(
            'a number of requests such as "200 requests"', text, f"{number[0]} requests" if number else ""
        )
    return float(found[1])


def parse_reveal(text: str) -> float | None:
    """``3x`` → 3.0: how many times worse a stage must be able to show; ``nothing`` → None. Raises GrammarError."""
    word = text.strip()
    if word == "nothing":
        return None
    found = re.fullmatch(rf"({_NUMBER})x", word)
    if not found or not 1 < float(found[1]) <= 1000:
        number = re.fullmatch(_NUMBER, word)
        raise _expected(
            'how many times worse, such as "3x" (more than 1x), or "nothing"',
            text,
            f"{word}x" if number and float(word) > 1 else "",
        )
    return float(found[1])


def parse_tolerated(text: str) -> float:
    """``20%`` → 20.0: how much worse than the control is still no regression. Raises GrammarError."""
    found = re.fullmatch(rf"({_NUMBER})%", text.strip())
    if not found or not 0 <= float(found[1]) <= 1000:
        raise _expected('how much worse is tolerated, such as "20%"', text)
    return float(found[1])


def parse_weight(text: str) -> float:
    """``2`` → 2.0: a part beside others, more than nothing. Raises GrammarError."""
    weight = parse_number(text)
    if not 0 < weight <= 1000:
        raise _expected('a weight such as "2" (more than 0)', text)
    return weight


def parse_choice(text: str, choices: Iterable[str], also: Mapping[str, str] | None = None) -> str:
    """One word (or phrase) of a fixed list. ``also`` maps words of other tools to ours. Raises GrammarError."""
    word = " ".join(text.split())
    words = list(choices)
    if word not in words:
        raise expected_one_of(word, words, also=also)
    return word


def _expected(what: str, text: str, meant: str = "") -> GrammarError:
    hint = f'; did you mean "{meant}"?' if meant else ""
    return GrammarError(f'expected {what}; found "{text.strip()}"{hint}')
