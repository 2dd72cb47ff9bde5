"""The part of PromQL that plans write, as a small tree that can be written back.

    expression = term , { ( "+" | "-" | "*" | "/" ) , term }            with the usual precedence
    term       = [ "-" ] , ( number | "(" expression ")" | aggregate | over-time | selector )
    aggregate  = ( "sum" | "avg" | "min" | "max" | "count" ) , [ "by (" labels ")" ] , "(" expression ")"
    over-time  = ( "increase" | "rate" ) , "(" selector "[" duration "]" ")"
    selector   = name , [ "{" label ( "=" | "!=" | "=~" | "!~" ) "value" , … "}" ]

A Prometheus server is given the author's own text, whatever it says; this tree is for what Pilotage itself evaluates
(``scrape``), merges (``merging``) or counts with (``counting``: ``Latest`` and ``Growth`` are written, never read).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pilotage.adapters.metrics.promql_text import END, NotUnderstood, Token, escaped, tokens

FORMS = (
    'a scraped source understands name{label="value"}, increase(…[5m]) and rate(…[5m]), their sum, avg, min, max and '
    "count (with or without by), numbers, and + - * /; anything else needs a Prometheus server"
)
"""What may be written for a scraped source, for people."""

REMEMBERED = "15m"
"""How long a series may be missing and still go on from where it stood. Each look reads that much of every series twice."""

AGGREGATORS = ("sum", "avg", "min", "max", "count")
OVER_TIME = ("increase", "rate")

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPE_LETTERS = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Matcher:
    """``label="value"``; ``sign`` is ``=``, ``!=``, ``=~`` or ``!~`` (a regular expression matches the whole value)."""

    label: str
    sign: str
    value: str

    def holds(self, labels: dict[str, str]) -> bool:
        """Whether a series with these labels matches; an absent label is the empty text, as in Prometheus."""
        found = labels.get(self.label, "")
        equal = found == self.value if self.sign in {"=", "!="} else bool(re.fullmatch(self.value, found))
        return equal is (self.sign in {"=", "=~"})

    def __str__(self) -> str:
        return f'{self.label}{self.sign}"{escaped(self.value)}"'


@dataclass(frozen=True, slots=True)
class Selector:
    """The series of one name whose labels match."""

    name: str
    matchers: tuple[Matcher, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}{{{','.join(map(str, self.matchers))}}}" if self.matchers else self.name


@dataclass(frozen=True, slots=True)
class OverTime:
    """How much counters grew over a span: ``increase`` in units, ``rate`` in units per second."""

    function: str
    selector: Selector
    span: str

    def __str__(self) -> str:
        return f"{self.function}({self.selector}[{self.span}])"


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest value of series that were scraped in the ``milliseconds`` before the moment of asking."""

    selector: Selector
    milliseconds: int

    def __str__(self) -> str:
        return f"last_over_time({self.selector}[{self.milliseconds}ms])"


@dataclass(frozen=True, slots=True)
class Growth:
    """How much counters grew in the ``milliseconds`` before the moment of asking: exact, nothing extrapolated.

    ``known`` select what shows that a replica (told by ``replicas``, a label) was watched before; ``counting`` says why.
    """

    selector: Selector
    known: tuple[Selector, ...]
    milliseconds: int
    replicas: str

    def __str__(self) -> str:
        span, then = f"[{self.milliseconds}ms]", f"[{REMEMBERED}] offset {self.milliseconds}ms"
        now, least = Latest(self.selector, self.milliseconds), f"min_over_time({self.selector}{span})"
        before = f"last_over_time({self.selector}{then})"
        watched = " or ".join(f"last_over_time({known}{then})" for known in self.known)
        went_on = f"({now} - {before} unless ({before} > {least}))"
        return f"{went_on} or ({now} and on ({self.replicas}) ({watched}))"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Series put together, apart only by the labels in ``by``."""

    function: str
    of: Node
    by: tuple[str, ...] = ()

    def __str__(self) -> str:
        by = f" by ({', '.join(self.by)}) " if self.by else ""
        return f"{self.function}{by}({self.of})"


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic: a number with anything, series with the series of the same labels."""

    sign: str
    left: Node
    right: Node

    def __str__(self) -> str:
        return f"({self.left} {self.sign} {self.right})"


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float

    def __str__(self) -> str:
        return f"{self.value:.17g}"


Node = Number | Selector | OverTime | Latest | Growth | Aggregate | Binary


def parse(text: str) -> Node:
    """The tree of ``text``; raises ``NotUnderstood``."""
    return _Parser(text).whole()


def parse_selector(text: str) -> Selector:
    """The one selector ``text`` is; raises ``NotUnderstood`` for anything else."""
    node = parse(text)
    if not isinstance(node, Selector):
        raise NotUnderstood(f'expected a series such as name_bucket{{label="value"}}; found "{text.strip()}"')
    return node


class _Parser:
    """A recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found = [token for token in tokens(text) if token.kind != "space"]
        self.place = 0

    def whole(self) -> Node:
        node = self.sum()
        if self.peek() is not END:
            raise self.unexpected()
        return node

    def sum(self) -> Node:
        node = self.product()
        while sign := self.take("+", "-"):
            node = Binary(sign, node, self.product())
        return node

    def product(self) -> Node:
        node = self.term()
        while sign := self.take("*", "/"):
            node = Binary(sign, node, self.term())
        return node

    def term(self) -> Node:
        if self.take("-"):
            term = self.term()
            return Number(-term.value) if isinstance(term, Number) else Binary("*", Number(-1.0), term)
        if self.take("("):
            node = self.sum()
            self.need(")")
            return node
        if self.peek().kind == "number":
            return Number(float(self.need_kind("number")))
        if self.peek().text in AGGREGATORS and self.peek(1).text in {"(", "by"}:
            return self.aggregate()
        return self.over_time() if self.peek(1).text == "(" else self.selector()

    def aggregate(self) -> Node:
        function = self.need_kind("word")
        by = self.labels() if self.take("by") else ()
        self.need("(")
        of = self.sum()
        self.need(")")
        if not by and self.take("by"):
            by = self.labels()
        return Aggregate(function, of, by)

    def over_time(self) -> Node:
        function = self.need_kind("word")
        if function not in OVER_TIME:
            raise NotUnderstood(f'"{function}(…)" in "{self.text.strip()}" is not among the forms known here')
        self.need("(")
        selector = self.selector()
        self.need("[")
        span = self.need_kind("duration")
        self.need("]")
        self.need(")")
        return OverTime(function, selector, span)

    def selector(self) -> Selector:
        name = self.need_kind("word")
        matchers: list[Matcher] = []
        if self.take("{"):
            while not self.take("}"):
                label = self.need_kind("word")
                sign = self.take("=", "!=", "=~", "!~")
                if not sign:
                    raise self.unexpected("=, !=, =~ or !~")
                matchers.append(_matcher(label, sign, self.need_kind("string")))
                if not self.take(",") and self.peek().text != "}":
                    raise self.unexpected("}")
        return Selector(name, tuple(matchers))

    def labels(self) -> tuple[str, ...]:
        self.need("(")
        labels: list[str] = []
        while not self.take(")"):
            labels.append(self.need_kind("word"))
            if not self.take(",") and self.peek().text != ")":
                raise self.unexpected(")")
        return tuple(labels)

    def peek(self, ahead: int = 0) -> Token:
        place = self.place + ahead
        return self.found[place] if place < len(self.found) else END

    def take(self, *signs: str) -> str:
        text = self.peek().text
        if text and text in signs:
            self.place += 1
            return text
        return ""

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise self.unexpected(sign)

    def need_kind(self, kind: str) -> str:
        token = self.peek()
        if token.kind != kind:
            raise self.unexpected(
                {"word": "a name", "string": 'a "text"', "duration": "a span such as 5m"}.get(kind, "")
            )
        self.place += 1
        return token.text

    def unexpected(self, wanted: str = "") -> NotUnderstood:
        expected = f"expected {wanted}, found" if wanted else "did not expect"
        return NotUnderstood(f'{expected} {self.peek().text or "the end"} in "{self.text.strip()}"')


def _matcher(label: str, sign: str, string: str) -> Matcher:
    value = string[1:-1]
    if not string.startswith("`"):
        value = _ESCAPE.sub(lambda m: _ESCAPE_LETTERS.get(m[1], m[1]), value)
    if sign in {"=~", "!~"}:
        try:
            re.compile(value)
        except re.error as error:
            raise NotUnderstood(f'"{value}" is no regular expression: {error}') from None
    return Matcher(label, sign, value)
