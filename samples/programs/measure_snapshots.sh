#!/bin/bash
# What heap snapshots cost: one line for each version, kind and size, as `snapshot_cost.js` prints it.
#
# usage: measure_snapshots.sh NODES [MB...]
#   NODES  a folder with one folder per version: NODES/20.20.2/bin/node
#   KINDS  of the heap, as `snapshot_cost.js` has them (default: objects strings maps arrays)

set -e
here=$(cd "$(dirname "$0")" && pwd)
nodes=$(cd "${1:?which folder has the Node versions?}" && pwd)
shift
for mb in "${@:-64}"; do
  for kind in ${KINDS:-objects strings maps arrays}; do
    for node in "$nodes"/*/bin/node; do
      SNAPSHOT_FILE=$(mktemp -u) "$node" --expose-gc --max-old-space-size=4096 "$here/snapshot_cost.js" "$kind" "$mb"
    done
  done
done
