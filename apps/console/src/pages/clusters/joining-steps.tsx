import { Alert, Code, Stack, Text } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleXFilled,
  IconLoader2,
} from '@tabler/icons-react';
import { Remedy, reasonTitle, sentence, Time } from '../../parts/index.js';
import type { Joining } from './queries.js';

type Step = Joining['steps'][number];

const titles: Readonly<Record<Step['name'], string>> = {
  HELM_COMMAND: 'Join token',
  CALLED: 'Agent has called',
  JOINED: 'Certificate issued',
  CONNECTED: 'Connected',
  READ: 'Cluster read',
  PERMITTED: 'Permissions given',
  ISTIO: 'Istio found',
  NETWORK: 'Network labelled',
  TRUSTED: 'Trusted by istiod',
};

const words: Readonly<Record<Step['state'], string>> = {
  DONE: 'Done',
  ACTIVE: 'Waited for',
  WAITING: 'To come',
  FAILED: 'Failed',
};

/** What keeps a cluster from joining, and what to do; nothing while there is nothing to do. */
export function Diagnosis({ joining }: { readonly joining: Joining }) {
  const steps = joining.steps.filter(({ state, reason, remedy }) =>
    state === 'FAILED' ? true : state === 'ACTIVE' && (reason || remedy),
  );
  return (
    <div aria-live="polite">
      {steps.map((step) => {
        const isFailed = step.state === 'FAILED';
        return (
          <Alert
            key={step.name}
            mb="md"
            color={isFailed ? 'red' : 'orange'}
            variant="light"
            icon={isFailed ? <IconCircleXFilled /> : <IconAlertTriangle />}
            title={step.reason ? reasonTitle(step.reason) : titles[step.name]}
          >
            <Stack gap={6}>
              <Text size="sm" className="break">
                {sentence(step.message)}{' '}
                {step.reason && <Code className="code">{step.reason}</Code>}
              </Text>
              {step.remedy && <Remedy text={step.remedy} />}
            </Stack>
          </Alert>
        );
      })}
    </div>
  );
}

/** All steps of joining, in their order. */
export function JoiningSteps({ joining }: { readonly joining: Joining }) {
  return (
    <ol className="joining" aria-label="Steps of joining">
      {joining.steps.map((step) => (
        <li key={step.name} className={`joining-step joining-${step.state.toLowerCase()}`}>
          <StepIcon step={step} />
          <div className="joining-text">
            <span className="joining-title">{titles[step.name]}</span>{' '}
            <span className="joining-word">
              {isWarned(step) ? 'Done, with a warning' : words[step.state]}
              {step.at && (
                <>
                  , <Time at={step.at} />
                </>
              )}
            </span>
            <span className="joining-message">{sentence(step.message)}</span>
            {isWarned(step) && step.remedy && <Remedy text={step.remedy} />}
          </div>
        </li>
      ))}
    </ol>
  );
}

function isWarned({ state, reason }: Step): boolean {
  return state === 'DONE' && Boolean(reason);
}

function StepIcon({ step }: { readonly step: Step }) {
  const props = { size: 22, 'aria-hidden': true, className: 'joining-icon' } as const;
  if (isWarned(step)) return <IconAlertTriangle {...props} color="var(--isthmus-warn)" />;
  switch (step.state) {
    case 'DONE':
      return <IconCircleCheckFilled {...props} color="var(--isthmus-ok)" />;
    case 'FAILED':
      return <IconCircleXFilled {...props} color="var(--isthmus-bad)" />;
    case 'ACTIVE':
      return (
        <IconLoader2 {...props} className="joining-icon turning" color="var(--isthmus-busy)" />
      );
    case 'WAITING':
      return <IconCircleDashed {...props} color="var(--isthmus-idle)" />;
  }
}
