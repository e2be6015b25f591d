// A weather gateway that keeps every measurement it ever received: grows until V8 gives up. usage: gateway.js [measurements per 20 ms]
'use strict';
const perTick = Number(process.argv[2] || 5);
const VALUES = 4096;

class Measurement {
  constructor(number) {
    this.station = 'station ' + (number % 40);
    this.number = number;
    this.values = new Array(VALUES);
    for (let i = 0; i < VALUES; i++) this.values[i] = Math.sin(number + i / VALUES) + 0.5;
  }
}

const history = [];
let received = 0;

function receive() {
  const measurement = new Measurement(++received);
  history.push(measurement);
  return JSON.stringify(measurement).length;
}

console.log('listening on port 8080');
setInterval(function () {
  for (let i = 0; i < perTick; i++) receive();
  if (received % (perTick * 25) === 0) console.log('memory', process.memoryUsage());
}, 20);
