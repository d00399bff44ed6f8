import type { UpgradeState } from '../../api/generated/graphql.js';
import { Actor, Status } from '../../parts/index.js';
import { upgradeStates } from './stages.js';

/** How an upgrade stands. */
export function UpgradeStatus({ state }: { readonly state: UpgradeState }) {
  const [tone, word] = upgradeStates[state];
  return <Status tone={tone}>{word}</Status>;
}

interface PlannedByProps {
  readonly of: { readonly source: string; readonly createdBy?: string | null };
}

/** Who planned an upgrade: somebody, or a channel. */
export function PlannedBy({ of: { source, createdBy } }: PlannedByProps) {
  if (source !== 'MANUAL') return <>the channel {source.toLowerCase()}</>;
  return <Actor id={createdBy} />;
}
