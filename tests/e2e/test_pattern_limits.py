#!/usr/bin/env python3
"""A pattern that would take too long is given up: nothing passes for it, and
an admin is told which one it was, and where it stands."""
from lib import tap
from lib.tap import case, check, equal
from lib.world import CONFIG, World

SLOW = b'a' * 60 + b'!'  # for (a|aa)+$: as many ways as there are atoms
EXTRA = 'block = regex:rule(a|aa)+$\nblock = list:slow\n'
LIST = '[list slow]\nsource = slow.txt\nformat = patterns\n'


def status(w, path):
    return w.ask(b'GET http://good.test{O}' + path +
                 b' HTTP/1.1\r\nHost: x\r\n\r\n').status


with World(EXTRA, files={'slow.txt': '# one\n/list(a|aa)+$\n'},
           config=LIST + CONFIG) as w:
    with case('where none is given up none is told'):
        equal(status(w, b'/'), 200, 'good.test')
        equal(status(w, b'/ruleaa'), 403, 'a match')
        equal(w.suzgi.status()['snapshot']['limits'], [], 'limits')
        check(b'GIVEN UP' not in w.suzgi.cli('status').stdout, 'status')
    with case('what cannot be settled does not pass'):
        equal(status(w, b'/rule' + SLOW), 403, 'of a rule')
        equal(status(w, b'/list' + SLOW), 403, 'of a list')
    with case('the pattern is named, with its list, file and line'):
        limits = {x['pattern']: x
                  for x in w.suzgi.status()['snapshot']['limits']}
        equal(sorted(limits), ['/list(a|aa)+$', 'rule(a|aa)+$'], 'patterns')
        check(all(x['times'] >= 1 for x in limits.values()), limits)
        of_list = limits['/list(a|aa)+$']
        equal(of_list['list'], 'slow', 'list')
        equal(of_list['line'], 2, 'line')
        check(of_list['file'].endswith('slow.txt'), of_list['file'])
        said = w.suzgi.cli('status').stdout.decode()
        check('/list(a|aa)+$' in said and 'slow.txt:2' in said, said)
tap.done()
