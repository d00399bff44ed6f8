import { rowsOf } from '../api/api.js';
import type { ReleaseRowFragment, RolloutState, RolloutsQuery } from '../api/generated/graphql.js';
import { graphql } from '../api/generated/index.js';
import { ago } from '../output/times.js';
import { paint } from '../terminal.js';
import { noun } from './noun.js';

const Releases = graphql(`
  query Releases($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      releases(first: $first, after: $after) {
        edges {
          node {
            ...ReleaseRow
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
  fragment ReleaseRow on Release {
    id
    number
    message
    source
    objectCount
    digest
    createdBy
    createdAt
  }
`);

const ReleaseNumbered = graphql(`
  query ReleaseNumbered($meshId: ID!, $number: Int!) {
    mesh(id: $meshId) {
      release(number: $number) {
        ...ReleaseRow
      }
    }
  }
`);

const ReleaseDetail = graphql(`
  query ReleaseDetail($id: ID!) {
    node(id: $id) {
      ... on Release {
        id
        number
        message
        source
        objectCount
        digest
        createdBy
        createdAt
        warnings {
          code
          severity
          path
          line
          object
          message
          remedy
        }
        changes(first: 200) {
          edges {
            node {
              change
              name
            }
          }
        }
      }
    }
  }
`);

const Rollouts = graphql(`
  query Rollouts($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      rollouts(first: $first, after: $after) {
        edges {
          node {
            id
            state
            stage
            wave
            waves {
              index
            }
            message
            reason
            detail
            createdBy
            createdAt
            startedAt
            finishedAt
            release {
              number
            }
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

const RolloutDetail = graphql(`
  query RolloutDetail($id: ID!) {
    node(id: $id) {
      ... on Rollout {
        id
        state
        stage
        wave
        message
        reason
        detail
        createdBy
        createdAt
        startedAt
        finishedAt
        release {
          number
          message
        }
        from {
          number
          message
        }
        trialClusterIds
        waves {
          index
          clusterIds
        }
        policy {
          waves {
            clusterSelector
            percent
            each
          }
          gate {
            soakSeconds
            timeoutSeconds
            maxRefusedPercent
          }
        }
        events(first: 200) {
          edges {
            node {
              at
              type
              wave
              message
            }
          }
        }
      }
    }
  }
`);

export const releases = noun<ReleaseRowFragment>({
  name: 'releases',
  aliases: ['release'],
  about: 'Releases of the configuration of the mesh, the newest first',
  isOfMesh: true,
  columns: [
    { title: 'NUMBER', cell: ({ number }) => number },
    { title: 'MESSAGE', cell: ({ message }) => message },
    { title: 'OBJECTS', cell: ({ objectCount }) => objectCount },
    { title: 'SOURCE', cell: ({ source }) => source },
    { title: 'AGE', cell: ({ createdAt }) => ago(createdAt) },
    { title: 'DIGEST', isWide: true, cell: ({ digest }) => digest.slice(0, 12) },
    { title: 'ID', isWide: true, cell: ({ id }) => id },
  ],
  rows: async function* (session) {
    const { id: meshId } = await session.mesh();
    yield* rowsOf((page) =>
      session.api.ask(Releases, { meshId, ...page }).then(({ mesh }) => mesh.releases),
    );
  },
  idOf: ({ id }) => id,
  nameOf: ({ number }) => String(number),
  named: async (session, name) => {
    if (!/^\d{1,9}$/.test(name)) return undefined;
    const { id: meshId } = await session.mesh();
    const number = Number(name);
    return (await session.api.ask(ReleaseNumbered, { meshId, number })).mesh.release;
  },
  detail: async ({ api }, { id }) => (await api.ask(ReleaseDetail, { id })).node,
});

type Rollout = RolloutsQuery['mesh']['rollouts']['edges'][number]['node'];

const tones: Readonly<Record<RolloutState, 'good' | 'bad' | 'busy' | 'faint'>> = {
  ABORTED: 'bad',
  COMPLETED: 'good',
  HALTED: 'bad',
  PAUSED: 'busy',
  QUEUED: 'faint',
  RUNNING: 'busy',
};

export const rollouts = noun<Rollout>({
  name: 'rollouts',
  aliases: ['rollout'],
  about: 'Releases on their way through the clusters, the newest first',
  isOfMesh: true,
  columns: [
    { title: 'ID', cell: ({ id }) => id },
    { title: 'RELEASE', cell: ({ release }) => release.number },
    { title: 'STATE', cell: ({ state }) => paint(tones[state], state) },
    { title: 'STAGE', cell: ({ state, stage }) => (state === 'COMPLETED' ? '' : stage) },
    {
      title: 'WAVE',
      cell: ({ wave, waves }) => (waves.length > 0 ? `${wave + 1}/${waves.length}` : ''),
    },
    { title: 'REASON', cell: ({ reason }) => reason },
    { title: 'AGE', cell: ({ createdAt }) => ago(createdAt) },
    { title: 'MESSAGE', isWide: true, cell: ({ message }) => message },
    { title: 'DETAIL', isWide: true, cell: ({ detail }) => detail },
  ],
  rows: async function* (session) {
    const { id: meshId } = await session.mesh();
    yield* rowsOf((page) =>
      session.api.ask(Rollouts, { meshId, ...page }).then(({ mesh }) => mesh.rollouts),
    );
  },
  idOf: ({ id }) => id,
  detail: async ({ api }, { id }) => (await api.ask(RolloutDetail, { id })).node,
});
