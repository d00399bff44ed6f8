import type { CheckContext } from './checks/index.js';
import { type CompiledBundle, compileBundle } from './compile.js';
import type { SourceFile } from './objects.js';

/** What a thread of `BundleCompiler` does. */
export default function compile(task: {
  readonly files: readonly SourceFile[];
  readonly context: CheckContext;
}): CompiledBundle {
  return compileBundle(task.files, task.context);
}
