import { Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import type { Tone } from '../../parts/index.js';
import { CopyCode, CopyText, Facts, Panel, Status, Time } from '../../parts/index.js';
import type { Anchor } from './members.js';

interface AnchorsProps {
  readonly anchors: readonly Anchor[];
  /** In ms. */
  readonly now: number;
}

const soonMs = 365 * 86_400_000;
const dates = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });

/** How an anchor stands, and in a word. @param now In ms. */
export function anchorState(anchor: Anchor, now: number): readonly [Tone, string] {
  const left = Date.parse(anchor.notAfter) - now;
  if (left <= 0) return ['bad', 'Expired'];
  if (anchor.retiredAt !== null) return ['idle', 'Retired'];
  return left < soonMs ? ['warn', 'Ends within a year'] : ['ok', 'Valid'];
}

/** What all clusters trust. */
export function Anchors({ anchors, now }: AnchorsProps) {
  return (
    <Panel title={anchors.length === 1 ? 'Anchor' : 'Anchors'}>
      <Stack>
        {anchors.map((anchor) => (
          <AnchorFacts key={anchor.id} anchor={anchor} now={now} />
        ))}
        <Text size="sm" c="dimmed" maw={760}>
          Its key rests sealed in the plane and signs for clusters alone. An anchor is not replaced
          by itself, and the API cannot replace one yet; what it signs ends with it at the latest.
        </Text>
      </Stack>
    </Panel>
  );
}

function AnchorFacts({ anchor, now }: { readonly anchor: Anchor; readonly now: number }) {
  const [tone, word] = anchorState(anchor, now);
  return (
    <div>
      <Facts
        of={[
          [
            'State',
            <Status key="state" tone={tone}>
              {word}
            </Status>,
          ],
          ['SHA-256', <CopyText key="fingerprint" text={anchor.fingerprint} label="fingerprint" />],
          [
            'Valid',
            <>
              {dates.format(new Date(anchor.notBefore))} to{' '}
              {dates.format(new Date(anchor.notAfter))}, ends <Time at={anchor.notAfter} />
            </>,
          ],
          ...(anchor.retiredAt === null
            ? []
            : [
                [
                  'Retired',
                  <>
                    <Time at={anchor.retiredAt} />: clusters no longer get it
                  </>,
                ] as const,
              ]),
        ]}
      />
      <details className="pem">
        <summary>Certificate (PEM)</summary>
        <CopyCode code={anchor.pem.trim()} label="certificate" />
      </details>
      <Group gap="xs" mt="sm">
        <Button
          component="a"
          size="xs"
          variant="default"
          href={`data:application/x-pem-file,${encodeURIComponent(anchor.pem)}`}
          download={`anchor-${anchor.fingerprint.slice(0, 8)}.pem`}
          leftSection={<IconDownload size={14} aria-hidden />}
        >
          Download the PEM
        </Button>
        <Text size="xs" c="dimmed">
          To compare:{' '}
          <Code className="code">openssl x509 -noout -fingerprint -sha256 -in FILE</Code>
        </Text>
      </Group>
    </div>
  );
}
