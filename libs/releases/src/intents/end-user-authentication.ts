import type { JsonObject } from '../objects.js';
import { objectFrom, present } from './compiled.js';
import type { IntentKind } from './intent-kind.js';
import type { Fields } from './reader.js';
import { anyHeaderName, httpsAddress, path, something, token } from './words.js';
import { readWorkload, selectorOf } from './workload.js';

/**
 * Whose tokens (JWT) a service takes. A token that is there has to be valid, on paths of `except`
 * too (401; 403 for another audience); whether one has to be
 * there, `required` says, since Istio takes calls without one unless told otherwise. It applies to
 * HTTP; where the pods serve other protocols too, name the HTTP ports by `ports`, or Istio refuses
 * all calls to the others.
 *
 * Across clusters: the token is checked at the called workload, in each cluster that has it, and
 * passes gateways untouched. The keys at `jwksUri` are fetched by the istiod of each of these
 * clusters, which has to reach it; `jwks` holds them here instead.
 */
export const endUserAuthentication: IntentKind = {
  kind: 'EndUserAuthentication',
  description: 'Whose tokens (JWT) a service takes, and whether a call has to bring one',
  compile(document, spec) {
    const workload = readWorkload(spec);
    if (!spec.has('issuers')) spec.missing('issuers', '[{issuer: …, jwksUri: https://…}]');
    const jwtRules = spec.list('issuers', readIssuer) ?? [];
    const required = spec.flag('required');
    if (!spec.has('required')) spec.missing('required', 'true');
    const except = spec.texts('except', path);
    const ports = spec.ports('ports')?.map(String);
    for (const name of ['except', 'ports']) {
      if (required !== false || !spec.has(name)) continue;
      const remedy = `write required: true, or leave ${name} out`;
      spec.invalid(name, 'says where a token is required, and none is', remedy);
    }
    const request = 'RequestAuthentication.security.istio.io';
    const authentication = objectFrom(document, request, document.name, {
      ...selectorOf(workload),
      jwtRules,
    });
    if (!required) return { objects: [authentication] };
    const operation = present({ notPaths: except, ports });
    const rule = {
      from: [{ source: { notRequestPrincipals: ['*'] } }],
      ...(Object.keys(operation).length > 0 && { to: [{ operation }] }),
    };
    const refusal = objectFrom(
      document,
      'AuthorizationPolicy.security.istio.io',
      `${document.name}-required`,
      { ...selectorOf(workload), action: 'DENY', rules: [rule] },
    );
    return { objects: [authentication, refusal] };
  },
};

function readIssuer(fields: Fields): JsonObject {
  const issuer = fields.needText('issuer', something);
  const jwksUri = fields.text('jwksUri', httpsAddress);
  const jwks = fields.text('jwks', keySet);
  if (fields.has('jwks') && fields.has('jwksUri')) {
    fields.invalid('jwks', 'stands beside jwksUri', 'leave one of them out');
  }
  if (!fields.has('jwks') && !fields.has('jwksUri')) {
    fields.missing('jwksUri', httpsAddress.example);
  }
  const fromHeaders = fields.list('fromHeaders', (header) =>
    present({
      name: header.needText('name', anyHeaderName),
      prefix: header.text('prefix', something),
    }),
  );
  return present({
    issuer,
    jwksUri,
    jwks,
    audiences: fields.texts('audiences', something),
    fromHeaders,
    fromCookies: fields.texts('fromCookies', token),
  });
}

const keySet = {
  what: 'a JSON Web Key Set',
  example: '\'{"keys": […]}\'',
  test(value: string): boolean {
    try {
      const parsed: unknown = JSON.parse(value);
      return typeof parsed === 'object' && parsed !== null && 'keys' in parsed;
    } catch {
      return false;
    }
  },
};
