import { Text, Anchor as TextLink } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { Status, Time, type Tone } from '../../parts/index.js';
import { anchorState } from './anchors.js';
import type { Anchor, Member } from './members.js';
import { SigningNext } from './next.js';
import { type SigningState, signingLook, signingStateOf, signingStates } from './states.js';

interface ChainProps {
  readonly anchors: readonly Anchor[];
  readonly members: readonly Member[];
  readonly trustDomain: string;
  /** In ms. */
  readonly now: number;
}

/** So many clusters are drawn one by one; more of them as groups by their state. */
const mostDrawn = 6;

/** From the anchors over what each istiod signs by to the names of workloads: lists, drawn as a tree. */
export function Chain({ anchors, members, trustDomain, now }: ChainProps) {
  const issuers = new Set(members.map(({ signing }) => signing?.issuerRootId));
  const newest = anchors.findLast(({ retiredAt }) => retiredAt === null) ?? anchors.at(-1);
  // A retired anchor by which nobody signs any more vouches for nobody.
  const drawn = anchors.filter((anchor) => anchor === newest || issuers.has(anchor.id));
  const isFolded = members.length > mostDrawn;
  return (
    <div className="chain">
      <ol className="chain-anchors" aria-label="Anchors, and what they vouch for">
        {drawn.map((anchor) => {
          const own = members.filter(({ signing }) =>
            signing ? signing.issuerRootId === anchor.id : anchor === newest,
          );
          return (
            <li key={anchor.id} className="chain-branch">
              <AnchorCard anchor={anchor} now={now} />
              {own.length === 0 ? (
                <Text size="sm" c="dimmed" className="chain-none">
                  It vouches for no cluster yet.
                </Text>
              ) : (
                <ul className="chain-signers" aria-label="Signing certificates">
                  {isFolded
                    ? groupsOf(own, now).map((group) => (
                        <GroupCard key={group.state} {...group} now={now} />
                      ))
                    : own.map((member) => (
                        <SignerCard key={member.cluster.id} member={member} now={now} />
                      ))}
                </ul>
              )}
            </li>
          );
        })}
      </ol>
      <div className="chain-end">
        <div className="chain-card">
          <Text size="xs" c="dimmed">
            Workloads of every cluster
          </Text>
          <Text fw={600} className="break">
            {`spiffe://${trustDomain}/ns/*/sa/*`}
          </Text>
          <Text size="sm">
            Signed by istiod in each cluster, and renewed by it; the plane sees none of them
          </Text>
        </div>
      </div>
    </div>
  );
}

function AnchorCard({ anchor, now }: { readonly anchor: Anchor; readonly now: number }) {
  const [tone, word] = anchorState(anchor, now);
  return (
    <Card tone={tone}>
      <Text size="xs" c="dimmed">
        Anchor
      </Text>
      <Text fw={600} className="hex">
        {anchor.fingerprint.slice(0, 8)}…
      </Text>
      <Status tone={tone}>{word}</Status>
      <Text size="sm">
        Ends <Time at={anchor.notAfter} />
      </Text>
    </Card>
  );
}

function SignerCard({ member, now }: { readonly member: Member; readonly now: number }) {
  const { meshId } = useParams();
  const { cluster } = member;
  const { tone, word } = signingLook[signingStateOf(member, now)];
  return (
    <li>
      <Card tone={tone}>
        <div className="chain-line">
          <TextLink
            component={Link}
            to={`/meshes/${meshId}/clusters/${cluster.id}`}
            fw={600}
            className="break"
          >
            {cluster.name}
          </TextLink>
          <Status tone={tone}>{word}</Status>
        </div>
        <Text size="sm" component="div">
          <SigningNext member={member} now={now} />
        </Text>
      </Card>
    </li>
  );
}

interface Group {
  readonly state: SigningState;
  readonly members: readonly Member[];
}

function groupsOf(members: readonly Member[], now: number): Group[] {
  const byState = Map.groupBy(members, (member) => signingStateOf(member, now));
  return signingStates.flatMap(({ state }) => {
    const group = byState.get(state);
    return group ? [{ state, members: group }] : [];
  });
}

/** What of a group comes first, as far as it has a date. */
const firstOf: Partial<Record<SigningState, readonly [string, 'renewAt' | 'notAfter']>> = {
  valid: ['The next is due', 'renewAt'],
  stuck: ['The next is due', 'renewAt'],
  expiring: ['The first expires', 'notAfter'],
  overdue: ['The first expires', 'notAfter'],
  expired: ['The first did', 'notAfter'],
};

function GroupCard({ state, members, now }: Group & { readonly now: number }) {
  const { tone, word } = signingLook[state];
  const [first] = members;
  const [says, field] = firstOf[state] ?? [];
  const at =
    field &&
    Math.min(...members.flatMap(({ signing }) => (signing ? Date.parse(signing[field]) : [])));
  if (members.length === 1 && first) return <SignerCard member={first} now={now} />;
  return (
    <li>
      <Card tone={tone}>
        <div className="chain-line">
          <TextLink
            component={Link}
            to={{ search: `?state=${encodeURIComponent(word)}` }}
            onClick={() => document.getElementById('certificates')?.scrollIntoView()}
            fw={600}
          >
            {members.length} clusters
          </TextLink>
          <Status tone={tone}>{word}</Status>
        </div>
        {says && (
          <Text size="sm">
            {says} <Time at={at} />
          </Text>
        )}
      </Card>
    </li>
  );
}

function Card({ tone, children }: { readonly tone: Tone; readonly children: React.ReactNode }) {
  return (
    <div className="chain-card" style={{ '--tone': `var(--isthmus-${tone})` } as never}>
      {children}
    </div>
  );
}
