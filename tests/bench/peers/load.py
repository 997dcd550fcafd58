"""Posts transaction Bundles over several connections and prints the resources a second.

Usage: load.py BASE FOLDER CONNECTIONS LOCATIONS; writes what was created (one TYPE/ID a line) to
LOCATIONS. KAP_TOKEN and KAP_CA are used where the base is HTTPS.
"""

import concurrent.futures
import http.client
import json
import os
import pathlib
import ssl
import sys
import threading
import time
import urllib.parse

BASE = urllib.parse.urlsplit(sys.argv[1])
BUNDLES = [path.read_bytes() for path in sorted(pathlib.Path(sys.argv[2]).glob("*.json"))]
CONNECTIONS = int(sys.argv[3])
local = threading.local()


def connect():
    if BASE.scheme == "http":
        return http.client.HTTPConnection(BASE.hostname, BASE.port, timeout=300)
    context = ssl.create_default_context(cafile=os.environ["KAP_CA"])
    return http.client.HTTPSConnection(BASE.hostname, BASE.port, timeout=300, context=context)


def post(body):
    headers = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}
    if BASE.scheme == "https":
        headers["Authorization"] = "Bearer " + os.environ["KAP_TOKEN"]
    if not hasattr(local, "connection"):
        local.connection = connect()
    local.connection.request("POST", BASE.path, body, headers)
    answer = local.connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status}: {text[:300]}")
    locations = [entry["response"]["location"] for entry in json.loads(text)["entry"]]
    return [urllib.parse.urlsplit(place).path.split("/_history")[0] for place in locations]


def main():
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        created = [place for places in pool.map(post, BUNDLES) for place in places]
    taken = time.monotonic() - begin
    with open(sys.argv[4], "w", encoding="utf-8") as out:
        out.writelines("/".join(place.split("/")[-2:]) + "\n" for place in created)
    print(f"{len(created) / taken:.0f}")


main()
