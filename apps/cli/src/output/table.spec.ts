import { describe, expect, it } from 'vitest';
import { Table } from './table.js';

interface Row {
  readonly name: string;
  readonly state: string | null;
}

const columns = [
  { title: 'NAME', cell: ({ name }: Row) => name },
  { title: 'STATE', cell: ({ state }: Row) => state },
];

describe('Table', () => {
  it('is as wide as what is in it, with a mark for nothing', () => {
    const lines = new Table(columns).lines([
      { name: 'a-long-name', state: 'OK' },
      { name: 'b', state: null },
    ]);
    expect(lines).toEqual(['NAME          STATE', 'a-long-name   OK', 'b             -']);
  });

  it('stays as wide for rows that come later', () => {
    const table = new Table(columns);
    table.lines([{ name: 'a-long-name', state: 'OK' }]);
    expect(table.lines([{ name: 'b', state: 'OK' }], false)).toEqual(['b             OK']);
  });

  it('does not count colours', () => {
    const green = '\x1b[32mOK\x1b[39m';
    const [, line] = new Table([...columns].reverse()).lines([{ name: 'b', state: green }]);
    expect(line).toBe(`${green}      b`);
  });

  it('lets a cell neither break its line nor move the cursor', () => {
    const [, line] = new Table(columns).lines([{ name: 'a\nb\x1b[2Jc\x07', state: 'OK' }]);
    expect(line).toBe('a b[2Jc   OK');
  });
});
