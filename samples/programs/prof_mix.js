// A bit of everything that a profile can show, for about a second: JavaScript in several shapes, JSON, regular expressions, garbage,
// sorting, native work (crypto, zlib) and functions without names. Runs in Node 6 to 26 and in what came before, as far as it can.
'use strict';
var crypto = require('crypto');
var zlib = require('zlib');
var seconds = Number(process.argv[2] || 1);

function fibonacci(n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

function makeOrders(count) {
  var orders = [];
  for (var i = 0; i < count; i++) {
    orders.push({ id: i, name: 'order ' + i, lines: [{ sku: 'A-' + (i % 97), price: (i * 37) % 1001 }, { sku: 'B', price: i }] });
  }
  return orders;
}

function Basket(orders) { this.orders = orders; }
Basket.prototype.total = function () {
  return this.orders.reduce(function (sum, order) {
    return sum + order.lines.reduce(function (inner, line) { return inner + line.price; }, 0);
  }, 0);
};
Basket.prototype.sortByPrice = function () {
  return this.orders.slice().sort(function byPrice(a, b) { return a.lines[0].price - b.lines[0].price; });
};

function throughJson(orders) { return JSON.parse(JSON.stringify(orders)); }

function matchAll(orders) {
  var found = 0;
  orders.forEach(function (order) { if (/order \d*7$/.test(order.name)) found++; });
  return found + JSON.stringify(orders).replace(/[A-Z]-\d+,?/g, function (sku) { return sku.toLowerCase(); }).length;
}

var kept = [];
function churn() {
  for (var i = 0; i < 20000; i++) kept[i % 5000] = { at: i, text: 'garbage ' + i, list: [i, i + 1] };
}

function hash(text) { return crypto.createHash('sha256').update(text).digest('hex'); }

function squeeze(text) { return zlib.gunzipSync(zlib.gzipSync(new Buffer(text))).length; }
if (Buffer.from && Buffer.alloc) squeeze = function squeeze(text) { return zlib.gunzipSync(zlib.gzipSync(Buffer.from(text))).length; };

function deoptimised(value) { return value.x + value.y; }

var handlers = { 'with, comma': function () { return fibonacci(12); } };
Object.defineProperty(handlers['with, comma'], 'name', { value: 'has, a comma', configurable: true });

var rounds = 0;
var until = Date.now() + seconds * 1000;
(function main() {
  var orders = makeOrders(400);
  var text = JSON.stringify(orders);
  while (Date.now() < until) {
    fibonacci(20);
    var basket = new Basket(throughJson(orders));
    basket.total();
    basket.sortByPrice();
    matchAll(orders);
    churn();
    hash(text);
    squeeze(text);
    for (var i = 0; i < 2000; i++) deoptimised(rounds < 20 ? { x: i, y: 1 } : { y: 'a', x: String(i) });
    handlers['with, comma']();
    rounds++;
  }
})();
console.log(rounds + ' rounds');
