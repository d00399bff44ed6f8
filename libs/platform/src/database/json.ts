import type { Prisma } from './generated/client.js';

/** What rests as JSON was written by `toJson`, of the very type. */
export function fromJson<T>(json: Prisma.JsonValue): T {
  return json as unknown as T;
}

/** @param value of JSON's own types, with fields that are undefined for absent ones. */
export function toJson(value: unknown): Prisma.InputJsonValue {
  return value as Prisma.InputJsonValue;
}
