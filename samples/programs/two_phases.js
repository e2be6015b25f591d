// A program that computes, then allocates, then computes again: who allocates, a tick log and a GC log of it say only together.
// The arguments are seconds: of each computing phase, and of the allocating one. Runs in Node 6 to 26.
'use strict';
var quiet = Number(process.argv[2] || 0.4);
var busy = Number(process.argv[3] || 0.4);

function collatzLength(n) {
  var length = 1;
  while (n !== 1) {
    n = n % 2 ? 3 * n + 1 : n / 2;
    length++;
  }
  return length;
}

function computeOnly(until) {
  var longest = 0;
  while (Date.now() < until) {
    for (var n = 1; n < 2000; n++) longest = Math.max(longest, collatzLength(n));
  }
  return longest;
}

var sessions = [];
function rememberSessions(until) {
  for (var made = 0; made % 1000 || Date.now() < until; made++) {
    sessions[made % 10000] = { id: made, user: { name: 'user ' + made, roles: ['reader', 'writer'] }, seen: [made, made + 1, made + 2] };
  }
}

computeOnly(Date.now() + quiet * 1000);
rememberSessions(Date.now() + busy * 1000);
computeOnly(Date.now() + quiet * 1000);
console.log(sessions.length + ' sessions');
