import { type ErrorKind, errorKinds } from '@isthmus/kernel';
import { sessionSeconds } from '@isthmus/tenancy';
import { limits } from '../requests/limits.js';
import { subscriptionLimits } from '../subscriptions/subscription-server.js';
import { codeSentences, kinds, protocolSentences } from './errors.js';
import { type Html, html } from './html.js';

/** What an installation has set for itself. */
export interface Installation {
  /** Where people reach it. */
  readonly publicUrl: string;
  /** Objects per second that one who asks may ask for in the long run. */
  readonly costPerSecond: number;
  /** Bytes of a request, in words, of strangers and of those who show credentials. */
  readonly largestBody: { readonly stranger: string; readonly known: string };
}

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

/** All that holds for every operation. */
export function guide(installation: Installation): Section[] {
  return [
    { id: 'requests', title: 'Requests', body: requests(installation) },
    { id: 'authentication', title: 'Authentication', body: authentication },
    { id: 'organizations', title: 'Organizations', body: organizations },
    { id: 'errors', title: 'Errors', body: errors },
    { id: 'pages', title: 'Pages', body: pages },
    { id: 'limits', title: 'Limits', body: limitsOf(installation) },
    { id: 'idempotency', title: 'Idempotency keys', body: idempotency },
    { id: 'subscriptions', title: 'Subscriptions', body: subscriptions(installation) },
    { id: 'deprecation', title: 'What stays', body: deprecation },
  ];
}

function requests({ publicUrl }: Installation): Html {
  return html`
    <p>The API is GraphQL over HTTP: <code>POST</code> JSON to <code>${publicUrl}/graphql</code>. The schema can be
      read by introspection. One operation at a time; batches are not taken.</p>
    <pre>curl ${publicUrl}/graphql \\
  -H "authorization: Bearer $ISTHMUS_TOKEN" \\
  -H 'content-type: application/json' \\
  -d '{"query":"{ meshes { edges { node { id name } } } }"}'</pre>
    <p>Examples below are run against the API by its tests. In their answers ids are counted, times are told from one
      hour on, secrets are left out, and lists are cut after three.</p>`;
}

const authentication = html`
    <p>Programs send an API token, people a session token, both as <code>Authorization: Bearer …</code>. An API token is
      made by <a href="#operation-createApiToken">createApiToken</a>: it has a role and an end, and may be kept to some
      namespaces. Its secret begins with <code>isthmus_api_</code>. Whoever belongs to the organization makes tokens for
      himself, up to his own role, and sees and revokes those; from <code>ADMIN</code> on those of everybody. A token
      makes none, and may revoke itself. A session token comes from
      <a href="#operation-signUp">signUp</a> and <a href="#operation-signIn">signIn</a>, is good for
      ${sessionSeconds / 86_400} days, and longer as it is used. Browsers get it as a cookie.</p>
    <p>Roles are, from least to most, <code>VIEWER</code>, <code>OPERATOR</code>, <code>ADMIN</code>,
      <code>OWNER</code>. Each operation below says which permission it needs, and the least role that has it.</p>`;

const organizations = html`
    <p>An API token is of one organization. A person who belongs to several says which one is meant with the header
      <code>isthmus-organization</code>, an id that <a href="#operation-viewer">viewer</a> tells; without it, the answer
      is <a href="#error-ORGANIZATION_REQUIRED"><code>ORGANIZATION_REQUIRED</code></a>. What is another organization's
      is answered as what does not exist.</p>`;

const errors = html`
    <p>An error has a stable code in <code>extensions.code</code>, and a message that says what to do next. Codes are
      API; messages are for people. Errors of an operation come with status 200, beside whatever data there is;
      what is refused before it begins has status 400, 409, 413 or 429. Where one argument is to blame,
      <code>extensions.field</code> is the way to it, such as <code>input.cidrs.0</code>: names and, in lists, numbers
      from 0 on.</p>
    <pre>{ "errors": [ { "message": "…", "path": [ "mesh" ], "extensions": { "code": "NOT_FOUND" } } ], "data": null }</pre>
    ${(Object.keys(kinds) as ErrorKind[]).map(codesOf)}
    <h3>Refused by GraphQL</h3>
    <dl>${Object.entries(protocolSentences).map(([code, sentence]) => codeEntry(code, sentence))}</dl>`;

function codesOf(kind: ErrorKind): Html {
  const codes = Object.entries(codeSentences).filter(
    ([code]) => errorKinds[code as keyof typeof errorKinds] === kind,
  );
  const [title, sentence] = kinds[kind];
  return html`
    <h3>${title}</h3>
    <p>${sentence}</p>
    <dl>${codes.map(([code, words]) => codeEntry(code, words))}</dl>`;
}

function codeEntry(code: string, sentence: string): Html {
  return html`
      <dt id="error-${code}"><code>${code}</code></dt><dd>${sentence}</dd>`;
}

const pages = html`
    <p>Lists are connections. Ask for <code>first</code>, 1 to 200 and 50 unless said, and go on with the
      <code>endCursor</code> of a page as <code>after</code> of the next one, until <code>hasNextPage</code> is false.
      Leave <code>after</code> out for the first page. A cursor is opaque, and good for as long as you like.</p>
    <pre>meshes(first: 50, after: "…") { edges { node { id name } } pageInfo { hasNextPage endCursor } }</pre>`;

function limitsOf({ costPerSecond, largestBody }: Installation): Html {
  const count = (value: number): string => value.toLocaleString('en-US');
  return html`
    <p>An operation is weighed before it runs. Its cost is the number of objects that its answer may hold: a list counts
      as long as its page may be, and lists within lists multiply. Reads that look at a whole mesh, and changes, cost
      something of themselves. More than this is
      <a href="#error-QUERY_TOO_COMPLEX"><code>QUERY_TOO_COMPLEX</code></a>:</p>
    <dl>
      <dt>Cost of a query or mutation</dt><dd>${count(limits.cost)}</dd>
      <dt>Cost of each event of a subscription</dt><dd>${count(limits.eventCost)}</dd>
      <dt>Depth</dt><dd>${limits.depth}</dd>
      <dt>Root fields</dt><dd>${limits.rootFields}</dd>
      <dt>Aliases</dt><dd>${limits.aliases}</dd>
      <dt>Directives</dt><dd>${limits.directives}</dd>
      <dt>Tokens of the document</dt><dd>${count(limits.tokens)}</dd>
      <dt>Bytes of a request</dt><dd>${largestBody.known}; of strangers ${largestBody.stranger}</dd>
    </dl>
    <p>What an operation costs is taken from the budget of who asks, a user, a token or an address. Here it fills by
      ${count(costPerSecond)} each second, and holds ${count(Math.max(costPerSecond * 20, limits.cost))}. While it does
      not hold enough, the answer is <a href="#error-RATE_LIMITED"><code>RATE_LIMITED</code></a> with status 429.</p>`;
}

const idempotency = html`
    <p>Send a mutation with the header <code>idempotency-key</code>, 8 to 200 characters of ASCII without spaces, such as
      a UUID, and it takes effect once. Whoever sends it again within 24 hours gets the answer of the first time, errors
      that say something of the request included, with the header <code>idempotency-replayed: true</code>. A key is of
      one user or token, and strangers have none.</p>
    <p>While the first one is under way, the answer is
      <a href="#error-IDEMPOTENCY_IN_PROGRESS"><code>IDEMPOTENCY_IN_PROGRESS</code></a>; the key with another request is
      <a href="#error-IDEMPOTENCY_KEY_REUSED"><code>IDEMPOTENCY_KEY_REUSED</code></a>. Both have status 409. After
      <code>INTERNAL</code>, <code>UNAVAILABLE</code> and <code>RATE_LIMITED</code> nothing is kept: send it again with
      the same key.</p>`;

function subscriptions({ publicUrl }: Installation): Html {
  const { connectionsPerOrganization, subscriptionsPerConnection } = subscriptionLimits;
  return html`
    <p>Subscriptions go over a WebSocket to <code>${publicUrl.replace(/^http/, 'ws')}/graphql</code>, in the protocol
      <code>graphql-transport-ws</code>, which the package graphql-ws speaks. Credentials are in the headers or, since
      browsers cannot set those, in the payload of <code>connection_init</code>:</p>
    <pre>{ "type": "connection_init",
  "payload": { "authorization": "Bearer …", "isthmus-organization": "org_…" } }</pre>
    <p>Who may not come in is closed with code 4403, also later on, once a session or a token has ended. There may be
      ${connectionsPerOrganization} connections of an organization, with ${subscriptionsPerConnection} subscriptions
      each. A subscription tells what changes, not what is; read that with a query once it has begun, and again after
      each time that the connection was lost. Each event is paid for out of the budget, and comes late while that is
      empty.</p>`;
}

const deprecation = html`
    <p>What programs were written for goes on. Fields, arguments, types, values and codes of errors are added at any
      time, so take no list of values for complete. What is to go is marked as deprecated first, with what takes its
      place, and stays for two minor releases; the API's own checks fail on a change that would break programs of the
      last release.</p>`;
