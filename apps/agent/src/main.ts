#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { IsthmusError, messageOf } from '@isthmus/kernel';
import { pino } from 'pino';
import { createAgent } from './agent.js';
import { clean } from './clean.js';
import { type Config, loadCleanWishes, loadConfig } from './config.js';

/** EX_CONFIG of sysexits.h: no restart helps. */
const badConfiguration = 78;

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as {
  version: string;
};

if (process.argv.includes('--version')) {
  process.stdout.write(`isthmus-agent ${version}\n`);
} else {
  try {
    const config = loadConfig(process.env);
    if (process.argv.includes('clean')) await takeAway(config);
    else await run(config);
  } catch (error) {
    process.stderr.write(`isthmus-agent: ${messageOf(error)}\n`);
    const isConfiguration = error instanceof IsthmusError && error.code === 'INVALID_CONFIGURATION';
    process.exit(isConfiguration ? badConfiguration : 1);
  }
}

/** What the chart's hook does before an uninstallation that is to leave nothing. */
async function takeAway(config: Config): Promise<void> {
  const log = pino({ level: config.logLevel, base: { version } });
  await clean({ config, wishes: loadCleanWishes(process.env), log, version });
}

async function run(config: Config): Promise<void> {
  const log = pino({ level: config.logLevel, base: { version } });
  const agent = createAgent(config, { log, version });
  const stop = (signal: NodeJS.Signals): void => {
    log.info({ signal }, 'stopping');
    agent.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'did not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  const { healthPort, gaveUp } = await agent.start();
  log.info({ hub: config.hubAddress, healthPort }, 'started');
  void gaveUp.then(async (why) => {
    await agent.stop().catch(() => undefined);
    // The last thing that it says: Kubernetes shows it as the reason of its end.
    process.stderr.write(`isthmus-agent: cannot take over: ${why}\n`);
    process.exit(1);
  });
}
