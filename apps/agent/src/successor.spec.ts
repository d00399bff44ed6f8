import { describe, expect, it } from 'vitest';
import { type AgentPod, type OwnDeployment, rolloutOf } from './successor.js';

const revisionKey = 'deployment.kubernetes.io/revision';
const replicaSets = ['1', '2'].map((revision) => ({
  metadata: {
    name: `agent-${revision}`,
    annotations: { [revisionKey]: revision },
    labels: { 'pod-template-hash': revision },
  },
}));
type Changes = Partial<NonNullable<OwnDeployment['status']>>;
/** In the midst of a rollout from revision 1 to 2. */
const rolling = (status: Changes = {}): OwnDeployment => ({
  metadata: { name: 'agent', generation: 4, annotations: { [revisionKey]: '2' } },
  spec: { replicas: 1 },
  status: {
    observedGeneration: 4,
    replicas: 2,
    updatedReplicas: 1,
    availableReplicas: 1,
    ...status,
  },
});

type Container = NonNullable<NonNullable<AgentPod['status']>['containerStatuses']>[number];
const pod = (revision: string, container: Partial<Container>, isReady = false): AgentPod => ({
  metadata: { name: `agent-${revision}-x`, labels: { 'pod-template-hash': revision } },
  status: {
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', reason: '', message: '' }],
    containerStatuses: [{ name: 'agent', ...container }],
  },
});
const waiting = (reason: string, message = 'no') => ({ state: { waiting: { reason, message } } });
const ended = (message: string) => ({ terminated: { exitCode: 1, message } });
const look = (deployment: OwnDeployment, ...pods: AgentPod[]) =>
  rolloutOf(deployment, pods, replicaSets, false);
const failureOf = (deployment: OwnDeployment, ...pods: AgentPod[]) =>
  look(deployment, ...pods).failure;
/** When there is no more time. */
const lateFailureOf = (deployment: OwnDeployment, ...pods: AgentPod[]) =>
  rolloutOf(deployment, pods, replicaSets, true).failure;

describe('a rollout', () => {
  it('is complete when the Pods before are gone and the new ones are ready', () => {
    expect(look(rolling()).isComplete).toBe(false);
    expect(look(rolling({ replicas: 1 })).isComplete).toBe(true);
    const unready = rolling({ replicas: 1, availableReplicas: 0 });
    expect(look(unready).isComplete).toBe(false);
  });

  it('says nothing until Kubernetes knows of it', () => {
    const unseen = rolling({ observedGeneration: 3, replicas: 1 });
    const crashed = pod('2', { restartCount: 9 });
    expect(rolloutOf(unseen, [crashed], replicaSets, true)).toMatchObject({
      isSeen: false,
      isComplete: false,
      failure: undefined,
    });
  });

  it('fails when the successor has ended twice, in its last words', () => {
    const once = pod('2', { restartCount: 1, lastState: ended('first\n') });
    expect(failureOf(rolling(), once)).toBeUndefined();
    const lastState = ended('a log line\nit cannot be\n');
    const twice = pod('2', { restartCount: 1, ...waiting('CrashLoopBackOff'), lastState });
    expect(failureOf(rolling(), twice)).toEqual({
      reason: 'SuccessorFailed',
      message: 'agent-2-x ended with exit code 1: it cannot be',
    });
    expect(failureOf(rolling(), pod('2', { restartCount: 1, state: lastState }))?.reason).toBe(
      'SuccessorFailed',
    );
  });

  it('does not fail for what befalls the Pods before, or those that are leaving', () => {
    const leaving = pod('2', { restartCount: 5 });
    leaving.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(failureOf(rolling(), pod('1', { restartCount: 5 }), leaving)).toBeUndefined();
  });

  it('fails at once for an image that nobody will ever pull, and by the deadline for another', () => {
    for (const reason of ['InvalidImageName', 'ErrImageNeverPull']) {
      expect(failureOf(rolling(), pod('2', waiting(reason)))?.reason).toBe('ImageUnavailable');
    }
    const unpulled = pod('2', waiting('ImagePullBackOff'));
    expect(failureOf(rolling(), unpulled)).toBeUndefined();
    expect(lateFailureOf(rolling(), unpulled)).toEqual({
      reason: 'ImageUnavailable',
      message: 'agent-2-x waits: ImagePullBackOff: no',
    });
  });

  it('fails by the deadline with what it waited for', () => {
    const unscheduled = pod('2', {});
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' };
    unscheduled.status?.conditions?.push({ ...condition, message: '0/3 nodes are available' });
    expect(lateFailureOf(rolling(), unscheduled)).toEqual({
      reason: 'DeadlineExceeded',
      message: 'agent-2-x has no node: 0/3 nodes are available',
    });
    const quota = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' };
    const conditions = [{ ...quota, message: 'exceeded quota' }];
    expect(lateFailureOf(rolling({ conditions }))?.message).toBe('exceeded quota');
  });
});
