/** `1 object`, `2 objects`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `CLOCK_SKEW` and `ClockSkew` are both `Clock skew`. */
export function reasonTitle(reason: string): string {
  const words = reason.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, ' ').replaceAll('_', ' ');
  return capital(words.toLowerCase());
}

/** What is written small wherever it stands. */
const nameFirst = /^(istiod|kubectl|helm|[a-z]+[-./_][\w])/;

/** The API's messages begin small and end without a stop. */
export function sentence(text: string): string {
  const begun = nameFirst.test(text) ? text : capital(text);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
