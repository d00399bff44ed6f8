import type { Transaction } from '@isthmus/platform';
import { Injectable } from '@nestjs/common';

/** What clusters are to have of Istio, by their ids: intents as they are sent. */
export interface IstioSettings {
  readonly intents: ReadonlyMap<string, Uint8Array>;
}

/** Where that comes from, for those who send it. */
@Injectable()
export class IstioSource {
  /** @param tx that sees the mesh's organization. */
  async settings(tx: Transaction, meshId: string): Promise<IstioSettings> {
    const rows = await tx.clusterIstio.findMany({
      where: { meshId },
      select: { clusterId: true, body: true },
    });
    return { intents: new Map(rows.map(({ clusterId, body }) => [clusterId, body])) };
  }
}
