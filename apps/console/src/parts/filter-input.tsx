import { TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';

interface FilterInputProps {
  /** What is filtered, for who cannot see it: `Clusters`. */
  readonly label: string;
  /** As the address has it. */
  readonly value: string;
  onChange(value: string): void;
}

/** A text to filter by, which stands in the address. */
export function FilterInput({ label, value, onChange }: FilterInputProps) {
  // The address follows later than the next letter comes: until it does, what was typed is right.
  const [typed, setTyped] = useState<string>();
  if (typed === value) setTyped(undefined);
  return (
    <TextInput
      type="search"
      aria-label={`Filter ${label}`}
      placeholder="Filter"
      leftSection={<IconSearch size={16} />}
      value={typed ?? value}
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value);
        onChange(currentTarget.value);
      }}
      onBlur={() => setTyped(undefined)}
      className="rows-filter"
    />
  );
}
