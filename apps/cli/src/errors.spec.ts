import { describe, expect, it } from 'vitest';
import { CliError, usageError } from './errors.js';

describe('the exit code', () => {
  it.for([
    ['UNAUTHENTICATED', 3],
    ['API_TOKEN_EXPIRED', 3],
    ['FORBIDDEN', 3],
    ['UPGRADE_OWN_APPROVAL', 3],
    ['NOT_FOUND', 4],
    ['UNREACHABLE', 5],
    ['UNAVAILABLE', 5],
    ['CONFIGURATION_INVALID', 6],
    ['RATE_LIMITED', 6],
  ] as const)('of %s is %i', ([code, exit]) => {
    expect(new CliError(code, '').exit).toBe(exit);
  });

  it('of words that make no sense is 2', () => {
    expect(usageError('').exit).toBe(2);
  });
});
