"""A flag compiled to one closure: what can be worked out beforehand is, so that an evaluation is a hash and a compare.

The order of the questions: killed, retired, switched by hand for this user, then the parts of the exposure (excluded,
segments, capped segments, share). The reason is OpenFeature's: ``DISABLED`` killed, ``STATIC`` the same for everybody,
``TARGETING_MATCH`` by name or segment, ``SPLIT`` by bucket, ``DEFAULT`` no rule met.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pilotage.decisions.flags.bucketing import bucket, segment_salt, threshold
from pilotage.decisions.flags.segments import Attributes, Matcher, compile_segment
from pilotage.domain.errors import UsageError
from pilotage.domain.exposure import Exposure, Segment
from pilotage.domain.flags import BUCKETING, BUCKETS, Evaluation, Flag

Evaluate = Callable[[str | None, Attributes], Evaluation]
"""From targeting key (None: unknown) and attributes to what this user gets. Raises TargetingKeyMissing."""

_Answer = bool | None
"""In, out, or (None) the bucket of an unknown key would have to decide."""
_Part = Callable[[str | None, Attributes], tuple[_Answer, str]]

TARGETING_MATCH = "TARGETING_MATCH"
SPLIT = "SPLIT"
STATIC = "STATIC"
DISABLED = "DISABLED"
DEFAULT = "DEFAULT"

_IN_BY_MATCH = (True, TARGETING_MATCH)
_OUT_BY_MATCH = (False, TARGETING_MATCH)
_IN_BY_SPLIT = (True, SPLIT)
_OUT_BY_SPLIT = (False, SPLIT)
_OUT_BY_DEFAULT = (False, DEFAULT)
_KEY_NEEDED = (None, SPLIT)


class TargetingKeyMissing(UsageError):
    """Only a bucket could decide, and there is no targeting key to compute it from."""

    def __init__(self, flag: str) -> None:
        """Say which flag asks for the key."""
        super().__init__(
            f'flag "{flag}" is on for a share of users, and this request names no user',
            "Send a targeting key: the same text for the same user every time.",
        )


def compile_flag(flag: Flag) -> Evaluate:
    """The evaluation of one flag as it is now; a changed flag is compiled anew.

    Raises UsageError when the flag names a segment it does not define, or a bucketing this version does not know.
    """
    if flag.bucketing != BUCKETING:
        raise UsageError(
            f'flag "{flag.name}" was made with the bucketing "{flag.bucketing}"; this version knows only "{BUCKETING}"',
            "Upgrade Pilotage: with another bucketing other people would be in.",
        )
    if flag.killed:
        return _always(Evaluation(False, flag.off, DISABLED))
    if flag.retired:
        # The last variant is served for good; its name tells which.
        return _always(Evaluation(flag.retired_variant == flag.on, flag.retired_variant, STATIC))
    rules = _compile_exposure(flag)
    return _with_forced_users(flag, rules) if flag.forced else rules


def _always(evaluation: Evaluation) -> Evaluate:
    return lambda _key, _attributes: evaluation


def _with_forced_users(flag: Flag, rules: Evaluate) -> Evaluate:
    """People switched by hand come before every rule of the exposure."""
    forced = {
        key: Evaluation(on, flag.on if on else flag.off, TARGETING_MATCH) for key, on in flag.forced.items()
    }

    def evaluate(key: str | None, attributes: Attributes) -> Evaluation:
        if key is not None and (by_hand := forced.get(key)) is not None:
            return by_hand
        return rules(key, attributes)

    return evaluate


def _compile_exposure(flag: Flag) -> Evaluate:
    """The exposure's parts, asked in order: in by one is in."""
    exposure = flag.exposure
    if exposure.nobody or (exposure.everyone and not exposure.kept):
        on = exposure.everyone
        return _always(Evaluation(on, flag.on if on else flag.off, STATIC))
    parts = [_compile_part(flag, part) for part in (replace(exposure, kept=()), *exposure.kept)]
    answers = {
        (on, reason): Evaluation(on, flag.on if on else flag.off, reason)
        for on in (True, False)
        for reason in (TARGETING_MATCH, SPLIT, DEFAULT)
    }
    name = flag.name
    first, others = parts[0], tuple(parts[1:])

    def evaluate(key: str | None, attributes: Attributes) -> Evaluation:
        on, reason = first(key, attributes)
        if on is not True:
            for part in others:
                also_on, also_reason = part(key, attributes)
                if also_on:
                    return answers[True, also_reason]
                if also_on is None:
                    on = None
        if on is None:
            raise TargetingKeyMissing(name)
        return answers[on, reason]

    return evaluate


def _compile_part(flag: Flag, part: Exposure) -> _Part:
    """One flat part: not excluded, and in by one of its rules."""
    out = tuple(_matcher(flag, name) for name in part.excluded)
    rules = _rules(flag, part)

    def decide(key: str | None, attributes: Attributes) -> tuple[_Answer, str]:
        for matches in out:
            if matches(key, attributes):
                return _OUT_BY_MATCH
        drawn = False
        for matches, salt, limit in rules:
            if matches(key, attributes):
                if limit >= BUCKETS:
                    return _IN_BY_MATCH
                drawn = True
                if key is not None and bucket(salt, key) < limit:
                    return _IN_BY_SPLIT
        if not drawn:
            return _OUT_BY_DEFAULT
        return _KEY_NEEDED if key is None else _OUT_BY_SPLIT

    return decide


def _rules(flag: Flag, part: Exposure) -> tuple[tuple[Matcher, str, int], ...]:
    """Who may be in, the salt of their bucket, and the bucket it must be below; those in without a bucket first."""
    salt = flag.seed or flag.name
    rules: list[tuple[Matcher, str, int]] = [(_anybody, salt, threshold(part.share))]
    rules += [
        (_matcher(flag, name), segment_salt(salt, name), threshold(percent))
        for name, percent in part.segments.items()
    ]
    # With the salt of the plain share: whoever came in under the cap is among the first when the share grows.
    rules += [
        (_matcher(flag, name), salt, capped_threshold(flag.segments[name], cap))
        for name, cap in part.capped.items()
    ]
    return tuple(sorted((rule for rule in rules if rule[2] > 0), key=lambda rule: rule[2] < BUCKETS))


def _anybody(_key: str | None, _attributes: Attributes) -> bool:
    return True


def capped_threshold(segment: Segment, cap: float) -> int:
    """The buckets below which a capped segment's members are in, so that they make up at most ``cap`` % of all users.

    Where the plan says which share of all users the segment makes up, ``cap / share`` of its members may be in.
    Where it does not, only ``cap`` % of them: right however large the segment is, and few when it is small.
    """
    return threshold(cap) if not segment.share else threshold(min(100.0, 100.0 * cap / segment.share))


def _matcher(flag: Flag, name: str) -> Matcher:
    segment = flag.segments.get(name)
    if segment is None:
        raise UsageError(
            f'flag "{flag.name}" names the segment "{name}", which it does not define',
            "Send the segment's definition with the exposure.",
        )
    return compile_segment(segment)
