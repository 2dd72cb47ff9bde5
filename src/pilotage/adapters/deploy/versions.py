"""Reading a version out of what a version URL answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None


def says_version(answer: str, version: str) -> bool:
    """Whether an answer tells exactly this version; a leading ``v`` on either side makes no difference.

    In JSON the nearest key called ``version`` decides where there is one (so ``"previous": "1.2"`` deceives nobody);
    else any value may tell it. In other text it stands as a word of its own: ``1.2.3`` is not in ``1.2.30`` nor in
    ``1.2.3-rc.1``.

    >>> says_version('{"version": "v1.2.3", "previous": "1.2.2"}', "1.2.2")
    False
    >>> says_version("shop 1.2.3, up since Monday", "v1.2.3")
    True
    """
    wanted = _bare(version)
    try:
        parsed: Json = json.loads(answer)
    except (ValueError, RecursionError):
        word = rf"(?<![\w.+-])v?{re.escape(wanted)}(?![\w+-]|\.\w)"
        return re.search(word, answer, re.IGNORECASE) is not None
    named = _nearest_version(parsed)
    return wanted in {_bare(leaf) for leaf in _leaves(parsed if named is None else named)}


def _bare(version: str) -> str:
    version = version.strip()
    return version[1:] if re.match(r"[vV]\d", version) else version


def _nearest_version(parsed: Json) -> Json:
    """The value of the key ``version`` nearest to the top, or None."""
    level: list[Json] = [parsed]
    while level:
        for value in level:
            if isinstance(value, dict):
                for key, inner in value.items():
                    if key.lower() == "version":
                        return inner
        level = [inner for value in level for inner in _inside(value)]
    return None


def _leaves(value: Json) -> Iterator[str]:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str | int | float):
            yield str(value)
        waiting.extend(_inside(value))


def _inside(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
