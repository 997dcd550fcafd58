"""Reads everything a token may see out of the gateway, by search and paging.

Usage: read_out.py OUTPUT-FOLDER [EVERY]; writes one TYPE.ndjson a type, of every EVERY-th resource,
into OUTPUT-FOLDER/clinic, and what the gateway ships with into OUTPUT-FOLDER/shipped. Prints how many it wrote. Takes KAP_FHIR_BASE, KAP_TOKEN and KAP_CA from the environment.
"""

import json
import os
import pathlib
import ssl
import sys
import urllib.request

BASE = os.environ["KAP_FHIR_BASE"]
TLS = ssl.create_default_context(cafile=os.environ["KAP_CA"])


def get(url):
    request = urllib.request.Request(
        url,
        headers={
            "Authorization": "Bearer " + os.environ["KAP_TOKEN"],
            "Accept": "application/fhir+json",
        },
    )
    with urllib.request.urlopen(request, timeout=60, context=TLS) as response:
        return json.load(response)


def resources_of(kind):
    url = f"{BASE}/{kind}?_count=200"
    while url:
        page = get(url)
        for entry in page.get("entry", []):
            if entry.get("search", {}).get("mode") == "match":
                yield entry["resource"]
        url = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)


def main():
    folder = pathlib.Path(sys.argv[1])
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for name in ("clinic", "shipped"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    statement = get(f"{BASE}/metadata")
    # R4's own, which the set r4-core holds.
    skipped = {"OperationDefinition", "SearchParameter", "StructureDefinition"}
    shipped = {"CapabilityStatement", "CodeSystem", "ConceptMap", "StructureMap", "ValueSet"}
    written = 0
    for resource in statement["rest"][0]["resource"]:
        kind = resource["type"]
        if kind in skipped:
            continue
        rows = [r for n, r in enumerate(resources_of(kind)) if n % every == 0]
        if rows:
            place = folder / ("shipped" if kind in shipped else "clinic")
            with open(place / f"{kind}.ndjson", "w", encoding="utf-8") as out:
                out.writelines(json.dumps(r, ensure_ascii=False) + "\n" for r in rows)
        written += len(rows)
    print(written)


main()
