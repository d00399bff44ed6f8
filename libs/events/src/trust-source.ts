import type { EventType } from './event-types.js';
import type { Happening, Scene, Sighting, Source } from './sightings.js';

const dayMs = 24 * 3_600_000;
/** Of ten years. */
const rootWarningMs = 365 * dayMs;
/** Of 90 days; agents ask for the next one when 30 are left. */
const certificateWarningMs = 15 * dayMs;

/** Roots of a mesh, and the certificates that clusters sign with. */
export const lookAtTrust: Source = async (tx, scene) => {
  const { meshId } = scene;
  const roots = await tx.meshRoot.findMany({
    where: { meshId },
    select: { id: true, notAfter: true, retiredAt: true },
  });
  const certificates = await tx.$queryRaw<Certificate[]>`
    SELECT DISTINCT ON (cluster_id) cluster_id AS "clusterId", serial, not_after AS "notAfter"
      FROM signing_certificate WHERE mesh_id = ${meshId} ORDER BY cluster_id, id DESC`;
  return [
    ...roots.map((root) => {
      const phase = root.retiredAt ? 'retired' : phaseOf(root.notAfter, rootWarningMs, scene);
      return sighting(scene, `root/${root.id}`, phase, rootTypes[phase], {
        subjectId: root.id,
        message: `a root of the mesh ${rootWords[phase]}`,
        data: { rootId: root.id, notAfter: root.notAfter, retiredAt: root.retiredAt },
      });
    }),
    ...certificates.flatMap(({ clusterId, serial, notAfter }) => {
      const cluster = scene.clusters.get(clusterId);
      if (!cluster || cluster.removedAt) return [];
      const phase = phaseOf(notAfter, certificateWarningMs, scene);
      return sighting(
        scene,
        `signing/${clusterId}`,
        `${serial} ${phase}`,
        certificateTypes[phase],
        {
          subjectId: clusterId,
          message: `the signing certificate of cluster '${cluster.name}' ${certificateWords[phase]}`,
          data: { cluster: { id: clusterId, name: cluster.name }, serial, notAfter },
        },
      );
    }),
  ];
};

interface Certificate {
  readonly clusterId: string;
  readonly serial: string;
  readonly notAfter: Date;
}

type Phase = 'current' | 'expiring' | 'expired';

const rootTypes: Record<Phase | 'retired', EventType> = {
  current: 'trust.root_created',
  expiring: 'trust.root_expiring',
  expired: 'trust.root_expired',
  retired: 'trust.root_retired',
};
const rootWords: Record<Phase | 'retired', string> = {
  current: 'was made',
  expiring: 'ends within a year',
  expired: 'has ended',
  retired: 'is not trusted any more',
};
const certificateTypes: Record<Phase, EventType> = {
  current: 'trust.certificate_issued',
  expiring: 'trust.certificate_expiring',
  expired: 'trust.certificate_expired',
};
const certificateWords: Record<Phase, string> = {
  current: 'was issued',
  expiring: 'ends soon, and its agent has not asked for the next one; see to the agent',
  expired: 'has ended; see to the agent',
};

function phaseOf(notAfter: Date, warningMs: number, { now }: Scene): Phase {
  const left = notAfter.getTime() - now.getTime();
  if (left <= 0) return 'expired';
  return left <= warningMs ? 'expiring' : 'current';
}

function sighting(
  { marks }: Scene,
  subject: string,
  mark: string,
  type: EventType,
  happening: Omit<Happening, 'type'>,
): Sighting {
  const isNews = marks.get(subject)?.mark !== mark;
  return { subject, mark, happenings: isNews ? [{ type, ...happening }] : [] };
}
