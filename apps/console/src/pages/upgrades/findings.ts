import type { UpgradeFindingSeverity } from '../../api/generated/graphql.js';
import type { Tone } from '../../parts/index.js';

export interface Finding {
  readonly severity: UpgradeFindingSeverity;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly object?: string | null;
  readonly cluster?: { readonly id: string; readonly name: string } | null;
}

/** Findings that say the same of several clusters or objects. */
export interface FindingGroup<Of extends Finding = Finding> {
  readonly code: string;
  readonly findings: readonly Of[];
  /** What to do, where it is the same for all of them. */
  readonly remedy: string | undefined;
}

export interface SeverityGroup<Of extends Finding = Finding> {
  readonly severity: UpgradeFindingSeverity;
  readonly count: number;
  readonly groups: readonly FindingGroup<Of>[];
}

export const severityWords: Readonly<Record<UpgradeFindingSeverity, readonly [Tone, string]>> = {
  BLOCKS: ['bad', 'Blocks'],
  WARNS: ['warn', 'Warns'],
  INFORMS: ['idle', 'To know'],
};

const order: readonly UpgradeFindingSeverity[] = ['BLOCKS', 'WARNS', 'INFORMS'];

/** By severity and then by code, in the order in which they were found; what nothing was found of is left out. */
export function grouped<Of extends Finding>(findings: readonly Of[]): SeverityGroup<Of>[] {
  return order.flatMap((severity) => {
    const own = findings.filter((finding) => finding.severity === severity);
    const byCode = Map.groupBy(own, ({ code }) => code);
    const groups = [...byCode].map(([code, of]) => ({
      code,
      findings: of,
      remedy: of.every(({ remedy }) => remedy === of[0]?.remedy) ? of[0]?.remedy : undefined,
    }));
    return own.length === 0 ? [] : [{ severity, count: own.length, groups }];
  });
}

/** How many clusters something blocks; all of them where it is of the mesh. */
export function blockedBy(findings: readonly Finding[]): {
  readonly clusters: number;
  readonly isMesh: boolean;
} {
  const blocks = findings.filter(({ severity }) => severity === 'BLOCKS');
  const ids = new Set(blocks.flatMap(({ cluster }) => cluster?.id ?? []));
  return { clusters: ids.size, isMesh: blocks.some(({ cluster }) => !cluster) };
}
