import { Anchor, Badge, Code, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useId } from 'react';
import { Link } from 'react-router';
import type { ReachabilityAnswerQuery } from '../../api/generated/graphql.js';
import { Panel, Remedy, Status, sentence } from '../../parts/index.js';
import { linkTitles, linkTones, linkWords, stretches, toneOf } from './answer.js';

type Reachability = ReachabilityAnswerQuery['reachability'];
type Route = Reachability['routes'][number];
type Step = Reachability['steps'][number];

interface AnswerProps {
  readonly answer: Reachability;
  /** Such as `shop/cart in cloud`. */
  readonly caller: string;
  readonly meshId: string;
}

/** Whether it is reached, why, and every link of every route. */
export function Answer({ answer, caller, meshId }: AnswerProps) {
  return (
    <Stack>
      <Verdict answer={answer} caller={caller} />
      <Panel title="Before a route is chosen">
        <Chain steps={answer.steps} label="Links before a route is chosen" meshId={meshId} />
      </Panel>
      {answer.routes.map((route) => (
        <RouteView key={`${route.clusterId} ${route.local}`} route={route} meshId={meshId} />
      ))}
    </Stack>
  );
}

function Verdict({ answer, caller }: Omit<AnswerProps, 'meshId'>) {
  const { state, broken, host } = answer;
  const tone = linkTones[state];
  const reached = answer.routes.filter((route) => route.state === 'OK');
  const names = reached.map(({ clusterName, local }) =>
    local ? `${clusterName} (local)` : clusterName,
  );
  const unknown = answer.routes
    .flatMap(({ steps }) => steps)
    .find((step) => step.state === 'UNKNOWN');
  const step = broken ?? (state === 'UNKNOWN' ? unknown : undefined);
  return (
    <Panel className={`verdict verdict-${tone}`}>
      <Title order={2} className="break">
        {state === 'OK' && `${caller} reaches ${host}`}
        {state === 'BROKEN' && `${caller} cannot reach ${host}`}
        {state === 'UNKNOWN' && `Whether ${caller} reaches ${host} cannot be told`}
        {state === 'SKIPPED' && `${host} was not looked at`}
      </Title>
      <Stack gap="xs" mt="xs">
        {state === 'OK' && names.length > 0 && <Text size="sm">By {names.join(', ')}.</Text>}
        {step && (
          <>
            <Group gap="xs">
              <Status tone={tone}>
                {linkTitles[step.link]}: {linkWords[step.state]}
                {step.clusterName && ` in ${step.clusterName}`}
              </Status>
              {step.reason && <Code className="code">{step.reason}</Code>}
            </Group>
            <Text size="sm" className="break">
              {sentence(step.message)}
            </Text>
            {step.remedy && <Remedy text={step.remedy} />}
          </>
        )}
      </Stack>
    </Panel>
  );
}

function RouteView({ route, meshId }: { readonly route: Route; readonly meshId: string }) {
  const id = useId();
  const { clusterId, clusterName, network, local, state } = route;
  return (
    <Paper
      withBorder
      p="md"
      bg="var(--isthmus-surface)"
      component="section"
      aria-labelledby={id}
      className={local ? 'route route-local' : 'route'}
    >
      <Group justify="space-between" mb="sm" gap="xs">
        <Group gap="xs">
          <Title order={2} id={id}>
            {local ? 'Within ' : 'By '}
            <Anchor component={Link} to={`/meshes/${meshId}/clusters/${clusterId}`} inherit>
              {clusterName}
            </Anchor>
          </Title>
          <Badge variant="default" tt="none" fw={500}>
            {local ? 'local route' : `network ${network}`}
          </Badge>
        </Group>
        <Status tone={linkTones[state]}>{linkWords[state]}</Status>
      </Group>
      {local && (
        <Text size="sm" c="dimmed" mb="sm">
          The caller's own cluster has the Service too; such calls need no import and no gateway.
        </Text>
      )}
      <Chain steps={route.steps} label={`Links of the route by ${clusterName}`} meshId={meshId} />
    </Paper>
  );
}

interface ChainProps {
  readonly steps: readonly Step[];
  readonly label: string;
  readonly meshId: string;
}

/** The links in the order in which a call passes them. */
function Chain({ steps, label, meshId }: ChainProps) {
  return (
    <ol className="links" aria-label={label}>
      {stretches(steps).map(({ cluster, steps: of }) =>
        of.map((step, index) => (
          <LinkView
            key={step.link}
            step={step}
            cluster={index === 0 ? cluster : undefined}
            meshId={meshId}
          />
        )),
      )}
    </ol>
  );
}

interface LinkViewProps {
  readonly step: Step;
  /** Where a stretch of the way begins. */
  readonly cluster: string | undefined;
  readonly meshId: string;
}

function LinkView({ step, cluster, meshId }: LinkViewProps) {
  const { link, state, reason, message, remedy, evidence, clusterId } = step;
  const tone = toneOf(step);
  return (
    <li className={`link link-${tone}`}>
      <Text size="xs" c="dimmed" className="link-where">
        {cluster && clusterId && (
          <Anchor component={Link} to={`/meshes/${meshId}/clusters/${clusterId}`} size="xs">
            {cluster}
          </Anchor>
        )}
      </Text>
      <div className="link-body">
        <Group gap="2px 10px">
          <Status tone={tone}>
            <Text component="span" size="sm" fw={600}>
              {linkTitles[link]}
            </Text>{' '}
            {state === 'OK' && reason ? 'holds, with a warning' : linkWords[state]}
          </Status>
          {reason && <Code className="code">{reason}</Code>}
        </Group>
        <Text size="sm" c={state === 'SKIPPED' ? 'dimmed' : undefined} className="break">
          {sentence(message)}
        </Text>
        {remedy && <Remedy text={remedy} />}
        {evidence.length > 0 && (
          <Text size="xs" c="dimmed" className="break" mt={2}>
            Seen in {evidence.join(', ')}
          </Text>
        )}
      </div>
    </li>
  );
}
