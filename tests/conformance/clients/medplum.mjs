// @medplum/core (npm): Medplum's client against a server that is not Medplum.
import { MedplumClient } from '@medplum/core';
import { base, clientAssertion, env, expect, finish, refused, step, syntheticPatient } from './steps.mjs';

const origin = new URL(base).origin;
const client = new MedplumClient({
  baseUrl: `${origin}/`,
  fhirUrlPath: 'fhir',
  tokenUrl: env.KAP_TOKEN_URL,
  fetch,
  cacheTime: 0,
});
let id;
let patient;

await step('token, SMART backend services', async () => {
  const answer = await fetch(env.KAP_TOKEN_URL, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'system/*.cruds',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: clientAssertion(),
    }),
  });
  client.setAccessToken((await answer.json()).access_token);
});
await step('search', async () => {
  const found = await client.search('Patient', '_count=5');
  id = found.entry[0].resource.id;
});
await step('search as resources', async () => {
  const found = await client.searchResources('Observation', { _count: 3, patient: id });
  expect(found.length > 0 && found.every((r) => r.subject.reference === `Patient/${id}`), 'its own');
});
await step('paging', async () => {
  const seen = new Set();
  let pages = 0;
  for await (const page of client.searchResourcePages('Observation', { _count: 50 })) {
    page.forEach((r) => seen.add(r.id));
    pages += 1;
    if (pages === 10) break;
  }
  expect(pages > 1 && seen.size > 50, 'several pages');
  return `${seen.size} resources on ${pages} pages`;
});
await step('read', async () => {
  expect((await client.readResource('Patient', id)).id === id, 'the patient');
});
await step('reference read', async () => {
  const [observation] = await client.searchResources('Observation', { _count: 1 });
  const subject = await client.readReference(observation.subject);
  expect(subject.resourceType === 'Patient', 'its patient');
});
await step('vread', async () => {
  expect((await client.readVersion('Patient', id, '1')).meta.versionId === '1', 'version 1');
});
await step('$everything', async () => {
  expect((await client.readPatientEverything(id)).entry.length > 1, 'a Bundle');
});
await step('create', async () => {
  patient = await client.createResource(syntheticPatient('Medplum'));
  expect(patient.id && patient.meta.versionId === '1', 'version 1');
});
await step('conditional create', async () => {
  const { system, value } = patient.identifier[0];
  const same = await client.createResourceIfNoneExist(
    { ...syntheticPatient('Medplum'), identifier: patient.identifier },
    `identifier=${system}|${value}`,
  );
  expect(same.id === patient.id, 'the patient that is there');
});
await step('update', async () => {
  patient = await client.updateResource(
    { ...patient, gender: 'other' },
    { headers: { 'If-Match': 'W/"1"' } },
  );
  expect(patient.meta.versionId === '2', 'version 2');
});
await step('update with a version conflict', () =>
  refused(412, () =>
    client.updateResource({ ...patient, active: true }, { headers: { 'If-Match': 'W/"1"' } }),
  ),
);
await step('conditional update (upsert)', async () => {
  const { system, value } = patient.identifier[0];
  const updated = await client.upsertResource(
    { ...patient, active: true },
    `identifier=${system}|${value}`,
  );
  expect(updated.id === patient.id && updated.active, 'the same patient');
});
await step('JSON Patch', async () => {
  const patched = await client.patchResource('Patient', patient.id, [
    { op: 'replace', path: '/gender', value: 'female' },
  ]);
  expect(patched.gender === 'female', 'the patched patient');
});
await step('history of an instance', async () => {
  const history = await client.readHistory('Patient', patient.id);
  expect(history.entry.length === 4, '4 versions');
});
await step('$validate', async () => {
  const outcome = await client.validateResource(syntheticPatient('Medplum'));
  expect(outcome.resourceType === 'OperationOutcome', 'an OperationOutcome');
});
await step('batch', async () => {
  const answer = await client.executeBatch({
    resourceType: 'Bundle',
    type: 'batch',
    entry: [{ request: { method: 'GET', url: `Patient/${id}` } }],
  });
  expect(answer.entry[0].response.status.startsWith('200'), 'the patient');
});
await step('bulk export', async () => {
  const manifest = await client.bulkExport('', 'Patient,Observation', undefined, {
    pollStatusOnAccepted: true,
    pollStatusPeriod: 100,
  });
  expect(manifest.output?.length >= 2, 'files of both types');
  const file = await client.download(manifest.output[0].url);
  const rows = (await file.text()).trim().split('\n').map((row) => JSON.parse(row));
  expect(rows.length > 0 && rows[0].resourceType, 'resources');
  return `${manifest.output.length} files`;
});
await step('delete', async () => {
  await client.deleteResource('Patient', patient.id);
  return refused(410, () => client.readResource('Patient', patient.id));
});
finish();
