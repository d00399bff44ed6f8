import { get, type IncomingMessage } from 'node:http';

export interface Limits {
  readonly timeoutMs: number;
  readonly mostBytes: number;
}

const limits: Limits = { timeoutMs: 5_000, mostBytes: 16 * 1024 * 1024 };

/** istiod answered, and not with what it was asked for. */
export class IstiodAnswer extends Error {
  constructor(
    readonly status: number,
    where: string,
  ) {
    super(`${where} answers ${status}`);
  }

  get isDenied(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

/**
 * One page of one istiod. No redirect is followed: the token is for nobody else.
 * @throws IstiodAnswer, or what the connection says, or that there is too much of it.
 */
export async function page(
  istiod: string,
  path: string,
  request: { readonly token?: string; readonly signal: AbortSignal },
  { timeoutMs, mostBytes }: Limits = limits,
): Promise<string> {
  const where = `http://${istiod}${path}`;
  const { token } = request;
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    // No kept connection: what is behind an address changes.
    get(where, { agent: false, headers, signal }, resolve).on('error', reject);
  });
  if (response.statusCode !== 200) {
    response.destroy();
    throw new IstiodAnswer(response.statusCode ?? 0, where);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop ends the connection.
    if (size > mostBytes) {
      throw new Error(`${where} answers more than ${mostBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
