"""Flag evaluations a second: our closures beside the OpenFeature SDK over its in-memory provider, without rules.

The ratio is what to watch: both sides run on the same machine in the same second. ``python -m bench.flags``
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from pilotage.decisions.flags.compiled import compile_flag
from pilotage.domain.exposure import Exposure, Segment, SegmentTest
from pilotage.domain.flags import Flag

ROUNDS = 5
EVALUATIONS = 50_000
KEYS = [f"user-{n}" for n in range(1000)]
ATTRIBUTES: dict[str, object] = {"email": "maria@elsewhere.org", "country": "DE", "opted in": True}
SEGMENTS = {
    "team": Segment("team", tests=(SegmentTest("email", "ends with", ("@example.com",)),)),
    "beta": Segment("beta", tests=(SegmentTest("", "opted in"),), share=20.0),
    "europe": Segment("europe", tests=(SegmentTest("country", "in", ("AT", "ES")),)),
}
EXPOSURES = {
    "everyone": Exposure(share=100.0),
    "10%": Exposure(share=10.0),
    "team and 10%": Exposure(share=10.0, segments={"team": 100.0}),
    "the most a plan asks": Exposure(
        share=10.0, segments={"team": 100.0}, capped={"beta": 10.0}, excluded=("europe",)
    ),
}


def a_second(evaluate: Callable[[str], object]) -> float:
    """Evaluations a second, the best of some rounds: the others were disturbed."""
    best = 0.0
    for _ in range(ROUNDS):
        began = perf_counter()
        for _ in range(EVALUATIONS // len(KEYS)):
            for key in KEYS:
                evaluate(key)
        best = max(best, EVALUATIONS / (perf_counter() - began))
    return best


def ours(exposure: Exposure) -> Callable[[str], object]:
    """The compiled flag, as the in-process reader calls it."""
    evaluate = compile_flag(Flag("checkout", exposure, SEGMENTS, seed="checkout"))
    return lambda key: evaluate(key, ATTRIBUTES)


def in_memory_sdk() -> Callable[[str], object] | None:
    """The OpenFeature client over its in-memory provider with a flag without rules; None when it is not installed."""
    try:
        from openfeature import api
        from openfeature.evaluation_context import EvaluationContext
        from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider
    except ImportError:
        return None
    flag = InMemoryFlag("on", {"on": True, "off": False})
    api.set_provider(InMemoryProvider({"checkout": flag}), "benchmark")
    client = api.get_client("benchmark")
    contexts = {key: EvaluationContext(key, dict(ATTRIBUTES)) for key in KEYS}  # type: ignore[arg-type]  # wider values
    return lambda key: client.get_boolean_value("checkout", False, contexts[key])


def main() -> None:
    """Measure and print."""
    sdk = in_memory_sdk()
    beside = None if sdk is None else a_second(sdk)
    print("flag evaluations a second, one core")
    if beside is None:
        print("  OpenFeature SDK: not installed (extra: openfeature)")
    else:
        print(f"  {'OpenFeature in-memory, no rules':<32} {beside:>12,.0f}")
    for name, exposure in EXPOSURES.items():
        rate = a_second(ours(exposure))
        ratio = "" if beside is None else f"   {rate / beside:6.1f} times the SDK"
        print(f"  {name:<32} {rate:>12,.0f}{ratio}")


if __name__ == "__main__":
    main()
