export { bundleLimits } from './files.js';
export { applyOverrides, OverrideError } from './override.js';
export { type Bundle, parseBundle } from './parse.js';
export { placeOf } from './places.js';
export { formatSelector, matchesSelector, parseSelector } from './selector.js';
