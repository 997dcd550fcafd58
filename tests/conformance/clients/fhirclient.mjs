// fhirclient (npm, SMART's own JavaScript client) as a backend service: it signs the assertion with
// its own key functions, and its Client carries the token.
import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { base, env, expect, finish, none, refused, step, syntheticPatient } from './steps.mjs';

const require = createRequire(import.meta.url);
const smart = require('fhirclient');
const security = require('fhirclient/lib/security/server');

let client;
let patient;
let id;

await step('token, SMART backend services', async () => {
  const jwk = JSON.parse(readFileSync(env.KAP_JWK, 'utf8'));
  const key = await security.importJWK({ alg: 'ES384', ...jwk, key_ops: ['sign'] });
  const now = Math.floor(Date.now() / 1000);
  const assertion = await security.signCompactJws(
    'ES384',
    key,
    { typ: 'JWT', kid: jwk.kid },
    {
      iss: env.KAP_CLIENT_ID,
      sub: env.KAP_CLIENT_ID,
      aud: env.KAP_TOKEN_URL,
      iat: now,
      exp: now + 120,
      jti: randomUUID(),
    },
  );
  const answer = await fetch(env.KAP_TOKEN_URL, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'system/*.cruds',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }),
  });
  const tokenResponse = await answer.json();
  expect(tokenResponse.access_token, `a token, got ${JSON.stringify(tokenResponse)}`);
  client = smart({}, {}).client({ serverUrl: base, tokenResponse });
});
await step('FHIR release', async () => {
  expect((await client.getFhirRelease()) === 4, 'R4');
});
await step('search', async () => {
  const found = await client.request('Patient?_count=5');
  id = found.entry[0].resource.id;
});
await step('paging', async () => {
  const all = await client.request('Observation?_count=50', { pageLimit: 10, flat: true });
  expect(new Set(all.map((r) => r.id)).size === all.length && all.length > 50, 'several pages');
  return `${all.length} resources`;
});
await step('paging by generator', async () => {
  let n = 0;
  for await (const resource of client.resources('MedicationAdministration?_count=5', { limit: 12 })) {
    expect(resource.resourceType === 'MedicationAdministration', 'the type');
    n += 1;
  }
  expect(n > 5, 'more than a page');
});
await step('read', async () => {
  expect((await client.request(`Patient/${id}`)).id === id, 'the patient');
});
await step('references resolved', async () => {
  const found = await client.request('Observation?_count=3', {
    resolveReferences: ['subject'],
    flat: true,
    pageLimit: 1,
  });
  expect(found[0].subject.resourceType === 'Patient', 'the patient in its place');
});
await step('create', async () => {
  patient = await client.create(syntheticPatient('SmartJs'));
  expect(patient.id && patient.meta.versionId === '1', 'version 1');
});
await step('update', async () => {
  patient = await client.update(
    { ...patient, gender: 'other' },
    { headers: { 'If-Match': 'W/"1"' } },
  );
  expect(patient.meta.versionId === '2', 'version 2');
});
await step('update with a version conflict', () =>
  refused(412, () => client.update(patient, { headers: { 'If-Match': 'W/"1"' } })),
);
await step('JSON Patch', async () => {
  const patched = await client.patch(`Patient/${patient.id}`, [
    { op: 'replace', path: '/gender', value: 'female' },
  ]);
  expect(patched.gender === 'female', 'the patched patient');
});
await step('history of an instance', async () => {
  const history = await client.request(`Patient/${patient.id}/_history`);
  expect(history.type === 'history' && history.entry.length === 3, '3 versions');
});
await step('delete', async () => {
  await client.delete(`Patient/${patient.id}`);
  return refused(410, () => client.request(`Patient/${patient.id}`));
});
none('bulk export', 'the library has no call for it');
finish();
