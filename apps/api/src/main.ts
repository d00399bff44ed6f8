import 'reflect-metadata';
import { readConfig, serveHealth } from '@isthmus/platform';
import { startApi } from './application.js';
import { apiConfig } from './config.js';

const patienceMs = 8000;

const config = readConfig(apiConfig);
const api = await startApi(config);
await serveHealth(config.METRICS_PORT, { database: () => api.ready() }, api.metrics);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    // Whatever hangs is left hanging.
    setTimeout(() => process.exit(1), patienceMs).unref();
    void api.close().then(() => process.exit(0));
  });
}
