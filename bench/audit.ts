import { parseArgs } from 'node:util';
import { measureEvents } from './audit-events.js';
import { measureRequests } from './audit-requests.js';
import { measureSize } from './audit-size.js';

const parts = { events: measureEvents, requests: measureRequests, size: measureSize };

const { values } = parseArgs({
  options: { only: { type: 'string', default: Object.keys(parts).join() } },
});

for (const [name, measure] of Object.entries(parts)) {
  if (values.only.split(',').includes(name)) console.log(await measure((line) => console.error(line)), '\n');
}
