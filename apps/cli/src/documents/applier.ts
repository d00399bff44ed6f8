import type { MeshSettingsQuery } from '../api/generated/graphql.js';
import { graphql } from '../api/generated/index.js';
import { CliError, usageError } from '../errors.js';
import { exportPolicies, hostGrants } from '../nouns/federation.js';
import { type Noun, nameOf } from '../nouns/noun.js';
import { UpdateWebhook, webhooks } from '../nouns/webhooks.js';
import type { Session } from '../session.js';
import { type Document, type DocumentOf, meshNameOf, titleOf } from './document.js';
import {
  type Change,
  madeBefore,
  type Outcome,
  type Plan,
  planCluster,
  planExportPolicy,
  planHostGrant,
  planMesh,
  planRolloutPolicy,
  planUpgradeSettings,
  planWebhook,
} from './plan.js';
import { kindNames } from './specs.js';

const MeshSettings = graphql(`
  query MeshSettings($name: String!) {
    meshByName(name: $name) {
      id
      name
      trustDomain
      configuration {
        driftPolicy
        rolloutPolicy {
          ...WavesAndGate
        }
      }
      upgradeSettings {
        ...UpgradeSettingsParts
      }
    }
  }
`);

const ClusterNow = graphql(`
  query ClusterNow($meshId: ID!, $name: String!) {
    mesh(id: $meshId) {
      cluster(name: $name) {
        id
        network
        locality
        cidrs
        labels {
          key
          value
        }
        channel
      }
    }
  }
`);

const mutations = {
  createMesh: graphql(`
    mutation CreateMesh($input: CreateMeshInput!) {
      createMesh(input: $input) {
        mesh {
          id
        }
      }
    }
  `),
  registerCluster: graphql(`
    mutation RegisterCluster($input: RegisterClusterInput!) {
      registerCluster(input: $input) {
        cluster {
          id
        }
      }
    }
  `),
  updateCluster: graphql(`
    mutation UpdateCluster($input: UpdateClusterInput!) {
      updateCluster(input: $input) {
        cluster {
          id
        }
      }
    }
  `),
  setClusterChannel: graphql(`
    mutation SetClusterChannel($input: SetClusterChannelInput!) {
      setClusterChannel(input: $input) {
        cluster {
          id
        }
      }
    }
  `),
  createExportPolicy: graphql(`
    mutation CreateExportPolicy($input: CreateExportPolicyInput!) {
      createExportPolicy(input: $input) {
        exportPolicy {
          id
        }
      }
    }
  `),
  updateExportPolicy: graphql(`
    mutation UpdateExportPolicy($input: UpdateExportPolicyInput!) {
      updateExportPolicy(input: $input) {
        exportPolicy {
          id
        }
      }
    }
  `),
  grantHost: graphql(`
    mutation GrantHost($input: GrantHostInput!) {
      grantHost(input: $input) {
        hostGrant {
          id
        }
      }
    }
  `),
  updateConfigurationSettings: graphql(`
    mutation UpdateConfigurationSettings($input: UpdateConfigurationSettingsInput!) {
      updateConfigurationSettings(input: $input) {
        settings {
          driftPolicy
        }
      }
    }
  `),
  updateUpgradeSettings: graphql(`
    mutation UpdateUpgradeSettings($input: UpdateUpgradeSettingsInput!) {
      updateUpgradeSettings(input: $input) {
        settings {
          maxInFlight
        }
      }
    }
  `),
  createWebhook: graphql(`
    mutation CreateWebhook($input: CreateWebhookInput!) {
      createWebhook(input: $input) {
        webhook {
          id
        }
        secret
      }
    }
  `),
  updateWebhook: UpdateWebhook,
} as const satisfies Readonly<Record<Change['mutation'], unknown>>;

export interface Applied {
  readonly document: Document;
  readonly outcome: Outcome;
  /** Of what was made, where the API shows one this once. */
  readonly secret?: string | undefined;
}

/** Makes what documents say, one after the other, in the order in which they need each other. */
export class Applier {
  /** What a dry run would have made: there is no id of it. */
  private readonly imagined = new Set<string>();

  constructor(
    private readonly session: Session,
    private readonly isDryRun: boolean,
  ) {}

  /** @throws CliError with what the API has against one; those before it are made. */
  async *apply(documents: readonly Document[]): AsyncGenerator<Applied> {
    const inOrder = documents.toSorted(
      (a, b) => kindNames.indexOf(a.kind) - kindNames.indexOf(b.kind),
    );
    for (const document of inOrder) {
      try {
        const plan = await this.plan(document);
        const secret = this.isDryRun ? undefined : await this.carryOut(plan);
        if (this.isDryRun && plan.outcome === 'created') this.imagined.add(titleOf(document));
        yield { document, outcome: plan.outcome, secret };
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
        const message = `${document.place}: ${titleOf(document)}: ${error.message}`;
        throw new CliError(error.code, message, error.details);
      }
    }
  }

  private async plan(document: Document): Promise<Plan> {
    switch (document.kind) {
      case 'Mesh':
        return planMesh(document, (await this.settings(document.metadata.name)) ?? undefined);
      case 'Cluster':
        return this.planCluster(document);
      case 'ExportPolicy':
        return this.planExportPolicy(document);
      case 'HostGrant':
        return this.planHostGrant(document);
      case 'RolloutPolicy':
        return this.withSettings(document, (mesh) => planRolloutPolicy(document, mesh));
      case 'UpgradeSettings':
        return this.withSettings(document, (mesh) => planUpgradeSettings(document, mesh));
      case 'Webhook':
        return this.planWebhook(document);
    }
  }

  private async planCluster(document: DocumentOf<'Cluster'>): Promise<Plan> {
    const meshId = await this.meshIdOf(document);
    const cluster = await this.cluster(meshId, document.metadata.name);
    return planCluster(document, meshId, cluster ?? undefined);
  }

  private async planExportPolicy(document: DocumentOf<'ExportPolicy'>): Promise<Plan> {
    const meshId = await this.meshIdOf(document);
    const { name } = document.metadata;
    const policy = await this.find(exportPolicies, meshId, name);
    return planExportPolicy(document, meshId, policy as never);
  }

  private async planHostGrant(document: DocumentOf<'HostGrant'>): Promise<Plan> {
    const meshId = await this.meshIdOf(document);
    const { name: service, namespace } = document.metadata;
    const ids: string[] = [];
    for (const name of document.spec.clusters) {
      const id = (await this.cluster(meshId, name))?.id;
      if (id === undefined && !this.imagined.has(`Cluster/${name}`)) {
        throw new CliError('NOT_FOUND', `there is no cluster ${name}`);
      }
      ids.push(id ?? madeBefore);
    }
    const grant = await this.find(hostGrants, meshId, `${namespace}/${service}`);
    return planHostGrant(document, meshId, ids, grant as never);
  }

  private async planWebhook(document: DocumentOf<'Webhook'>): Promise<Plan> {
    const { mesh } = document.spec;
    const meshId = mesh === undefined ? undefined : await this.meshIdNamed(mesh);
    const { name } = document.metadata;
    let webhook: unknown;
    for await (const row of webhooks.rows(this.session)) {
      if (nameOf(webhooks, row) === name) webhook = row;
    }
    return planWebhook(document, meshId, webhook as never);
  }

  /** Of what may be made a part of a mesh that a dry run does not make. */
  private async withSettings(
    document: Document,
    plan: (mesh: NonNullable<MeshSettingsQuery['meshByName']>) => Plan,
  ): Promise<Plan> {
    const { name } = document.metadata;
    const mesh = await this.settings(name);
    if (mesh) return plan(mesh);
    if (this.imagined.has(`Mesh/${name}`)) return { outcome: 'configured', changes: [] };
    throw new CliError('NOT_FOUND', `there is no mesh ${name}; its name is that of the mesh`);
  }

  /** @returns the secret of what was made, if it has one. */
  private async carryOut({ changes }: Plan): Promise<string | undefined> {
    let made = madeBefore;
    let secret: string | undefined;
    for (const { mutation, input } of changes) {
      const filled = withId(input, made);
      const answer = await this.session.api.ask<unknown, unknown>(mutations[mutation] as never, {
        input: filled,
      });
      const [payload] = Object.values(answer as object) as Payload[];
      made = idIn(payload) ?? made;
      secret ??= payload?.secret;
    }
    return secret;
  }

  /** The mesh of a document, or the one that is meant unless said. */
  private async meshIdOf(document: Document): Promise<string> {
    return this.meshIdNamed(meshNameOf(document));
  }

  private async meshIdNamed(name: string | undefined): Promise<string> {
    if (name !== undefined && this.imagined.has(`Mesh/${name}`)) return madeBefore;
    try {
      return (await this.session.mesh(name)).id;
    } catch (error) {
      const isOnlyImagined = name === undefined && [...this.imagined].some(isMesh);
      if (error instanceof CliError && error.code === 'NOT_FOUND' && isOnlyImagined) {
        return madeBefore;
      }
      throw error;
    }
  }

  private async settings(name: string) {
    return (await this.session.api.ask(MeshSettings, { name })).meshByName;
  }

  private async cluster(meshId: string, name: string) {
    if (meshId === madeBefore) return undefined;
    return (await this.session.api.ask(ClusterNow, { meshId, name })).mesh.cluster;
  }

  private async find(noun: Noun, meshId: string, name: string): Promise<unknown> {
    if (meshId === madeBefore) return undefined;
    const session = { ...this.session, mesh: async () => ({ id: meshId, name: '' }) };
    return (await noun.named?.(session, name)) ?? undefined;
  }
}

function isMesh(title: string): boolean {
  return title.startsWith('Mesh/');
}

/** With the id that a change before gave, where one is wanted. */
function withId(input: object, made: string): object {
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => {
      if (value !== madeBefore || !/^id$|Id$/.test(key)) return [key, value];
      if (made === madeBefore) throw usageError('its mesh is not there');
      return [key, made];
    }),
  );
}

interface Payload {
  readonly secret?: string;
}

/** Of the thing that a mutation answers with. */
function idIn(payload: Payload | undefined): string | undefined {
  const [thing] = Object.values(payload ?? {}) as { readonly id?: string }[];
  return thing?.id;
}
