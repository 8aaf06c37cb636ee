#!/bin/sh
# Redis for the tests of the Celery outlet: Debian's, installed when it is missing and we may install
# it. The tests start one of their own; the service that Debian would start is not wanted.
set -eu
if command -v redis-server >/dev/null; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Redis for the tests of the Celery outlet …"
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    if { apt-get update -qq && apt-get install -y -qq --no-install-recommends redis-server; } \
        >/tmp/ticketyard-redis.log 2>&1 </dev/null; then
        exit 0
    fi
    tail -n 5 /tmp/ticketyard-redis.log
fi
echo "!!! No Redis here: THE TESTS OF THE CELERY OUTLET WILL FAIL. Debian: apt-get install redis-server !!!"
