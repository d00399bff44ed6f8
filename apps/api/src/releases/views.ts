import type {
  ConfigurationSettingsView,
  RolloutPolicy as Policy,
  PreviewView,
  Problem,
  ReleaseView,
  RolloutView,
} from '@isthmus/releases';
import type {
  ClusterPreview,
  ConfigurationProblem,
  ConfigurationSettings,
  ReleaseNode,
  RolloutNode,
  RolloutPolicy,
  RolloutPolicyInput,
} from './types.js';

const mostProblems = 200;

/** The errors first, and no more than one can read. */
export function toProblems(problems: readonly Problem[]): ConfigurationProblem[] {
  const rank = ({ severity }: Problem): number => Number(severity !== 'error');
  return [...problems]
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, mostProblems)
    .map(({ severity, place, object, ...problem }) => ({
      ...problem,
      severity: severity === 'error' ? 'ERROR' : 'WARNING',
      path: place?.path ?? null,
      line: place?.line ?? null,
      object: object ?? null,
    }));
}

export function toRelease({ source, objects, ...view }: ReleaseView): ReleaseNode {
  return {
    ...view,
    objectCount: objects,
    source: source.toUpperCase() as ReleaseNode['source'],
  };
}

export function toRollout({ stage, waves, trial, policy, ...view }: RolloutView): RolloutNode {
  return {
    ...view,
    stage: stage.toUpperCase() as RolloutNode['stage'],
    waves: waves.map((clusterIds, index) => ({ index, clusterIds })),
    trialClusterIds: trial,
    policy: toPolicy(policy),
  };
}

export function toSettings(view: ConfigurationSettingsView): ConfigurationSettings {
  return {
    driftPolicy: view.driftPolicy.toUpperCase() as ConfigurationSettings['driftPolicy'],
    rolloutPolicy: toPolicy(view.rolloutPolicy),
    currentReleaseId: view.currentReleaseId,
  };
}

export function toPreview({ changes, ...view }: PreviewView): ClusterPreview {
  const count = (wanted: string): number =>
    changes.filter(({ change }) => change === wanted).length;
  return {
    ...view,
    added: count('ADDED'),
    changed: count('CHANGED'),
    removed: count('REMOVED'),
    diff: changes.map(({ diff }) => diff).join(''),
  };
}

function toPolicy({ waves, gate }: Policy): RolloutPolicy {
  return {
    gate,
    waves: waves.map(({ clusterSelector, percent, each }) => ({
      clusterSelector: clusterSelector ?? null,
      percent: percent ?? null,
      each: each ?? null,
    })),
  };
}

export function fromPolicy(input: RolloutPolicyInput | null | undefined): Policy | undefined {
  if (!input) return undefined;
  const { gate } = input;
  return {
    waves: input.waves.map(({ clusterSelector, percent, each }) => ({
      clusterSelector: clusterSelector ?? undefined,
      percent: percent ?? undefined,
      each: each ?? undefined,
    })),
    gate: {
      soakSeconds: gate?.soakSeconds ?? 60,
      timeoutSeconds: gate?.timeoutSeconds ?? 600,
      maxRefusedPercent: gate?.maxRefusedPercent ?? 0,
    },
  };
}
