import { Text } from '@mantine/core';
import type { RowsResult } from '../api/index.js';
import { Actor } from './actor.js';
import { ErrorNote } from './error-note.js';
import { Status, type Tone } from './status.js';
import { Time } from './time.js';
import { Waiting } from './waiting.js';

interface ListedEvent {
  readonly step: number;
  readonly at: string;
  readonly type: string;
  readonly message: string;
  readonly actor?: string | null;
  /** That it happened in, where it is not of the whole. */
  readonly cluster?: { readonly id: string; readonly name: string } | null;
}

interface EventListProps<Event extends ListedEvent> {
  readonly of: Pick<RowsResult<Event>, 'rows' | 'error' | 'isPending'>;
  /** What the list is of, for who cannot see it. */
  readonly label?: string;
  toneOf(type: string): Tone;
  wordOf(type: string): string;
  /** Beside when and by whom. */
  noteOf?(event: Event): string | undefined;
  /** While nothing is here yet; `Reading what happened` unless said. */
  readonly waiting?: string;
  /** In place of the list; `Nothing yet.` unless said. */
  readonly empty?: string;
}

/** What happened to something that goes through clusters, in the order of its rows. */
export function EventList<Event extends ListedEvent>(props: EventListProps<Event>) {
  const { of, label, toneOf, wordOf, noteOf } = props;
  const { waiting = 'Reading what happened', empty = 'Nothing yet.' } = props;
  const { rows, error, isPending } = of;
  return (
    <>
      <ErrorNote error={error} />
      {isPending && !error && <Waiting>{waiting}</Waiting>}
      {!isPending && rows.length === 0 && !error && (
        <Text size="sm" c="dimmed">
          {empty}
        </Text>
      )}
      <ol className="events" aria-label={label}>
        {rows.map((event) => {
          const { step, at, type, message, actor, cluster } = event;
          return (
            <li key={`${cluster?.id} ${step}`}>
              <div className="event-head">
                {cluster && (
                  <Text component="span" size="sm" fw={600}>
                    {cluster.name}
                  </Text>
                )}
                <Status tone={toneOf(type)}>{wordOf(type)}</Status>
                <Text size="sm" c="dimmed" component="span">
                  <Time at={at} />
                  {actor && (
                    <>
                      , <Actor id={actor} />
                    </>
                  )}
                  {noteOf?.(event)}
                </Text>
              </div>
              <Text size="sm" className="break">
                {message}
              </Text>
            </li>
          );
        })}
      </ol>
    </>
  );
}
