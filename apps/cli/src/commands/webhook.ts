import { setTimeout as pause } from 'node:timers/promises';
import { graphql } from '../api/generated/index.js';
import { CliError, exits, usageError } from '../errors.js';
import { findOne, nameOf } from '../nouns/noun.js';
import { type DeliveryRow, deliveriesOf, UpdateWebhook, webhooks } from '../nouns/webhooks.js';
import { type Form, forms, printData } from '../output/output.js';
import { type Globals, openSession, type Session } from '../session.js';
import { note, print } from '../terminal.js';
import type { Program } from './command.js';
import { printRows, rowsOf } from './get.js';
import { parseLength } from './lengths.js';

const RotateWebhookSecret = graphql(`
  mutation RotateWebhookSecret($input: RotateWebhookSecretInput!) {
    rotateWebhookSecret(input: $input) {
      secret
      webhook {
        id
        name
        previousUntil
      }
    }
  }
`);
const TestWebhook = graphql(`
  mutation TestWebhook($input: TestWebhookInput!) {
    testWebhook(input: $input) {
      delivery {
        ...DeliveryRow
      }
    }
  }
`);
const RedeliverWebhook = graphql(`
  mutation RedeliverWebhook($input: RedeliverWebhookInput!) {
    redeliverWebhook(input: $input) {
      delivery {
        ...DeliveryRow
      }
    }
  }
`);
const ReplayWebhook = graphql(`
  mutation ReplayWebhook($input: ReplayWebhookInput!) {
    replayWebhook(input: $input) {
      replayed
      endCursor
    }
  }
`);

const states = { pending: 'PENDING', delivered: 'DELIVERED', failed: 'FAILED' } as const;
const webhook = { type: 'string', demandOption: true, describe: 'Name or id' } as const;
const text = {
  alias: 'o',
  choices: ['text', 'json', 'yaml'] as const,
  default: 'text',
  describe: 'How to print it',
} as const;
const waiting = {
  wait: {
    type: 'boolean',
    default: false,
    describe: 'Wait for its first try; ends with 1 where that did not come through',
  },
  timeout: { type: 'string', default: '1m', describe: 'So long --wait waits' },
} as const;

export function webhookCommand(program: Program): void {
  program.command('webhook', 'Whom the organization has told of its events', (it) =>
    it
      .usage(
        '$0 webhook\n\nWhom the organization has told of its events. Documents of the kind Webhook make them: isthmus apply.',
      )
      .command(
        'test <webhook>',
        'Send it an event that says nothing',
        (test) => test.positional('webhook', webhook).options(waiting),
        async ({ webhook, wait, timeout, ...globals }) => {
          const timeoutMs = parseLength(timeout);
          const { session, id } = await open(webhook, globals);
          const { delivery } = (await session.api.ask(TestWebhook, { input: { id } })).testWebhook;
          await tell(session, id, delivery, wait ? timeoutMs : undefined);
        },
      )
      .command(
        'deliveries <webhook>',
        'List what is on its way to it and what became of that, the newest first',
        (list) =>
          list
            .positional('webhook', webhook)
            .option('state', {
              choices: ['pending', 'delivered', 'failed'] as const,
              describe: 'In any unless said',
            })
            .option('output', {
              alias: 'o',
              choices: forms,
              default: 'table' as Form,
              describe: 'How to print it',
            })
            .option('limit', { type: 'number', default: 50, describe: 'The most to list' }),
        async ({ webhook, state, output, limit, ...globals }) => {
          const { session, id } = await open(webhook, globals);
          const deliveries = deliveriesOf(id, state && states[state]);
          printRows(deliveries, await rowsOf(deliveries, session, undefined, limit), output);
        },
      )
      .command(
        'redeliver <webhook> [delivery]',
        'Send an event once more, whatever became of it; its id stays',
        (redeliver) =>
          redeliver
            .positional('webhook', webhook)
            .positional('delivery', {
              type: 'string',
              describe: 'Its id; the newest that failed unless said',
            })
            .options(waiting),
        async ({ webhook, delivery, wait, timeout, ...globals }) => {
          const timeoutMs = parseLength(timeout);
          const { session, id, name } = await open(webhook, globals);
          const deliveryId = delivery ?? (await newestFailed(session, id, name));
          const answer = await session.api.ask(RedeliverWebhook, { input: { deliveryId } });
          const again = answer.redeliverWebhook.delivery;
          await tell(session, id, again, wait ? timeoutMs : undefined);
        },
      )
      .command(
        'replay <webhook>',
        'Send what happened since a time once more, up to 1,000 events',
        (replay) =>
          replay
            .positional('webhook', webhook)
            .option('since', {
              type: 'string',
              demandOption: true,
              describe: 'How long ago, such as 2h, or a time, such as 2027-01-31T08:00:00Z',
            })
            .option('output', text),
        async ({ webhook, since, output, ...globals }) => {
          const at = timeOf(since);
          const { session, id } = await open(webhook, globals);
          let replayed = 0;
          // Part by part: the API sends no more than a thousand at once.
          for (let after: string | null | undefined; after !== null; ) {
            const input = { id, since: at, after: after ?? null };
            const { replayWebhook } = await session.api.ask(ReplayWebhook, { input });
            replayed += replayWebhook.replayed;
            after = replayWebhook.endCursor ?? null;
          }
          if (output === 'json' || output === 'yaml') {
            printData({ replayed }, output);
            return;
          }
          print(`${replayed} ${replayed === 1 ? 'event is' : 'events are'} on the way again`);
        },
      )
      .command(
        'rotate-secret <webhook>',
        'Make a new secret, and print it, which is shown this once',
        (rotate) => rotate.positional('webhook', webhook).option('output', text),
        async ({ webhook, output, ...globals }) => {
          const { session, id } = await open(webhook, globals);
          const answer = await session.api.ask(RotateWebhookSecret, { input: { id } });
          const { secret, webhook: rotated } = answer.rotateWebhookSecret;
          if (output === 'json' || output === 'yaml') printData({ ...rotated, secret }, output);
          else {
            print(secret);
            note(`the secret before it signs as well until ${rotated.previousUntil}`);
          }
        },
      )
      .command(
        'enable <webhook>',
        'Send to it again, also where it was disabled by itself',
        (enable) => enable.positional('webhook', webhook),
        ({ webhook, ...globals }) => setEnabled(webhook, true, globals),
      )
      .command(
        'disable <webhook>',
        'Send nothing to it; what is on its way waits',
        (disable) => disable.positional('webhook', webhook),
        ({ webhook, ...globals }) => setEnabled(webhook, false, globals),
      )
      .demandCommand(
        1,
        'say test, deliveries, redeliver, replay, rotate-secret, enable or disable',
      ),
  );
}

interface Opened {
  readonly session: Session;
  readonly id: string;
  readonly name: string;
}

async function open(ref: string, globals: Globals): Promise<Opened> {
  const session = await openSession(globals);
  const row = await findOne(webhooks, session, ref);
  return { session, id: webhooks.idOf(row), name: nameOf(webhooks, row) };
}

async function setEnabled(ref: string, enabled: boolean, globals: Globals): Promise<void> {
  const { session, id, name } = await open(ref, globals);
  await session.api.ask(UpdateWebhook, { input: { id, enabled } });
  print(`webhook ${name} ${enabled ? 'enabled' : 'disabled'}`);
}

async function newestFailed(session: Session, id: string, name: string): Promise<string> {
  const failed = deliveriesOf(id, 'FAILED');
  const [newest] = await rowsOf(failed, session, undefined, 1);
  if (newest !== undefined) return failed.idOf(newest);
  throw new CliError('NOT_FOUND', `nothing that was sent to ${name} failed`);
}

const everyMs = 500;

/** What becomes of a delivery, after its first try where that is waited for. */
async function tell(
  session: Session,
  webhookId: string,
  delivery: DeliveryRow,
  waitMs: number | undefined,
): Promise<void> {
  const until = Date.now() + (waitMs ?? 0);
  const deliveries = deliveriesOf(webhookId);
  let now = delivery;
  while (now.state === 'PENDING' && !now.reason && Date.now() < until) {
    await pause(everyMs);
    const rows = (await rowsOf(deliveries, session, undefined, 50)) as DeliveryRow[];
    now = rows.find(({ id }) => id === delivery.id) ?? now;
  }
  print(`delivery ${now.id} ${now.state}`);
  const why = [now.reason, now.status, now.detail].filter(Boolean).join(', ');
  if (why) note(why);
  if (waitMs !== undefined && now.state !== 'DELIVERED') process.exitCode = exits.no;
}

/** A length of time before now, or a time. @throws USAGE */
function timeOf(since: string): string {
  if (!/^\d{4}-/.test(since)) return new Date(Date.now() - parseLength(since)).toISOString();
  const at = Date.parse(since);
  if (Number.isNaN(at)) throw usageError(`${since} is no time; write it as 2027-01-31T08:00:00Z`);
  return new Date(at).toISOString();
}
