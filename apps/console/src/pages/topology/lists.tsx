import { Anchor } from '@mantine/core';
import { useMemo } from 'react';
import { type Column, Empty, type Facet, Rows, rowsOf, Status } from '../../parts/index.js';
import { type Level, mutualTlsWords } from './graph.js';
import { type Cluster, type Flow, flowsOf, type Service, serviceTone, toneWords } from './model.js';

interface ListsProps {
  readonly level: Level;
  readonly clusters: readonly Cluster[];
  readonly services: readonly Service[];
  onFocus(id: string): void;
}

/** The same as the picture, to be read. */
export function Lists({ level, clusters, services, onFocus }: ListsProps) {
  const names = useMemo(() => new Map(clusters.map((each) => [each.id, each])), [clusters]);
  const flows = useMemo(() => flowsOf(clusters, services), [clusters, services]);
  if (level === 'fleet') {
    return (
      <Rows
        label="Calls between clusters"
        name="flows"
        of={rowsOf(flows)}
        columns={flowColumns(names, onFocus)}
        facets={flowFacets(names)}
        keyOf={({ from, to }) => `${from} ${to}`}
        sort="from"
        empty={
          <Empty title="No cluster calls another">
            A line is there as soon as a cluster imports what another one exports.
          </Empty>
        }
      />
    );
  }
  return (
    <Rows
      label="Services"
      name="services"
      of={rowsOf(services)}
      columns={serviceColumns(names, onFocus)}
      facets={serviceFacets}
      keyOf={({ id }) => id}
      sort="service"
      empty={<Empty title="No service yet">Export one: see the list of services.</Empty>}
    />
  );
}

type Names = ReadonlyMap<string, Cluster>;

function Opens({ label, onOpen }: { readonly label: string; onOpen(): void }) {
  return (
    <Anchor component="button" type="button" size="sm" ta="left" onClick={onOpen}>
      {label}
    </Anchor>
  );
}

function flowColumns(names: Names, onFocus: (id: string) => void): readonly Column<Flow>[] {
  const nameOf = (id: string) => names.get(id)?.name ?? id;
  const wayOf = ({ from, to, isAcross, lacksGateway }: Flow): string => {
    if (!isAcross) return `direct, in ${names.get(from)?.network}`;
    const network = names.get(to)?.network;
    return lacksGateway ? `${network} has no gateway` : `gateways of ${network}`;
  };
  return [
    {
      key: 'from',
      title: 'Calling cluster',
      value: ({ from }) => nameOf(from),
      cell: ({ from }) => <Opens label={nameOf(from)} onOpen={() => onFocus(from)} />,
    },
    {
      key: 'to',
      title: 'Called cluster',
      value: ({ to }) => nameOf(to),
      cell: ({ to }) => <Opens label={nameOf(to)} onOpen={() => onFocus(to)} />,
    },
    { key: 'way', title: 'Way', width: 'minmax(160px, 1.6fr)', value: wayOf, cell: wayOf },
    {
      key: 'services',
      title: 'Services',
      value: ({ services }) => services.length,
      cell: ({ services }) => services.length,
    },
    {
      key: 'state',
      title: 'State',
      value: ({ tone }) => toneWords[tone],
      cell: ({ tone }) => <Status tone={tone}>{toneWords[tone]}</Status>,
    },
  ];
}

function flowFacets(names: Names): readonly Facet<Flow>[] {
  return [
    {
      key: 'network',
      label: 'Any called network',
      value: ({ to }) => names.get(to)?.network ?? '',
    },
    { key: 'state', label: 'Any state', value: ({ tone }) => toneWords[tone] },
  ];
}

function serviceColumns(names: Names, onFocus: (id: string) => void): readonly Column<Service>[] {
  const list = (of: readonly { readonly clusterId: string }[]): string =>
    of.map(({ clusterId }) => names.get(clusterId)?.name ?? clusterId).join(', ');
  return [
    {
      key: 'service',
      title: 'Service',
      width: 'minmax(160px, 1.6fr)',
      value: ({ namespace, name }) => `${namespace}/${name}`,
      cell: ({ id, namespace, name }) => (
        <Opens label={`${namespace}/${name}`} onOpen={() => onFocus(id)} />
      ),
    },
    {
      key: 'exporters',
      title: 'Exported by',
      value: ({ exporters }) => list(exporters),
      cell: ({ exporters }) => list(exporters) || 'none',
    },
    {
      key: 'importers',
      title: 'Imported by',
      width: 'minmax(140px, 1.6fr)',
      value: ({ importers }) => list(importers),
      cell: ({ importers }) => list(importers) || 'none',
    },
    {
      key: 'mtls',
      title: 'mTLS',
      value: ({ mutualTls }) => mutualTlsWords[mutualTls],
      cell: ({ mutualTls }) => mutualTlsWords[mutualTls],
    },
    {
      key: 'policies',
      title: 'Policies',
      width: 'minmax(80px, 0.6fr)',
      value: ({ policies }) => policies.length,
      cell: ({ policies }) => policies.length,
    },
    {
      key: 'state',
      title: 'State',
      value: (service) => toneWords[serviceTone(service)],
      cell: (service) => {
        const tone = serviceTone(service);
        return <Status tone={tone}>{toneWords[tone]}</Status>;
      },
    },
  ];
}

const serviceFacets: readonly Facet<Service>[] = [
  { key: 'namespace', label: 'Any namespace', value: ({ namespace }) => namespace },
  { key: 'state', label: 'Any state', value: (service) => toneWords[serviceTone(service)] },
];
