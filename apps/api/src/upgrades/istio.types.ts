import type { InjectedNamespace as InjectedNamespaceFact } from '@isthmus/contracts';
import type { IntentState as IntentStateName } from '@isthmus/federation';
import type { Channel } from '@isthmus/upgrades';
import { Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { State } from '../federation/service.types.js';
import { ClusterNode } from '../fleet/types.js';
import { connectionType } from '../relay/connection.js';
import { enumOf } from '../releases/types.js';

export type UpgradeChannelName = Uppercase<Channel>;
export const UpgradeChannel = enumOf<UpgradeChannelName>(
  'UpgradeChannel',
  'Plans upgrades by itself, as versions come of age: the newest ones early, or late, or last',
  ['RAPID', 'REGULAR', 'STABLE'],
);

@ObjectType({ description: 'A version of Istio that the plane knows' })
export class IstioVersion {
  @Field(() => String, { description: 'Such as 1.30.2' })
  version!: string;

  @Field(() => String, { description: 'Such as 1.30' })
  minor!: string;

  @Field(() => String, { nullable: true, description: 'Date, such as 2026-05-12, if it is known' })
  released!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Date, of the minor version, if it is known',
  })
  endOfLife!: string | null;

  @Field(() => Boolean, { description: 'False: nobody looked it up, and no channel goes by it' })
  isVerified!: boolean;

  @Field(() => [UpgradeChannel], { description: 'That lead to it now' })
  channels!: readonly UpgradeChannelName[];
}

@ObjectType({ description: 'An istiod of a cluster' })
export class IstioRevision {
  @Field(() => String, { description: 'As in istio.io/rev' })
  name!: string;

  @Field(() => String)
  version!: string;

  @Field(() => String, { description: 'isthmus, helm, istioctl, sail or unknown' })
  installedBy!: string;

  @Field(() => Int, { description: 'Pods of it that are wanted' })
  replicas!: number;

  @Field(() => Int)
  ready!: number;

  @Field(() => Int, { description: 'Pods whose proxies are of it' })
  proxies!: number;

  @Field(() => Int, { description: 'Those of them that are gateways' })
  gateways!: number;

  @Field(() => Boolean, { description: 'Whether its injector can be asked' })
  injects!: boolean;

  @Field(() => Boolean, { description: 'Whether upgrades may change and remove it' })
  isManaged!: boolean;
}

@ObjectType({ description: 'A name that namespaces follow in place of a revision' })
export class IstioTag {
  @Field(() => String)
  name!: string;

  @Field(() => String)
  revision!: string;

  @Field(() => Boolean, { description: 'Whether upgrades may move it' })
  isManaged!: boolean;
}

@ObjectType({ description: 'Proxies of a namespace that are of one revision' })
export class ProxyCount {
  @Field(() => String)
  revision!: string;

  @Field(() => String, { description: 'Of the oldest of them' })
  version!: string;

  @Field(() => Int)
  workloads!: number;

  @Field(() => Int)
  gateways!: number;
}

@ObjectType({ description: 'A namespace with injection, or with proxies' })
export class InjectedNamespace {
  @Field(() => String)
  name!: string;

  @Field(() => String, { nullable: true, description: 'A tag, a revision, or "injection"' })
  follows!: string | null;

  @Field(() => Int, { description: 'Pods with a proxy' })
  proxies!: number;

  @Field(() => Int, { description: 'Those of them that are not ready' })
  unready!: number;

  @Field(() => Int, { description: 'Those of them that are gateways' })
  gateways!: number;

  @Field(() => Int, { description: 'Those of them that nothing would replace, were they deleted' })
  bare!: number;

  @Field(() => [ProxyCount])
  revisions!: readonly ProxyCount[];
}
export const InjectedNamespaceConnection = connectionType(
  'InjectedNamespace',
  () => InjectedNamespace,
);

@ObjectType({ description: 'What is being done in a cluster, or keeps something from being done' })
export class IstioTask {
  @Field(() => String, {
    description: 'install, crds, tag, namespace, restart, gateway, adopt or remove',
  })
  type!: string;

  @Field(() => String, { description: 'Such as "Deployment shop/web"' })
  object!: string;

  @Field(() => State, { description: 'PENDING: under way; REFUSED: cannot be as things are' })
  state!: IntentStateName;

  @Field(() => String)
  reason!: string;

  @Field(() => String)
  message!: string;
}

@ObjectType({ description: 'What a cluster has of Istio, as its agent tells' })
export class Istio {
  listed!: readonly InjectedNamespaceFact[];

  @Field(() => [IstioRevision], { description: 'By name' })
  revisions!: readonly IstioRevision[];

  @Field(() => [IstioTag], { description: 'By name' })
  tags!: readonly IstioTag[];

  @Field(() => [IstioTask], { description: 'At most 50' })
  tasks!: readonly IstioTask[];

  @Field(() => String, {
    nullable: true,
    description: 'The newest version whose CRDs were installed, if somebody left a mark',
  })
  crdVersion!: string | null;

  @Field(() => Boolean, { description: 'Whether it is all that is wanted of it' })
  isSettled!: boolean;

  @Field(() => Boolean, { description: 'Whether upgrades may change all of its revisions' })
  isManaged!: boolean;

  @Field(() => UpgradeChannel, { nullable: true, description: 'Null: people plan its upgrades' })
  channel!: UpgradeChannelName | null;
}

@InputType()
export class TakeOverIstioInput {
  @Field(() => ID)
  clusterId!: string;
}

@ObjectType()
export class TakeOverIstioPayload {
  @Field(() => ClusterNode)
  cluster!: ClusterNode;
}

@InputType()
export class SetClusterChannelInput {
  @Field(() => ID)
  clusterId!: string;

  @Field(() => UpgradeChannel, { nullable: true, description: 'Null: people plan its upgrades' })
  channel?: UpgradeChannelName | null;
}

@ObjectType()
export class SetClusterChannelPayload {
  @Field(() => ClusterNode)
  cluster!: ClusterNode;
}
