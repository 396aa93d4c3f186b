#!/bin/sh
# Sees to a Chromium for the browser tests: finds one or, where apt is at hand, installs Debian's.
# Usage: install_chromium.sh PYTHON. Without a browser it says so; under CI=true it then fails.
set -eu
python=$1
cd "$(dirname "$0")/../.."

find_browser() { "$python" tests/browser/chromium.py; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
  command -v apt-get >/dev/null 2>&1 || return 1
  [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

install_browser() {
  echo "No Chromium found: installing Debian's."
  as_root apt-get update -qq || return 1
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends chromium fonts-liberation
}

if [ -z "${BERT_EXPLORER_CHROMIUM:-}" ] && ! find_browser >/dev/null && may_install; then
  install_browser </dev/null || echo "Chromium could not be installed." >&2
fi

if browser=$(find_browser); then
  echo "Browser tests use $browser"
elif [ "${CI:-}" = true ]; then
  echo "No browser: under CI=true the browser tests must run." >&2
  exit 1
else
  echo "No browser: the browser tests are skipped. Install Chromium or Chrome, or name one in BERT_EXPLORER_CHROMIUM."
fi
