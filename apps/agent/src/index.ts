/** The agent as a library, for its own process and for tests. */
export { type Agent, type AgentOptions, createAgent } from './agent.js';
export { type Config, loadConfig } from './config.js';
