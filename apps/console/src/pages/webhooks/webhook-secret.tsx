import { Secret } from '../../parts/index.js';

export function WebhookSecret({ secret }: { readonly secret: string }) {
  return (
    <Secret secret={secret}>
      It is shown this once. Receivers check with it that a delivery is ours: the signature is that
      of Standard Webhooks, for which most languages have a library.
    </Secret>
  );
}
