#!/bin/sh
# Fails the deployment before the old version is stopped when the bundle's Node does not run on this instance.
set -eu
wanted=$(cat node_modules/.node-version)
found=$(node_modules/node/bin/node --version) || {
  echo "The Node of the bundle does not run here: is the instance $(uname -m), and the bundle for another processor?" >&2
  exit 1
}
if [ "$found" != "$wanted" ]; then
  echo "The Node of the bundle is $found instead of $wanted: build the bundle again." >&2
  exit 1
fi
