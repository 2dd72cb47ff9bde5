"""Every ``{{name}}`` stays one word, with and without a shell, whatever is in it."""

from __future__ import annotations

import os
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pilotage.adapters.commands.words import environment_names, filled, script, words
from pilotage.domain.errors import PilotageError

HOSTILE = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=12
) | st.sampled_from(
    ["", " ", "a b", "$(touch x)", "`id`", "';id;'", '";id;"', "*", "-rf", "~", "{{version}}", "\n", "$HOME"]
)


@given(HOSTILE)
def test_a_value_is_one_word_without_a_shell(value: str) -> None:
    assert words("./x.sh {{ Previous-Tag }} 'a {{previous tag}}' end", {"previous tag": value}) == [
        "./x.sh", value, f"a {value}", "end",
    ]  # fmt: skip


@settings(max_examples=30)
@given(HOSTILE)
@example("x'; exit 3; '")
def test_a_value_is_one_word_in_a_shell_in_every_kind_of_quotes(value: str) -> None:
    variables = {"the value": value}
    names = environment_names(variables)
    written = script(
        """# don't {{the value}}
        printf '%s\\0' {{the value}} "<{{the value}}>" '<{{the value}}>' pre{{the value}}post \\
          "$(printf '%s.' {{the value}} "{{the value}}")" "$(printf '%s.' "(" {{the value}})" 'it'"'"'s' {{the value}}""",
        names,
    )
    environment = {"PATH": os.environ["PATH"], names["the value"]: value}
    out = subprocess.run(["/bin/sh", "-c", written], env=environment, capture_output=True, check=True).stdout
    assert out.decode().split("\0")[:-1] == [
        value, f"<{value}>", f"<{value}>", f"pre{value}post", f"{value}.{value}.", f"(.{value}.", "it's", value,
    ]  # fmt: skip


def test_two_names_that_would_be_alike_stay_apart() -> None:
    assert environment_names(["名", "!", "u540d", "effect id"]) == {
        "名": "PILOTAGE_U540D",
        "!": "PILOTAGE_U21",
        "u540d": "PILOTAGE_U540D_2",
        "effect id": "PILOTAGE_EFFECT_ID_2",
    }


@pytest.mark.parametrize("command", ["./x {{rows}}", "'{{rows}}'"])
def test_a_name_without_a_value_is_named(command: str) -> None:
    for attempt in (lambda: words(command, {}), lambda: script(command, {}), lambda: filled(command, {})):
        with pytest.raises(PilotageError, match=r"needs \{\{rows\}\}, and there is no value for it"):
            attempt()


@pytest.mark.parametrize(
    ("command", "says"),
    [("echo 'open", "a quote is opened and not closed"), ("  ", "A command is empty"), ("a\0b", "NUL")],
)
def test_a_command_that_is_none_is_explained(command: str, says: str) -> None:
    with pytest.raises(PilotageError, match=says):
        words(command, {})
