/**
 * Where somebody was going before signing in; never out of the console, whatever the address says.
 *
 * @param origin of the console.
 */
export function safeNext(next: string | null, origin: string): string {
  if (next === null || !next.startsWith('/') || !URL.canParse(next, origin)) return '/';
  const url = new URL(next, origin);
  if (url.origin !== origin) return '/';
  // `/.//evil.example` is of this origin, and its path alone would lead to another one.
  return url.pathname.replace(/^\/+/, '/') + url.search;
}
