import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPlatform } from './platform.js';

// The platform on this machine, for people who work on it: data stays in .isthmus/, the
// services write their logs there, and Ctrl-C stops it all.

const folder = fileURLToPath(new URL('../../../.isthmus', import.meta.url));
const platform = await startPlatform({
  folder,
  apiPort: Number(process.env.PORT ?? 4000),
  logLevel: process.env.LOG_LEVEL ?? 'debug',
  log: console.error,
});
console.log(`API   ${platform.apiUrl}/graphql
hub   ${platform.hubAddresses.join(', ')}
logs  ${join(folder, '*.log')}

Rebuild with npm run build, then restart.`);
await new Promise<void>((resolve) => {
  process.once('SIGINT', resolve);
  process.once('SIGTERM', resolve);
});
await platform.stop();
