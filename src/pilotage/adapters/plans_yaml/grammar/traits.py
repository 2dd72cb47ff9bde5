"""``when``: whether a line applies to this release at all.

when = term , { " and " , term } | term , { " or " , term } ;          (* "and" and "or" are not mixed *)
term = [ "not " ] , ( trait | "automatic" | "type is " , release type | role , " is named" ) ;
"""

from __future__ import annotations

import re

from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError, UnknownName
from pilotage.adapters.plans_yaml.grammar.moments import parse_moment
from pilotage.adapters.plans_yaml.grammar.names import Names
from pilotage.adapters.plans_yaml.grammar.scanner import Scanner, stops
from pilotage.domain.traits import TraitTerm, When

_END_OF_TERM = stops("and", "or")
_END_OF_ROLE = stops("is named")
_IS_NAMED = re.compile(r"\s+is\s+named(?!\w)")


def parse_when(text: str, names: Names) -> When:
    """Read a ``when``. Raises GrammarError; a moment written here by mistake is told from a misspelt trait."""
    try:
        return _parse(text, names)
    except GrammarError as wrong:
        if _is_moment(text, names):
            moment = text.strip()
            raise GrammarError(
                f'"{moment}" is a moment, and "when" asks for a condition; write "at: {moment}"', wrong.offset
            ) from None
        raise


def _parse(text: str, names: Names) -> When:
    scan = Scanner(text)
    terms = [_scan_term(scan, names)]
    joint = ""
    while not scan.done:
        start = scan.at
        word = next((word for word in ("and", "or") if scan.word(word)), "")
        if not word:
            raise scan.fail(
                f'cannot read "{scan.rest}" after "{scan.since(0).strip()}"; what may follow is "and" or "or"'
            )
        if joint not in ("", word):
            raise scan.fail(
                '"and" and "or" are not mixed in one "when"; declare a trait for one of the two', start
            )
        joint = word
        terms.append(_scan_term(scan, names))
    return When(tuple(terms), all_of=joint != "or", text=text.strip())


def _scan_term(scan: Scanner, names: Names) -> TraitTerm:
    # A trait whose own name begins with "not" is meant before its negation is.
    if scan.stands_for(names.traits, _END_OF_TERM):
        return TraitTerm("trait", scan.name(names.traits, _END_OF_TERM))
    if scan.word("not"):
        positive = _scan_term(scan, names)
        return TraitTerm(positive.kind, positive.name, not positive.negated)
    if scan.word("automatic"):
        return TraitTerm("automatic", "automatic")
    if scan.word("type is not"):
        raise scan.fail(f'write "not type is {scan.until(_END_OF_TERM)}"')
    if scan.word("type is"):
        return TraitTerm("type", scan.name(names.types, _END_OF_TERM))
    if _IS_NAMED.search(scan.until(_END_OF_TERM)) or scan.stands_for(names.roles, _END_OF_ROLE):
        return _role_is_named(scan, names)
    return TraitTerm("trait", _scan_trait(scan, names))


def _role_is_named(scan: Scanner, names: Names) -> TraitTerm:
    role = scan.name(names.roles, _END_OF_ROLE)
    if not scan.word("is named"):
        raise scan.fail(f'"{role}" is a role; write "{role} is named"')
    return TraitTerm("named", role)


def _scan_trait(scan: Scanner, names: Names) -> str:
    if scan.done:
        raise scan.fail('expected a trait such as "schema changes"; found nothing')
    return scan.name(names.traits, _END_OF_TERM)


def _is_moment(text: str, names: Names) -> bool:
    """Whether it reads as a moment; a stage that is not declared counts, the sentence around it is clear enough."""
    try:
        parse_moment(text, names)
    except UnknownName as unknown:
        return unknown.kind == "stage"
    except GrammarError:
        return False
    return True
