"""What the pages of the documentation show: fenced blocks with the words behind their fence, and commands in the text.

The words behind a fence say how a block is tried (a reader does not see them):

* ``yaml plan`` passes ``plan check``; ``yaml plan NAME`` is also written into the page's folder under that name;
* ``yaml sections`` are sections of a plan: they pass with the rest of a small plan around them;
* ``yaml broken NAME`` has mistakes, and is written into the page's folder;
* ``yaml scenario NAME`` is a scenario file for ``plan simulate``;
* ``sh run`` is executed, in the page's own folder, from the top of the page on; a line may end in ``# status N``;
* ``text output`` is what the block before it printed, shortened: each line in order, ``…`` for what is left out.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^```(?P<words>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(pilotage [^`]+)`")
_STATUS = re.compile(r"\s+# status (\d)\s*$")


@dataclass(frozen=True)
class Block:
    """One fenced block: the words behind its fence, its text, and the line of its fence."""

    words: tuple[str, ...]
    text: str
    line: int

    def __str__(self) -> str:
        return f"line {self.line}"

    def is_a(self, *words: str) -> bool:
        """Whether the words behind the fence begin like this."""
        return self.words[: len(words)] == words

    @property
    def name(self) -> str:
        """The name of the file it is written to; empty where it has none."""
        return self.words[2] if len(self.words) > 2 else ""


@dataclass(frozen=True)
class Command:
    """One command as written, and the exit status it is said to end with (None: it is not said)."""

    text: str
    status: int | None = None


def pages() -> list[Path]:
    """The pages written by hand that show commands or plans."""
    docs = ROOT / "docs"
    return [
        ROOT / "README.md",
        ROOT / "examples/shop/README.md",
        *sorted(docs.glob("*.md")),
        *sorted(docs.glob("howto/*.md")),
        *sorted(docs.glob("explanation/*.md")),
        *(
            docs / "reference" / name
            for name in ("http-api.md", "environment.md", "not-yet.md", "phrases.md")
        ),
    ]


def name_of(page: Path) -> str:
    """The page as a test is called after it."""
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, from its top."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        yield Block(tuple(found["words"].split()), found["text"], text.count("\n", 0, found.start()) + 1)


def lines(block: Block) -> Iterator[Command]:
    """The commands of a shell block; a line that ends in a backslash goes on in the next."""
    for line in block.text.replace("\\\n", " ").splitlines():
        status = _STATUS.search(line)
        text = (line[: status.start()] if status else line).strip()
        if text and not text.startswith("#"):
            yield Command(text, int(status[1]) if status else None)


def calls(page: Path) -> Iterator[list[str]]:
    """Every ``pilotage …`` of a page, in blocks and in the text, as the words after ``pilotage``."""
    text = page.read_text(encoding="utf-8")
    shown = [command.text for block in blocks(page) if block.is_a("sh") for command in lines(block)]
    for written in [*shown, *_INLINE.findall(_FENCE.sub("", text))]:
        for part in re.split(r"&&|\||;", written) if "'" not in written else [written]:
            words = shlex.split(part, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                del words[0]
            if words and words[0].rpartition("/")[2] == "pilotage":
                yield until_redirected(words[1:])


def until_redirected(words: list[str]) -> list[str]:
    """The words up to a redirection."""
    return words[: next((i for i, word in enumerate(words) if word[:1] in {">", "<"}), len(words))]
