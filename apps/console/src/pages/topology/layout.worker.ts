// ELK answers messages by itself as soon as it finds itself in a worker; see `layout.ts` for them.
import 'elkjs/lib/elk-worker.min.js';
