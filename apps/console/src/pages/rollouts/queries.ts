import type { RolloutViewQuery } from '../../api/generated/graphql.js';
import { graphql } from '../../api/index.js';

export const RolloutView = graphql(`
  query RolloutView($id: ID!) {
    node(id: $id) {
      id
      ... on Rollout {
        state
        stage
        wave
        waves {
          index
          clusterIds
        }
        trialClusterIds
        reason
        detail
        message
        createdBy
        createdAt
        startedAt
        finishedAt
        release {
          id
          number
          objectCount
        }
        from {
          id
          number
        }
        policy {
          gate {
            soakSeconds
            timeoutSeconds
            maxRefusedPercent
          }
        }
      }
    }
  }
`);

/** A rollout as its own page shows it. */
export type Rollout = Extract<
  NonNullable<RolloutViewQuery['node']>,
  { readonly state: string; readonly waves: unknown }
>;

/** What runs is looked at so often, in ms. */
export const lookMs = 2000;
