import { useEffect, useState } from 'react';
import type { CheckFilesMutation } from '../../api/generated/graphql.js';
import { ApiError, request } from '../../api/index.js';
import type { SourceFile } from './draft.js';
import { CheckFiles } from './queries.js';

/** So long nobody must have typed before files are checked, in ms. */
const quietMs = 600;

export type CheckResult = CheckFilesMutation['checkConfiguration'];

interface Check {
  /** What was found last, maybe in files as they were before. */
  readonly result: CheckResult | undefined;
  readonly error: ApiError | undefined;
  /** Whether the files are newer than the result. */
  readonly isChecking: boolean;
}

/** What the API has against files, and what they would change; asked again as they change. */
export function useCheck(meshId: string, files: readonly SourceFile[] | undefined): Check {
  const [check, setCheck] = useState<Check>({
    result: undefined,
    error: undefined,
    isChecking: true,
  });
  useEffect(() => {
    if (!files) return undefined;
    const abort = new AbortController();
    setCheck((before) => ({ ...before, isChecking: true }));
    const input = { meshId, files: files.map(({ path, content }) => ({ path, content })) };
    const timer = setTimeout(async () => {
      try {
        const data = await request(CheckFiles, { input }, abort.signal);
        setCheck({ result: data.checkConfiguration, error: undefined, isChecking: false });
      } catch (error) {
        if (abort.signal.aborted) return;
        setCheck((before) => ({
          ...before,
          error: error instanceof ApiError ? error : new ApiError('CONSOLE', String(error)),
          isChecking: false,
        }));
      }
    }, quietMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [meshId, files]);
  return check;
}
