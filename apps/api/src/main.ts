import 'reflect-metadata';
import { readConfig } from '@isthmus/platform';
import { startApi } from './application.js';
import { apiConfig } from './config.js';

const patienceMs = 8000;

const api = await startApi(readConfig(apiConfig));
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    // Whatever hangs is left hanging.
    setTimeout(() => process.exit(1), patienceMs).unref();
    void api.close().then(() => process.exit(0));
  });
}
