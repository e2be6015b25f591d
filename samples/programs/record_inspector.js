// Profile a program of a Node that is too old for --cpu-prof, through its inspector's socket. Runs in Node 22 and newer.
// usage: node record_inspector.js OLD_NODE PROGRAM OUTPUT
'use strict';
const { spawn } = require('child_process');
const fs = require('fs');
const PORT = 39229;
const [, , node, program, output] = process.argv;
const child = spawn(node, [`--inspect=${PORT}`, '-e', `setTimeout(function () { require('${program}') }, 1500)`], { argv0: '/usr/bin/node' });
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function socketUrl() {
  for (;;) {
    try {
      return (await (await fetch(`http://127.0.0.1:${PORT}/json`)).json())[0].webSocketDebuggerUrl;
    } catch {
      await wait(50);
    }
  }
}

(async () => {
  const socket = new WebSocket(await socketUrl());
  const waiting = new Map();
  const post = (method, params = {}) => new Promise((resolve) => {
    waiting.set(waiting.size + 1, resolve);
    socket.send(JSON.stringify({ id: waiting.size, method, params }));
  });
  socket.onmessage = (event) => {
    const answer = JSON.parse(event.data);
    waiting.get(answer.id)?.(answer.result);
  };
  await new Promise((resolve) => { socket.onopen = resolve; });
  await post('Profiler.enable');
  await post('Profiler.setSamplingInterval', { interval: 1000 });
  await post('Profiler.start');
  await wait(2000);
  fs.writeFileSync(output, JSON.stringify((await post('Profiler.stop')).profile));
  child.kill();
  process.exit();
})();
