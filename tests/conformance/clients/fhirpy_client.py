"""fhirpy (PyPI), the synchronous client. Prints one line a step: outcome, step, note."""

import os
import re
import sys
import time
import uuid

import fhirpy
from fhirpy.base.exceptions import (
    MultipleResourcesFound,
    OperationOutcome,
    ResourceNotFound,
)

BASE = os.environ["KAP_FHIR_BASE"]
client = fhirpy.SyncFHIRClient(
    BASE,
    authorization="Bearer " + os.environ["KAP_TOKEN"],
    requests_config={"verify": os.environ["KAP_CA"], "timeout": 30},
)
failed = 0
HTEST = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}


def step(name):
    def run(action):
        global failed
        try:
            note = action() or ""
            print(f"pass\t{name}\t{note}", flush=True)
        except Exception as error:  # noqa: BLE001: every step reports, whatever it meets
            failed += 1
            text = re.sub(r"\s+", " ", f"{type(error).__name__}: {error}")
            print(f"fail\t{name}\t{text[:300]}", flush=True)

    return run


def expect(condition, what):
    if not condition:
        raise AssertionError("expected " + what)


def refused(kind, action):
    try:
        action()
    except kind:
        return
    raise AssertionError(f"expected {kind.__name__}")


class State:
    id = None
    patient = None


def new_patient():
    return client.resource(
        "Patient",
        meta={"tag": [HTEST]},
        identifier=[{"system": "urn:kap:conformance", "value": str(uuid.uuid4())}],
        name=[{"family": "FhirPy", "given": ["Synthetic"]}],
        gender="unknown",
    )


@step("search")
def _():
    State.id = client.resources("Patient").limit(5).fetch()[0].id


@step("count")
def _():
    total = client.resources("Observation").count()
    expect(total > 50, "many observations")
    return f"{total} Observations"


@step("paging")
def _():
    found = client.resources("MedicationAdministration").limit(5).fetch_all()
    expect(len({r.id for r in found}) == len(found) > 5, "several pages, nothing twice")
    return f"{len(found)} resources"


@step("paging, lazily")
def _():
    seen = 0
    for _resource in client.resources("Observation").limit(40):
        seen += 1
        if seen == 100:
            break
    expect(seen == 100, "100 resources")


@step("search with include")
def _():
    found = client.resources("Observation").search(patient=State.id).include("Observation", "patient")
    raw = found.limit(3).fetch_raw()
    expect(any(e.resource.resource_type == "Patient" for e in raw.entry), "the patient")


@step("sort and elements")
def _():
    found = client.resources("Observation").sort("-date").elements("status").limit(2).fetch()
    expect(len(found) == 2, "two")


@step("read")
def _():
    expect(client.get("Patient", State.id)["id"] == State.id, "the patient")


@step("refresh with If-None-Match")
def _():
    patient = client.reference("Patient", State.id).to_resource()
    expect(patient.refresh().id == State.id, "the patient")


@step("reference resolved")
def _():
    observation = client.resources("Observation").limit(1).fetch()[0]
    expect(observation["subject"].to_resource().resource_type == "Patient", "its patient")


@step("create")
def _():
    State.patient = new_patient().create()
    expect(State.patient["meta"]["versionId"] == "1", "version 1")


@step("conditional create")
def _():
    # get_or_create() is not R4's: it puts the criteria into the URL of the POST.
    value = State.patient["identifier"][0]["value"]
    same, status = client._do_request(
        "post",
        "Patient",
        data=new_patient().serialize(),
        extra_headers={"If-None-Exist": f"identifier=urn:kap:conformance|{value}"},
        returning_status=True,
    )
    expect(status == 200 and same["id"] == State.patient.id, "the patient that is there")


@step("update")
def _():
    State.patient["gender"] = "other"
    State.patient.update()
    expect(State.patient["meta"]["versionId"] == "2", "version 2")


@step("update with a version conflict")
def _():
    refused(
        MultipleResourcesFound,  # what fhirpy calls every 412
        lambda: client._do_request(
            "put",
            f"Patient/{State.patient.id}",
            data=State.patient.serialize(),
            extra_headers={"If-Match": 'W/"1"'},
        ),
    )


@step("validation refuses")
def _():
    patient = new_patient()
    patient["gender"] = "somebody"
    refused(OperationOutcome, patient.create)


@step("$validate")
def _():
    expect(new_patient().is_valid(), "a valid patient")


@step("history of an instance")
def _():
    history = client.execute(f"Patient/{State.patient.id}/_history", method="get")
    expect(history["type"] == "history" and len(history["entry"]) == 2, "2 versions")


@step("transaction")
def _():
    bundle = client.resource(
        "Bundle",
        type="transaction",
        entry=[
            {
                "fullUrl": "urn:uuid:" + str(uuid.uuid4()),
                "resource": new_patient().serialize(),
                "request": {"method": "POST", "url": "Patient"},
            }
        ],
    )
    answer = client.execute("", method="post", data=bundle.serialize())
    expect(answer["entry"][0]["response"]["status"].startswith("201"), "one created")


@step("bulk export")
def _():
    import requests

    # The library shows no headers, and the place to ask is in one; it reads the manifest.
    kick = requests.get(
        BASE + "/$export?_type=Patient",
        headers={
            "Authorization": client.authorization,
            "Accept": "application/fhir+json",
            "Prefer": "respond-async",
        },
        verify=os.environ["KAP_CA"],
        timeout=30,
    )
    expect(kick.status_code == 202, f"202, got {kick.status_code}")
    status = 202
    for _ in range(100):
        manifest, status = client._do_request(
            "get", kick.headers["Content-Location"], returning_status=True
        )
        if status != 202:
            break
        time.sleep(0.1)
    expect(status == 200 and manifest["output"], "a manifest with files")


@step("delete")
def _():
    State.patient.delete()
    refused(ResourceNotFound, lambda: client.get("Patient", State.patient.id))


print("none\tpatch\tfhirpy sends a part of the resource, neither JSON Patch nor FHIRPath Patch")
sys.exit(1 if failed else 0)
