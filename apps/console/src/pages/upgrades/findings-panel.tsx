import { Anchor, Button, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useApi } from '../../api/index.js';
import {
  counted,
  ErrorNote,
  Panel,
  Remedy,
  reasonTitle,
  Status,
  sentence,
  Waiting,
} from '../../parts/index.js';
import { type FindingGroup, grouped, severityWords } from './findings.js';
import { type UpgradeFinding, UpgradeFindings } from './queries.js';

/** What the plan of an upgrade found; it does not change afterwards. */
export function useFindings(id: string): {
  readonly findings: readonly UpgradeFinding[] | undefined;
  readonly error: Error | null;
} {
  const { data, error } = useApi(UpgradeFindings, { id });
  const node = data?.node;
  return { findings: node && 'findings' in node ? node.findings : undefined, error };
}

const mostShown = 10;

interface FindingsProps {
  readonly id: string;
  readonly meshId: string;
  /** Whether somebody has to decide by them: then they are open. */
  readonly isPlan: boolean;
}

/** What the plan found; of what is under way it is history, and shown when it is asked for. */
export function Findings(props: FindingsProps) {
  const [isShown, setShown] = useState(props.isPlan);
  if (isShown) return <FindingsOf {...props} />;
  return (
    <Panel
      title="Findings"
      actions={
        <Button variant="default" onClick={() => setShown(true)}>
          Show the findings
        </Button>
      }
    >
      <Text size="sm" c="dimmed">
        What the plan found before it began.
      </Text>
    </Panel>
  );
}

/** By severity, each with what to do about it. */
function FindingsOf({ id, meshId, isPlan }: FindingsProps) {
  const { findings, error } = useFindings(id);
  return (
    <Panel title="Findings">
      <ErrorNote error={error} />
      {!findings && !error && <Waiting>Reading what the plan found</Waiting>}
      {findings?.length === 0 && <Text size="sm">Nothing stands in its way.</Text>}
      <Stack gap="md">
        {findings &&
          grouped(findings).map(({ severity, count, groups }) => {
            const [tone, word] = severityWords[severity];
            return (
              <section key={severity} aria-label={`${word}: ${counted(count, 'finding')}`}>
                <Title order={3} size="h4" mb={6}>
                  <Status tone={tone}>
                    {word}: {counted(count, 'finding')}
                  </Status>
                </Title>
                {groups.map((group) => (
                  <Group
                    key={group.code}
                    of={group}
                    tone={tone}
                    meshId={meshId}
                    isOpen={isPlan && severity !== 'INFORMS'}
                  />
                ))}
              </section>
            );
          })}
      </Stack>
    </Panel>
  );
}

interface GroupProps {
  readonly of: FindingGroup<UpgradeFinding>;
  readonly tone: string;
  readonly meshId: string;
  readonly isOpen: boolean;
}

function Group({ of: { code, findings, remedy }, tone, meshId, isOpen }: GroupProps) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? findings : findings.slice(0, mostShown);
  return (
    <details className={`toned toned-${tone} unfold upgrade-finding`} open={isOpen || undefined}>
      <summary>
        <Text component="span" size="sm" fw={600}>
          {reasonTitle(code)}
        </Text>
        {findings.length > 1 && (
          <Text component="span" size="sm" c="dimmed">
            {findings.length} times
          </Text>
        )}
      </summary>
      <ul className="upgrade-list">
        {shown.map(({ message, remedy: own, object, cluster }) => (
          <li key={`${cluster?.id} ${object} ${message}`}>
            <Text size="sm" className="break">
              {cluster && (
                <>
                  <Anchor
                    component={Link}
                    to={`/meshes/${meshId}/clusters/${cluster.id}`}
                    size="sm"
                    underline="always"
                  >
                    {cluster.name}
                  </Anchor>
                  :{' '}
                </>
              )}
              {cluster ? `${message}.` : sentence(message)}
            </Text>
            {object && (
              <Text size="xs" c="dimmed" className="break">
                {object}
              </Text>
            )}
            {remedy === undefined && <Remedy text={own} />}
          </li>
        ))}
      </ul>
      {shown.length < findings.length && (
        <Button variant="subtle" size="compact-sm" onClick={() => setWhole(true)}>
          Show all {findings.length}
        </Button>
      )}
      {remedy !== undefined && <Remedy text={remedy} />}
      {code === 'NotTakenOver' && (
        <Anchor
          component={Link}
          to={`/meshes/${meshId}/upgrades?tab=istio`}
          size="sm"
          underline="always"
        >
          To where it is taken over
        </Anchor>
      )}
    </details>
  );
}
