/** The whole platform on one machine. */
export { type LocalPlatform, type PlatformOptions, startPlatform } from './platform.js';
export { freePort, Service, type ServiceOptions } from './service.js';
