'use strict';
// A small order service that writes a diagnostic report: report_triggers.js api|error|signal|exception|rejection|string|fatal|worker
// With timers, sockets and a few orders in memory, as a service has them. Runs on Node 12 and later.

const net = require('net');
const { Worker, isMainThread } = require('worker_threads');

const orders = [];

class OrderError extends Error {
  constructor(message) {
    super(message);
    this.name = 'OrderError';
    this.code = 'E_NO_CUSTOMER';
  }
}

function chargeCustomer(order) {
  if (order.customer === undefined) throw new OrderError(`order ${order.id} has no customer`);
  return order.customer.id;
}

function handleOrder(order) {
  return chargeCustomer(order);
}

const WAYS = {
  api: () => process.report.writeReport(),
  error() {
    try {
      handleOrder({ id: 4711 });
    } catch (error) {
      process.report.writeReport(error);
    }
  },
  signal: () => process.kill(process.pid, 'SIGUSR2'),
  exception: () => handleOrder({ id: 4711 }),
  rejection: () => void Promise.resolve({ id: 4711 }).then(handleOrder),
  string() {
    throw 'no customer';
  },
  fatal() {
    for (;;) orders.push({ id: orders.length, lines: new Array(20).fill('line') });
  },
  worker: () => new Worker(__filename),
};

function main() {
  for (let i = 0; i < 5000; i++) orders.push({ id: i, note: `order ${i}` });
  for (let i = 0; i < 8; i++) setInterval(() => orders.slice(0, 10), 1000 + i);
  const server = net.createServer((socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1', () => {
    net.connect(server.address().port, '127.0.0.1', () => setTimeout(WAYS[process.argv[2]], 100));
  });
  setTimeout(() => process.exit(0), 3000);
}

if (isMainThread) main();
else process.report.writeReport();
