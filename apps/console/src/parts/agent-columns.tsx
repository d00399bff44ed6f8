import { Code } from '@mantine/core';
import type { Column } from './columns.js';
import { type FourStates, StateStatus, stateWords } from './four-states.js';
import { Time } from './time.js';

// Columns of lists of what agents report, so that they read alike wherever they stand.

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
    value: (row) => stateWords[row[key]],
    cell: (row) => <StateStatus state={row[key]} />,
  }));
}

interface WithReason {
  readonly reason?: string | null;
  readonly message?: string | null;
}

/** Why it is as it is, by code and in words. */
export function reasonColumn<Row extends WithReason>(): Column<Row> {
  return {
    key: 'why',
    title: 'Reason',
    width: 'minmax(140px, 1.7fr)',
    value: ({ reason, message }) => [reason, message].filter(Boolean).join(' '),
    cell: ({ reason, message }) =>
      reason || message ? (
        <>
          {reason && <Code className="code">{reason}</Code>} {message}
        </>
      ) : (
        '—'
      ),
  };
}

interface WithCorrections {
  readonly corrections: number;
  readonly correctedManagers: readonly string[];
}

/** How often the agent put back what others had changed. */
export function correctionsColumn<Row extends WithCorrections>(): Column<Row> {
  return {
    key: 'corrections',
    title: 'Corrections',
    width: 'minmax(96px, .9fr)',
    value: ({ corrections }) => corrections,
    cell: ({ corrections, correctedManagers }) =>
      corrections === 0
        ? 'none'
        : `${corrections}, after ${correctedManagers.join(', ') || 'somebody without a name'}`,
  };
}

/** Names of the objects that the agent wrote. */
export function objectsColumn<Row extends { readonly objects: readonly string[] }>(): Column<Row> {
  return {
    key: 'objects',
    title: 'Objects written',
    width: 'minmax(150px, 1.6fr)',
    value: ({ objects }) => objects.join(' '),
    cell: ({ objects }) => <Objects of={objects} />,
  };
}

function Objects({ of }: { readonly of: readonly string[] }) {
  if (of.length === 0) return 'none';
  const list = (
    <ul className="written">
      {of.map((object) => (
        <li key={object}>{object}</li>
      ))}
    </ul>
  );
  if (of.length <= 2) return list;
  return (
    <details>
      <summary>{of.length} objects</summary>
      {list}
    </details>
  );
}

export function reportedColumn<Row extends { readonly reportedAt?: string | null }>(): Column<Row> {
  return {
    key: 'reported',
    title: 'Reported',
    width: 'minmax(100px, .8fr)',
    value: ({ reportedAt }) => reportedAt,
    cell: ({ reportedAt }) => <Time at={reportedAt} />,
  };
}
