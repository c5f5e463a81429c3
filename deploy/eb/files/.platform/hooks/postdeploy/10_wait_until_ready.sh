#!/bin/sh
# The deployment of this instance succeeds once the shop is ready: nginx and the shop answer on the instance itself.
set -eu
url="${HOLDFAST_READY_URL:-http://127.0.0.1:80/readyz}"
attempt=0
until curl --silent --fail --output /dev/null --max-time 5 "$url"; do
  attempt=$((attempt + 1))
  if [ "$attempt" -ge "${HOLDFAST_READY_ATTEMPTS:-60}" ]; then
    echo "The shop is not ready at $url: see /var/log/web.stdout.log for what it says." >&2
    exit 1
  fi
  sleep 2
done
