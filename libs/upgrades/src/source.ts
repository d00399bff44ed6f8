import { AgentIntent } from '@isthmus/contracts';
import type { Transaction } from '@isthmus/platform';
import { Injectable } from '@nestjs/common';

/** What versions clusters are to have, by their ids: intents as they are sent. */
export interface VersionSettings {
  readonly istio: ReadonlyMap<string, Uint8Array>;
  readonly agents: ReadonlyMap<string, Uint8Array>;
}

/** Where that comes from, for those who send it. */
@Injectable()
export class VersionSource {
  /** @param tx that sees the mesh's organization. */
  async settings(tx: Transaction, meshId: string): Promise<VersionSettings> {
    const istio = await tx.clusterIstio.findMany({
      where: { meshId },
      select: { clusterId: true, body: true },
    });
    const agents = await tx.clusterAgent.findMany({ where: { meshId } });
    return {
      istio: new Map(istio.map(({ clusterId, body }) => [clusterId, body])),
      agents: new Map(
        agents.map(({ clusterId, version, digest, fence }) => {
          const intent = { fence: Number(fence), version, digest };
          return [clusterId, AgentIntent.encode(intent).finish()];
        }),
      ),
    };
  }
}
