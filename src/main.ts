import { stopSignal } from './service/stop-signals.js';

// Everything else is loaded after this.
const stopping = stopSignal();
const { runService } = await import('./commands/run-service.js');
await runService(stopping);
