import {
  ActionIcon,
  Button,
  Checkbox,
  Fieldset,
  Group,
  NativeSelect,
  NumberInput,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import {
  blank,
  blankOf,
  choiceKey,
  chosen,
  type Field,
  type Value,
  type Values,
} from './fields.js';

interface FieldsProps {
  readonly fields: readonly Field[];
  readonly values: Values;
  onChange(values: Values): void;
}

/** The inputs of a part of a document. */
export function FieldInputs({ fields, values, onChange }: FieldsProps) {
  return (
    <Stack gap="sm">
      {fields.map((field) =>
        field.is === 'variant' ? (
          <VariantInputs key={field.name} field={field} values={values} onChange={onChange} />
        ) : (
          <FieldInput
            key={field.key}
            field={field}
            value={values[field.key] ?? blankOf(field)}
            onChange={(value) => onChange({ ...values, [field.key]: value })}
          />
        ),
      )}
    </Stack>
  );
}

interface VariantInputsProps {
  readonly field: Extract<Field, { is: 'variant' }>;
  readonly values: Values;
  onChange(values: Values): void;
}

function VariantInputs({ field, values, onChange }: VariantInputsProps) {
  const key = choiceKey(field.name);
  const variant = chosen(field.variants, values[key]) ?? field.variants[0];
  // A group that is the whole of a variant is there as soon as the variant is chosen.
  const choose = (value: string): void => {
    const opened = chosen(field.variants, value)?.fields.flatMap((inner) =>
      inner.is === 'group' && !values[inner.key] ? [[inner.key, blank(inner.fields)] as const] : [],
    );
    onChange({ ...values, [key]: value, ...Object.fromEntries(opened ?? []) });
  };
  return (
    <Stack gap="sm">
      <NativeSelect
        label={field.label}
        description={field.about}
        value={variant?.value ?? ''}
        onChange={({ currentTarget }) => choose(currentTarget.value)}
        data={field.variants.map(({ value, label }) => ({ value, label }))}
      />
      {variant && variant.fields.length > 0 && (
        <FieldInputs fields={variant.fields} values={values} onChange={onChange} />
      )}
    </Stack>
  );
}

interface FieldInputProps {
  readonly field: Exclude<Field, { is: 'variant' }>;
  readonly value: Value;
  onChange(value: Value): void;
}

function FieldInput({ field, value, onChange }: FieldInputProps) {
  const { label, about } = field;
  switch (field.is) {
    case 'text':
      return (
        <TextInput
          label={label}
          description={about}
          placeholder={field.example}
          required={field.isNeeded}
          value={value as string}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
    case 'number':
      return (
        <NumberInput
          label={label}
          description={about}
          min={field.min}
          max={field.max}
          required={field.isNeeded}
          allowDecimal={false}
          clampBehavior="none"
          value={value as number | string}
          onChange={onChange}
        />
      );
    case 'choice':
      return (
        <NativeSelect
          label={label}
          description={about}
          value={String(value)}
          onChange={({ currentTarget }) => {
            const option = field.options.find((each) => String(each.value) === currentTarget.value);
            onChange(option?.value ?? '');
          }}
          data={[
            { value: '', label: 'Not said' },
            ...field.options.map((option) => ({
              value: String(option.value),
              label: option.label,
            })),
          ]}
        />
      );
    case 'words':
      return (
        <TagsInput
          label={label}
          description={about}
          placeholder={(value as readonly string[]).length === 0 ? field.example : undefined}
          splitChars={[',', ' ']}
          value={[...(value as readonly string[])]}
          onChange={onChange}
          comboboxProps={{ withinPortal: false }}
        />
      );
    case 'group':
      return (
        <Fieldset legend={label}>
          <Stack gap="sm">
            <Checkbox
              label={`Set ${label.charAt(0).toLowerCase()}${label.slice(1)}`}
              description={about}
              checked={value !== null}
              onChange={({ currentTarget }) =>
                onChange(currentTarget.checked ? blank(field.fields) : null)
              }
            />
            {value !== null && (
              <FieldInputs fields={field.fields} values={value as Values} onChange={onChange} />
            )}
          </Stack>
        </Fieldset>
      );
    case 'list':
      return <ListInput field={field} items={value as readonly Values[]} onChange={onChange} />;
    case 'pairs':
      return (
        <PairsInput
          field={field}
          pairs={value as readonly (readonly [string, Value])[]}
          onChange={onChange}
        />
      );
    default:
      return null;
  }
}

interface ListInputProps {
  readonly field: Extract<Field, { is: 'list' }>;
  readonly items: readonly Values[];
  onChange(items: readonly Values[]): void;
}

function ListInput({ field, items, onChange }: ListInputProps) {
  return (
    <Fieldset legend={field.label}>
      <Stack gap="sm">
        {field.about && (
          <Text size="xs" c="dimmed">
            {field.about}
          </Text>
        )}
        {items.map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: items have no name but their place
          <Fieldset key={index} legend={`${field.item} ${index + 1}`} variant="filled">
            <Stack gap="sm">
              <FieldInputs
                fields={field.fields}
                values={item}
                onChange={(next) =>
                  onChange(items.map((other, at) => (at === index ? next : other)))
                }
              />
              <Group justify="flex-end">
                <Button
                  size="xs"
                  variant="default"
                  leftSection={<IconTrash size={14} />}
                  onClick={() => onChange(items.filter((_, at) => at !== index))}
                >
                  Remove {field.item.toLowerCase()} {index + 1}
                </Button>
              </Group>
            </Stack>
          </Fieldset>
        ))}
        <Group>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} />}
            onClick={() => onChange([...items, blank(field.fields)])}
          >
            {field.add}
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}

interface PairsInputProps {
  readonly field: Extract<Field, { is: 'pairs' }>;
  readonly pairs: readonly (readonly [string, Value])[];
  onChange(pairs: readonly (readonly [string, Value])[]): void;
}

function PairsInput({ field, pairs, onChange }: PairsInputProps) {
  const { of } = field;
  const set = (index: number, key: string, value: Value): void =>
    onChange(pairs.map((pair, at) => (at === index ? [key, value] : pair)));
  const add = (): void =>
    onChange([...pairs, ['', of.is === 'group' ? blank(of.fields) : blankOf(of)]]);
  const keyFault = (key: string, index: number): string | undefined =>
    key !== '' && pairs.some(([other], at) => at < index && other === key)
      ? 'It is there already'
      : undefined;
  return (
    <Fieldset legend={field.label}>
      <Stack gap="sm">
        {field.about && (
          <Text size="xs" c="dimmed">
            {field.about}
          </Text>
        )}
        {pairs.map(([key, value], index) => {
          const name = (
            <TextInput
              label={field.keyLabel}
              placeholder={field.example}
              value={key}
              error={keyFault(key, index)}
              onChange={({ currentTarget }) => set(index, currentTarget.value, value)}
            />
          );
          const remove = (
            <ActionIcon
              variant="default"
              size={36}
              aria-label={`Remove ${key || field.keyLabel.toLowerCase()}`}
              onClick={() => onChange(pairs.filter((_, at) => at !== index))}
            >
              <IconTrash size={16} />
            </ActionIcon>
          );
          if (of.is === 'group') {
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: the key is what is typed
              <Fieldset key={index} legend={key || `${of.label} ${index + 1}`} variant="filled">
                <Stack gap="sm">
                  <Group align="end" wrap="nowrap" gap="xs">
                    <div style={{ flex: 1 }}>{name}</div>
                    {remove}
                  </Group>
                  <FieldInputs
                    fields={of.fields}
                    values={value as Values}
                    onChange={(next) => set(index, key, next)}
                  />
                </Stack>
              </Fieldset>
            );
          }
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: as above
            <div key={index} className="intent-pair">
              {name}
              {of.is !== 'variant' && (
                <FieldInput field={of} value={value} onChange={(next) => set(index, key, next)} />
              )}
              {remove}
            </div>
          );
        })}
        <Group>
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={add}>
            {field.add}
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}
