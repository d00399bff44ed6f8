import { useParams } from 'react-router';
import type { ConfigurationHeadQuery } from '../../api/generated/graphql.js';
import { type ApiError, useApi } from '../../api/index.js';
import { headOf } from './draft.js';
import { ConfigurationHead } from './queries.js';

/** States of a rollout that keeps others waiting, or waits itself. */
const open = new Set(['QUEUED', 'RUNNING', 'PAUSED', 'HALTED']);

export type HeadRollout = ConfigurationHeadQuery['mesh']['rollouts']['edges'][number]['node'];

interface Head {
  readonly meshId: string;
  readonly isPending: boolean;
  readonly error: ApiError | null;
  readonly configuration: ConfigurationHeadQuery['mesh']['configuration'] | undefined;
  /** Where the mesh is headed; null before its first release, undefined as long as nobody knows. */
  readonly head: { readonly id: string; readonly number: number } | null | undefined;
  /** Under way or waiting, the one that is under way first. */
  readonly open: readonly HeadRollout[];
}

export function useHead(): Head {
  const { meshId = '' } = useParams();
  const { data, error, isPending } = useApi(ConfigurationHead, { meshId });
  const rollouts = data?.mesh.rollouts.edges.map(({ node }) => node) ?? [];
  return {
    meshId,
    isPending,
    error,
    configuration: data?.mesh.configuration,
    head: data && headOf(data.mesh.releases.edges[0]?.node, rollouts),
    open: rollouts.filter(({ state }) => open.has(state)).reverse(),
  };
}
