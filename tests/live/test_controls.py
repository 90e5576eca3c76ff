"""What mouse and keys do to a tracker whose stream runs, and what the window then shows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samtracker.evaluate.metrics import region_similarity
from samtracker.live.controls import HELP, Controls, Mode
from samtracker.live.events import Button, Key, Mouse
from samtracker.live.gesture import Gesture
from samtracker.live.hud import draw_hud
from samtracker.tracker import Tracker
from samtracker.types import Mask, mask_box
from samtracker.video.live_source import LiveFrame
from tests.conftest import MakeTracker
from tests.helpers.scenes import BLUE, RED, SIZE, film

TWO = film([RED, BLUE], 9)


class User:
    """Sits at the window of a stream in which frame after frame is shown."""

    def __init__(self, tracker: Tracker) -> None:
        self.tracker = tracker
        self.controls = Controls(tracker)
        self.number = -1
        self.next()

    def next(self) -> None:
        """The next frame comes, as `live_loop` would bring it."""
        self.number += 1
        image = TWO[self.number].frame
        frame = LiveFrame(index=self.number, time=self.number / 30, captured=0.0, image=image)
        result = self.tracker.step(image) if self.tracker.object_ids else None
        self.controls.show(frame, result)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.controls.handle(Key(key))

    def drag(self, *places: tuple[float, float], button: Button = "left") -> None:
        self.controls.handle(Mouse("press", button, *places[0]))
        for x, y in places[1:]:
            self.controls.handle(Mouse("move", "left", x, y))
        self.controls.handle(Mouse("release", button, *places[-1]))

    def click(self, x: float, y: float, button: Button = "left") -> None:
        self.drag((x, y), button=button)

    def box(self, number: int) -> None:
        """Drag a box around a ball."""
        box = mask_box(TWO[self.number].mask(number))
        assert box is not None
        self.drag((box[0] - 3, box[1] - 3), (box[2] + 2, box[3] + 2))

    def mask(self, object_id: int) -> Mask:
        assert self.controls.result is not None
        return self.controls.result[object_id].mask

    def holds(self) -> bool:
        return self.controls.holding

    @property
    def ids(self) -> list[int]:
        result = self.controls.result
        return [] if result is None else [item.id for item in result.objects]


@pytest.fixture
def user(lite_tracker: MakeTracker) -> User:
    return User(lite_tracker())


def test_boxes_start_objects_and_the_stream_goes_on(user: User) -> None:
    assert not user.holds()
    user.box(1)
    assert (user.ids, user.controls.selected) == ([1], 1)
    assert not user.holds()
    user.next()
    user.box(2)
    user.next()
    assert user.ids == [1, 2]
    assert user.controls.selected == 2
    for number in (1, 2):
        assert region_similarity(user.mask(number), TWO[2].mask(number)) > 0.7


def test_the_picture_stands_still_while_something_is_drawn(user: User) -> None:
    user.controls.handle(Mouse("press", "left", 10, 10))
    assert user.holds()
    user.controls.handle(Mouse("release", "left", 60, 60))
    assert not user.holds()


def test_clicks_point_at_an_object_until_space_goes_on(user: User) -> None:
    user.click(36, 34)
    assert user.ids == [1]
    assert user.holds()
    user.click(130, 68)  # one more click on the same object
    assert user.ids == [1]
    assert user.mask(1)[68, 130]
    user.click(130, 68, button="right")
    assert not user.mask(1)[68, 130]
    user.press("space")
    assert not user.holds()
    assert user.controls.clicks == []


def test_a_click_on_an_object_selects_it_and_digits_do(user: User) -> None:
    user.box(1)
    user.box(2)
    assert user.controls.selected == 2
    user.click(36, 34)
    assert (user.controls.selected, user.ids) == (1, [1, 2])
    user.press("2")
    assert user.controls.selected == 2
    user.press("5")
    assert user.controls.selected == 2
    assert user.controls.message == "there is no object 5"


def test_clicks_are_not_those_of_another_object(user: User) -> None:
    user.click(130, 68)
    user.press("space")
    user.box(1)
    user.press("1", "c")
    user.click(130, 70)
    user.press("2")
    assert user.controls.clicks == []


def test_the_first_object_can_be_undone(user: User) -> None:
    user.box(2)
    user.press("u")
    assert user.ids == []
    user.box(1)
    assert user.ids == [2]


def test_painting_adds_and_erases(user: User) -> None:
    user.box(1)
    user.press("c")
    assert user.holds()
    before = user.mask(1)
    user.drag((100, 10), (120, 10))
    stroke = Gesture("left", SIZE, [(100, 10), (120, 10)]).stroke()
    np.testing.assert_array_equal(user.mask(1), before | stroke)
    user.drag((100, 10), (120, 10), button="right")
    np.testing.assert_array_equal(user.mask(1), before & ~stroke)
    user.press("u", "u")
    np.testing.assert_array_equal(user.mask(1), before)
    assert not user.holds()


def test_a_lost_object_is_shown_again_with_a_box(user: User, lite_tracker: MakeTracker) -> None:
    user = User(lite_tracker(absent_score=1.1, lost_after=1))  # whatever is found is not believed
    user.box(1)
    user.next()
    assert not user.mask(1).any()
    user.press("c")
    user.box(1)
    assert region_similarity(user.mask(1), TWO[1].mask(1)) > 0.7
    assert user.ids == [1]


def test_a_click_after_painting_starts_from_what_is_painted(user: User) -> None:
    user.box(1)
    user.press("c")
    user.click(50, 34, button="right")
    assert not user.mask(1)[34, 50]
    user.drag((48, 34), (52, 34), (50, 36))
    assert user.mask(1)[34, 50]
    user.click(30, 30)
    assert user.mask(1)[34, 50]


def test_a_message_lasts_until_something_is_done(user: User) -> None:
    user.box(1)
    user.press("7")
    assert user.controls.message == "there is no object 7"
    user.press("1")
    assert user.controls.message == ""


def test_a_message_does_not_hide_why_the_picture_stands(user: User) -> None:
    user.press("n")
    waiting = draw_hud(TWO[0].frame, user.controls, "")
    user.click(36, 34, button="right")
    both = draw_hud(TWO[0].frame, user.controls, "")
    lower = slice(SIZE[0] // 2, None)
    assert user.controls.message
    assert (both != waiting).any()
    np.testing.assert_array_equal(both[lower][-8:], waiting[lower][-8:])


@pytest.fixture(scope="module")
def pointer() -> Tracker:
    """A tracker that finds several masks for a click."""
    return Tracker.from_pretrained("lite", device="cpu", precision="float32", size=128)


def test_tab_takes_another_mask(pointer: Tracker) -> None:
    pointer.reset()
    user = User(pointer)
    user.press("tab")
    assert user.controls.message == "point at something first: a box or a click"
    user.click(30, 30)
    likeliest = user.mask(1)
    seen = [likeliest]
    found = pointer.candidates(TWO[0].frame, points=[(30, 30)])
    assert len(found) == 3
    for number in (2, 3):
        user.press("tab")
        assert user.controls.message.startswith(f"mask {number} of 3, predicted IoU 0.")
        np.testing.assert_array_equal(user.mask(1), found[number - 1].mask)
        assert not any(np.array_equal(user.mask(1), mask) for mask in seen)
        seen.append(user.mask(1))
    user.press("tab")
    np.testing.assert_array_equal(user.mask(1), likeliest)
    user.press("tab")
    np.testing.assert_array_equal(user.mask(1), seen[1])
    user.press("u")  # the choice, then the click
    np.testing.assert_array_equal(user.mask(1), likeliest)
    user.press("tab")
    assert user.controls.message == "point at something first: a box or a click"
    user.press("u")
    assert user.ids == []


def test_tab_after_a_correction_starts_from_what_was_corrected(pointer: Tracker) -> None:
    pointer.reset()
    user = User(pointer)
    user.click(36, 34)
    before = user.mask(1)
    user.click(44, 34, button="right")
    points = [(36.0, 34.0, 1), (44.0, 34.0, 0)]
    found = pointer.candidates(TWO[0].frame, points=points, prior=before)
    np.testing.assert_array_equal(user.mask(1), found[0].mask)
    if len(found) > 1:
        user.press("tab")
        np.testing.assert_array_equal(user.mask(1), found[1].mask)


def test_tab_after_the_stream_has_gone_on(pointer: Tracker) -> None:
    pointer.reset()
    user = User(pointer)
    user.box(1)
    user.next()
    user.press("tab")
    assert user.controls.message.startswith("mask 2 of ")
    assert user.controls.message.endswith(": later frames follow")
    user.next()
    user.press("tab", "u")
    assert user.ids == [1]


def test_delete_and_undo(user: User) -> None:
    user.box(1)
    user.box(2)
    user.press("1", "d")
    assert (user.ids, user.controls.selected) == ([2], 2)
    user.press("d")
    assert (user.ids, user.controls.selected) == ([], None)
    user.next()
    user.press("u")
    assert user.ids == [2]
    assert region_similarity(user.mask(2), TWO[1].mask(2)) > 0.7
    user.press("d", "d")
    assert user.controls.message == "there is no object yet"
    user.box(1)
    assert user.ids == [3]


def test_a_new_object_after_all_are_deleted(user: User) -> None:
    user.box(1)
    user.press("d")
    user.next()
    user.next()
    user.box(2)
    assert user.ids == [2]
    user.next()
    assert region_similarity(user.mask(2), TWO[3].mask(2)) > 0.7


def test_what_cannot_be_done_is_said_and_changes_nothing(user: User) -> None:
    user.press("c", "d", "u")
    assert user.controls.message == "there is nothing to undo yet"
    user.box(1)
    user.press("n")
    assert user.controls.mode is Mode.NEW
    user.click(36, 34, button="right")
    assert "points need at least one click on the object" in user.controls.message
    assert (user.ids, user.controls.clicks) == ([1], [])
    user.press("escape")
    assert not user.holds()
    user.press("u", "u", "u")
    assert "nothing to undo" in user.controls.message
    user.press("x", "0", "?")
    assert user.controls.helping
    assert user.controls.message == ""


def test_space_pauses_and_q_quits(user: User) -> None:
    user.press("space")
    assert user.holds()
    user.box(1)
    assert user.holds()
    user.press("space")
    assert not user.holds()
    assert not user.controls.quit
    user.press("q")
    assert user.controls.quit


def test_a_stream_that_has_begun_goes_on(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker()
    tracker.init(TWO[0].frame, mask=TWO[0].mask(1))
    user = User(tracker)
    user.box(2)
    assert user.ids == [1, 2]


@given(
    places=st.lists(st.tuples(st.floats(-300, 300), st.floats(-300, 300)), min_size=1, max_size=6)
)
def test_gestures_stay_in_the_picture(places: list[tuple[float, float]]) -> None:
    gesture = Gesture("left", SIZE)
    for x, y in places:
        gesture.add(x, y)
    x1, y1, x2, y2 = gesture.box
    assert 0 <= x1 < x2 <= SIZE[1]
    assert 0 <= y1 < y2 <= SIZE[0]
    stroke = gesture.stroke()
    assert stroke.shape == SIZE
    for x, y in gesture.path:
        assert stroke[round(y), round(x)]


def test_the_window_shows_what_is_pointed_at(user: User) -> None:
    def shown() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        return draw_hud(TWO[user.number].frame, user.controls, "numbers")

    plain = TWO[0].frame.copy()
    user.box(1)
    labeled = shown()
    np.testing.assert_array_equal(TWO[0].frame, plain)
    assert labeled.shape == plain.shape
    user.controls.handle(Mouse("press", "left", 70, 10))
    user.controls.handle(Mouse("move", "left", 150, 80))
    boxed = shown()
    assert (boxed[10, 75:145] != labeled[10, 75:145]).any(axis=1).all()
    user.controls.handle(Mouse("release", "right", 150, 80))  # the other button: no box
    assert user.ids == [1]
    user.press("c")
    user.click(36, 34)
    assert (shown()[34, 36] == (80, 220, 100)).all()
    user.press("u", "?")
    helped = shown()
    assert (helped != labeled).any(axis=2).mean() > 0.3
    assert len({key for key, _ in HELP}) == len(HELP)


def test_nothing_can_be_pointed_at_before_a_frame(
    lite_tracker: MakeTracker,
) -> None:
    controls = Controls(lite_tracker())
    controls.handle(Mouse("press", "left", 3, 3))
    controls.handle(Mouse("release", "left", 60, 60))
    assert controls.gesture is None
    assert controls.result is None
