#!/usr/bin/env python3
"""Attacks on framing, syntax and spelling, as data: catalogue/*.py."""
from catalogue import framing, syntax, urls
from lib import tap
from lib.rows import run_rows
from lib.tap import case, check, equal
from lib.world import World


def recorded_once(w):
    """Each reference that a client was told stands in the log, once."""
    told = w.references
    w.suzgi.logged(lambda r: r['id'] in told, len(set(told)))
    ids = [r['id'] for r in w.suzgi.log() if r['id'] in told]
    equal(sorted(ids), sorted(told), 'ids in the log')
    check(len(told) > 50, f'only {len(told)} were blocked')


with World() as w:
    for rows in (framing.ROWS, syntax.ROWS, urls.ROWS):
        run_rows(w, rows)
    with case('every_blocked_answer_is_recorded_once'):
        recorded_once(w)
    with case('no_row_leaves_anything_behind'):
        w.settled()
tap.done()
