"""Damages valid examples, one fault a copy, so that two validators have something to find.

Usage: mutate.py INPUT-FOLDER OUTPUT.ndjson. Which fault a copy gets follows from its place in the
order of the names: the same input gives the same output.
"""

import copy
import json
import pathlib
import sys

KEPT = {"resourceType", "id", "meta", "text", "contained", "extension"}


def members(resource):
    return [name for name in resource if name not in KEPT and not name.startswith("_")]


def drop(resource, n):
    names = members(resource)
    del resource[names[n % len(names)]]


def wrong_type(resource, n):
    names = members(resource)
    name = names[n % len(names)]
    resource[name] = {"value": 1} if not isinstance(resource[name], dict) else "text"


def unknown_member(resource, n):
    del n
    resource["colour"] = "green"


def unknown_code(resource, n):
    codes = [name for name in ("status", "gender", "intent", "mode") if name in resource]
    if not codes:
        return drop(resource, n)
    resource[codes[n % len(codes)]] = "nonsense"


def bad_date(resource, n):
    dates = [m for m in members(resource) if isinstance(resource[m], str) and resource[m][:2] == "20"]
    if not dates:
        return wrong_type(resource, n)
    resource[dates[n % len(dates)]] = "2026-13-45"


def twice(resource, n):
    """An element that is single becomes a list, one that is a list a single value."""
    names = members(resource)
    name = names[n % len(names)]
    value = resource[name]
    resource[name] = value[0] if isinstance(value, list) else [value, value]


def emptied(resource, n):
    names = [m for m in members(resource) if isinstance(resource[m], (dict, list))]
    if not names:
        return drop(resource, n)
    name = names[n % len(names)]
    resource[name] = {} if isinstance(resource[name], dict) else []


def deeper(resource, n):
    """A member is taken from the first element that has some."""
    for name in members(resource):
        value = resource[name][0] if isinstance(resource[name], list) else resource[name]
        if isinstance(value, dict) and len(value) > 1:
            inner = sorted(value)[n % len(value)]
            del value[inner]
            return
    drop(resource, n)


FAULTS = [drop, wrong_type, unknown_member, unknown_code, bad_date, twice, emptied, deeper]


def main():
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        for n, path in enumerate(sorted(pathlib.Path(sys.argv[1]).glob("*.json"))):
            resource = json.loads(path.read_text(encoding="utf-8"))
            if not members(resource) or resource["resourceType"] == "Bundle":
                continue
            damaged = copy.deepcopy(resource)
            FAULTS[n % len(FAULTS)](damaged, n // len(FAULTS))
            if members(damaged):
                out.write(json.dumps(damaged, ensure_ascii=False) + "\n")


main()
