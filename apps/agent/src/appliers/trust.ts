import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Intents, type SigningCertificateIntent, type TrustBundleIntent } from '@isthmus/contracts';
import { messageOf } from '@isthmus/kernel';
import { Core } from '../kube/kinds.js';
import { type Applier, type Desired, ownMetadata, type Plan, type View } from './plan.js';

/** The Secret from which istiod takes its certificate authority. */
export const cacertsName = 'cacerts';

/**
 * istiod's certificate authority. Nothing is written before root, certificate and key belong
 * together: an istiod that reads half of it falls out of the mesh. What is there stays whenever
 * there is nothing better, and is never deleted.
 */
export const signingApplier: Applier<SigningCertificateIntent> = {
  plan: (_name, intent, view): Plan => planTrust(intent, view),
};

/** The anchors reach istiod in the same Secret; without a certificate they have to wait for one. */
export function trustApplier(
  signing: () => SigningCertificateIntent | undefined,
): Applier<TrustBundleIntent> {
  return {
    plan(_name, _intent, view): Plan {
      const certificate = signing();
      return certificate
        ? planTrust(certificate, view)
        : wait(
            'WaitingForCertificate',
            "the cluster's signing certificate has not been issued yet",
          );
    },
  };
}

function planTrust(intent: SigningCertificateIntent, view: View): Plan {
  const { trust } = view;
  if (!view.namespace(view.istioNamespace)) {
    return wait(
      'NamespaceNotFound',
      `there is no namespace ${view.istioNamespace}; install Istio, or set ISTHMUS_ISTIO_NAMESPACE`,
    );
  }
  if (!trust || trust.anchors.length === 0) {
    return wait('WaitingForTrustBundle', 'the anchors of the mesh have not arrived yet');
  }
  const key = view.signingKey(intent.keyId);
  if (key === undefined) {
    return wait(
      'WaitingForKey',
      `the certificate is for the key ${intent.keyId}, which is not here; the hub has been asked for one for the key that is`,
    );
  }
  const problem = problemOf(intent, key, trust.anchors);
  if (problem !== undefined) {
    return { objects: 'keep', refused: { reason: 'CertificateInvalid', message: problem } };
  }
  return { objects: [cacerts(intent, key, trust.anchors, view)] };
}

function wait(reason: string, message: string): Plan {
  return { objects: 'keep', waiting: { reason, message } };
}

function cacerts(
  { certificate, chain }: SigningCertificateIntent,
  key: string,
  anchors: readonly string[],
  view: View,
): Desired {
  const base64 = (...pems: readonly string[]): string =>
    Buffer.from(pems.map((pem) => (pem.trim() === '' ? '' : `${pem.trim()}\n`)).join('')).toString(
      'base64',
    );
  return {
    kind: Core.Secret,
    object: {
      metadata: ownMetadata(
        { type: Intents.SigningCertificate.name, name: 'signing' },
        { namespace: view.istioNamespace, name: cacertsName },
      ),
      type: 'Opaque',
      data: {
        'ca-cert.pem': base64(certificate),
        'ca-key.pem': base64(key),
        'cert-chain.pem': base64(certificate, chain),
        'root-cert.pem': base64(...anchors),
      },
    },
  };
}

/** Why istiod could not work with this; undefined if it can. */
function problemOf(
  intent: SigningCertificateIntent,
  key: string,
  anchors: readonly string[],
): string | undefined {
  try {
    const certificate = new X509Certificate(intent.certificate);
    if (!certificate.ca) return 'the certificate is none of an authority';
    if (!certificate.checkPrivateKey(createPrivateKey(key)))
      return 'the certificate is for another key';
    const roots = anchors.map((anchor) => new X509Certificate(anchor));
    let last = certificate;
    for (const pem of splitPem(intent.chain)) {
      const issuer = new X509Certificate(pem);
      if (!isIssuedBy(last, issuer))
        return `'${last.subject}' was not signed by the next of its chain`;
      last = issuer;
    }
    if (roots.some((root) => isIssuedBy(last, root))) return undefined;
    return `'${last.subject}' was signed by '${last.issuer}', which is none of the mesh's ${roots.length} anchors`;
  } catch (error) {
    return `the certificate cannot be read: ${messageOf(error)}`;
  }
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function splitPem(bundle: string): string[] {
  return bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}
