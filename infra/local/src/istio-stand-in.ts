import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { json } from 'node:stream/consumers';
import { type KubeCluster, type Listed, Mirror, Rounds } from '@isthmus/clusters';
import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** What stands for all istiods of a cluster while it has no image to run. */
export interface IstioStandIn {
  /** Value `istiodRemote.injectionURL` of the stand-in chart istiod. */
  readonly injectionUrl: string;
  stop(): Promise<void>;
}

interface Deployment extends Listed {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: { readonly name: string; readonly image: string }[] };
    };
  };
  readonly status?: { readonly readyReplicas?: number };
}

interface WebhookConfiguration extends Listed {
  readonly webhooks?: { readonly clientConfig: { readonly caBundle?: string } }[];
}

interface Gateway extends Listed {
  readonly spec: {
    readonly gatewayClassName: string;
    readonly infrastructure?: Infrastructure;
  };
}

interface Infrastructure {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Pod {
  metadata: Listed['metadata'] & {
    readonly generateName?: string;
    readonly ownerReferences?: { readonly name: string }[];
  };
  spec: { containers: { name: string; image: string }[] };
}

interface Review {
  request: { uid: string; object: Pod };
}

type Patch = { op: 'add' | 'replace'; path: string; value: unknown }[];

const revisionLabel = 'istio.io/rev';
const proxyContainer = 'istio-proxy';
const imageOf = (version: string): string => `example.com/istio/proxyv2:${version}`;

/**
 * Does for every istiod that is installed and ready what an upgrade depends on, as istiod does it: injects proxies,
 * writes the CA into the webhooks of its revision, and rolls the Deployments of the Gateway API's gateways whose revision
 * it is. It configures no proxy.
 */
export async function startIstioStandIn(kube: KubeCluster): Promise<IstioStandIn> {
  const authority = await makeAuthority();
  const standIn = new StandIn(kube, authority.caPem);
  const server = createServer({ key: authority.key, cert: authority.cert }, (request, response) => {
    const [, revision = '', version = ''] =
      /^\/inject\/([^/]+)\/([^/?]+)/.exec(request.url ?? '') ?? [];
    // As the Service of an istiod without a Pod.
    if (!standIn.isReady(revision)) {
      response.writeHead(503).end();
      return;
    }
    json(request).then(
      (review) => response.end(JSON.stringify(answerTo(review as Review, revision, version))),
      () => response.writeHead(400).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    injectionUrl: `https://127.0.0.1:${portOf(server)}/inject`,
    stop: async () => {
      await standIn.stop();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The loops of istiod that write objects. */
class StandIn {
  private readonly stopping = new AbortController();
  private readonly rounds: Rounds;
  private readonly istiods: Mirror<Deployment>;
  private readonly webhooks: Mirror<WebhookConfiguration>;
  private readonly gateways: Mirror<Gateway>;
  private readonly namespaces: Mirror<Listed>;
  /** What was last written of a gateway's Deployment, by the gateway's uid. */
  private readonly written = new Map<string, string>();
  private readonly caBundle: string;

  constructor(
    private readonly kube: KubeCluster,
    caPem: string,
  ) {
    this.caBundle = Buffer.from(caPem).toString('base64');
    const { signal } = this.stopping;
    this.rounds = new Rounds(() => this.round(), signal);
    const mirror = <T extends Listed>(path: string): Mirror<T> =>
      new Mirror<T>(kube.api, path, () => this.rounds.wake(), signal);
    this.istiods = mirror('/apis/apps/v1/deployments?labelSelector=app%3Distiod');
    this.webhooks = mirror(`${webhooksPath}?labelSelector=istio.io%2Frev`);
    this.gateways = mirror('/apis/gateway.networking.k8s.io/v1/gateways');
    this.namespaces = mirror('/api/v1/namespaces');
  }

  /** Whether an istiod of the revision would answer. */
  isReady(revision: string): boolean {
    return this.versionOf(revision) !== undefined;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    const mirrors = [this.istiods, this.webhooks, this.gateways, this.namespaces];
    await Promise.all([...mirrors.map((mirror) => mirror.end()), this.rounds.end()]);
  }

  private async round(): Promise<boolean> {
    let all = true;
    for (const webhook of this.webhooks.values()) {
      if (!this.isReady(webhook.metadata.labels?.[revisionLabel] ?? '')) continue;
      all = (await this.writeAuthority(webhook)) && all;
    }
    for (const gateway of this.gateways.values()) {
      if (gateway.spec.gatewayClassName !== 'istio') continue;
      all = (await this.writeGateway(gateway)) && all;
    }
    return all;
  }

  private async writeAuthority({ metadata, webhooks = [] }: WebhookConfiguration) {
    const patch: Patch = webhooks.flatMap(({ clientConfig }, index) => {
      if (clientConfig.caBundle === this.caBundle) return [];
      const path = `/webhooks/${index}/clientConfig/caBundle`;
      return [{ op: 'add', path, value: this.caBundle } as const];
    });
    if (patch.length === 0) return true;
    const path = `${webhooksPath}/${metadata.name}?fieldManager=pilot-discovery`;
    const type = 'application/json-patch+json';
    const { status } = await this.kube.api.send('PATCH', path, patch, type);
    // 404: it was removed a moment ago.
    return status === 200 || status === 404;
  }

  /** Every istiod looks at every gateway, and writes those that it takes for its own: of two that do so, both. */
  private async writeGateway(gateway: Gateway): Promise<boolean> {
    let all = true;
    for (const revision of this.revisionsOf(gateway)) {
      all = (await this.writeGatewayOf(gateway, revision)) && all;
    }
    return all;
  }

  private async writeGatewayOf(gateway: Gateway, revision: string): Promise<boolean> {
    const { name, namespace = '', uid = '' } = gateway.metadata;
    const version = this.versionOf(revision);
    if (version === undefined) return true;
    const deployment = JSON.stringify(gatewayDeployment(gateway, revision, version));
    if (this.written.get(uid) === deployment) return true;
    const { status } = await this.kube.api.send(
      'PATCH',
      `/apis/apps/v1/namespaces/${namespace}/deployments/${name}-istio?fieldManager=istio.io/gateway-controller&force=true`,
      JSON.parse(deployment) as object,
      'application/apply-patch+yaml',
    );
    if (status > 201 && status !== 404) return false;
    this.written.set(uid, deployment);
    return true;
  }

  /**
   * That of the tag or revision which the gateway, or else its namespace, names. Of those who name none the
   * default tag's; and an istiod without a revision takes them as well, wherever that tag leads.
   */
  private revisionsOf({ metadata }: Gateway): Set<string> {
    const namespace = this.namespaces
      .values()
      .find((it) => it.metadata.name === metadata.namespace);
    const said = metadata.labels?.[revisionLabel] ?? namespace?.metadata.labels?.[revisionLabel];
    const named = said ?? 'default';
    const tag = this.webhooks.values().find((it) => it.metadata.labels?.['istio.io/tag'] === named);
    const revision = tag?.metadata.labels?.[revisionLabel] ?? named;
    return new Set(said === undefined ? [revision, 'default'] : [revision]);
  }

  /** Of an istiod that is ready; undefined: there is none of the revision. */
  private versionOf(revision: string): string | undefined {
    const istiod = this.istiods
      .values()
      .find(({ metadata }) => metadata.labels?.[revisionLabel] === revision);
    if (!istiod?.status?.readyReplicas) return undefined;
    const [container] = istiod.spec.template.spec.containers;
    return container?.image.split(':').at(-1);
  }
}

const webhooksPath = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

function gatewayDeployment({ metadata, spec }: Gateway, revision: string, version: string): object {
  const { name, namespace, uid } = metadata;
  const labels = { 'gateway.networking.k8s.io/gateway-name': name };
  // Its own ones come along, unless it says what its infrastructure is to have.
  const copied = spec.infrastructure ?? { labels: metadata.labels };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: `${name}-istio`,
      namespace,
      labels,
      ownerReferences: [{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', name, uid }],
    },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: {
          annotations: { ...copied.annotations, [revisionLabel]: revision },
          labels: {
            ...copied.labels,
            ...labels,
            'sidecar.istio.io/inject': 'false',
            'service.istio.io/canonical-name': `${name}-istio`,
          },
        },
        spec: { containers: [{ name: proxyContainer, image: imageOf(version) }] },
      },
    },
  };
}

function answerTo({ request }: Review, revision: string, version: string): object {
  const patch = Buffer.from(JSON.stringify(injection(request.object, revision, version)));
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid: request.uid,
      allowed: true,
      patchType: 'JSONPatch',
      patch: patch.toString('base64'),
    },
  };
}

/** What istiod's templates add to a Pod, as far as somebody looks at it here. */
function injection({ metadata, spec }: Pod, revision: string, version: string): Patch {
  const { labels = {}, annotations = {}, ownerReferences = [], name, generateName } = metadata;
  const isGateway = annotations['inject.istio.io/templates'] === 'gateway';
  const at = spec.containers.findIndex((it) => it.name === proxyContainer);
  const owner = ownerReferences[0]?.name ?? name ?? generateName ?? '';
  const status = { revision, containers: [proxyContainer], initContainers: ['istio-init'] };
  return [
    {
      op: 'add',
      path: '/metadata/annotations',
      value: {
        ...annotations,
        [revisionLabel]: revision,
        'sidecar.istio.io/status': JSON.stringify(status),
      },
    },
    {
      op: 'add',
      path: '/metadata/labels',
      value: {
        ...labels,
        'security.istio.io/tlsMode': 'istio',
        'service.istio.io/canonical-name': labels['app.kubernetes.io/name'] ?? labels.app ?? owner,
      },
    },
    isGateway && at >= 0
      ? { op: 'replace', path: `/spec/containers/${at}/image`, value: imageOf(version) }
      : {
          op: 'add',
          path: '/spec/containers/-',
          value: { name: proxyContainer, image: imageOf(version) },
        },
  ];
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** An authority, and what it issued to the server on loopback. */
async function makeAuthority(): Promise<{ caPem: string; key: string; cert: string }> {
  const caKeys = await newKeys();
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=istio-stand-in-ca',
    keys: caKeys,
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    subject: 'CN=istiod',
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    caPem: ca.toString('pem'),
    key: PemConverter.encode(pkcs8, PemConverter.PrivateKeyTag),
    cert: certificate.toString('pem'),
  };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
