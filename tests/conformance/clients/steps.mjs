// What the Node clients share: the steps each takes and how it says what became of them.
import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

export const env = process.env;
export const base = env.KAP_FHIR_BASE;

/** A client assertion of SMART backend services (private_key_jwt, ES384). */
export function clientAssertion() {
  const jwk = JSON.parse(readFileSync(env.KAP_JWK, 'utf8'));
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const text =
    part({ alg: 'ES384', typ: 'JWT', kid: jwk.kid }) +
    '.' +
    part({
      iss: env.KAP_CLIENT_ID,
      sub: env.KAP_CLIENT_ID,
      aud: env.KAP_TOKEN_URL,
      iat: now,
      exp: now + 240,
      jti: randomUUID(),
    });
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  const signature = sign('sha384', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

const lines = [];
let failed = 0;

/** Runs one step; an exception fails it and the rest goes on. */
export async function step(name, action) {
  try {
    const note = await action();
    lines.push(`pass\t${name}\t${note ?? ''}`);
  } catch (error) {
    failed += 1;
    const detail = String(error?.message ?? error).replace(/\s+/g, ' ');
    const outcome = error?.response?.data ?? error?.outcome ?? error?.body;
    const diagnostics = outcome?.issue?.[0]?.diagnostics ?? outcome?.issue?.[0]?.details?.text ?? '';
    lines.push(`fail\t${name}\t${`${detail} ${diagnostics}`.slice(0, 300)}`);
  }
  console.log(lines.at(-1));
}

/** What the client has no call for. */
export function none(name, why) {
  console.log(`none\t${name}\t${why}`);
}

export function expect(condition, what) {
  if (!condition) throw new Error(`expected ${what}`);
}

/** The error a call must end with; its status is looked for where clients put it. */
export async function refused(status, action) {
  let answer;
  try {
    answer = await action();
  } catch (error) {
    const seen =
      error?.response?.status ?? error?.status ?? error?.statusCode ?? error?.outcome?.statusCode;
    const outcome = error?.outcome ?? error?.response?.data;
    const text = JSON.stringify(outcome ?? String(error));
    // Medplum's error holds the outcome and no status.
    if (seen !== undefined) expect(seen === status, `${status}, got ${seen}`);
    else if (outcome?.resourceType !== 'OperationOutcome') throw error;
    return `${seen ?? ''} ${text}`.slice(0, 160);
  }
  throw new Error(`expected ${status}, got an answer: ${JSON.stringify(answer).slice(0, 120)}`);
}

/** Nobody real: the name says which client wrote it. */
export function syntheticPatient(family) {
  return {
    resourceType: 'Patient',
    meta: { tag: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HTEST' }] },
    identifier: [{ system: 'urn:kap:conformance', value: randomUUID() }],
    name: [{ family, given: ['Synthetic'] }],
    gender: 'unknown',
    birthDate: '1980-01-01',
  };
}

export function finish() {
  process.exit(failed === 0 ? 0 : 1);
}
