import {
  ActionIcon,
  Button,
  Checkbox,
  Fieldset,
  Group,
  NativeSelect,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { ErrorNote, Panel } from '../../parts/index.js';
import {
  doubledKey,
  newTerm,
  operators,
  type Selector,
  selectorOf,
  type Term,
  takesValues,
  termsOf,
} from './selectors.js';
import './settings.css';

/** What the form says, as the API takes it. */
export interface PolicyInput {
  readonly name: string;
  readonly namespaceSelector: ReturnType<typeof selectorOf>;
  readonly serviceSelector: ReturnType<typeof selectorOf>;
  readonly everything: boolean;
}

interface PolicyFormProps {
  readonly policy?: {
    readonly name: string;
    readonly namespaceSelector: Selector;
    readonly serviceSelector: Selector;
  };
  readonly submitLabel: string;
  readonly error: Error | null;
  readonly isBusy: boolean;
  onSubmit(input: PolicyInput): void;
}

/** An export policy: a name, and label selectors line by line. */
export function PolicyForm({ policy, submitLabel, error, isBusy, onSubmit }: PolicyFormProps) {
  const { meshId } = useParams();
  const [name, setName] = useState(policy?.name ?? '');
  const [namespaces, setNamespaces] = useState(() =>
    policy ? termsOf(policy.namespaceSelector) : [newTerm()],
  );
  const [services, setServices] = useState(() => (policy ? termsOf(policy.serviceSelector) : []));
  const [everything, setEverything] = useState(false);
  const isAll = [...namespaces, ...services].every(({ key }) => key.trim() === '');
  const doubled = doubledKey(namespaces) ?? doubledKey(services);
  return (
    <Panel maw={820} p="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit({
            name: name.trim(),
            namespaceSelector: selectorOf(namespaces),
            serviceSelector: selectorOf(services),
            everything: isAll && everything,
          });
        }}
      >
        <Stack>
          <TextInput
            label="Name"
            description="Lower-case letters, digits and dashes, such as shop-public"
            required
            withAsterisk={false}
            maxLength={63}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maw={380}
          />
          <Terms
            legend="Namespaces"
            about="A namespace must match every line. Without any line, all namespaces do."
            terms={namespaces}
            onChange={setNamespaces}
          />
          <Terms
            legend="Services in them"
            about="A service must match every line by its labels. Without any line, all services do."
            terms={services}
            onChange={setServices}
          />
          {isAll && (
            <Checkbox
              label="Export every service of every cluster"
              description="No line selects anything, so all of them are exported to all clusters."
              checked={everything}
              onChange={(event) => setEverything(event.currentTarget.checked)}
            />
          )}
          {doubled !== undefined && (
            <Text size="sm" c="var(--isthmus-bad)" role="alert">
              The label {doubled} is said twice, and has one value. Use “is one of” for several.
            </Text>
          )}
          <ErrorNote error={error} />
          <Group gap="xs">
            <Button
              type="submit"
              loading={isBusy}
              disabled={(isAll && !everything) || doubled !== undefined}
            >
              {submitLabel}
            </Button>
            <Button variant="default" component={Link} to={`/meshes/${meshId}/settings`}>
              Cancel
            </Button>
            {isAll && !everything && (
              <Text size="sm" c="dimmed">
                Add a line, or tick that everything is meant.
              </Text>
            )}
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

const operatorWords = {
  equals: 'is',
  In: 'is one of',
  NotIn: 'is none of',
  Exists: 'is there',
  DoesNotExist: 'is not there',
} as const;

interface TermsProps {
  readonly legend: string;
  readonly about: string;
  readonly terms: readonly Term[];
  onChange(terms: Term[]): void;
}

function Terms({ legend, about, terms, onChange }: TermsProps) {
  const change = (id: string, part: Partial<Term>): void =>
    onChange(terms.map((term) => (term.id === id ? { ...term, ...part } : term)));
  return (
    <Fieldset legend={legend}>
      <Text size="sm" c="dimmed" mb="sm">
        {about}
      </Text>
      <div className="terms">
        {terms.map((term, index) => {
          const of = `${legend}, line ${index + 1}`;
          return (
            <div key={term.id} className="term">
              <TextInput
                aria-label={`Label (${of})`}
                placeholder="label, such as team"
                autoComplete="off"
                value={term.key}
                onChange={(event) => change(term.id, { key: event.currentTarget.value })}
              />
              <NativeSelect
                aria-label={`Relation (${of})`}
                data={(['equals', ...operators] as const).map((value) => ({
                  value,
                  label: operatorWords[value],
                }))}
                value={term.operator}
                onChange={(event) =>
                  change(term.id, { operator: event.currentTarget.value as Term['operator'] })
                }
              />
              {term.operator === 'equals' ? (
                <TextInput
                  aria-label={`Value (${of})`}
                  placeholder="value, such as shop"
                  autoComplete="off"
                  value={term.values[0] ?? ''}
                  onChange={(event) => change(term.id, { values: [event.currentTarget.value] })}
                />
              ) : takesValues(term.operator) ? (
                <TagsInput
                  aria-label={`Values (${of})`}
                  placeholder={term.values.length === 0 ? 'values, each with a comma' : undefined}
                  splitChars={[',', ' ']}
                  acceptValueOnBlur
                  value={term.values.filter((value) => value !== '')}
                  onChange={(values) =>
                    change(term.id, {
                      values: values.flatMap((text) => text.split(/[\s,]+/)).filter(Boolean),
                    })
                  }
                />
              ) : (
                <div />
              )}
              <ActionIcon
                variant="subtle"
                color="gray"
                size={36}
                className="term-remove"
                aria-label={`Remove line ${index + 1} of ${legend}`}
                onClick={() => onChange(terms.filter(({ id }) => id !== term.id))}
              >
                <IconX size={16} />
              </ActionIcon>
            </div>
          );
        })}
        <Group>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => onChange([...terms, newTerm()])}
          >
            Add a line
          </Button>
        </Group>
      </div>
    </Fieldset>
  );
}
