import { rowsOf } from '../api/api.js';
import { graphql } from '../api/generated/index.js';
import { CliError, usageError } from '../errors.js';
import { exportPolicies, hostGrants } from '../nouns/federation.js';
import type { Noun } from '../nouns/noun.js';
import type { Session } from '../session.js';
import { type Document, type DocumentOf, meshNameOf, titleOf } from './document.js';
import {
  type Change,
  type ClusterNow,
  madeBefore,
  type Outcome,
  type Plan,
  planCluster,
  planExportPolicy,
  planHostGrant,
  planMesh,
  planRolloutPolicy,
  planUpgradeSettings,
} from './plan.js';
import { kindNames } from './specs.js';

const MeshSettings = graphql(`
  query MeshSettings($id: ID!) {
    mesh(id: $id) {
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

const MeshNames = graphql(`
  query MeshNames($first: Int, $after: String) {
    meshes(first: $first, after: $after) {
      edges {
        node {
          id
          name
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const ClustersNow = graphql(`
  query ClustersNow($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      clusters(first: $first, after: $after) {
        edges {
          node {
            id
            name
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
        pageInfo {
          hasNextPage
          endCursor
        }
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
  setClusterLabels: graphql(`
    mutation SetClusterLabels($input: SetClusterLabelsInput!) {
      setClusterLabels(input: $input) {
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
} as const satisfies Readonly<Record<Change['mutation'], unknown>>;

export interface Applied {
  readonly document: Document;
  readonly outcome: Outcome;
}

/** Makes what documents say, one after the other, in the order in which they need each other. */
export class Applier {
  /** What a dry run would have made: there is no id of it. */
  private readonly imagined = new Set<string>();
  /** Of meshes by name; forgotten as soon as one of its clusters is made. */
  private readonly clusters = new Map<string, Promise<ReadonlyMap<string, ClusterNow>>>();

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
        if (!this.isDryRun) await this.carryOut(plan);
        else if (plan.outcome === 'created') this.imagined.add(titleOf(document));
        yield { document, outcome: plan.outcome };
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
        return planMesh(document, await this.settings(document.metadata.name));
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
    }
  }

  private async planCluster(document: DocumentOf<'Cluster'>): Promise<Plan> {
    const meshId = await this.meshIdOf(document);
    const clusters = await this.clustersOf(meshId);
    return planCluster(document, meshId, clusters.get(document.metadata.name));
  }

  private async planExportPolicy(document: DocumentOf<'ExportPolicy'>): Promise<Plan> {
    const meshId = await this.meshIdOf(document);
    const { name } = document.metadata;
    const policy = await this.find(exportPolicies, meshId, (it) => it.name === name);
    return planExportPolicy(document, meshId, policy as never);
  }

  private async planHostGrant(document: DocumentOf<'HostGrant'>): Promise<Plan> {
    const meshId = await this.meshIdOf(document);
    const { name: service, namespace } = document.metadata;
    const clusters = await this.clustersOf(meshId);
    const ids = document.spec.clusters.map((name) => {
      const id = clusters.get(name)?.id;
      if (id === undefined && !this.imagined.has(`Cluster/${name}`)) {
        throw new CliError('NOT_FOUND', `there is no cluster ${name}`);
      }
      return id ?? madeBefore;
    });
    const grant = await this.find(
      hostGrants,
      meshId,
      (it) => it.namespace === namespace && it.service === service,
    );
    return planHostGrant(document, meshId, ids, grant as never);
  }

  /** Of what may be made a part of a mesh that a dry run does not make. */
  private async withSettings(
    document: Document,
    plan: (mesh: NonNullable<Awaited<ReturnType<Applier['settings']>>>) => Plan,
  ): Promise<Plan> {
    const { name } = document.metadata;
    const mesh = await this.settings(name);
    if (mesh) return plan(mesh);
    if (this.imagined.has(`Mesh/${name}`)) return { outcome: 'configured', changes: [] };
    throw new CliError('NOT_FOUND', `there is no mesh ${name}; its name is that of the mesh`);
  }

  private async carryOut({ changes }: Plan): Promise<void> {
    let made = madeBefore;
    for (const { mutation, input } of changes) {
      const filled = withId(input, made);
      const answer = await this.session.api.ask<unknown, unknown>(mutations[mutation] as never, {
        input: filled,
      });
      made = idIn(answer) ?? made;
      if (mutation === 'registerCluster') this.clusters.clear();
    }
  }

  /** The mesh of a document, or the one that is meant unless said. */
  private async meshIdOf(document: Document): Promise<string> {
    const name = meshNameOf(document);
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
    const { api } = this.session;
    for await (const mesh of rowsOf((page) => api.ask(MeshNames, page).then((it) => it.meshes))) {
      if (mesh.name === name) return (await api.ask(MeshSettings, { id: mesh.id })).mesh;
    }
    return undefined;
  }

  private clustersOf(meshId: string): Promise<ReadonlyMap<string, ClusterNow>> {
    const known = this.clusters.get(meshId) ?? this.readClusters(meshId);
    this.clusters.set(meshId, known);
    return known;
  }

  private async readClusters(meshId: string): Promise<ReadonlyMap<string, ClusterNow>> {
    const found = new Map<string, ClusterNow>();
    if (meshId === madeBefore) return found;
    const { api } = this.session;
    for await (const { name, ...cluster } of rowsOf((page) =>
      api.ask(ClustersNow, { meshId, ...page }).then(({ mesh }) => mesh.clusters),
    )) {
      found.set(name, cluster);
    }
    return found;
  }

  private async find(
    noun: Noun,
    meshId: string,
    isIt: (row: Readonly<Record<string, unknown>>) => boolean,
  ): Promise<unknown> {
    if (meshId === madeBefore) return undefined;
    const session = { ...this.session, mesh: async () => ({ id: meshId, name: '' }) };
    for await (const row of noun.rows(session)) {
      if (isIt(row as Readonly<Record<string, unknown>>)) return row;
    }
    return undefined;
  }
}

function isMesh(title: string): boolean {
  return title.startsWith('Mesh/');
}

/** With the id that a change before gave, where one is wanted. */
function withId(input: object, made: string): object {
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => {
      if (value !== madeBefore || !key.endsWith('Id')) return [key, value];
      if (made === madeBefore) throw usageError('its mesh is not there');
      return [key, made];
    }),
  );
}

/** Of the thing that a mutation answers with. */
function idIn(answer: unknown): string | undefined {
  const [payload] = Object.values(answer as object) as object[];
  const [thing] = Object.values(payload ?? {}) as { readonly id?: string }[];
  return thing?.id;
}
