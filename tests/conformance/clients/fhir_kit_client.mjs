// fhir-kit-client (npm): a plain REST client.
import { Client } from 'fhir-kit-client';
import { base, env, expect, finish, refused, step, syntheticPatient } from './steps.mjs';

const client = new Client({ baseUrl: base, bearerToken: env.KAP_TOKEN });
let id;
let patient;

await step('capabilities', async () => {
  const statement = await client.capabilityStatement();
  expect(statement.fhirVersion === '4.0.1', 'FHIR 4.0.1');
});
await step('SMART configuration', async () => {
  const { tokenUrl } = await client.smartAuthMetadata();
  expect(tokenUrl?.toString() === env.KAP_TOKEN_URL, 'the token endpoint');
});
await step('search', async () => {
  const found = await client.search({ resourceType: 'Patient', searchParams: { _count: '5' } });
  expect(found.type === 'searchset' && found.entry.length > 0, 'patients');
  id = found.entry[0].resource.id;
  return `${found.entry.length} patients`;
});
await step('search by POST', async () => {
  const found = await client.search({
    resourceType: 'Observation',
    searchParams: { patient: id, _count: '2' },
    options: { postSearch: true },
  });
  expect(found.type === 'searchset', 'a searchset');
});
await step('paging', async () => {
  let page = await client.search({ resourceType: 'Observation', searchParams: { _count: '50' } });
  const seen = new Set();
  let pages = 0;
  while (page?.entry && pages < 20) {
    for (const entry of page.entry) {
      expect(!seen.has(entry.resource.id), 'no resource twice');
      seen.add(entry.resource.id);
    }
    pages += 1;
    page = await client.nextPage({ bundle: page });
  }
  expect(pages > 1, 'more than one page');
  return `${seen.size} resources on ${pages} pages`;
});
await step('compartment search', async () => {
  const found = await client.search({
    resourceType: 'Observation',
    compartment: { resourceType: 'Patient', id },
  });
  expect(found.type === 'searchset' && found.entry.length > 0, 'observations of the patient');
});
await step('read', async () => {
  const read = await client.read({ resourceType: 'Patient', id });
  expect(read.id === id, 'the patient');
});
await step('vread', async () => {
  const read = await client.vread({ resourceType: 'Patient', id, version: '1' });
  expect(read.meta.versionId === '1', 'version 1');
});
await step('reference resolved', async () => {
  const found = await client.search({ resourceType: 'Observation', searchParams: { _count: '1' } });
  const subject = await client.resolve({ reference: found.entry[0].resource.subject.reference });
  expect(subject.resourceType === 'Patient', 'its patient');
});
await step('create', async () => {
  patient = await client.create({ resourceType: 'Patient', body: syntheticPatient('FhirKit') });
  expect(patient.id && patient.meta.versionId === '1', 'version 1');
});
await step('create, return=minimal', async () => {
  const answer = await client.create({
    resourceType: 'Patient',
    body: syntheticPatient('FhirKit'),
    options: { headers: { Prefer: 'return=minimal' } },
  });
  const { response } = Client.httpFor(answer);
  expect(response.status === 201 && response.headers.get('location'), '201 and Location');
});
await step('update', async () => {
  patient.gender = 'other';
  patient = await client.update({
    resourceType: 'Patient',
    id: patient.id,
    body: patient,
    options: { headers: { 'If-Match': 'W/"1"' } },
  });
  expect(patient.meta.versionId === '2' && patient.gender === 'other', 'version 2');
});
await step('update with a version conflict', () =>
  refused(412, () =>
    client.update({
      resourceType: 'Patient',
      id: patient.id,
      body: patient,
      options: { headers: { 'If-Match': 'W/"1"' } },
    }),
  ),
);
await step('conditional update', async () => {
  const { system, value } = patient.identifier[0];
  const body = { ...patient, active: true };
  const updated = await client.update({
    resourceType: 'Patient',
    searchParams: { identifier: `${system}|${value}` },
    body,
  });
  expect(updated.id === patient.id && updated.active, 'the same patient');
});
await step('JSON Patch', async () => {
  const patched = await client.patch({
    resourceType: 'Patient',
    id: patient.id,
    jsonPatch: [{ op: 'replace', path: '/gender', value: 'female' }],
  });
  expect(patched.gender === 'female', 'the patched patient');
});
await step('validation refuses', () =>
  refused(422, () =>
    client.create({
      resourceType: 'Patient',
      body: { ...syntheticPatient('FhirKit'), gender: 'somebody' },
    }),
  ),
);
await step('history of an instance', async () => {
  const history = await client.history({ resourceType: 'Patient', id: patient.id });
  expect(history.type === 'history' && history.entry.length === 4, '4 versions');
});
await step('history of a type', async () => {
  const history = await client.history({ resourceType: 'Patient' });
  expect(history.type === 'history' && history.entry.length > 0, 'versions');
});
await step('history of the system', async () => {
  const history = await client.history();
  expect(history.type === 'history' && history.entry.length > 0, 'versions');
});
await step('batch', async () => {
  const answer = await client.batch({
    body: {
      resourceType: 'Bundle',
      type: 'batch',
      entry: [
        { request: { method: 'GET', url: `Patient/${id}` } },
        { request: { method: 'GET', url: 'Patient/absent' } },
      ],
    },
  });
  expect(answer.entry[0].response.status.startsWith('200'), 'the patient');
  expect(answer.entry[1].response.status.startsWith('404'), '404 for the other');
});
await step('transaction', async () => {
  const answer = await client.transaction({
    body: {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        {
          fullUrl: 'urn:uuid:7ba6e2d6-5e64-4f0e-9a53-1c33d1a1b9c5',
          resource: syntheticPatient('FhirKit'),
          request: { method: 'POST', url: 'Patient' },
        },
        {
          resource: {
            resourceType: 'Observation',
            status: 'final',
            code: { text: 'Synthetic' },
            subject: { reference: 'urn:uuid:7ba6e2d6-5e64-4f0e-9a53-1c33d1a1b9c5' },
          },
          request: { method: 'POST', url: 'Observation' },
        },
      ],
    },
  });
  expect(answer.entry.every((e) => e.response.status.startsWith('201')), 'two created');
});
await step('$everything', async () => {
  const all = await client.operation({
    name: 'everything',
    resourceType: 'Patient',
    id,
    method: 'GET',
  });
  expect(all.resourceType === 'Bundle' && all.entry.length > 1, 'a Bundle');
});
await step('$validate', async () => {
  const outcome = await client.operation({
    name: 'validate',
    resourceType: 'Patient',
    input: syntheticPatient('FhirKit'),
  });
  expect(outcome.resourceType === 'OperationOutcome', 'an OperationOutcome');
});
await step('bulk export', async () => {
  const kick = await client.operation({
    name: 'export',
    method: 'GET',
    input: { _type: 'Patient' },
    options: { headers: { Prefer: 'respond-async' } },
  });
  const { response } = Client.httpFor(kick);
  expect(response.status === 202, `202, got ${response.status}`);
  const place = response.headers.get('content-location');
  let manifest;
  for (let n = 0; n < 100 && !manifest?.output; n += 1) {
    manifest = await client.request(place);
    if (!manifest.output) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(manifest.output?.length > 0, 'a manifest with files');
  return `${manifest.output.length} files`;
});
await step('delete', async () => {
  await client.delete({ resourceType: 'Patient', id: patient.id });
  return refused(410, () => client.read({ resourceType: 'Patient', id: patient.id }));
});
finish();
