// What else goes wrong with memory, and is no full heap: each caught, logged, and lived with.
'use strict';
var attempts = {
  string: function () { return 'x'.repeat(1 << 29 << 0).repeat(8); },
  arraybuffer: function () { return new ArrayBuffer(Math.pow(2, 52)); },
  array: function () { return new Array(-1); },
  wasm: function () {
    var code = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 102, 0, 0, 10, 12, 1, 10, 0, 65, 255, 255, 255, 7, 40, 2, 0, 11]);
    return new WebAssembly.Instance(new WebAssembly.Module(code)).exports.f();
  }
};
if (process.argv[2] === 'buffer') {
  attempts.buffer = function () { var zlib = require('zlib'); return zlib.gunzipSync(zlib.gzipSync(Buffer.alloc(1 << 20)), { maxOutputLength: 1000 }); };
}
Object.keys(attempts).forEach(function (name) {
  try { attempts[name](); console.log(name + ': went well'); } catch (error) { console.log('POST /' + name + ' 500 ' + error); }
});
var emitter = new (require('events'))();
for (var i = 0; i < 12; i++) emitter.on('data', function () {});
