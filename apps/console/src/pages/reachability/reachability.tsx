import { Anchor, Button, NativeSelect, Stack, TextInput } from '@mantine/core';
import { IconRoute } from '@tabler/icons-react';
import { type FormEvent, useEffect, useId, useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { graphql, useApi, useRows } from '../../api/index.js';
import { Empty, ErrorNote, PageHead, Panel, Waiting } from '../../parts/index.js';
import { callerInWords, faultsOf, type Question, readQuestion, writeQuestion } from './answer.js';
import './reachability.css';
import { Answer } from './verdict.js';

const ReachabilityChoices = graphql(`
  query ReachabilityChoices($meshId: ID!) {
    mesh(id: $meshId) {
      services(first: 200) {
        edges {
          node {
            host
            namespace
          }
        }
      }
    }
  }
`);

const ReachabilityClusters = graphql(`
  query ReachabilityClusters($meshId: ID!, $first: Int, $after: String) {
    mesh(id: $meshId) {
      clusters(first: $first, after: $after) {
        edges {
          node {
            id
            name
            network
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

const ReachabilityAnswer = graphql(`
  query ReachabilityAnswer(
    $meshId: ID!
    $fromClusterId: ID!
    $fromNamespace: String!
    $fromServiceAccount: String
    $host: String!
    $port: Int
  ) {
    reachability(
      meshId: $meshId
      fromClusterId: $fromClusterId
      fromNamespace: $fromNamespace
      fromServiceAccount: $fromServiceAccount
      host: $host
      port: $port
    ) {
      state
      host
      broken {
        ...ReachabilityStepParts
      }
      steps {
        ...ReachabilityStepParts
      }
      routes {
        clusterId
        clusterName
        network
        local
        state
        steps {
          ...ReachabilityStepParts
        }
      }
    }
  }

  fragment ReachabilityStepParts on ReachabilityStep {
    link
    state
    clusterId
    clusterName
    reason
    message
    remedy
    evidence
  }
`);

export default function ReachabilityPage() {
  const { meshId = '' } = useParams();
  const [params, setParams] = useSearchParams();
  const asked = readQuestion(params);
  const isAsked = Object.keys(faultsOf(asked)).length === 0;
  const clusters = useRows(ReachabilityClusters, { meshId }, ({ mesh }) => mesh.clusters);
  const { data, error, isFetching, isPending, refetch } = useApi(
    ReachabilityAnswer,
    {
      meshId,
      fromClusterId: asked.from,
      fromNamespace: asked.namespace,
      fromServiceAccount: asked.account || null,
      host: asked.to,
      port: asked.port === '' ? null : Number(asked.port),
    },
    { enabled: isAsked },
  );
  const ask = (question: Question): void => {
    const next = writeQuestion(question);
    if (next.toString() === writeQuestion(asked).toString()) void refetch();
    else setParams(next);
  };
  const from = clusters.rows.find(({ id }) => id === asked.from)?.name ?? asked.from;
  return (
    <>
      <PageHead
        title="Reachability"
        about="Why a workload can, or cannot, call a service: every link from the name to the policy, by what the clusters report. Nothing is sent through the mesh."
      />
      <Stack>
        <ErrorNote error={clusters.error} />
        <Form
          key={params.toString()}
          meshId={meshId}
          asked={asked}
          clusters={clusters.rows}
          isBusy={isFetching}
          onAsk={ask}
        />
        <div aria-live="polite">
          {isAsked && isPending && <Waiting>The links are being walked</Waiting>}
          <ErrorNote error={isAsked ? error : null} />
          {isAsked && data && (
            <Answer
              answer={data.reachability}
              caller={callerInWords(asked, from)}
              meshId={meshId}
            />
          )}
          {!isAsked && (
            <Panel>
              <Empty title="Nothing asked yet">
                Say who calls and what is called. The answer has an address of its own, to be
                shared. What can be called is in the{' '}
                <Anchor
                  component={Link}
                  to={`/meshes/${meshId}/services`}
                  size="sm"
                  underline="always"
                >
                  list of services
                </Anchor>
                .
              </Empty>
            </Panel>
          )}
        </div>
      </Stack>
    </>
  );
}

interface FormProps {
  readonly meshId: string;
  readonly asked: Question;
  readonly clusters: readonly {
    readonly id: string;
    readonly name: string;
    readonly network: string;
  }[];
  readonly isBusy: boolean;
  onAsk(question: Question): void;
}

function Form({ meshId, asked, clusters, isBusy, onAsk }: FormProps) {
  const [question, setQuestion] = useState(asked);
  const [isTold, setIsTold] = useState(false);
  const { data } = useApi(ReachabilityChoices, { meshId });
  const hosts = useId();
  const namespaces = useId();
  const [only] = clusters;
  useEffect(() => {
    if (clusters.length === 1 && only) {
      setQuestion((before) => (before.from === '' ? { ...before, from: only.id } : before));
    }
  }, [clusters.length, only]);
  const faults = isTold ? faultsOf(question) : {};
  const set =
    (key: keyof Question) => (event: { readonly currentTarget: { readonly value: string } }) => {
      const { value } = event.currentTarget;
      setQuestion((before) => ({ ...before, [key]: value }));
    };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setIsTold(true);
    if (Object.keys(faultsOf(question)).length === 0) onAsk(question);
  };
  const services = data?.mesh.services.edges.map(({ node }) => node) ?? [];
  return (
    <Panel title="Who calls what">
      <form onSubmit={submit} noValidate className="reachability-form">
        <fieldset>
          <legend>From</legend>
          <div className="reachability-fields">
            <NativeSelect
              label="Cluster"
              required
              data={[
                { value: '', label: 'Choose a cluster' },
                ...clusters.map(({ id, name, network }) => ({
                  value: id,
                  label: `${name} (${network})`,
                })),
              ]}
              value={question.from}
              onChange={set('from')}
              error={faults.from}
            />
            <TextInput
              label="Namespace"
              required
              placeholder="shop"
              list={namespaces}
              autoComplete="off"
              value={question.namespace}
              onChange={set('namespace')}
              error={faults.namespace}
            />
            <TextInput
              label="Service account"
              placeholder="default"
              autoComplete="off"
              value={question.account}
              onChange={set('account')}
            />
          </div>
        </fieldset>
        <fieldset>
          <legend>To</legend>
          <div className="reachability-fields reachability-fields-to">
            <TextInput
              label="Host"
              required
              placeholder="payments.shop.svc.cluster.local"
              list={hosts}
              autoComplete="off"
              value={question.to}
              onChange={set('to')}
              error={faults.to}
            />
            <TextInput
              label="Port"
              placeholder="any"
              inputMode="numeric"
              autoComplete="off"
              value={question.port}
              onChange={set('port')}
              error={faults.port}
            />
          </div>
        </fieldset>
        <Button
          type="submit"
          loading={isBusy}
          leftSection={<IconRoute size={16} />}
          className="reachability-ask"
        >
          Explain
        </Button>
        <datalist id={hosts}>
          {services.map(({ host }) => (
            <option key={host} value={host} />
          ))}
        </datalist>
        <datalist id={namespaces}>
          {[...new Set(services.map(({ namespace }) => namespace))].map((namespace) => (
            <option key={namespace} value={namespace} />
          ))}
        </datalist>
      </form>
    </Panel>
  );
}
