"""The audit pack: one ZIP file with a release's plan, events, samples and story, and what is needed to check it offline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pilotage.application.ports.storage import EventRow
from pilotage.application.shapes import write_moment
from pilotage.domain.errors import UsageError

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time all files in a pack carry: the same record makes the same pack, byte for byte."""

_README = """\
The record of the release {release}
{underline}

plan.txt       the plan the release was held to, as it was pinned when the release was created
events.jsonl   everything that became true, one event a line, oldest first
samples.jsonl  what its sources said at the newest looks, one look a line (outside the chain)
story.txt      the same events as sentences
verify.py      checks this pack; it needs Python 3 and nothing else:  python3 verify.py
SHA256SUMS     the checksums of all these files:  sha256sum --check SHA256SUMS

How the chain works. A line of events.jsonl holds "number", "at", "body" (the event itself, as text) and "hash". With
field(text) = the length of the text in bytes (UTF-8), ":", the text, ",":

    hash = SHA-256(field(hash of the event before) field(stream) field(number) field(at) field(body))

in lower-case hexadecimal; before the first event stands the empty text; the stream is {release}. Whoever keeps the last
hash ({head}) can tell later that nothing was changed, left out or added before it.
"""

_VERIFY = '''\
"""Checks the events of this pack: numbers without gaps, and every hash."""
import hashlib, json, sys
from pathlib import Path

here, stream = Path(__file__).parent, {release!r}
previous, number = "", 0
# Lines end with a line feed and with nothing else that Python takes for an end: people may have typed such a character.
for line in (here / "events.jsonl").read_bytes().split(b"\\n")[:-1]:
    event = json.loads(line)
    number += 1
    digest = hashlib.sha256()
    for text in (previous, stream, str(event["number"]), event["at"], event["body"]):
        raw = text.encode()
        digest.update(b"%d:%s," % (len(raw), raw))
    if event["number"] != number or event["hash"] != digest.hexdigest():
        sys.exit("event %d does not hold: it, or one before it, was changed, removed or added" % number)
    previous = event["hash"]
print("%d events hold; the last hash is %s" % (number, previous))
if previous != {head!r}:
    sys.exit("but the record ended with {head} when this pack was made: its end was cut off or added to")
'''


@dataclass(frozen=True, slots=True)
class Pack:
    """What goes into an audit pack."""

    release: str
    plan_document: str
    events: Sequence[EventRow]
    samples: Sequence[str]
    story: str

    def files(self) -> dict[str, str]:
        """The files by name, without the checksums."""
        head = self.events[-1].hash if self.events else ""
        lines = [
            json.dumps(
                {"number": e.number, "at": write_moment(e.at), "body": e.body, "hash": e.hash},
                ensure_ascii=False,
            )
            for e in self.events
        ]
        return {
            "README.txt": _README.format(
                release=self.release, underline="=" * (22 + len(self.release)), head=head
            ),
            "plan.txt": self.plan_document,
            "events.jsonl": "".join(f"{line}\n" for line in lines),
            "samples.jsonl": "".join(f"{line}\n" for line in self.samples),
            "story.txt": self.story,
            "verify.py": _VERIFY.format(release=self.release, head=head),
        }


def write_pack(pack: Pack, target: Path) -> Path:
    """Write ``pack`` to the file ``target``, or into that folder; returns the file. Raises UsageError when it cannot."""
    files = pack.files()
    sums = "".join(f"{sha256(text.encode()).hexdigest()}  {name}\n" for name, text in files.items())
    if target.is_dir():
        target = target / f"{pack.release}-audit.zip"
    partial = target.with_name(f"{target.name}.part")
    try:
        with ZipFile(partial, "w") as archive:
            for name, text in {**files, "SHA256SUMS": sums}.items():
                entry = ZipInfo(f"{pack.release}/{name}", _EPOCH)
                entry.compress_type = ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, text)
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(
            f"{target} cannot be written: {error.strerror or error}.",
            "Name another file or folder with --output.",
        ) from error
    return target
