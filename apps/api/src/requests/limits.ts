import { IsthmusError } from '@isthmus/kernel';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  type ValueNode,
} from '../graphql-js.js';

/** The most that one operation may ask for. */
export const limits = {
  tokens: 2000,
  depth: 12,
  aliases: 30,
  rootFields: 20,
  directives: 20,
  /** Objects that an answer may hold. */
  cost: 100_000,
  /** The same for each event of a subscription, which is answered over and over. */
  eventCost: 1000,
} as const;

/** What an operation asks for. */
export interface Weight {
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  readonly directives: number;
  /** Objects at most, those that are only read included: the sizes of nested lists multiply. */
  readonly cost: number;
}

const defaultPage = 50;
const largestPage = 200;
/** What a list without a page is taken to hold, unless `listSizes` knows better. */
const plainList = 10;
const listSizes: Readonly<Record<string, number>> = {
  'Query.configurationKinds': 30,
  'Query.istioVersions': 100,
  // One for each cluster.
  'TrustView.signingCertificates': 500,
  'Topology.services': 1000,
  'Upgrade.findings': 500,
  '__Schema.types': 100,
  '__Type.interfaces': 2,
  '__Type.possibleTypes': 5,
  '__Field.args': 2,
  '__Directive.args': 2,
};
/** What is read for a field whatever it answers with: these look at the whole of a mesh. */
const readingCosts: Readonly<Record<string, number>> = {
  'Cluster.agent': 20, // gathered
  'Cluster.channel': 20, // gathered
  'Cluster.configuration': 100,
  'Cluster.drift': 100,
  'Cluster.exports': 100,
  'Cluster.imports': 1000,
  'Cluster.istio': 20, // gathered
  'Cluster.joining': 20, // gathered
  'Cluster.signingCertificate': 100, // gathered for the clusters of one mesh
  'Cluster.upgrade': 5,
  'Mesh.findings': 500,
  'Mesh.headRelease': 5,
  'Mesh.service': 100,
  'Mesh.services': 100,
  'Mesh.topology': 1000,
  'Mesh.trust': 500,
  'Mesh.upgrades': 100,
  'MeshService.importStates': 100,
  'Query.reachability': 1000,
  'Release.changes': 500,
  'Release.files': 500,
  'Release.objects': 500,
  'Release.preview': 1000,
  'Release.warnings': 500,
  'Upgrade.estimate': 100,
};
/** What a change costs beside what it answers with. */
const mutationCost = 20;

const nothing: Weight = { depth: 0, aliases: 0, rootFields: 0, directives: 0, cost: 0 };
/** Of a fragment that holds itself: beyond every limit. */
const endless: Weight = { ...nothing, depth: Number.POSITIVE_INFINITY };

/**
 * Weighs an operation without running it. Each fragment is weighed once, whatever the
 * number of its uses, so that the work grows with the document and not with what it
 * unfolds into.
 */
export function weigh(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): Weight {
  const root = schema.getRootType(operation.operation);
  if (!root) return nothing;
  const inner = new Scales(schema, document, operation, variables).selection(
    operation.selectionSet,
    root,
    undefined,
  );
  const own = operation.directives?.length ?? 0;
  const change = operation.operation === 'mutation' ? mutationCost * inner.rootFields : 0;
  return { ...inner, directives: inner.directives + own, cost: 1 + inner.cost + change };
}

/** @throws QUERY_TOO_COMPLEX, naming the limit. */
export function assertWithinLimits(weight: Weight, kind: OperationTypeNode): void {
  const isRepeated = kind === OperationTypeNode.SUBSCRIPTION;
  const most = isRepeated ? { ...limits, cost: limits.eventCost } : limits;
  for (const name of ['depth', 'aliases', 'rootFields', 'directives', 'cost'] as const) {
    if (weight[name] > most[name]) {
      const asked = Number.isFinite(weight[name]) ? ` and is ${weight[name]}` : '';
      throw new IsthmusError(
        'QUERY_TOO_COMPLEX',
        `the ${name} of a ${kind} may be ${most[name]}${asked}; ask for less at once`,
      );
    }
  }
}

/** Whether GraphQL's parser stopped because the document has too many tokens. */
export function isTooLong(error: unknown): boolean {
  return (
    error instanceof GraphQLError && /Document contains more that \d+ tokens/.test(error.message)
  );
}

class Scales {
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly weights = new Map<string, Weight>();
  private readonly open = new Set<string>();
  private readonly variables: Readonly<Record<string, unknown>>;

  constructor(
    private readonly schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Readonly<Record<string, unknown>>,
  ) {
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) {
        this.fragments.set(definition.name.value, definition);
      }
    }
    const defaults = (operation.variableDefinitions ?? []).map(
      ({ variable, defaultValue }) => [variable.name.value, this.valueOf(defaultValue)] as const,
    );
    this.variables = { ...Object.fromEntries(defaults), ...variables };
  }

  /** @param page size of the connection that this selection is of, if it is of one. */
  selection(
    { selections }: SelectionSetNode,
    type: GraphQLCompositeType,
    page: number | undefined,
  ): Weight {
    let sum = nothing;
    for (const node of selections) {
      sum = add(sum, { ...nothing, directives: node.directives?.length ?? 0 });
      if (node.kind === Kind.FIELD) {
        sum = add(sum, this.field(node, type, page));
      } else if (node.kind === Kind.FRAGMENT_SPREAD) {
        sum = add(sum, this.fragment(node.name.value, page));
      } else {
        const named = node.typeCondition && this.schema.getType(node.typeCondition.name.value);
        sum = add(
          sum,
          this.selection(node.selectionSet, isCompositeType(named) ? named : type, page),
        );
      }
    }
    return sum;
  }

  private fragment(name: string, page: number | undefined): Weight {
    // The page counts where the fragment is of a connection.
    const key = `${name} ${page ?? ''}`;
    const known = this.weights.get(key);
    if (known) return known;
    const definition = this.fragments.get(name);
    const type = definition && this.schema.getType(definition.typeCondition.name.value);
    if (!definition || !isCompositeType(type)) return nothing;
    if (this.open.has(name)) return endless;
    this.open.add(name);
    const own = { ...nothing, directives: definition.directives?.length ?? 0 };
    const weight = add(own, this.selection(definition.selectionSet, type, page));
    this.open.delete(name);
    this.weights.set(key, weight);
    return weight;
  }

  private field(node: FieldNode, parent: GraphQLCompositeType, page: number | undefined): Weight {
    const aliases = node.alias ? 1 : 0;
    const field = this.definitionOf(node.name.value, parent);
    const type = field && getNamedType(field.type);
    if (!field || !node.selectionSet || !isCompositeType(type)) {
      return { ...nothing, depth: 1, aliases, rootFields: 1 };
    }
    const isConnection = type.name.endsWith('Connection');
    const inner = this.selection(
      node.selectionSet,
      type,
      isConnection ? this.pageOf(node) : undefined,
    );
    const path = `${parent.name}.${field.name}`;
    const size = this.sizeOf(node, field, path, page);
    // Edges and connections are wrapping; what is counted is what they hold.
    const own = isConnection || type.name.endsWith('Edge') || type.name === 'PageInfo' ? 0 : 1;
    return {
      // What describes a type is deep by nature, a wrapper in a wrapper, and leads to no data.
      depth: inner.depth + (isIntrospectionType(type) ? 0 : 1),
      aliases: inner.aliases + aliases,
      rootFields: 1,
      directives: inner.directives,
      cost: (readingCosts[path] ?? 0) + size * (own + inner.cost),
    };
  }

  private definitionOf(
    name: string,
    parent: GraphQLCompositeType,
  ): GraphQLField<unknown, unknown> | undefined {
    if (parent === this.schema.getQueryType()) {
      if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
      if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
    }
    return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
  }

  private sizeOf(
    node: FieldNode,
    field: GraphQLField<unknown, unknown>,
    path: string,
    page: number | undefined,
  ): number {
    if (!isListType(getNullableType(field.type))) return 1;
    if (field.name === 'edges' && page !== undefined) return page;
    const ids = this.argument(node, 'ids');
    return Array.isArray(ids) ? Math.max(1, ids.length) : (listSizes[path] ?? plainList);
  }

  private pageOf(node: FieldNode): number {
    const first = this.argument(node, 'first') ?? defaultPage;
    const valid = typeof first === 'number' && first >= 1 && first <= largestPage;
    return valid ? first : largestPage;
  }

  private argument(node: FieldNode, name: string): unknown {
    return this.valueOf(node.arguments?.find((argument) => argument.name.value === name)?.value);
  }

  private valueOf(value: ValueNode | undefined): unknown {
    switch (value?.kind) {
      case Kind.VARIABLE:
        return this.variables[value.name.value];
      case Kind.INT:
        return Number(value.value);
      case Kind.LIST:
        return value.values;
      default:
        return undefined;
    }
  }
}

function add(a: Weight, b: Weight): Weight {
  return {
    depth: Math.max(a.depth, b.depth),
    aliases: a.aliases + b.aliases,
    rootFields: a.rootFields + b.rootFields,
    directives: a.directives + b.directives,
    cost: a.cost + b.cost,
  };
}
