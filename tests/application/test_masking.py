"""Secrets are taken out whole."""

from __future__ import annotations

from pilotage.application.masking import MASK, Mask


def test_known_secrets_go_the_longest_first() -> None:
    mask = Mask()
    mask.hide("abcd")
    mask.hide("abcd-efgh")
    assert mask("abcd-efgh abcd abc") == f"{MASK} {MASK} abc"


def test_each_line_of_a_key_is_hidden_where_a_program_prints_it_line_by_line() -> None:
    mask = Mask()
    mask.hide("-----BEGIN KEY-----\nMIIEvQIBADAN\nx\n")
    assert mask("> MIIEvQIBADAN\r\n> x") == f"> {MASK}\r\n> x"


def test_the_folder_a_command_runs_in_is_no_secret() -> None:
    mask = Mask()
    mask.guess("PWD", "/srv/shop")
    mask.guess("OLDPWD", "/srv/shop")
    mask.guess("DB_PWD", "hunter2")
    assert mask("/srv/shop/deploy.sh hunter2") == f"/srv/shop/deploy.sh {MASK}"


def test_what_is_too_short_to_be_a_secret_does_not_blot_the_text_out() -> None:
    mask = Mask()
    mask.hide("a")
    mask.guess("USE_TOKENS", "true")
    mask.guess("GREETING", "hello there")
    mask.guess("DB_PASSWORD", "hunter2")
    assert mask("a true hello there hunter2") == f"a true hello there {MASK}"
