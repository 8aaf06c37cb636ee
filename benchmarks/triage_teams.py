"""How well a team is found by its description: the domains of CLINC150 as teams, where present.

Nothing is learned; a text of a domain that is no team, or of none at all, belongs to nobody.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from ticketyard.ai.embedding import Embedder, NoEmbedder, open_embedder
from ticketyard.ai.measuring import calibration_error
from ticketyard.triage.teams import Teams, find_teams

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "triage"
NOBODY = 1_200

DOMAINS = {
    "Banking": "transfer transactions balance freeze_account pay_bill bill_balance bill_due"
    " interest_rate routing min_payment order_checks pin_change report_fraud account_blocked"
    " spending_history",
    "Credit cards": "credit_score report_lost_card credit_limit rewards_balance new_card"
    " application_status card_declined international_fees apr redeem_rewards"
    " credit_limit_change damaged_card replacement_card_duration improve_credit_score"
    " expiration_date",
    "Kitchen and dining": "recipe restaurant_reviews calories nutrition_info"
    " restaurant_suggestion ingredients_list ingredient_substitution cook_time food_last"
    " meal_suggestion restaurant_reservation confirm_reservation how_busy cancel_reservation"
    " accept_reservations",
    "Home": "shopping_list shopping_list_update next_song play_music update_playlist todo_list"
    " todo_list_update calendar calendar_update what_song order order_status reminder"
    " reminder_update smart_home",
    "Auto and commute": "traffic directions gas gas_type distance current_location mpg"
    " oil_change_when oil_change_how jump_start uber schedule_maintenance last_maintenance"
    " tire_pressure tire_change",
    "Travel": "book_flight book_hotel car_rental travel_suggestion travel_alert"
    " travel_notification carry_on timezone vaccines translate flight_status"
    " international_visa lost_luggage plug_type exchange_rate",
    "Utility": "time alarm share_location find_phone weather text spelling make_call timer date"
    " calculator measurement_conversion flip_coin roll_dice definition",
    "Work": "direct_deposit pto_request taxes payday w2 pto_balance pto_request_status"
    " next_holiday insurance insurance_change schedule_meeting pto_used meeting_schedule"
    " rollover_401k income",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    path = parser.parse_args().data / "clinc150" / "data_full.json"
    console = Console(width=120)
    if not path.is_file():
        console.print(f"No data at {path}: skipped.")
        return
    texts, owners = _texts(json.loads(path.read_text()))
    table = Table(
        "teams", "said of each", "engine", "right team %", "ECE", "filled in %", "of these right %"
    )
    for names in (list(DOMAINS), ["Banking", "Home", "Work"]):
        for words in (15, 6):
            for embedder in (NoEmbedder(), open_embedder()):
                figures = _measure(texts, owners, names, words, embedder)
                table.add_row(str(len(names)), f"{words} phrases", embedder.name, *figures)
    console.print(table)


def _texts(data: dict[str, list[list[str]]]) -> tuple[list[str], list[str]]:
    domain = {intent: name for name, intents in DOMAINS.items() for intent in intents.split()}
    known = [(text, domain[label]) for text, label in data["test"] if label in domain]
    strange = [text for text, label in data["test"] if label not in domain]
    strange += [text for text, _ in data["oos_test"]]
    chosen = np.random.default_rng(0).permutation(len(strange))[:NOBODY]
    known += [(strange[place], "") for place in chosen]
    return [text for text, _ in known], [owner for _, owner in known]


def _measure(
    texts: list[str], owners: list[str], names: list[str], words: int, embedder: Embedder
) -> tuple[str, ...]:
    described = {}
    for place, name in enumerate(names, 1):
        phrases = [each.replace("_", " ") for each in DOMAINS[name].split()[:words]]
        described[place] = f"{name}. {', '.join(phrases)}"
    # As many texts of nobody as there are, however few teams: not all of the other domains'.
    rows = [
        (text, names.index(owner) + 1 if owner in names else None)
        for place, (text, owner) in enumerate(zip(texts, owners, strict=True))
        if owner in names or not owner or place % 3 == 0
    ]
    found = find_teams([text for text, _ in rows], Teams(described), embedder)
    right = [each.team_id == owner for each, (_, owner) in zip(found, rows, strict=True)]
    named = [(each.confidence, ok) for each, ok in zip(found, right, strict=True) if each.team_id]
    sure = [ok for each, ok in zip(found, right, strict=True) if each.is_sure]
    of_teams = [ok for ok, (_, owner) in zip(right, rows, strict=True) if owner]
    error = calibration_error(
        np.array([each for each, _ in named]), np.array([ok for _, ok in named])
    )
    return (
        f"{100 * np.mean(of_teams):.1f}",
        f"{error:.3f}",
        f"{100 * len(sure) / len(rows):.1f}",
        f"{100 * np.mean(sure):.1f}" if sure else "–",
    )


if __name__ == "__main__":
    main()
