import { idKinds } from '@isthmus/kernel';

const hourMs = 3_600_000;
/** The hour in which all stories are told. */
const began = Date.parse('2026-03-02T09:30:00.000Z');
/** Longer lists are cut: what comes after tells nothing new. */
const mostItems = 3;

const ids = new RegExp(`\\b(${Object.values(idKinds).join('|')})_[0-9a-f]{32}\\b`, 'g');
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const secrets: readonly (readonly [RegExp, string])[] = [
  [/\b(whsec_)[\w+/=]+/g, '$1…'],
  [/\b(isthmus_(?:api|join)_)[\w-]+/g, '$1…'],
  [/(caBundle=)[\w+/=]+/g, '$1…'],
  [/(-----BEGIN CERTIFICATE-----)[^-]+/g, '$1…'],
  [/^[0-9a-f]{64}$/, '…'],
];
/** Fields that are secret, or random, all through. */
const hidden = new Set(['sessionToken']);

/**
 * Makes alike what differs between two runs of one story: ids are counted, times are told from a fixed
 * hour on, secrets are left out, long lists are cut.
 */
export class Steady {
  private readonly known = new Map<string, string>();
  private readonly counts = new Map<string, number>();
  private readonly start = Date.now();

  /** @param kept texts that are the example's own, and stay. */
  of(value: unknown, kept: ReadonlySet<string>, key = ''): unknown {
    if (typeof value === 'string') return kept.has(value) ? value : this.text(value, key);
    if (Array.isArray(value)) {
      return value.slice(0, mostItems).map((item) => this.of(item, kept, key));
    }
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, this.of(item, kept, name)]),
    );
  }

  /** People have ids without a kind. */
  person(id: string): void {
    this.known.set(id, this.next('user'));
  }

  private text(text: string, key: string): string {
    if (hidden.has(key)) return '…';
    if (time.test(text)) return this.time(text);
    const person = this.known.get(text);
    if (person !== undefined) return person;
    const counted = text.replace(ids, (id, kind: string) => this.id(id, kind));
    return secrets.reduce((said, [pattern, by]) => said.replace(pattern, by), counted);
  }

  private id(id: string, kind: string): string {
    const known = this.known.get(id) ?? this.next(kind);
    this.known.set(id, known);
    return known;
  }

  private next(kind: string): string {
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    return `${kind}_${count}`;
  }

  private time(text: string): string {
    const hours = Math.round((Date.parse(text) - this.start) / hourMs);
    return new Date(began + hours * hourMs).toISOString();
  }
}
