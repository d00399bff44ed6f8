/** What every part shares: ids, errors with stable codes, time, names. Imports nothing of ours. */
export { type Clock, systemClock } from './clock.js';
export {
  type ErrorCode,
  type ErrorKind,
  errorKinds,
  IsthmusError,
  messageOf,
  within,
} from './errors.js';
export { type IdKind, idKindOf, idKinds, isId, newId } from './ids.js';
export {
  assertDnsLabel,
  isDnsLabel,
  isDnsSubdomain,
  isLabelKey,
  isLabelValue,
  isNamespacedName,
  splitNamespacedName,
} from './names.js';
export { type Page, type PageRequest, pageSize, toPage } from './pages.js';
