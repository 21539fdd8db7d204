import json
from collections import Counter

from benchmarks.perception.order import SAMPLE, summary


def test_the_sample_is_whole_and_its_summary_adds_up():
    pairs = json.loads(SAMPLE.read_text())
    assert all(len(pair[one]) == 4 for pair in pairs for one in ("first", "second"))
    assert {pair["front"] for pair in pairs} == {"first", "second", "neither"}
    found = {(False, "first", "first"): 3, (True, "second", "first"): 2, (False, "first", "neither"): 1}
    told = summary(Counter(found | {(True, "neither", "second"): 4}))
    assert told["pairs that hide each other"] == told["right"] + told["reversed"] + told["not found"] == 6
    assert told["said to hide each other"] == told["pairs that only touch"] == 4
