// Says how far its heap may grow, as programs do when they start, and then leaks: node witness_limit.js MB_PER_STEP STEPS
'use strict';
console.log('[' + new Date().toISOString() + '] starting, heap_size_limit: ' + require('v8').getHeapStatistics().heap_size_limit);
require('./leak.js');
