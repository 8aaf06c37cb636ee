"""What is asked is found: by words, by meaning, and never across companies."""

from tests.knowledge.retrieving.shelf import Shelf
from tests.world import World


async def test_a_piece_is_found_by_its_words_and_by_its_meaning(world: World) -> None:
    shelf = Shelf(world.resources, world.company_id)
    await shelf.put("Printers", "Clear the paper jam by opening the rear tray.")
    await shelf.put("Passwords", "Choose a new password under Account, then Security.")
    await shelf.put("Holiday", "Vacation requests go to your team lead two weeks before.")

    assert (await shelf.titles("paper jam"))[0] == "Printers"
    assert (await shelf.titles("I forgot my credentials and cannot log in"))[0] == "Passwords"
    assert (await shelf.titles("how many days off may I take"))[0] == "Holiday"
