"""What is left of an answer when only some of its products are: links are followed by what they join, not by what they are called."""

from __future__ import annotations

from tess_source import Found, Links, Observations, Products, Query


def test_links_of_a_key_to_files_are_followed_whatever_they_are_called() -> None:
    links = [
        {"kind": "member-of", "subject": "x:one.fits", "object": "night 7"},
        {"kind": "calibrated-by", "subject": "night 7", "object": "x:flat.fits"},
        {"kind": "member-of", "subject": "x:two.fits", "object": "night 8"},
        {"kind": "calibrated-by", "subject": "night 8", "object": "x:dark.fits"},
        {"kind": "follows", "subject": "x:one.fits", "object": "x:two.fits"},
        {"kind": "mirror", "subject": "x:flat.fits", "object": "y:flat.fits"},
    ]
    one = Products.of([{"uri": "x:one.fits", "obs_id": "a"}])
    found = Found(one, Observations.empty(), Links.of(links), Query((), {}))
    left = found.narrowed().links
    assert [(row["kind"], row["object"]) for row in left] == [
        ("member-of", "night 7"),
        ("calibrated-by", "x:flat.fits"),
        ("follows", "x:two.fits"),
    ]
