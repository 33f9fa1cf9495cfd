"""The stimulator: its rule of safety holds for every order of things that can happen, and it does what a naive reading of the rule does."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferrion.chip import stimulator
from ferrion.chip.stimulator import ARMED, ARROWS, BEATS, FASTEST, HOUR, REFRACTORY, VENTRICULAR, VULNERABLE, Phase, Stimulator
from ferrion.core.errors import StateError

MOST = 3
"""An hour here, so that it is soon spent."""
HAPPENS = st.lists(
    st.tuples(st.sampled_from(["decided V", "decided V", "decided N", "crossed", "crossed", "lost"]), st.sampled_from([0.0, 0.1, 0.4, 0.9, 1.5, 11.0, 1300.0])), max_size=120
)


def naive(happens):
    """Stimuli, as the rule says and at length: nothing is remembered but what happened."""
    given_, said, beats, near, armed, now = [], [], [], [], None, 0.0

    def hurried():
        last = near[-BEATS:]
        return len(last) > 1 and last[-1] - last[0] < (len(last) - 1) / FASTEST

    def rests(at):
        return bool(given_) and (at - given_[-1] < REFRACTORY or sum(at - HOUR < one for one in given_) >= MOST)

    for what, step in happens:
        now += step
        if armed is not None and now - armed > ARMED:
            armed, said = None, []
        if what == "lost":
            armed, said, beats, near = None, [], [*beats, now], []
        elif what == "crossed":
            early = bool(beats) and now - beats[-1] < VULNERABLE
            if not beats or now - beats[-1] > ARMED:
                armed, said, near = None, [], []
            near.append(now)
            beats.append(now)
            if armed is not None and not early and not hurried():
                given_.append(now)
                armed, said = None, []
        else:
            said.append(what == "decided V")
            if armed is None and not rests(now) and sum(said[-BEATS:]) >= VENTRICULAR and not hurried():
                armed = now
    return given_


def told(happens):
    own, now = Stimulator(), 0.0
    for what, step in happens:
        now += step
        if what == "crossed":
            own.crossed(now)
        elif what == "lost":
            own.lost(now)
        else:
            own.decided(now, what == "decided V")
    return own


@given(HAPPENS)
def test_no_order_of_things_breaks_the_rule(happens):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stimulator, "HOURLY", MOST)
        own = told(happens)
    assert own.stimuli == naive(happens)
    assert all(later - earlier >= REFRACTORY for earlier, later in pairwise(own.stimuli))
    assert all(sum(now - HOUR < one <= now for one in own.stimuli) <= MOST for now in own.stimuli)
    assert set(own.taken) <= set(ARROWS)


def ectopy(own, start, beats, gap=0.8):
    """Alternate beats, each told a fifth of a second after it crossed; when it was stimulated."""
    given_ = []
    for k in range(beats):
        if own.crossed(start + k * gap):
            given_.append(start + k * gap)
        own.decided(start + k * gap + 0.2, k % 2 == 1)
    return given_


def test_ectopy_is_answered_at_the_next_beat_and_then_rested_from():
    """The third ventricular beat is the sixth; the seventh is stimulated; nothing is for ten seconds, and what was heard in them counts."""
    own = Stimulator()
    first, second = ectopy(own, 100.0, 22)
    assert first == pytest.approx(100.0 + 6 * 0.8)
    assert second - first >= REFRACTORY
    assert second - first <= REFRACTORY + 2 * 0.8
    assert own.phase is Phase.REFRACTORY


def test_a_beat_that_is_too_early_is_not_stimulated():
    """It may be a T wave; the one after it is."""
    own = Stimulator()
    ectopy(own, 0.0, 6)
    assert own.phase is Phase.ARMED
    assert not own.crossed(4.0 + VULNERABLE - 0.01)
    assert own.crossed(4.0 + VULNERABLE - 0.01 + VULNERABLE)


def test_what_was_decided_is_forgotten_where_the_signal_is_lost_or_no_beat_comes():
    own = Stimulator()
    ectopy(own, 0.0, 6)
    own.lost(4.5)
    assert own.phase is Phase.WATCHING
    assert not own.crossed(5.0)
    late = Stimulator()
    ectopy(late, 0.0, 6)
    assert not late.crossed(4.2 + ARMED + 0.01)


def test_every_arrow_of_the_drawing_can_be_taken(monkeypatch):
    monkeypatch.setattr(stimulator, "HOURLY", 2)
    own = Stimulator()
    ectopy(own, 0.0, 36)
    assert own.phase is Phase.SPENT
    ectopy(own, HOUR + 20.0, 6)
    own.lost(HOUR + 24.5)
    ectopy(own, HOUR + 30.0, 6)
    own.crossed(HOUR + 40.0)
    assert set(own.taken) == set(ARROWS)


def test_time_that_falls_is_refused():
    own = Stimulator()
    own.crossed(5.0)
    with pytest.raises(StateError, match=r"at 5 s was told of 4 s"):
        own.decided(4.0, True)
    for odd in (float("nan"), float("inf")):
        with pytest.raises(StateError, match="finite"):
            own.crossed(odd)
    assert own.stimuli == []


def test_a_beat_after_a_pause_is_not_stimulated():
    """What came before a pause of two seconds is no neighbour of it, though it was decided within them."""
    own = Stimulator()
    ectopy(own, 0.0, 6)
    assert own.phase is Phase.ARMED
    assert not own.crossed(4.0 + ARMED + 0.15)
    assert own.phase is Phase.WATCHING


def test_beats_that_come_too_fast_are_not_answered():
    """Whatever they are told to be: mains hum and noise are taken for beats as fast as the sense amplifier hears."""
    own = Stimulator()
    assert ectopy(own, 0.0, 100, gap=0.98 / FASTEST) == []
    assert own.phase is Phase.WATCHING
    assert len(ectopy(own, 100.0, 8, gap=1.2 / FASTEST)) == 1


def test_one_that_is_started_anew_rests_for_what_was_given_before():
    """Four seconds ago: six more are rested. The hour's last: until the oldest is an hour old. What is older than that is nothing, and the future is refused."""
    own = Stimulator.remembering([4.0])
    (first,) = ectopy(own, 0.0, 14)
    assert first >= REFRACTORY - 4.0
    spent = Stimulator.remembering([HOUR - 100.0, *(20.0 + k for k in range(stimulator.HOURLY - 1))])
    assert ectopy(spent, 0.0, 100) == []
    assert spent.phase is Phase.SPENT
    assert ectopy(spent, 100.5, 8) != []
    assert Stimulator.remembering([HOUR + 1.0]).phase is Phase.WATCHING
    with pytest.raises(StateError, match="give seconds of 0 or more"):
        Stimulator.remembering([-1.0])
