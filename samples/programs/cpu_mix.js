// What a CPU profile can show, for about half a second: work of the program's own, of a package (`tally`) and of Node, regular
// expressions, native functions, garbage, and waiting in between. Runs in Node 6 to 26.
'use strict';
var fs = require('fs');
var tally = require('tally');
var seconds = Number(process.argv[2] || 0.5);

function fibonacci(n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

function churn() {
  var kept = [];
  for (var i = 0; i < 60000; i++) kept[i % 5000] = { at: i, text: 'garbage ' + i, list: [i, i + 1] };
  return kept.length;
}

function match() { return /(a+)+b/.test('aaaaaaaaaaaaaaaaa'); }

function read() {
  var bytes = 0;
  for (var i = 0; i < 50; i++) bytes += fs.readFileSync(__filename).length;
  return bytes;
}

var until = Date.now() + seconds * 1000;
function handle() {
  fibonacci(22);
  churn();
  match();
  read();
  tally.count(20000);
  if (Date.now() < until) setTimeout(handle, 30);
}
handle();
