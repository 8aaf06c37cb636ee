#!/bin/sh
# Dovecot for the tests of mail: Debian's, installed when it is missing and we may install it. The
# tests start one of their own; the service that Debian would start is not wanted.
set -eu
if [ -x /usr/sbin/dovecot ]; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Dovecot for the tests of mail …"
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    if { apt-get update -qq && apt-get install -y -qq --no-install-recommends dovecot-imapd; } \
        >/tmp/ticketyard-dovecot.log 2>&1 </dev/null; then
        exit 0
    fi
    tail -n 5 /tmp/ticketyard-dovecot.log
fi
echo "!!! No Dovecot here: THE TESTS OF FETCHING MAIL ARE SKIPPED. Debian: apt-get install dovecot-imapd !!!"
