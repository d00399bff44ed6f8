import { readFileSync } from 'node:fs';
import { IsthmusError } from '@isthmus/kernel';
import { z } from 'zod';

/**
 * What every service reads from its environment, once. `.describe` is the documentation:
 * `describeConfig` prints it. Any variable X may be given as a file by X_FILE.
 */
export const platformConfig = z.object({
  DATABASE_URL: z.string().min(1).describe('Postgres, as a login that owns no table'),
  REDIS_URL: z.string().optional().describe('Redis for the queue; Postgres carries it when unset'),
  ISTHMUS_KEK: z
    .string()
    .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
    .refine(
      (key) => key.length === 32,
      'must be 32 bytes in base64; make one with: openssl rand -base64 32',
    )
    .describe('Key-encryption key, 32 bytes in base64'),
  ISTHMUS_ISTIO_VERSIONS: z
    .string()
    .optional()
    .describe('JSON file of what is known of versions of Istio, over what comes with the service'),
  ISTHMUS_WEBHOOK_CIDRS: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((cidr) => cidr.trim() || []))
    .describe('Private networks that webhooks may reach, by comma: 10.0.0.0/8,fd00::/8'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace'])
    .default('info')
    .describe('Log level'),
});

/** A port to listen on; 0 picks a free one. */
export const port = z.coerce.number().int().min(0).max(65535);

/**
 * Reads and checks the environment.
 *
 * @throws INVALID_CONFIGURATION listing every variable that is wrong, never its value.
 */
export function readConfig<T extends z.ZodRawShape>(
  schema: z.ZodObject<T>,
  environment: NodeJS.ProcessEnv = process.env,
): z.infer<z.ZodObject<T>> {
  const values: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const file = environment[`${name}_FILE`];
    const value = file ? readFileSync(file, 'utf8').trim() : environment[name];
    if (value !== undefined && value !== '') values[name] = value;
  }
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return `${name}: ${name in values ? issue.message : 'is not set'}`;
  });
  throw new IsthmusError('INVALID_CONFIGURATION', faults.join('; '));
}
