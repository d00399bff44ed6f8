import type { ConfigurationObject, IntentDocument } from '../objects.js';
import type { HostShare } from './host.js';
import type { Fields } from './reader.js';

/** What became of one document. */
export interface Compiled {
  readonly objects?: readonly ConfigurationObject[] | undefined;
  /** Its part in the objects of a host, which several documents make together. */
  readonly share?: HostShare | undefined;
}

export interface IntentKind {
  readonly kind: string;
  /** One line, for the console and the docs. */
  readonly description: string;
  /** Reads the document's `spec`; what it reports as an error voids what it returns. */
  compile(document: IntentDocument, spec: Fields): Compiled;
}
