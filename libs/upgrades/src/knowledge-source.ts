import { statSync } from 'node:fs';
import { type IstioKnowledge, loadKnowledge } from './knowledge.js';

const lookEveryMs = 10_000;

/** What is known of Istio's versions, with an operator's file over it: taken up when that changes. */
export class KnowledgeSource {
  private known: IstioKnowledge;
  private modified: number;
  private lookedAt = Date.now();

  /** @param path of the operator's file. @throws INVALID_CONFIGURATION if it cannot be read. */
  constructor(private readonly path?: string) {
    this.modified = this.modifiedAt();
    this.known = loadKnowledge(path);
  }

  /** @throws INVALID_CONFIGURATION once the file is broken; whatever was known stays so until it is changed. */
  current(): IstioKnowledge {
    if (this.path === undefined || Date.now() - this.lookedAt < lookEveryMs) return this.known;
    this.lookedAt = Date.now();
    const modified = this.modifiedAt();
    if (modified === this.modified) return this.known;
    this.modified = modified;
    this.known = loadKnowledge(this.path);
    return this.known;
  }

  private modifiedAt(): number {
    return this.path === undefined
      ? 0
      : (statSync(this.path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  }
}
