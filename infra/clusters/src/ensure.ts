import { ensureTools } from './tools.js';

// Run by the set-up, so that whatever starts clusters later finds all it needs.
await ensureTools();
