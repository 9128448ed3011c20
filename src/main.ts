import { stopSignal } from './service/stop-signals.js';

// All else is loaded after it.
const stopping = stopSignal();
const { runService } = await import('./commands/run-service.js');
await runService(stopping);
