import { IsthmusError, isDnsLabel, isDnsSubdomain, isNamespacedName } from '@isthmus/kernel';

/** Can this caller reach that host? */
export interface Question {
  readonly fromClusterId: string;
  readonly fromNamespace: string;
  readonly fromServiceAccount: string;
  /** As the caller writes it. */
  readonly host: string;
  /** Of the Service; undefined for any. */
  readonly port: number | undefined;
}

/** @throws INVALID_ARGUMENT for what can be no caller's, or no port. */
export function assertQuestion({ fromNamespace, fromServiceAccount, port }: Question): void {
  const fail = (field: keyof Question, message: string): never => {
    throw new IsthmusError('INVALID_ARGUMENT', message, { field });
  };
  if (!isDnsLabel(fromNamespace)) {
    fail(
      'fromNamespace',
      `fromNamespace: '${fromNamespace.slice(0, 80)}' is no name of a namespace`,
    );
  }
  if (!isDnsSubdomain(fromServiceAccount)) {
    fail(
      'fromServiceAccount',
      `fromServiceAccount: '${fromServiceAccount.slice(0, 80)}' is no name of an account`,
    );
  }
  if (port !== undefined && (!Number.isInteger(port) || port < 1 || port > 65_535)) {
    fail('port', `port must be 1 to 65535, not ${port}`);
  }
}

/** What a name in a call means. */
export type ReadHost =
  | { readonly host: string; readonly isClusterset: boolean }
  | { readonly fault: 'NameMalformed' | 'NameNotOfMesh'; readonly message: string };

const service = /^([^./]+)(?:\.([^./]+)\.svc(?:\.(cluster|clusterset)\.local)?)?\.?$/;

/**
 * `namespace/name` of a host as it is called: so, or by a name that DNS in a cluster completes.
 *
 * @param namespace of the caller, which a name alone is looked up in.
 */
export function readHost(text: string, namespace: string): ReadHost {
  if (isNamespacedName(text)) return { host: text, isClusterset: false };
  const [, name, of = namespace, domain] = service.exec(text) ?? [];
  const host = `${of}/${name}`;
  if (name !== undefined && isNamespacedName(host)) {
    return { host, isClusterset: domain === 'clusterset' };
  }
  const shown = `'${text.slice(0, 260)}'`;
  if (isDnsSubdomain(text.replace(/\.$/, ''))) {
    return {
      fault: 'NameNotOfMesh',
      message: `${shown} is no name of the mesh's: those are <service>.<namespace>.svc.cluster.local, or svc.clusterset.local`,
    };
  }
  return { fault: 'NameMalformed', message: `${shown} is no host name` };
}
