import { expect, it } from 'vitest';
import { type ClusterStanding, standingOf } from './cluster-state.js';

const stored = {
  number: 7,
  current: true,
  objects: 3,
  stored: 3,
  pending: 0,
  refused: 0,
  unaccepted: 0,
  absent: 0,
  live: 'UNKNOWN',
  proxies: 0,
  proxiesLive: 0,
};
const connected = (more: Partial<typeof stored> = {}): ClusterStanding => ({
  status: 'CONNECTED',
  configuration: { ...stored, ...more },
});

it.each([
  [connected(), 'Stored'],
  [connected({ live: 'YES' }), 'Live'],
  [connected({ live: 'PENDING', proxies: 4, proxiesLive: 1 }), 'Live in 1 of 4 proxies'],
  [connected({ live: 'REFUSED' }), 'A proxy refused it'],
  [connected({ pending: 2, stored: 1 }), '1 of 3 stored'],
  [connected({ unaccepted: 1, pending: 1 }), '1 of 3 refused'],
  [connected({ current: false }), 'Told, has not answered yet'],
  [connected({ number: 6 }), 'Runs release 6'],
  [{ status: 'CONNECTED', configuration: null }, 'Runs no release'],
  [{ ...connected(), status: 'OUT_OF_CONTACT' }, 'Out of contact: gets it when it is back'],
  [{ ...connected(), status: 'REMOVED' }, 'Removed'],
])('says how far a cluster has come: %#', (cluster, word) => {
  expect(standingOf(cluster, 7, true)[1]).toBe(word);
});

it('says of a wave to come that it is to come', () => {
  expect(standingOf(connected({ number: 6 }), 7, false)[1]).toBe('Not yet: runs release 6');
});
