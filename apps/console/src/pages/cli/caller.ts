/** The command line that asks to be signed in, as it says in the address. */
export interface Caller {
  /** Of this machine, where it waits. */
  readonly port: number;
  /** By which it knows the answer as the one to its own question. */
  readonly state: string;
  /** What its machine calls itself; nobody has proved it. */
  readonly host: string;
}

const longestHost = 60;

/** Nothing where the address is none that a command line gives. */
export function callerOf(address: URLSearchParams): Caller | undefined {
  const port = Number(address.get('port'));
  const state = address.get('state') ?? '';
  // A browser's own ports, and those of other services, are below.
  const isPort = Number.isInteger(port) && port >= 1024 && port <= 65_535;
  if (!isPort || !/^[A-Za-z0-9_-]{16,200}$/.test(state)) return undefined;
  const host = (address.get('host') ?? '').replace(/[^\p{L}\p{N}._ -]/gu, '').trim();
  return { port, state, host: host.slice(0, longestHost) || 'this machine' };
}

/**
 * Hands the command line its answer, as a form: so the secret stands in no address and in no history.
 *
 * @param token None: it was not authorized.
 */
export function answer({ port, state }: Caller, token: string | undefined): void {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = `http://127.0.0.1:${port}/`;
  form.hidden = true;
  for (const [name, value] of Object.entries({ state, ...(token ? { token } : {}) })) {
    const field = document.createElement('input');
    field.type = 'hidden';
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
  form.remove();
}
