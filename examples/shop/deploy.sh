#!/bin/sh
# Puts a version of the shop into service, and can put the one before back the same way:
#
#   ./deploy.sh 1.1.0             switch to 1.1.0, and return once the running shop says so
#   ./deploy.sh --is-live 1.1.0   change nothing; 0: that version is live, 1: another one is
#
# Doing it twice is the same as doing it once. The shop must be running (python shop.py).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
state=${SHOP_STATE:-$here/state}
python=${PYTHON:-python3}
patience=${SHOP_PATIENCE:-10}

fail() { echo "deploy: $1" >&2; exit "${2:-1}"; }

# Which version the running shop says it is; with seconds to wait, as soon as it is the wanted one.
live() {
  "$python" - "$url/version" "${1:-}" "${2:-0}" <<'PYTHON'
import sys, time, urllib.request
url, wanted, patience = sys.argv[1], sys.argv[2], float(sys.argv[3])
ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open  # the shop is on this machine
end = time.monotonic() + patience
why = "an empty answer"
while True:
    try:
        said = ask(url, timeout=2).read().decode().strip()
    except OSError as error:
        said, why = "", error
    if said == wanted or time.monotonic() >= end:
        break
    time.sleep(0.05)
if not said:
    sys.exit(f"deploy: {url} does not answer: {why}; is the shop still running?")
print(said)
PYTHON
}

only_ask=
[ "${1:-}" != --is-live ] || { only_ask=yes; shift; }
version=${1:-${PILOTAGE_VERSION:-}}
[ -n "$version" ] || fail "say which version: ./deploy.sh 1.1.0" 2
[ -f "$here/versions/$version/checkout.py" ] ||
  fail "there is no version $version; there are: $(cd "$here/versions" && echo *)" 2

url=$(cat "$state/url" 2>/dev/null) && pid=$(cat "$state/pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null ||
  fail "the shop is not running (no process in $state/pid); start it with: python shop.py" 3

# Asked before anything is changed or signalled: after a crash another program may have the process number by now.
found=$(live) || exit 3
if [ -n "$only_ask" ]; then
  echo "deploy: $found is live"
  [ "$found" = "$version" ] || exit 1
  exit 0
fi

if [ "$found" = "$version" ] && [ "$(cat "$state/current" 2>/dev/null)" = "$version" ]; then
  echo "deploy: $version is live already"
  exit 0
fi

# The name of the version is replaced in one move, so that a shop which starts right now reads the old or the new one.
echo "$version" >"$state/current.$$"
mv -f "$state/current.$$" "$state/current"
kill -HUP "$pid" || fail "the shop (process $pid) could not be told; start it again and repeat this" 3
found=$(live "$version" "$patience") || exit 3
[ "$found" = "$version" ] || fail "after ${patience}s the shop still serves $found instead of $version; see what it printed"
echo "deploy: $version is live"
