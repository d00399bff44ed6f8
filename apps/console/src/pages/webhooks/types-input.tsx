import { MultiSelect } from '@mantine/core';
import { useApi } from '../../api/index.js';
import { familyOf } from '../../parts/index.js';
import { EventTypes } from './queries.js';

interface TypesInputProps {
  readonly value: string[];
  onChange(types: string[]): void;
}

/** Of which events: one by one, or all of a kind. */
export function TypesInput({ value, onChange }: TypesInputProps) {
  const { data } = useApi(EventTypes, {});
  const names = data?.eventTypes.map(({ name }) => name) ?? [];
  const families = [...new Set(names.map(familyOf))];
  return (
    <MultiSelect
      label="Events"
      description="A kind, such as rollout, stands for all of its events. None chosen: everything."
      placeholder={value.length === 0 ? 'Everything' : undefined}
      data={[
        { group: 'All of a kind', items: families },
        ...families.map((family) => ({
          group: family,
          items: names.filter((name) => familyOf(name) === family),
        })),
      ]}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': 'Remove all events' }}
      value={value}
      onChange={onChange}
    />
  );
}
