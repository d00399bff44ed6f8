import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LocalVault } from './vault.js';

describe('LocalVault', () => {
  const vault = new LocalVault(randomBytes(32));
  const secret = Buffer.from('the private key of a mesh');

  it('opens what it sealed', async () => {
    const sealed = await vault.seal(secret, 'meshRoot:org_a:root_1');
    expect(sealed.includes(secret)).toBe(false);
    expect(await vault.open(sealed, 'meshRoot:org_a:root_1')).toEqual(secret);
  });

  it('does not open a row that was moved to another tenant', async () => {
    const sealed = await vault.seal(secret, 'meshRoot:org_a:root_1');
    await expect(vault.open(sealed, 'meshRoot:org_b:root_1')).rejects.toMatchObject({
      code: 'INTERNAL',
    });
  });

  it('does not open with another key-encryption key, nor when a byte was changed', async () => {
    const sealed = await vault.seal(secret, 'c');
    await expect(new LocalVault(randomBytes(32)).open(sealed, 'c')).rejects.toThrow(
      'key-encryption',
    );
    for (const at of [0, 20, 80, sealed.length - 1]) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8((changed.readUInt8(at) + 1) % 256, at);
      await expect(vault.open(changed, 'c')).rejects.toMatchObject({ code: 'INTERNAL' });
    }
  });

  it('wants a key of 32 bytes', () => {
    expect(() => new LocalVault(randomBytes(16))).toThrow('32 bytes');
  });
});
