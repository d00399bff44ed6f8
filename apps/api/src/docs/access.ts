import { permissions } from '@isthmus/tenancy';
import { operations } from '../requests/operations.js';

/** Who may call an operation: everybody, everybody who is signed in, or whose role has the permission. */
export type Access =
  | 'public'
  | 'self'
  | {
      readonly permission: string;
      /** The least that has it, such as `admin`. */
      readonly role: string;
    };

/** Who may call what, by root field. */
export function accessByField(): Map<string, Access> {
  return new Map(
    Object.entries(operations).map(([operation, access]) => {
      const isPermission = access !== 'public' && access !== 'self';
      const field = operation.slice(operation.indexOf('.') + 1);
      return [field, isPermission ? { permission: access, role: permissions[access] } : access];
    }),
  );
}
