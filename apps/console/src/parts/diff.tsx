import { Text } from '@mantine/core';

interface DiffProps {
  /** Unified. */
  readonly diff: string;
  readonly label: string;
}

const classes: Readonly<Record<string, string>> = {
  '+': 'diff-added',
  '-': 'diff-removed',
  '@': 'diff-place',
};

/** A unified diff. Added and removed lines keep their signs: colour alone tells not everybody. */
export function Diff({ diff, label }: DiffProps) {
  if (diff === '') return <Text c="dimmed">No difference</Text>;
  const lines = diff.replace(/\n$/, '').split('\n');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section className="diff" aria-label={label} tabIndex={0}>
      <code>
        {lines.map((line, index) => {
          const isHead = line.startsWith('+++') || line.startsWith('---');
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of a text have no other name
            <span key={index} className={isHead ? 'diff-file' : classes[line.charAt(0)]}>
              {`${line}\n`}
            </span>
          );
        })}
      </code>
    </section>
  );
}
