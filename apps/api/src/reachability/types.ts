import type { IntentState as IntentStateName } from '@isthmus/federation';
import {
  type Action,
  type Link,
  type LinkState as LinkStateName,
  links,
  type MutualTlsMode,
} from '@isthmus/reachability';
import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { State } from '../federation/service.types.js';

const ReachabilityLink = Object.fromEntries(links.map((link) => [link, link])) as {
  readonly [name in Link]: name;
};
registerEnumType(ReachabilityLink, {
  name: 'ReachabilityLink',
  description: 'What a call passes on its way, in order',
});

const LinkState: { readonly [name in LinkStateName]: name } = {
  OK: 'OK',
  BROKEN: 'BROKEN',
  UNKNOWN: 'UNKNOWN',
  SKIPPED: 'SKIPPED',
};
registerEnumType(LinkState, {
  name: 'LinkState',
  valuesMap: {
    UNKNOWN: { description: 'The plane cannot see what decides on it' },
    SKIPPED: {
      description: 'Not needed on this route, or not looked at since a link before it is broken',
    },
  },
});

@ObjectType()
export class ReachabilityStep {
  @Field(() => ReachabilityLink)
  link!: Link;

  @Field(() => LinkState)
  state!: LinkStateName;

  @Field(() => ID, { nullable: true })
  clusterId!: string | null;

  @Field(() => String, { nullable: true })
  clusterName!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Stable, such as NotExported; with OK a warning. Null when all is well',
  })
  reason!: string | null;

  @Field(() => String)
  message!: string;

  @Field(() => String, {
    nullable: true,
    description: 'What to do; null when there is nothing to do',
  })
  remedy!: string | null;

  @Field(() => [String], {
    description: 'Objects that it was read from, as Kind namespace/name',
  })
  evidence!: readonly string[];
}

@ObjectType({ description: 'One for each cluster that has the service' })
export class ReachabilityRoute {
  @Field(() => ID)
  clusterId!: string;

  @Field(() => String)
  clusterName!: string;

  @Field(() => String)
  network!: string;

  @Field(() => Boolean, { description: "It is the caller's own cluster" })
  local!: boolean;

  @Field(() => LinkState)
  state!: LinkStateName;

  @Field(() => [ReachabilityStep])
  steps!: readonly ReachabilityStep[];
}

@ObjectType({
  description:
    'Whether a caller reaches a host, by what clusters report and what they are to run; no call is made',
})
export class Reachability {
  @Field(() => LinkState, { description: 'OK when a route is; BROKEN when none is' })
  state!: LinkStateName;

  @Field(() => ReachabilityStep, {
    nullable: true,
    description: 'The first broken link of the best route, null when there is none',
  })
  broken!: ReachabilityStep | null;

  @Field(() => [ReachabilityStep], {
    description: 'Steps before a route is chosen, such as NAME',
  })
  steps!: readonly ReachabilityStep[];

  @Field(() => [ReachabilityRoute], { description: 'The best first' })
  routes!: readonly ReachabilityRoute[];

  @Field(() => String, { description: 'Such as payments.shop.svc.cluster.local' })
  host!: string;
}

const TopologyMutualTls: { readonly [name in MutualTlsMode]: name } = {
  STRICT: 'STRICT',
  PERMISSIVE: 'PERMISSIVE',
  DISABLE: 'DISABLE',
  UNSET: 'UNSET',
};
registerEnumType(TopologyMutualTls, {
  name: 'TopologyMutualTls',
  description: 'What the release that the mesh runs says of mutual TLS',
  valuesMap: { UNSET: { description: 'It says nothing: Istio takes both, as PERMISSIVE' } },
});

@ObjectType()
export class TopologyPolicy {
  @Field(() => String, { description: 'Kind namespace/name, of the intent where there is one' })
  name!: string;

  @Field(() => String, { description: 'ALLOW, DENY, CUSTOM or AUDIT' })
  action!: Action;

  @Field(() => String, {
    description: 'In words, such as allow spiffe://cluster.local/ns/shop/sa/web',
  })
  summary!: string;
}

@ObjectType()
export class TopologyExporter {
  @Field(() => ID)
  clusterId!: string;

  @Field(() => String)
  network!: string;

  @Field(() => Int)
  readyEndpoints!: number;

  @Field(() => [String])
  localities!: readonly string[];

  @Field(() => Boolean)
  valid!: boolean;

  @Field(() => Boolean, {
    description: 'Does not go with the exports of other clusters; reason says why',
  })
  conflict!: boolean;

  @Field(() => Boolean, { description: 'Out of contact; this is the last that was known' })
  stale!: boolean;

  @Field(() => String, { nullable: true, description: 'Null when the export stands' })
  reason!: string | null;
}

@ObjectType()
export class TopologyImporter {
  @Field(() => ID)
  clusterId!: string;

  @Field(() => State, {
    description: 'The worst of sent, stored and accepted; what cannot be known does not count',
  })
  state!: IntentStateName;

  @Field(() => String, { nullable: true })
  reason!: string | null;

  @Field(() => String, { nullable: true })
  message!: string | null;
}

@ObjectType({ description: 'A service of the mesh: who offers it, who takes it, on what terms' })
export class TopologyService {
  @Field(() => ID)
  id!: string;

  @Field(() => String, { description: 'Such as payments.shop.svc.cluster.local' })
  host!: string;

  @Field(() => String)
  namespace!: string;

  @Field(() => String)
  name!: string;

  @Field(() => [String], {
    description: "SPIFFE ids of the exporters' service accounts, sorted",
  })
  identities!: readonly string[];

  @Field(() => TopologyMutualTls, { description: 'The weakest that an exporter runs' })
  mutualTls!: MutualTlsMode;

  @Field(() => [TopologyPolicy], {
    description: 'Those that are for its pods, or may be: labels of pods never leave their cluster',
  })
  policies!: readonly TopologyPolicy[];

  @Field(() => [TopologyExporter])
  exporters!: readonly TopologyExporter[];

  @Field(() => [TopologyImporter])
  importers!: readonly TopologyImporter[];
}

@ObjectType({ description: 'The services of a mesh as a graph' })
export class Topology {
  @Field(() => [TopologyService], { description: 'By host; at most 1,000' })
  services!: readonly TopologyService[];

  @Field(() => Boolean, { description: 'Whether there are more than are here' })
  truncated!: boolean;

  @Field(() => Int, { description: 'Of all services' })
  total!: number;
}
