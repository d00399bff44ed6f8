import { Anchor, Button, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';
import { graphql, useDo, useMay, useRows } from '../../api/index.js';
import { type Column, Confirm, Empty, Panel, Rows, Time } from '../../parts/index.js';
import { ExportPolicies } from './queries.js';
import { inWords, type Selector } from './selectors.js';
import './settings.css';

const DeleteExportPolicy = graphql(`
  mutation DeleteExportPolicy($input: DeleteExportPolicyInput!) {
    deleteExportPolicy(input: $input) {
      exportPolicy {
        id
      }
    }
  }
`);

interface Policy {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly namespaceSelector: Selector;
  readonly serviceSelector: Selector;
}

export function PolicyList({ meshId }: { readonly meshId: string }) {
  const mayChange = useMay('OPERATOR');
  const policies = useRows(ExportPolicies, { meshId }, ({ mesh }) => mesh.exportPolicies);
  const newPolicy = `/meshes/${meshId}/settings/export-policies/new`;
  const columns: readonly Column<Policy>[] = [
    {
      key: 'name',
      title: 'Name',
      width: 'minmax(130px, 1fr)',
      value: ({ name }) => name,
      cell: ({ id, name }) =>
        mayChange ? (
          <Anchor component={Link} to={`/meshes/${meshId}/settings/export-policies/${id}`} inherit>
            {name}
          </Anchor>
        ) : (
          name
        ),
    },
    {
      key: 'namespaces',
      title: 'Of namespaces',
      width: 'minmax(160px, 2fr)',
      value: ({ namespaceSelector }) => inWords(namespaceSelector),
      cell: ({ namespaceSelector }) => <Words of={namespaceSelector} />,
    },
    {
      key: 'services',
      title: 'Services',
      width: 'minmax(160px, 2fr)',
      value: ({ serviceSelector }) => inWords(serviceSelector),
      cell: ({ serviceSelector }) => <Words of={serviceSelector} />,
    },
    {
      key: 'made',
      title: 'Made',
      value: ({ createdAt }) => Date.parse(createdAt),
      cell: ({ createdAt }) => <Time at={createdAt} />,
    },
    ...(mayChange
      ? [
          {
            key: 'actions',
            title: '',
            width: '90px',
            cell: (policy: Policy) => <Delete policy={policy} />,
          },
        ]
      : []),
  ];
  return (
    <Panel
      title="Export policies"
      actions={
        mayChange && (
          <Button
            component={Link}
            to={newPolicy}
            variant="default"
            size="xs"
            leftSection={<IconPlus size={14} aria-hidden />}
          >
            New export policy
          </Button>
        )
      }
    >
      <Text size="sm" c="dimmed" maw={760} mb="md">
        Every cluster exports the services that a policy selects, as if each had a ServiceExport.
      </Text>
      <Rows
        label="Export policies"
        name="policies"
        of={policies}
        columns={columns}
        keyOf={({ id }) => id}
        sort="name"
        empty={
          <Empty title="No export policies">
            Clusters export the services that have a ServiceExport, and no others. A policy exports
            by labels.
          </Empty>
        }
      />
    </Panel>
  );
}

function Words({ of }: { readonly of: Selector }) {
  const isEmpty = of.matchLabels.length + of.matchExpressions.length === 0;
  return isEmpty ? inWords(of) : <span className="selector">{inWords(of)}</span>;
}

function Delete({ policy: { id, name } }: { readonly policy: Policy }) {
  const { mutateAsync } = useDo(DeleteExportPolicy);
  return (
    <Confirm
      size="xs"
      label="Delete"
      aria-label={`Delete the export policy ${name}`}
      title={`Delete the export policy ${name}?`}
      confirmLabel={`Delete ${name}`}
      onConfirm={() => mutateAsync({ input: { id } })}
    >
      <p>
        Every cluster takes back the services that it exports by this policy alone, and the other
        clusters lose them: calls that lead there fail from then on.
      </p>
      <p>Services with a ServiceExport, or that another policy selects, stay exported.</p>
    </Confirm>
  );
}
