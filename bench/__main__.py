"""Run every benchmark, or those named: ``python -m bench [runtime storage flags evidence …]``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Each in a process of its own, so that none warms another up."""
    here = Path(__file__).parent
    packages = {main.parent.name for main in here.glob("*/__main__.py")}
    known = sorted(packages | {file.stem for file in here.glob("*.py") if not file.stem.startswith("_")})
    wanted = sys.argv[1:] or known
    if unknown := [name for name in wanted if name not in known]:
        print(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    worst = 0
    for name in wanted:
        print(f"\n--- {name} ---", flush=True)
        worst |= subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
