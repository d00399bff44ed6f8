import { Code, Text } from '@mantine/core';
import { sentence } from './words.js';

/** What to do; commands on lines of their own, to be taken to a shell. */
export function Remedy({ text }: { readonly text: string }) {
  const parts = text.split(/;\s+/);
  return (
    <div className="remedy">
      <Text size="sm" fw={600}>
        What to do
      </Text>
      {parts.map((part) => {
        const [, command, aside] = /^(kubectl [^()]*?)(?:\s*\(([^()]*)\))?$/.exec(part) ?? [];
        return command ? (
          <p key={part}>
            {aside && <>{sentence(aside)} </>}
            <Code className="code break">{command}</Code>
          </p>
        ) : (
          <p key={part}>{sentence(part)}</p>
        );
      })}
    </div>
  );
}
