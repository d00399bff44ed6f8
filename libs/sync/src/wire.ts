import { DeltaDiscoveryRequest, DeltaDiscoveryResponse } from '@isthmus/contracts';
import { IsthmusError } from '@isthmus/kernel';
import type { Limits } from './limits.js';

/*
 * The one place that knows the bytes. Responses are written by hand, because each resource is
 * encoded once and then only copied; reading goes through the generated code, after a look at
 * the top level that costs no allocation.
 */

const lengthDelimited = 2;
const tag = (field: number): number => (field << 3) | lengthDelimited;

function field(number: number, bytes: Uint8Array): Buffer {
  const head = [tag(number)];
  let length = bytes.length;
  for (; length > 0x7f; length >>>= 7) {
    head.push((length & 0x7f) | 0x80);
  }
  head.push(length);
  return Buffer.concat([Buffer.from(head), bytes]);
}

const text = (number: number, value: string): Buffer => field(number, Buffer.from(value));

/** A resource as it stands in a response. */
export interface EncodedResource {
  /** Field 2 of DeltaDiscoveryResponse, tag and length included. */
  readonly chunk: Buffer;
  /** The body, a view on the chunk. */
  readonly body: Buffer;
}

export function encodeResource(
  typeUrl: string,
  name: string,
  version: string,
  body: Uint8Array,
): EncodedResource {
  const nameField = text(3, name);
  const any = field(2, Buffer.concat([text(1, typeUrl), field(2, body)]));
  const chunk = field(2, Buffer.concat([text(1, version), any, nameField]));
  const end = chunk.length - nameField.length;
  return { chunk, body: chunk.subarray(end - body.length, end) };
}

/** A name among the removed ones of a response. */
export function encodeRemoval(name: string): Buffer {
  return text(6, name);
}

/**
 * Bytes of a DeltaDiscoveryResponse made of encoded resources and removals.
 * @param target set on a response that others follow: the revision they lead to. It travels as
 *   system_version_info, and tells the subscriber that it is not in sync yet.
 */
export function encodeResponse(
  typeUrl: string,
  nonce: string,
  chunks: readonly Buffer[],
  target: string | undefined,
): Buffer {
  const head = target === undefined ? [] : [text(1, target)];
  return Buffer.concat([...head, text(4, typeUrl), text(5, nonce), ...chunks]);
}

export function encodeRequest(request: Partial<DeltaDiscoveryRequest>): Buffer {
  const bytes = DeltaDiscoveryRequest.encode({
    node: undefined,
    typeUrl: '',
    resourceNamesSubscribe: [],
    resourceNamesUnsubscribe: [],
    initialResourceVersions: {},
    responseNonce: '',
    errorDetail: undefined,
    ...request,
  }).finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @throws MESSAGE_TOO_LARGE, TOO_MANY_RESOURCES; RESOURCE_INVALID if it is no such message. */
export function decodeRequest(frame: Buffer, limits: Limits): DeltaDiscoveryRequest {
  assertSmall(frame, limits, [3, 4, 5]);
  return decoded(() => DeltaDiscoveryRequest.decode(frame));
}

/**
 * Bodies of the answer are views on the frame.
 * @throws MESSAGE_TOO_LARGE, TOO_MANY_RESOURCES; RESOURCE_INVALID if it is no such message.
 */
export function decodeResponse(frame: Buffer, limits: Limits): DeltaDiscoveryResponse {
  assertSmall(frame, limits, [2, 6]);
  return decoded(() => DeltaDiscoveryResponse.decode(frame));
}

function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw new IsthmusError('RESOURCE_INVALID', 'the message is not valid protobuf', {
      cause: error,
    });
  }
}

/**
 * Counts the top-level occurrences of some fields. Two bytes on the wire become an object of a
 * hundred when decoded, so a limit on bytes alone does not bound memory.
 */
function assertSmall(frame: Buffer, limits: Limits, counted: readonly number[]): void {
  if (frame.length > limits.messageBytes) {
    throw new IsthmusError(
      'MESSAGE_TOO_LARGE',
      `a message has ${frame.length} bytes, at most ${limits.messageBytes} are taken`,
    );
  }
  let count = 0;
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = frame[at++];
      if (byte === undefined) {
        break;
      }
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        return value;
      }
    }
    throw new IsthmusError('RESOURCE_INVALID', 'the message is not valid protobuf');
  };
  while (at < frame.length) {
    const key = varint();
    switch (key % 8) {
      case 0:
        varint();
        break;
      case 1:
        at += 8;
        break;
      case lengthDelimited: {
        const length = varint();
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new IsthmusError('RESOURCE_INVALID', 'the message is not valid protobuf');
    }
    if (counted.includes(Math.floor(key / 8)) && ++count > limits.resources) {
      throw new IsthmusError(
        'TOO_MANY_RESOURCES',
        `a message names more than ${limits.resources} resources; send fewer at a time`,
      );
    }
  }
}
