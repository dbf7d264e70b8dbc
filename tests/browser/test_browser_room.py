"""In real browsers: a class guesses, follows, draws, breaks a network, races; a teacher and two students."""

import os

import pytest

import browser
from waits import expect, settle, steady, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
PHONE, TABLET = {"width": 390, "height": 844}, {"width": 820, "height": 1180}


@pytest.fixture
def opened(new_page, address):
    """A teacher's page with an open room, and the pages of two students in it."""
    with new_page() as teacher, new_page(viewport=PHONE) as first, new_page(viewport=TABLET) as second:
        complaints = []
        for page in (teacher, first, second):
            page.on("pageerror", lambda error: complaints.append(str(error)))
        teacher.goto(f"{address}/classroom")
        teacher.get_by_role("button", name="Open a room").click()
        code = teacher.locator(".st-key-room-code h1").inner_text()
        for page in (first, second):
            page.goto(f"{address}/?room={code}")
            expect(page.locator(".room .who")).to_contain_text(f"Room {code} · you are ")
            settle(page)
        expect(teacher.locator(".room .who")).to_contain_text("2 here")
        yield teacher, (first, second)
        assert complaints == []


def ask(teacher, about, *chosen):
    """Ask the class something of the list, with what is chosen then by its label."""
    teacher.get_by_role("button", name="Ask the class").click()
    dialog = teacher.get_by_role("dialog")
    dialog.get_by_role("combobox", name="About").click()
    teacher.get_by_role("option", name=about).click()
    for label, option in chosen:
        dialog.get_by_role("combobox", name=label).click()
        teacher.get_by_role("option", name=option, exact=True).click()
        expect(dialog.get_by_role("textbox", name="Question")).to_have_value(f"Draw a {option}.")
    dialog.get_by_role("button", name="Ask", exact=True).click()
    expect(dialog).to_have_count(0)


def draw(page):
    """A stroke as a seven, on a page that has come to rest, with all of the canvas in sight, on a telephone too."""
    settle(page)
    box = steady(page, lambda: page.locator("canvas.upper-canvas").bounding_box())
    assert 0 < box["y"] < box["y"] + box["height"] <= page.viewport_size["height"]
    places = [(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)]
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=6)
    page.mouse.up()
    expect(page.get_by_role("heading", name="Answer:").first).to_be_visible()


def test_a_class_guesses_follows_draws_and_is_in_contests(opened):
    teacher, students = opened
    first, _ = students

    ask(teacher, "Which digit will the network say?")
    for page, digit in zip(students, ("7", "2"), strict=True):
        page.locator(".room").get_by_role("button", name=digit, exact=True).click()
        expect(page.locator(".room .count")).to_contain_text("Your answer is in.")
    expect(teacher.locator(".room .count")).to_contain_text("2 of 2 have answered.")
    for page in (teacher, *students):
        assert page.locator(".room table").count() == 0, "nobody sees answers before they are revealed"
    first.reload()
    expect(first.locator(".room").get_by_role("button", name="7", exact=True)).to_have_attribute("aria-pressed", "true")
    teacher.get_by_role("button", name="Reveal").click()
    for page in (teacher, *students):
        rows = page.locator(".room tbody tr")
        expect(rows).to_have_count(11)
        expect(rows.nth(7)).to_contain_text("1")
        expect(rows.nth(2)).to_contain_text("1")
    expect(first.locator(".room tr.own")).to_contain_text("7")

    teacher.get_by_role("button", name="Ask why").click()
    half, whole = (page.locator(".room textarea") for page in students)
    half.fill("The line above")
    half.blur()
    whole.fill("It bends")
    students[1].locator(".room").get_by_role("button", name="Send").click()
    expect(first.locator(".room .count")).to_contain_text("1 of 2 have answered.")
    expect(half).to_have_value("The line above")  # although somebody else has answered meanwhile
    first.get_by_test_id("stExpandSidebarButton").click()
    first.get_by_test_id("stSidebarNavLink").filter(has_text="Layers").click()
    first.wait_for_url("**/layers*")
    expect(half).to_have_value("The line above")

    teacher.get_by_role("switch", name="Pause").click()
    expect(first.get_by_text("Your teacher has paused the screens.")).to_be_visible()
    teacher.get_by_role("switch", name="Pause").click()
    expect(first.get_by_text("Your teacher has paused the screens.")).to_be_hidden()

    teacher.get_by_role("switch", name="Follow me").click()
    teacher.get_by_test_id("stTopNavLink").filter(has_text="Break it").click()
    for page in students:
        page.wait_for_url("**/break-it*")
    teacher.get_by_role("switch", name="Follow me").click()
    expect(first.locator(".following")).to_have_count(0)

    teacher.get_by_test_id("stTopNavLink").filter(has_text="Class").click()
    ask(teacher, "Draw a digit", ("Digit", "7"))
    for page in students:
        page.get_by_role("button", name="Go to the canvas").click()
        draw(page)
        page.get_by_role("button", name="Put my drawing on the wall").click()
        expect(page.locator(".room .count")).to_contain_text("Your drawing is on the wall.")
    expect(teacher.locator(".st-key-wall .cell")).to_have_count(2)
    teacher.locator(".st-key-wall .cell").first.click()
    until(teacher, lambda: "ink=" in teacher.url)

    ask(teacher, "Break the network")
    first.get_by_role("button", name="Go to the filters").click()
    first.wait_for_url("**/layers*")
    expect(first.get_by_role("button", name="Go to the filters")).to_have_count(0)
    first.get_by_role("switch").first.click()
    first.get_by_role("button", name="Hand in the filters that are off").click()
    expect(first.locator(".room .count")).to_contain_text("With 1 filter off ")
    teacher.get_by_role("button", name="Reveal").click()
    for page in (teacher, *students):
        expect(page.locator(".room table.broken tbody tr")).to_have_count(1)
        expect(page.locator(".room table.broken tbody th")).to_contain_text("1")

    teacher.get_by_role("radio", name="Race").click()
    teacher.get_by_role("button", name="Ask for predictions").click()
    for page, group in zip(students, ("Group 1", "Group 2"), strict=True):
        expect(page.locator(".room .group")).to_contain_text(f"You are in {group}: learning rate 0.0")
        expect(page.locator(".room").get_by_role("button", name="Group 2")).to_be_visible()

    teacher.get_by_role("radio", name="Room").click()
    teacher.get_by_role("button", name="Close the room").click()
    teacher.get_by_role("button", name="Delete room").click()
    for page in students:
        expect(page.locator(".room")).to_have_count(0)
