import type { JsonObject } from '../objects.js';
import { objectFrom } from './compiled.js';
import type { IntentKind } from './intent-kind.js';
import { type Fields, isPort } from './reader.js';
import { readOptionalWorkload, selectorOf } from './workload.js';

const modes = ['STRICT', 'PERMISSIVE', 'DISABLE'] as const;

/**
 * Whether workloads take mutual TLS, of a service or of the whole namespace (in istio-system, of
 * the mesh). `ports` are the pods' own.
 *
 * Across clusters: each cluster's workloads take what they are told there. Calls from other
 * networks come through the east-west gateway's passthrough, which is mutual TLS or nothing:
 * STRICT and PERMISSIVE keep them, DISABLE ends them.
 */
export const mutualTls: IntentKind = {
  kind: 'MutualTLS',
  description: 'Whether a service, a namespace or the mesh takes mutual TLS, plain text, or both',
  compile(document, spec) {
    const workload = readOptionalWorkload(spec);
    const mode = spec.choice('mode', modes);
    if (mode === undefined && !spec.has('mode')) spec.missing('mode', 'STRICT');
    if (mode === 'DISABLE') warnOfDisable(spec, 'mode');
    const ports = spec.object('ports', readPorts);
    if (ports && !workload) {
      spec.unsupported(
        'ports',
        'asks for modes by port, which Istio takes for chosen workloads only',
        'name the service, or the labels of its pods by workload',
      );
    }
    if (ports && Object.keys(ports).length === 0) {
      spec.invalid('ports', 'names no port', 'name one, or leave ports out');
    }
    const object = objectFrom(document, 'PeerAuthentication.security.istio.io', document.name, {
      ...selectorOf(workload),
      mtls: { mode: mode ?? '' },
      ...(ports && { portLevelMtls: ports }),
    });
    return { objects: [object] };
  },
};

function readPorts(ports: Fields): JsonObject {
  const read = ports.keys(portNumber).map((port) => {
    const mode = ports.choice(port, modes);
    if (mode === 'DISABLE') warnOfDisable(ports, port);
    return [port, { mode: mode ?? '' }] as const;
  });
  return Object.fromEntries(read);
}

const portNumber = {
  what: 'the number of a port',
  example: '8080',
  test: (value: string) => /^\d+$/.test(value) && isPort(Number(value)),
};

function warnOfDisable(fields: Fields, name: string): void {
  fields.warn(
    'BreaksAcrossNetworks',
    name,
    'is DISABLE: calls from other networks need mutual TLS, and will not get through',
    'write PERMISSIVE, which takes plain text beside it, unless the service is not exported',
  );
}
