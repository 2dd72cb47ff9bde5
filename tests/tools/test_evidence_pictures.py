"""The pictures of the explanation of evidence show what happened in their simulated releases."""

from __future__ import annotations

from xml.etree import ElementTree

from tools import evidence_pictures

TEXT = "{http://www.w3.org/2000/svg}text"


def _words(picture: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(picture).iter(TEXT)]


def test_rules_with_thresholds_end_high_and_evidence_at_nothing() -> None:
    said = _words(evidence_pictures.looks(rollouts=6))
    assert "error rate > 1 %, once: 100 %" in said
    assert "evidence: 0 %" in said


def test_the_bad_canary_is_rolled_back_after_it_became_bad_and_not_in_the_burst() -> None:
    (moment,) = [text for text in _words(evidence_pictures.story()) if text.startswith("rolled back at")]
    # It is bad from tick 220 on: 55 minutes.
    assert 55 < float(moment.split()[3]) < 65
