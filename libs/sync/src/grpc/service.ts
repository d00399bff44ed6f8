import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { SyncServiceService } from '@isthmus/contracts';

const identity = (frame: Buffer): Buffer => frame;

function bytesMethod(path: string): MethodDefinition<Buffer, Buffer> {
  return {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  };
}

/**
 * SyncService over plain Buffers, in both directions: what is published is encoded already, and what
 * is received is looked at by the core before it is decoded.
 */
export const syncService = {
  streamIntents: bytesMethod(SyncServiceService.streamIntents.path),
  streamFacts: bytesMethod(SyncServiceService.streamFacts.path),
} as const satisfies ServiceDefinition;
