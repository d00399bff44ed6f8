import type { ClusterSettings } from '@isthmus/federation';
import { gateway, network, sni } from './crossing.js';
import { endpoints, exported, exporterContact, notExported, sourceContact } from './exporting.js';
import { imported } from './importing.js';
import type { Picture } from './picture.js';
import { policy } from './policing.js';
import { type Question, readHost } from './question.js';
import { type Route, routesOf, sceneOf } from './scene.js';
import { broken, type Link, type LinkState, ok, type Step, skipped } from './steps.js';
import { san, trust } from './trusting.js';

/** Whether a caller reaches a host, by which cluster, and what keeps it from there. */
export interface Reachability {
  /** OK when a route is; BROKEN when none is, and none may be. */
  readonly state: LinkState;
  /** The first broken link of the best route; null when there is none. */
  readonly broken: Step | null;
  /** Before a route is chosen. */
  readonly steps: readonly Step[];
  readonly routes: readonly RouteView[];
  /** Such as `payments.shop.svc.cluster.local`; as it was asked for, if it is no host of a mesh. */
  readonly host: string;
}

export interface RouteView {
  readonly clusterId: string;
  readonly clusterName: string;
  readonly network: string;
  /** The caller's own cluster. */
  readonly local: boolean;
  readonly state: LinkState;
  readonly steps: readonly Step[];
}

/** In the order in which a call passes them. */
const routeLinks: readonly (readonly [Link, (route: Route) => Step])[] = [
  ['EXPORT', exported],
  ['CONTACT', exporterContact],
  ['ENDPOINTS', endpoints],
  ['IMPORT', imported],
  ['NETWORK', network],
  ['GATEWAY', gateway],
  ['SNI', sni],
  ['TRUST', trust],
  ['SAN', san],
  ['POLICY', policy],
];

/**
 * Walks from a caller to a host, by every cluster that has it, and names the first link that is
 * broken. Pure: what it knows is in the picture, and what that does not tell is UNKNOWN.
 *
 * @param source the caller's cluster.
 */
export function explain(
  picture: Picture,
  source: ClusterSettings,
  question: Question,
): Reachability {
  const read = readHost(question.host, question.fromNamespace);
  if ('fault' in read) {
    const step = broken('NAME', undefined, {
      reason: read.fault,
      message: read.message,
      remedy:
        'ask for namespace/name, or for <service>.<namespace>.svc.cluster.local; what is outside of the mesh is not looked at',
    });
    return { state: 'BROKEN', broken: step, steps: [step], routes: [], host: question.host };
  }
  const scene = sceneOf(picture, question, source, read);
  const host = scene.called;
  const steps = [
    ok('NAME', undefined, `${host} is the service ${read.host}`),
    sourceContact(scene),
  ];
  const routes = routesOf(scene);
  const isStuck = steps.some(({ state }) => state === 'BROKEN');
  if (!isStuck && routes.length === 0) steps.push(notExported(scene));
  const views = routes.map((route) => walk(route, isStuck)).sort(byPromise);
  const first = [...steps, ...(views[0]?.steps ?? [])].find(({ state }) => state === 'BROKEN');
  const state = first ? 'BROKEN' : (views[0]?.state ?? 'BROKEN');
  return { state, broken: first ?? null, steps, routes: views, host };
}

function walk(route: Route, isStuck: boolean): RouteView {
  const steps: Step[] = [];
  let isBroken = isStuck;
  for (const [link, look] of routeLinks) {
    const step = isBroken
      ? skipped(link, route.exporter, 'not looked at: a link before it is broken')
      : look(route);
    steps.push(step);
    isBroken ||= step.state === 'BROKEN';
  }
  const { id, name, network } = route.exporter;
  return {
    clusterId: id,
    clusterName: name,
    network,
    local: route.isLocal,
    state: isStuck ? 'SKIPPED' : stateOf(steps),
    steps,
  };
}

function stateOf(steps: readonly Step[]): LinkState {
  const has = (state: LinkState) => steps.some((step) => step.state === state);
  return has('BROKEN') ? 'BROKEN' : has('UNKNOWN') ? 'UNKNOWN' : 'OK';
}

const rank: Readonly<Record<LinkState, number>> = { OK: 0, UNKNOWN: 1, BROKEN: 2, SKIPPED: 3 };

/** The best first: one that is whole, then the one that comes furthest, then the near one. */
function byPromise(a: RouteView, b: RouteView): number {
  const reach = ({ steps }: RouteView) => {
    const at = steps.findIndex(({ state }) => state === 'BROKEN');
    return at < 0 ? steps.length : at;
  };
  return rank[a.state] - rank[b.state] || reach(b) - reach(a) || Number(b.local) - Number(a.local);
}
