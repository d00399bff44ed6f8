import { type RefObject, useEffect, useRef } from 'react';

/**
 * Leads whoever was refused to the field that it was for, with what stands in it selected.
 *
 * @param name of the field; none for an error that no field is at fault for.
 * @returns for the form.
 */
export function useFocusOn(
  error: Error | null,
  name: string | undefined,
): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each error
  useEffect(() => {
    const field = name && form.current?.elements.namedItem(name);
    if (error && field instanceof HTMLInputElement) field.select();
  }, [error]);
  return form;
}
