import type { ErrorCode, ErrorKind } from '@isthmus/kernel';

/** What a client does with a class of errors. */
export const kinds: Readonly<Record<ErrorKind, readonly [title: string, sentence: string]>> = {
  invalid: ['Invalid', 'The request is wrong. Sent again as it is, it fails again.'],
  unauthenticated: ['Unauthenticated', 'It is not known who asks. Sign in, or take another token.'],
  forbidden: ['Forbidden', 'It is known who asks, and that is not enough.'],
  notFound: ['Not found', 'It does not exist, or is not yours: these are not told apart.'],
  conflict: ['Conflict', 'It does not go with what is the case now. Read again, then decide.'],
  limit: ['Limit', 'It is too much. Ask for less, or later.'],
  unavailable: [
    'Unavailable',
    'The service cannot do it for the moment. Send it again, later each time.',
  ],
  internal: ['Internal', 'The fault is ours. The message has an id to quote.'],
};

/** Every code in a sentence. Those of agents come over gRPC, and show in how a cluster joins. */
export const codeSentences: Readonly<Record<ErrorCode, string>> = {
  INTERNAL: 'Something went wrong on our side; extensions.id is in our log.',
  INVALID_CONFIGURATION:
    'A service was started with settings that do not hold; no client sees this.',
  INVALID_ARGUMENT:
    'A value is not what its argument takes; the message or extensions.field names it.',
  INVALID_NAME: 'A name is no RFC 1123 label: lower-case letters, digits and hyphens, at most 63.',
  NOT_FOUND: 'There is no such thing in your organization.',
  ALREADY_EXISTS: 'Something of that name is there already.',
  RATE_LIMITED: 'The budget is used up for the moment, or there were too many attempts.',
  QUERY_TOO_COMPLEX: 'The operation asks for more than one may; the message names the limit.',
  QUOTA_EXCEEDED: 'The organization has as many of these as it may have.',
  UNAVAILABLE: 'The service cannot reach what it needs; try again in some seconds.',
  UNAUTHENTICATED: 'No credentials came with the request, or their session is over.',
  FORBIDDEN: 'Your role does not have the permission; the message names both.',
  ORGANIZATION_REQUIRED: 'You belong to several organizations: say which one you mean.',
  IDEMPOTENCY_KEY_REUSED: 'The idempotency key was used for another request.',
  IDEMPOTENCY_IN_PROGRESS:
    'The request with this idempotency key is under way; send it again soon.',
  EMAIL_TAKEN: 'Somebody has signed up with this address.',
  EMAIL_INVALID: 'This is no e-mail address.',
  PASSWORD_TOO_SHORT: 'A password has 12 characters at least.',
  PASSWORD_TOO_LONG: 'A password has 128 characters at most.',
  CREDENTIALS_WRONG: 'The address and the password do not go together.',
  API_TOKEN_INVALID: 'There is no such API token, or it was revoked.',
  API_TOKEN_EXPIRED: 'The API token is past its end; make another one.',
  MESH_NOT_EMPTY: 'The mesh has clusters; remove them first.',
  CLUSTER_NOT_REMOVED: 'The cluster is a member still; remove it first.',
  CIDR_INVALID: 'An address range is not one, as 10.0.0.0/8 is, or there are too many of them.',
  JOIN_TOKEN_INVALID: 'An agent came with a join token that does not exist, or is void.',
  JOIN_TOKEN_USED: 'An agent came with a join token that another agent has used.',
  JOIN_TOKEN_EXPIRED: 'An agent came with a join token later than within its hour.',
  CSR_MALFORMED: "An agent's request for a certificate cannot be read.",
  CSR_SIGNATURE: "An agent's request for a certificate is not signed with its own key.",
  CSR_WEAK_KEY: "An agent's request for a certificate has a key of another kind than is taken.",
  CSR_FORBIDDEN_EXTENSION: "An agent's request for a certificate asks for more than it may have.",
  IDENTITY_MISSING: 'An agent came without a certificate.',
  IDENTITY_UNTRUSTED: 'An agent came with a certificate that is not of this installation.',
  IDENTITY_EXPIRED: 'An agent came with a certificate past its end.',
  IDENTITY_REVOKED: 'An agent came with a certificate that was revoked.',
  IDENTITY_SUPERSEDED: 'An agent came with a certificate that a newer one has taken the place of.',
  CLUSTER_LOCKED:
    'Two agents held the identity of the cluster; unlock it, then have it join again.',
  CLUSTER_REMOVED: 'The cluster was removed from its mesh.',
  MESSAGE_TOO_LARGE: 'The request, or what an agent told, has more bytes than are taken.',
  RESOURCE_INVALID: 'An agent told something that cannot be.',
  TOO_MANY_RESOURCES: 'There are as many of these as there may be.',
  WEBHOOK_URL_INVALID:
    'The URL of a webhook is no https URL of a public address; the message says what is wrong.',
  WEBHOOK_DISABLED: 'The webhook is disabled: enable it, once its receiver takes what it is sent.',
  CONFIGURATION_INVALID: 'The bundle cannot be released; extensions.problems says where and why.',
  NAMESPACE_FORBIDDEN: 'The token may change some namespaces alone, and this is of another one.',
  ROLLOUT_POLICY_INVALID: 'Waves or gate of a rollout mean nothing; the message says which.',
  ROLLOUT_STATE: 'The rollout is not in a state in which this can be done.',
  NOTHING_REPORTED: 'The agent of the cluster has not told yet what is needed for this.',
  UPGRADE_VERSION_INVALID: 'This is no version of Istio, such as 1.30.2.',
  UPGRADE_VERSION_UNKNOWN: 'The plane knows no such version of Istio; see istioVersions.',
  UPGRADE_SETTINGS_INVALID: 'A window, a freeze or another setting of upgrades means nothing.',
  UPGRADE_POLICY_INVALID: 'Waves or times of an upgrade mean nothing; the message says which.',
  UPGRADE_STATE:
    'The upgrade, the cluster or its agent is not in a state in which this can be done.',
  UPGRADE_BLOCKED: 'Findings block clusters; extensions.findings has them. See skipBlocked.',
  UPGRADE_OWN_APPROVAL: 'Somebody else than whoever planned it has to approve or refuse it.',
};

/** Codes of requests that GraphQL refuses before any operation is begun. */
export const protocolSentences = {
  GRAPHQL_PARSE_FAILED: 'The document is no GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document asks for what the schema does not have.',
  BAD_USER_INPUT: 'The variables are not of the types that the operation declares.',
  BAD_REQUEST: 'The request is no GraphQL over HTTP: POST JSON in UTF-8 with a query in it.',
  OPERATION_RESOLUTION_FAILURE: 'operationName names no operation of the document.',
  PERSISTED_QUERY_NOT_SUPPORTED: 'Send the document itself.',
} as const;
