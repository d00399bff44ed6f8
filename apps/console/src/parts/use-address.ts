import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

/** Changes what stands in the address; empty takes it out. In place of the last one unless said. */
type SetAddress = (
  changes: Readonly<Record<string, string>>,
  options?: { readonly isStep?: boolean },
) => void;

/** What of a page's state a person would share, and how it is changed: the rest stays as it is. */
export function useAddress(): readonly [URLSearchParams, SetAddress] {
  const [params, setParams] = useSearchParams();
  const set = useCallback<SetAddress>(
    (changes, { isStep = false } = {}) =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          for (const [key, value] of Object.entries(changes)) {
            if (value === '') next.delete(key);
            else next.set(key, value);
          }
          return next;
        },
        { replace: !isStep, preventScrollReset: true },
      ),
    [setParams],
  );
  return [params, set];
}
