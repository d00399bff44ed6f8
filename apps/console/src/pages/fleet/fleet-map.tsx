import { VisuallyHidden } from '@mantine/core';
import { Link } from 'react-router';
import { Status, Time } from '../../parts/index.js';
import { areasOf, type Grouping } from './grouping.js';
import type { Member } from './members.js';

interface FleetMapProps {
  readonly members: readonly Member[];
  readonly grouping: Grouping;
}

/** With more clusters than this a tile tells only the name and how it is. */
const mostLarge = 60;

/** Clusters as tiles, in areas of what they have in common. */
export function FleetMap({ members, grouping }: FleetMapProps) {
  const isDense = members.length > mostLarge;
  const areas = areasOf(
    members.map((member) => ({ ...member.cluster, member })),
    grouping,
  );
  return (
    <div className={isDense ? 'fleet-map fleet-map-dense' : 'fleet-map'}>
      {areas.map((area) => (
        <section key={area.name} className="fleet-area" aria-label={area.name}>
          <h2>
            {area.name} <span className="fleet-count">{area.count}</span>
          </h2>
          <div className="fleet-parts">
            {area.parts.map((part) => (
              <div key={part.name} className={part.name === '' ? undefined : 'fleet-part'}>
                {part.name !== '' && (
                  <h3>
                    {part.name} <span className="fleet-count">{part.clusters.length}</span>
                  </h3>
                )}
                <ul className="fleet-tiles">
                  {part.clusters.map(({ member }) => (
                    <li key={member.cluster.id}>
                      <Tile member={member} grouping={grouping} isDense={isDense} />
                    </li>
                  ))}
                </ul>
              </div>
            ))}
          </div>
        </section>
      ))}
    </div>
  );
}

interface TileProps {
  readonly member: Member;
  readonly grouping: Grouping;
  readonly isDense: boolean;
}

function Tile({ member: { cluster, health }, grouping, isDense }: TileProps) {
  const { id, status, name, network, locality, kubernetesVersion, istioVersions } = cluster;
  const number = cluster.configuration?.number;
  const isPlaced = grouping === 'region' || grouping === 'network';
  const [, zone] = locality.split(/\/(.*)/s);
  const facts = [
    isPlaced ? zone : `${network} · ${locality}`,
    istioVersions.length > 0 && `Istio\u00a0${istioVersions.join(', ')}`,
    kubernetesVersion && `Kubernetes\u00a0${kubernetesVersion}`,
    typeof number === 'number' && `release\u00a0${number}`,
  ].filter(Boolean);
  return (
    <Link
      to={status === 'PENDING' ? `../clusters/${id}/join` : `../clusters/${id}`}
      className={`fleet-tile fleet-tile-${health.tone}`}
    >
      <span className="fleet-tile-name">{name}</span>
      <Status tone={health.tone}>
        {isDense && health.tone === 'ok' ? (
          <VisuallyHidden>{health.word}</VisuallyHidden>
        ) : (
          health.word
        )}
      </Status>
      {!isDense && (
        <>
          {facts.length > 0 && <span className="fleet-tile-facts">{facts.join(' · ')}</span>}
          <span className="fleet-tile-facts">
            {cluster.lastContactAt ? (
              <>
                Last contact <Time at={cluster.lastContactAt} />
              </>
            ) : (
              'Not heard of yet'
            )}
          </span>
        </>
      )}
    </Link>
  );
}
