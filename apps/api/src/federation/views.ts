import type {
  ExporterView,
  ExportView,
  ImportView,
  IntentStateView,
  MeshServiceView,
} from '@isthmus/federation';
import type { Export, Exporter, Import, IntentState, MeshService } from './service.types.js';

/** A service's id: the mesh's, and `namespace/name`. */
export function serviceId(meshId: string, host: string): string {
  return `${meshId}/${host}`;
}

/** @returns undefined for what is no service's id. */
export function readServiceId(id: string): { meshId: string; host: string } | undefined {
  const at = id.indexOf('/');
  return at < 0 ? undefined : { meshId: id.slice(0, at), host: id.slice(at + 1) };
}

/** `namespace/name` of a host that is given so, or as a name that resolves in the mesh. */
export function readHost(host: string): string {
  const match = /^([^./]+)\.([^./]+)\.svc\.(?:cluster|clusterset)\.local$/.exec(host);
  return match ? `${match[2]}/${match[1]}` : host;
}

// What is empty on the wire is null in GraphQL.

function toExporter(view: ExporterView): Exporter {
  return { ...view, reason: view.reason || null, message: view.message || null };
}

export function toExport({ fqdn, ...view }: ExportView): Export {
  return { ...view, ...toExporter(view), host: fqdn };
}

export function toImport({ fqdn, state, ...view }: ImportView): Import {
  const { clusterId: _, type: _type, name: _name, version: _version, ...became } = toState(state);
  return { ...became, ...view, host: fqdn, exporters: view.exporters.map(toExporter) };
}

export function toState(view: IntentStateView): IntentState {
  return { ...view, reason: view.reason || null, message: view.message || null };
}

export function toMeshService(view: MeshServiceView): MeshService {
  const { meshId, host, fqdn, clustersetFqdn, exporters, ...rest } = view;
  return {
    ...rest,
    id: serviceId(meshId, host),
    meshId,
    host: fqdn,
    clustersetHost: clustersetFqdn,
    exporters: exporters.map(toExporter),
  };
}
