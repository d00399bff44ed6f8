import type {
  AgentImageInput,
  FreezeInput,
  MaintenanceWindowInput,
  UpgradeChartsInput,
  WeekDay,
} from '../../api/generated/graphql.js';

/** What is wrong with a form, by field such as `0.opens`; the API has the last word. */
export type Faults = Readonly<Record<string, string>>;

/** A maintenance window, as it is typed. */
export interface WindowForm {
  readonly name: string;
  readonly clusterSelector: string;
  readonly days: readonly WeekDay[];
  readonly opens: string;
  readonly minutes: string;
  readonly timeZone: string;
}

export interface Window {
  readonly name: string;
  readonly clusterSelector?: string | null;
  readonly days: readonly WeekDay[];
  readonly opens: string;
  readonly minutes: number;
  readonly timeZone: string;
}

export const weekDays: readonly (readonly [WeekDay, string])[] = [
  ['MONDAY', 'Monday'],
  ['TUESDAY', 'Tuesday'],
  ['WEDNESDAY', 'Wednesday'],
  ['THURSDAY', 'Thursday'],
  ['FRIDAY', 'Friday'],
  ['SATURDAY', 'Saturday'],
  ['SUNDAY', 'Sunday'],
];

export function newWindow(timeZone: string): WindowForm {
  return { name: '', clusterSelector: '', days: [], opens: '22:00', minutes: '240', timeZone };
}

export function windowForm({ clusterSelector, minutes, ...window }: Window): WindowForm {
  return { ...window, clusterSelector: clusterSelector ?? '', minutes: String(minutes) };
}

export function windowInput(form: WindowForm): MaintenanceWindowInput {
  const { name, clusterSelector, days, opens, minutes, timeZone } = form;
  return {
    ...{ name: name.trim(), opens, minutes: Number(minutes), timeZone },
    // In the order of the week, whatever they were checked in.
    days: weekDays.flatMap(([day]) => (days.includes(day) ? day : [])),
    ...(clusterSelector.trim() !== '' && { clusterSelector: clusterSelector.trim() }),
  };
}

const mostMinutes = 10_080;

export function windowFaults(forms: readonly WindowForm[]): Faults {
  const faults: Record<string, string> = {};
  forms.forEach(({ name, days, opens, minutes }, index) => {
    if (name.trim() === '') faults[`${index}.name`] = 'Give it a name';
    else if (isNamedBefore(forms, index)) faults[`${index}.name`] = 'There is one of this name';
    if (days.length === 0) faults[`${index}.days`] = 'Choose one day at least';
    if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(opens)) faults[`${index}.opens`] = 'As 22:00';
    if (!/^\d+$/.test(minutes) || Number(minutes) < 1 || Number(minutes) > mostMinutes) {
      faults[`${index}.minutes`] = '1 to 10,080, which is a week';
    }
  });
  return faults;
}

function isNamedBefore(forms: readonly { readonly name: string }[], index: number): boolean {
  const name = forms[index]?.name.trim();
  return forms.slice(0, index).some((form) => form.name.trim() === name);
}

/** `Mon, Sat at 22:00 for 4 hours`, in words for lists. */
export function daysInWords(days: readonly WeekDay[]): string {
  if (days.length === weekDays.length) return 'every day';
  return weekDays
    .filter(([day]) => days.includes(day))
    .map(([, word]) => word.slice(0, 3))
    .join(', ');
}

/** A freeze, as it is typed: in the reader's own time zone. */
export interface FreezeForm {
  readonly name: string;
  readonly clusterSelector: string;
  readonly from: string;
  readonly until: string;
}

export interface Freeze {
  readonly name: string;
  readonly clusterSelector?: string | null;
  readonly from: string;
  readonly until: string;
}

/** As an input of date and time has it, in the time zone of the browser. */
export function localOf(iso: string): string {
  const date = new Date(iso);
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The other way; undefined for what is no time. */
export function isoOf(local: string): string | undefined {
  const date = new Date(local);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

export function freezeForm({ name, clusterSelector, from, until }: Freeze): FreezeForm {
  return {
    name,
    clusterSelector: clusterSelector ?? '',
    from: localOf(from),
    until: localOf(until),
  };
}

/** @param now in ms. */
export function newFreeze(now: number): FreezeForm {
  const at = (days: number): string => localOf(new Date(now + days * 86_400_000).toISOString());
  return { name: '', clusterSelector: '', from: at(0), until: at(7) };
}

export function freezeInput({ name, clusterSelector, from, until }: FreezeForm): FreezeInput {
  return {
    name: name.trim(),
    from: isoOf(from) ?? from,
    until: isoOf(until) ?? until,
    ...(clusterSelector.trim() !== '' && { clusterSelector: clusterSelector.trim() }),
  };
}

export function freezeFaults(forms: readonly FreezeForm[]): Faults {
  const faults: Record<string, string> = {};
  forms.forEach(({ name, from, until }, index) => {
    if (name.trim() === '') faults[`${index}.name`] = 'Give it a name';
    else if (isNamedBefore(forms, index)) faults[`${index}.name`] = 'There is one of this name';
    const begins = isoOf(from);
    const ends = isoOf(until);
    if (!begins) faults[`${index}.from`] = 'A date and a time';
    if (!ends) faults[`${index}.until`] = 'A date and a time';
    else if (begins && ends <= begins) faults[`${index}.until`] = 'After it begins';
  });
  return faults;
}

export interface DigestForm {
  readonly chart: string;
  readonly version: string;
  readonly sha256: string;
}

/** Where charts come from, as it is typed. */
export interface ChartsForm {
  readonly repository: string;
  readonly digests: readonly DigestForm[];
  /** JSON. */
  readonly values: string;
}

/** @param charts whose values are JSON without line breaks. */
export function chartsForm({ repository, digests, values }: ChartsForm): ChartsForm {
  const parsed: unknown = JSON.parse(values);
  const isEmpty = typeof parsed === 'object' && Object.keys(parsed ?? {}).length === 0;
  return { repository, digests, values: isEmpty ? '' : JSON.stringify(parsed, null, 2) };
}

export function chartsInput({ repository, digests, values }: ChartsForm): UpgradeChartsInput {
  return {
    repository: repository.trim(),
    digests: digests.map(({ chart, version, sha256 }) => ({
      ...{ chart, version: version.trim(), sha256: sha256.trim().toLowerCase() },
    })),
    values: values.trim() === '' ? '{}' : values,
  };
}

export function chartsFaults({ repository, digests, values }: ChartsForm): Faults {
  const faults: Record<string, string> = {};
  if (!/^(https:\/\/|oci:\/\/|\/)\S+$/.test(repository.trim())) {
    faults.repository = 'https://…, oci://… or the path of a folder';
  }
  digests.forEach(({ version, sha256 }, index) => {
    if (!/^\d+\.\d+\.\d+/.test(version.trim())) faults[`digests.${index}.version`] = 'As 1.30.2';
    if (!/^[0-9a-f]{64}$/i.test(sha256.trim())) {
      faults[`digests.${index}.sha256`] = '64 hexadecimal digits';
    }
  });
  const fault = jsonFault(values);
  if (fault) faults.values = fault;
  return faults;
}

function jsonFault(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? undefined : 'An object, such as {"pilot": {}}';
  } catch (error) {
    return error instanceof Error ? error.message : 'No JSON';
  }
}

/** The version of the agents that is wanted, as it is typed. */
export interface AgentForm {
  readonly version: string;
  readonly digest: string;
}

interface AgentImage {
  readonly version: string;
  readonly digest?: string | null;
}

export function agentForm(agent: AgentImage | null | undefined): AgentForm {
  return { version: agent?.version ?? '', digest: agent?.digest ?? '' };
}

export function agentInput({ version, digest }: AgentForm): AgentImageInput {
  const pinned = digest.trim().toLowerCase();
  return { version: version.trim(), ...(pinned !== '' && { digest: pinned }) };
}

export function agentFaults({ version, digest }: AgentForm): Faults {
  const faults: Record<string, string> = {};
  if (!/^\d+\.\d+\.\d+/.test(version.trim())) faults.version = 'As 0.2.0';
  if (!/^(sha256:[0-9a-f]{64})?$/i.test(digest.trim())) {
    faults.digest = 'sha256: and 64 hexadecimal digits, or nothing';
  }
  return faults;
}

/** What the API has against it, at the field that it names; nothing where it names none. */
export function agentRefusal({ code, message }: { code: string; message: string }): Faults {
  const [, field] = /^agent\.(version|digest) /.exec(message) ?? [];
  return field ? { [field]: `${message} (${code})` } : {};
}
