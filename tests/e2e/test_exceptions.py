#!/usr/bin/env python3
"""What lets through must hold in every reading of an address; what blocks, in
any. And the order of rules is the order of their lines."""
from lib import tap
from lib.rows import text
from lib.tap import case, check, equal
from lib.world import CONFIG, World

HEAD, _, _ = CONFIG.partition('[policy default]')
GAMES = '''
[list games]
source = games.txt
category = games
[policy default]
'''
POLICIES = {
    'allow = url:games.test/ok': 'allow = url:games.test/ok\n'
                                 'block = category:games\n',
    '!url:games.test/ok': 'block = category:games !url:games.test/ok\n',
    'allow = regex': r'allow = regex:/games\.test(:[0-9]+)?\/ok\//' '\n'
                     'block = category:games\n',
}
# path, and whether it may pass; None: only not as /play at the site
ROWS = [(b'/play', False), (b'/', False), (b'/ok/', True), (b'/ok/x', True),
        (b'/ok/../play', False), (b'/ok/%2e%2e/play', False),
        (b'/ok/..%2fplay', False), (b'/ok/..%2Fplay', False),
        (b'/ok/%2e%2e%2fplay', False), (b'/ok/..%5cplay', False),
        (b'/ok/x/../../play', False), (b'/play/../ok/x', True),
        (b'/ok%2f..%2fplay', False), (b'//ok/../play', False),
        (b'/okay', False), (b'/play?/ok/', False), (b'/play#/ok/', False),
        (b'/play/%2fok/', False), (b'/ok/./../play', False)]

for name, policy in POLICIES.items():
    with World(config=HEAD + GAMES + policy,
               files={'games.txt': 'games.test\n'}) as w:
        w.dns.names['games.test'] = ['127.0.0.1']
        for path, passes in ROWS:
            if 'regex' in name and path == b'/play?/ok/':
                passes = None  # what the pattern says is the admin's word
            if 'regex' in name and path == b'/play/../ok/x':
                passes = False  # it sees the address as sent as well, and
                                # what lets through must hold for each form
            with case(f'{name}: {text(path)}'):
                w.forget()
                r = w.ask(b'GET http://games.test{O}' + path +
                          b' HTTP/1.1\r\nHost: x\r\n\r\n')
                if passes:
                    equal(r.status, 200, 'status')
                elif passes is False:
                    check(r.status in (400, 403), f'status {r.status}')
                    w.untouched()
        w.settled()

PRECEDENCE = '''
[list kids]
source = kids.txt
[policy default]
allow = host:www.bad.test
block = category:adult
allow = list:kids
block = list:kids
block = host:good.test method:POST, host:good.test port:1-79
'''
with World(config=HEAD + PRECEDENCE,
           files={'kids.txt': 'plain.test\nbad.test\n'}) as w:
    for what, row, status in (
            ('an allow before the block of its parent', b'GET http://'
             b'www.bad.test{O}/', 200),
            ('the parent', b'GET http://bad.test{O}/', 403),
            ('a block before the allow', b'GET http://a.b.c.bad.test{O}/',
             403),
            ('an allow before its block', b'GET http://plain.test{O}/', 200),
            ('two terms, both true', b'POST http://good.test{O}/', 403),
            ('two terms, one true', b'GET http://good.test{O}/', 200),
            ('the other alternative', b'GET http://good.test:79/', 403)):
        with case(f'EV-11 {what}'):
            r = w.ask(row + b' HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n'
                      b'\r\n')
            equal(r.status, status, 'status')
    for field in (b'X-Forwarded-Host: good.test', b'X-Original-URL: /',
                  b'X-Rewrite-URL: /', b'Forwarded: host=good.test',
                  b'X-HTTP-Method-Override: GET',
                  b'Referer: http://good.test/', b'Host: good.test'):
        with case(f'EV-10 no header grants anything: {text(field)}'):
            fields = field if field.startswith(b'Host') else \
                b'Host: x\r\n' + field
            r = w.ask(b'GET http://bad.test{O}/ HTTP/1.1\r\n' + fields +
                      b'\r\n\r\n')
            equal(r.status, 403, 'status')
    w.settled()
tap.done()
