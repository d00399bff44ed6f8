import { rowsOf } from '../api/api.js';
import type { IstioVersionsQuery, UpgradeState, UpgradesQuery } from '../api/generated/graphql.js';
import { graphql } from '../api/generated/index.js';
import { ago } from '../output/times.js';
import { paint } from '../terminal.js';
import { noun } from './noun.js';

const Upgrades = graphql(`
  query Upgrades($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      upgrades(first: $first, after: $after) {
        edges {
          node {
            id
            toVersion
            state
            source
            message
            wave
            waveCount
            reason
            detail
            createdBy
            createdAt
            startedAt
            finishedAt
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

const UpgradeDetail = graphql(`
  query UpgradeDetail($id: ID!) {
    node(id: $id) {
      ... on Upgrade {
        id
        toVersion
        state
        source
        message
        wave
        waveCount
        reason
        detail
        createdBy
        createdAt
        startedAt
        finishedAt
        decidedBy
        decidedAt
        estimate {
          finishesAt
          secondsLeft
        }
        findings {
          severity
          code
          cluster {
            name
          }
          object
          message
          remedy
        }
        clusters(first: 200) {
          edges {
            node {
              cluster {
                name
              }
              wave
              hop
              stage
              held
              reason
              detail
            }
          }
        }
        events(first: 200) {
          edges {
            node {
              at
              type
              cluster {
                name
              }
              message
            }
          }
        }
      }
    }
  }
`);

const IstioVersions = graphql(`
  query IstioVersions {
    istioVersions {
      version
      minor
      channels
      released
      endOfLife
      isVerified
    }
  }
`);

type Upgrade = UpgradesQuery['mesh']['upgrades']['edges'][number]['node'];

const tones: Readonly<Record<UpgradeState, 'good' | 'bad' | 'busy' | 'faint'>> = {
  ABORTED: 'bad',
  AWAITING_APPROVAL: 'busy',
  COMPLETED: 'good',
  HALTED: 'bad',
  PAUSED: 'busy',
  PLANNED: 'faint',
  REJECTED: 'bad',
  ROLLED_BACK: 'bad',
  ROLLING_BACK: 'busy',
  RUNNING: 'busy',
};

export const upgrades = noun<Upgrade>({
  name: 'upgrades',
  aliases: ['upgrade'],
  about: 'Versions of Istio on their way through the clusters, the newest first',
  isOfMesh: true,
  columns: [
    { title: 'ID', cell: ({ id }) => id },
    { title: 'TO', cell: ({ toVersion }) => toVersion },
    { title: 'STATE', cell: ({ state }) => paint(tones[state], state) },
    {
      title: 'WAVE',
      cell: ({ wave, waveCount }) => `${Math.min(wave + 1, waveCount)}/${waveCount}`,
    },
    { title: 'SOURCE', cell: ({ source }) => source },
    { title: 'REASON', cell: ({ reason }) => reason },
    { title: 'AGE', cell: ({ createdAt }) => ago(createdAt) },
    { title: 'MESSAGE', isWide: true, cell: ({ message }) => message },
    { title: 'DETAIL', isWide: true, cell: ({ detail }) => detail },
  ],
  rows: async function* (session) {
    const { id: meshId } = await session.mesh();
    yield* rowsOf((page) =>
      session.api.ask(Upgrades, { meshId, ...page }).then(({ mesh }) => mesh.upgrades),
    );
  },
  idOf: ({ id }) => id,
  detail: async ({ api }, { id }) => (await api.ask(UpgradeDetail, { id })).node,
});

type Version = IstioVersionsQuery['istioVersions'][number];

export const istioVersions = noun<Version>({
  name: 'istio-versions',
  aliases: ['istio-version', 'istioversion', 'istioversions'],
  about: 'Versions of Istio that the plane knows, the newest first',
  columns: [
    { title: 'VERSION', cell: ({ version }) => version },
    { title: 'CHANNELS', cell: ({ channels }) => channels.join(',') },
    { title: 'RELEASED', cell: ({ released }) => released },
    { title: 'END OF LIFE', cell: ({ endOfLife }) => endOfLife },
    { title: 'VERIFIED', cell: ({ isVerified }) => (isVerified ? 'yes' : 'no') },
  ],
  rows: async function* ({ api }) {
    yield* (await api.ask(IstioVersions, {})).istioVersions;
  },
  idOf: ({ version }) => version,
});
