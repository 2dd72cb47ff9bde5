"""Ids of names: readable, the same every time, different for different names of any script."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotage.domain.ids import plain_slug, slug


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("All critical paths tested", "all-critical-paths-tested"),
        ("  Über – Prüfung (2)!  ", "uber-prufung-2"),
        ("Don’t", "dont"),
        ("ﬁnal ①", "final-1"),
        ("测试", "测试"),
        ("发布 v2", "发布-v2"),
        ("ПРОВЕРКА Й", "проверка-й"),
        ("データベース", "データベース"),
        ("ｶﾞ", "ガ"),
        ("한국어", "한국어"),
        ("परीक्षण", "परीक्षण"),
        ("Ψηφίο", "ψηφίο"),
        ("🚀", "u1f680"),
        ("✓\ufe0f", "u2713"),
        ("?!", "u3f-u21"),
        ("ø", "uf8"),
        ("", "unnamed"),
        (" \u200d", "unnamed"),
    ],
)
def test_a_name_s_id(name: str, id_: str) -> None:
    assert slug(name) == id_


@pytest.mark.parametrize("name", ["データ", "Й", "ガ", "한국", "é"])
def test_a_letter_has_one_id_however_it_was_typed(name: str) -> None:
    forms = {unicodedata.normalize(form, name) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    assert len({slug(form) for form in forms}) == 1


@given(st.text())
def test_an_id_is_never_empty_and_is_its_own_id(name: str) -> None:
    id_ = slug(name)
    assert id_
    assert not re.search(r"[\s/\x00-\x1f]", id_)
    assert slug(id_) == id_


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_names_have_the_ids_they_always_had(name: str) -> None:
    always = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    assert slug(name) == always or not always


@given(st.text())
def test_a_plain_id_is_ascii_alone(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", plain_slug(name))
