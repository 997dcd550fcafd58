"""Takes FHIR R4 JSON out of the official test cases (org.hl7.fhir.testcases, Maven).

Usage: examples.py JAR OUTPUT-FOLDER; makes OUTPUT-FOLDER/examples (R4's examples) and
OUTPUT-FOLDER/cases (the validator's own cases for R4 that need no package, profile or setting of
their own).
"""

import json
import pathlib
import sys
import zipfile

ROOT = "org/hl7/fhir/testcases/"
# A case with one of these is about something beside the resource, which no validator here is given.
NEEDS_MORE = {
    "packages", "profile", "profiles", "supporting", "module", "logical", "questionnaire",
    "bundle-param", "crumb-trails", "fetcher", "security-checks", "noHtmlInMarkdown",
    "allowed-extension-domain", "examples", "best-practice", "for-publication", "txLog", "language",
}  # fmt: skip


def write(folder, name, text):
    try:
        is_resource = "resourceType" in json.loads(text)
    except ValueError:
        is_resource = True  # a case about broken JSON
    if is_resource:
        (folder / name).write_bytes(text)


def main():
    out = pathlib.Path(sys.argv[2])
    examples, cases = out / "examples", out / "cases"
    for folder in (examples, cases):
        folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(sys.argv[1]) as jar:
        for name in jar.namelist():
            if name.startswith(ROOT + "r4/examples/") and name.endswith(".json"):
                write(examples, name.rsplit("/", 1)[1], jar.read(name))
        manifest = json.loads(jar.read(ROOT + "validator/manifest.json"))
        for case in manifest["test-cases"]:
            if case.get("version") not in ("4.0", "4.0.1") or NEEDS_MORE & case.keys():
                continue
            if case["file"].endswith(".json") and case.get("use-test", True):
                path = ROOT + "validator/" + case["file"]
                write(cases, case["file"].replace("/", "_"), jar.read(path))


main()
