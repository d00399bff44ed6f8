import type { DriftPolicy } from '../../api/generated/graphql.js';

/** What may become of drift, in words. */
export const driftPolicies: readonly {
  readonly value: DriftPolicy;
  readonly label: string;
  readonly about: string;
}[] = [
  {
    value: 'REVERT',
    label: 'Put it back',
    about:
      'The agent writes the object as it was released, within a second or so, and each time again.',
  },
  {
    value: 'TOLERATE',
    label: 'Leave it',
    about: 'It stays as it was found until the object is released anew.',
  },
  {
    value: 'ADOPT',
    label: 'Adopt it',
    about:
      'It becomes a release by itself, which goes to all clusters that have the object, by the waves of the mesh.',
  },
];
