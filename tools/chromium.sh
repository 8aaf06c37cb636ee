#!/bin/sh
# Chromium for the browser tests: Debian's, installed when it is missing and we may install it.
set -eu
if command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
    || command -v google-chrome >/dev/null; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the browser tests …"
    export DEBIAN_FRONTEND=noninteractive
    if { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } \
        >/tmp/ticketyard-chromium.log 2>&1 </dev/null; then
        exit 0
    fi
    tail -n 5 /tmp/ticketyard-chromium.log
fi
echo "!!! No Chromium here: THE BROWSER TESTS ARE SKIPPED. Debian: apt-get install chromium !!!"
