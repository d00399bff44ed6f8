import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
} from '../graphql-js.js';
import { type Access, accessByField } from './access.js';
import type { Example } from './examples.js';
import { type Html, html } from './html.js';
import { jsonText } from './json-text.js';

type Field = GraphQLField<unknown, unknown>;

interface Operation {
  readonly kind: string;
  readonly field: Field;
  readonly access: Access | undefined;
  readonly example: Example | undefined;
}

/** Every operation, as a part of the page, by the name of its root field. */
export function operationsOf(
  schema: GraphQLSchema,
  examples: ReadonlyMap<string, Example>,
): Map<string, Html> {
  const access = accessByField();
  const parts = new Map<string, Html>();
  for (const root of rootsOf(schema)) {
    for (const field of Object.values(root.getFields())) {
      const { name } = field;
      const kind = root.name.toLowerCase();
      const known = { access: access.get(name), example: examples.get(name) };
      parts.set(name, operation({ kind, field, ...known }));
    }
  }
  return parts;
}

function rootsOf(schema: GraphQLSchema) {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return roots.filter((root) => root !== undefined && root !== null);
}

function operation({ kind, field, access, example }: Operation): Html {
  const { name, description, args, type, deprecationReason } = field;
  const answer = getNamedType(type);
  const isPayload = isObjectType(answer) && answer.name.endsWith('Payload');
  return html`
    <section class="operation" aria-labelledby="operation-${name}">
      <h3 id="operation-${name}"><code>${name}</code> <span class="kind">${kind}</span></h3>
      ${description && html`<p>${description}.</p>`}
      ${deprecated(deprecationReason)}
      <p class="access">${accessInWords(access)}</p>
      ${args.length > 0 && html`<h4>Arguments of ${name}</h4><dl>${args.map(argument)}</dl>`}
      <h4>Answer of ${name}</h4>
      <p><code>${typeRef(type)}</code></p>
      ${isPayload && html`<dl>${Object.values(answer.getFields()).map(member)}</dl>`}
      ${example && exampleOf(example)}
    </section>`;
}

function accessInWords(access: Access | undefined): Html {
  if (access === 'public') return html`For everybody.`;
  if (access === 'self') return html`For everybody who is signed in, and for tokens.`;
  const { permission, role } = access ?? { permission: '', role: '' };
  return html`Needs the permission <code>${permission}</code>, which roles have from <code>${role.toUpperCase()}</code> on.`;
}

/** Of an input, with what is in it: that is what one has to write. */
function argument(input: GraphQLArgument): Html {
  const type = getNamedType(input.type);
  if (!isInputObjectType(type)) return member(input);
  return html`${member(input)}${Object.values(type.getFields()).map((field) => member(field, `${input.name}.`))}`;
}

type Member = Field | GraphQLArgument | GraphQLInputField;

function member(field: Member, before: string | number = ''): Html {
  const prefix = typeof before === 'string' ? before : '';
  const { name, type, description, deprecationReason } = field;
  const args = 'args' in field ? field.args : [];
  const preset = 'defaultValue' in field ? field.defaultValue : undefined;
  return html`
        <dt><code>${prefix}${name}${args.length > 0 && '(…)'}: ${typeRef(type)}${preset !== undefined && ` = ${JSON.stringify(preset)}`}</code></dt>
        <dd>${description ?? ''}${deprecated(deprecationReason)}${args.length > 0 && html`<dl>${args.map((each) => member(each))}</dl>`}</dd>`;
}

function deprecated(reason: string | null | undefined): Html | undefined {
  return reason ? html`<p class="deprecated">Deprecated: ${reason}</p>` : undefined;
}

/** A type as the SDL writes it, which leads to where it is described. */
function typeRef(type: GraphQLType): Html {
  const { name } = getNamedType(type);
  const [before = '', after = ''] = String(type).split(name);
  return html`${before}<a href="#type-${name}">${name}</a>${after}`;
}

function exampleOf({ field, words, query, exchange }: Example): Html {
  return html`
      <h4>Example of ${field}</h4>
      <p>${words}</p>
      <pre>${query}</pre>
      ${
        exchange &&
        html`<details><summary>Variables and answer of ${field}</summary>
        <p>Variables</p>
        <pre>${jsonText(exchange.variables)}</pre>
        <p>Answer</p>
        <pre>${jsonText({ data: exchange.data })}</pre>
      </details>`
      }`;
}

/** The types that operations are made of, by name; without the roots, and what describes the schema. */
export function typesOf(schema: GraphQLSchema): Map<string, Html> {
  const roots = new Set<GraphQLNamedType>(rootsOf(schema));
  const types = Object.values(schema.getTypeMap())
    .filter((type) => !roots.has(type) && !isIntrospectionType(type))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return new Map(types.map((type) => [type.name, typePart(type, schema)]));
}

function typePart(type: GraphQLNamedType, schema: GraphQLSchema): Html {
  const { name, description } = type;
  return html`
    <section class="type" aria-labelledby="type-${name}">
      <h3 id="type-${name}"><code>${name}</code> <span class="kind">${kindOf(type)}</span></h3>
      ${description && html`<p>${description}</p>`}
      ${membersOf(type, schema)}
    </section>`;
}

function kindOf(type: GraphQLNamedType): string {
  if (isObjectType(type)) return 'object';
  if (isInterfaceType(type)) return 'interface';
  if (isInputObjectType(type)) return 'input';
  return isEnumType(type) ? 'enum' : 'scalar';
}

function membersOf(type: GraphQLNamedType, schema: GraphQLSchema): Html | undefined {
  if (isEnumType(type)) {
    return html`<dl>${type
      .getValues()
      .map(
        ({ name, description, deprecationReason }) =>
          html`<dt><code>${name}</code></dt><dd>${description ?? ''}${deprecated(deprecationReason)}</dd>`,
      )}</dl>`;
  }
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return undefined;
  const fields: readonly Member[] = Object.values(type.getFields());
  const related = isInterfaceType(type)
    ? schema.getImplementations(type).objects
    : isObjectType(type)
      ? type.getInterfaces()
      : [];
  const words = isInterfaceType(type) ? 'Is one of' : 'Is a';
  const links = related.map((each, index) => html`${index > 0 && ', '}${typeRef(each)}`);
  return html`
      ${related.length > 0 && html`<p>${words} ${links}.</p>`}
      <dl>${fields.map((field) => member(field))}</dl>`;
}
