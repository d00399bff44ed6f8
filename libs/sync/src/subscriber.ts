import type { DeltaDiscoveryResponse } from '@isthmus/contracts';
import { IsthmusError, messageOf } from '@isthmus/kernel';
import { defaultLimits, type Limits } from './limits.js';
import { cutBytes, longestMessage, refusalMessage } from './refusal.js';
import { assertName, type SetResource } from './resource-set.js';
import { decodeResponse, encodeRequest } from './wire.js';

/** What a response says. */
export interface Update {
  /** Bodies are views on the message: copy what is kept for long. */
  readonly resources: readonly SetResource[];
  readonly removed: readonly string[];
}

/** Names that were not applied, each with why; everything else was. */
export interface Outcome {
  readonly refused: ReadonlyMap<string, string>;
}

export interface SubscriberSettings {
  /** Type URLs, in the order in which they are asked for. */
  readonly types: readonly string[];
  /** What is there from before, name to version: only what differs from it will come. */
  initialVersions(typeUrl: string): ReadonlyMap<string, string>;
  /**
   * Takes an update over, durably: when it resolves it is acknowledged. One at a time per type.
   * What throws refuses the whole update, and the publisher does not send these versions again on
   * this stream; so a fault that passes (a full disk) is retried in here, not thrown.
   */
  apply(typeUrl: string, update: Update): Promise<Outcome | undefined>;
  /** Once per type: everything that the publisher had when asked has been applied. */
  onSynced?(typeUrl: string): void;
  readonly limits?: Limits;
}

export interface SubscriberTransport {
  send(frame: Buffer): void;
  /** The stream cannot go on; the subscriber is closed already. */
  fail(error: IsthmusError): void;
}

interface Type {
  readonly url: string;
  readonly versions: Map<string, string>;
  synced: boolean;
  applying: Promise<void> | undefined;
}

/**
 * The receiving role of one stream. A response is acknowledged when it has been applied, and
 * refused with a reason when it could not be; either way the next one may come. What breaks the
 * protocol (a type that was not asked for, a second response before the first is answered, a
 * message beyond the limits) ends the stream.
 */
export class Subscriber {
  readonly #settings: SubscriberSettings;
  readonly #transport: SubscriberTransport;
  readonly #limits: Limits;
  readonly #types: ReadonlyMap<string, Type>;
  #closed = false;

  constructor(settings: SubscriberSettings, transport: SubscriberTransport) {
    this.#settings = settings;
    this.#transport = transport;
    this.#limits = settings.limits ?? defaultLimits;
    this.#types = new Map(
      settings.types.map((url) => [
        url,
        {
          url,
          versions: new Map(settings.initialVersions(url)),
          synced: false,
          applying: undefined,
        },
      ]),
    );
  }

  /** Asks for every type, saying what is there already. */
  start(): void {
    for (const type of this.#types.values()) {
      this.#transport.send(
        encodeRequest({
          typeUrl: type.url,
          initialResourceVersions: Object.fromEntries(type.versions),
        }),
      );
    }
  }

  /** A DeltaDiscoveryResponse from the publisher. What is wrong with it goes to `fail`. */
  receive(frame: Buffer): void {
    if (this.#closed) {
      return;
    }
    try {
      const response = decodeResponse(frame, this.#limits);
      const type = this.#types.get(response.typeUrl);
      if (type === undefined) {
        throw new IsthmusError(
          'RESOURCE_INVALID',
          `type '${response.typeUrl.slice(0, 200)}' was not asked for`,
        );
      }
      if (type.applying !== undefined) {
        throw new IsthmusError(
          'RATE_LIMITED',
          `a response of type ${type.url} came before the last one was answered`,
        );
      }
      type.applying = this.#process(type, response).catch((error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Name to version of what has been applied of a type. */
  versions(typeUrl: string): ReadonlyMap<string, string> {
    return this.#types.get(typeUrl)?.versions ?? new Map();
  }

  /** Ends it: nothing is sent afterwards. @returns when what is being applied has been. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#types.values()].map((type) => type.applying));
  }

  async #process(type: Type, response: DeltaDiscoveryResponse): Promise<void> {
    let refusal: string | undefined;
    let isApplied = true;
    try {
      const outcome = await this.#apply(type, response);
      if (outcome !== undefined && outcome.refused.size > 0) {
        refusal = refusalMessage(outcome.refused);
      }
    } catch (error) {
      const code = error instanceof IsthmusError ? `${error.code}: ` : '';
      refusal = cutBytes(code + messageOf(error), longestMessage);
      isApplied = false;
    }
    // Before the answer, which the next response may follow at once.
    type.applying = undefined;
    if (this.#closed) {
      return;
    }
    this.#transport.send(
      encodeRequest({
        typeUrl: type.url,
        responseNonce: response.nonce,
        errorDetail: refusal === undefined ? undefined : { code: 3, message: refusal },
      }),
    );
    // A response that others follow says to which revision they lead.
    if (isApplied && !type.synced && response.systemVersionInfo === '') {
      type.synced = true;
      this.#settings.onSynced?.(type.url);
    }
  }

  async #apply(type: Type, response: DeltaDiscoveryResponse): Promise<Outcome | undefined> {
    const resources = response.resources.map(({ name, version, resource }) => {
      assertName(name);
      if (resource?.typeUrl !== type.url || version === '' || version.length > 64) {
        throw new IsthmusError(
          'RESOURCE_INVALID',
          `${name} needs a version of 1 to 64 characters, and a body of type ${type.url}`,
        );
      }
      return { name, version, body: resource.value };
    });
    const removed = response.removedResources;
    removed.forEach(assertName);
    const added = resources.filter(({ name }) => !type.versions.has(name)).length;
    if (type.versions.size + added > this.#limits.resources) {
      throw new IsthmusError(
        'TOO_MANY_RESOURCES',
        `there would be more than ${this.#limits.resources} resources of type ${type.url}`,
      );
    }
    if (resources.length + removed.length === 0) {
      return undefined;
    }
    const outcome = (await this.#settings.apply(type.url, { resources, removed })) ?? undefined;
    for (const { name, version } of resources) {
      if (!outcome?.refused.has(name)) {
        type.versions.set(name, version);
      }
    }
    for (const name of removed) {
      if (!outcome?.refused.has(name)) {
        type.versions.delete(name);
      }
    }
    return outcome;
  }

  #fail(error: unknown): void {
    this.#closed = true;
    this.#transport.fail(
      error instanceof IsthmusError
        ? error
        : new IsthmusError('INTERNAL', messageOf(error), { cause: error }),
    );
  }
}
