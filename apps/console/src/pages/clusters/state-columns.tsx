import { type Column, type FourStates, StateStatus } from '../../parts/index.js';

const stages = [
  ['sent', 'Sent'],
  ['stored', 'Stored'],
  ['accepted', 'Accepted'],
  ['live', 'Live'],
] as const;

/** The four states of something wanted, each in a column of its own. */
export function stateColumns<Row extends FourStates>(): Column<Row>[] {
  return stages.map(([key, title]) => ({
    key,
    title,
    width: 'minmax(92px, .6fr)',
    value: (row) => row[key],
    cell: (row) => <StateStatus state={row[key]} />,
  }));
}
