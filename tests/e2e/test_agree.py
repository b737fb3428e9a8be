#!/usr/bin/env python3
"""The live filter and `suzgi explain` never disagree: thousands of random
requests through the proxy, and the same to explain."""
import json
import random

from lib import tap
from lib.client import Client
from lib.origin import response
from lib.tap import case, check, equal
from lib.world import CONFIG, World

SEED, REQUESTS = 20261122, 4000
LABELS = ['a', 'b', 'www', 'x1', 'shop', 'news', 'cdn']
SITES = ['bad.test', 'good.test', 'games.test', 'kids.test', 'mixed.test',
         'notbad.test', 'xn--bcher-kva.test', 'chat.test', 'other.test']
SEGMENTS = ['secret', 'play', 'x', '..', '.', '', 'casino1', 'casino', 'a%2fb',
            '%73ecret', 'SECRET', 'img', 'forum', '%2e%2e', 'chess', 'z;p=1']
POLICY = '''
[list games]
source = games.txt
category = games
[list urls]
source = urls.txt
format = urls
category = social
[list kids]
source = kids.txt
[policy default]
allow = list:kids
allow = host:a.bad.test
block = category:adult
block = category:games !host:chess.games.test
block = category:social method:POST
block = url:good.test/secret
block = regex:/casino[0-9]+/
monitor = host:chat.test
block = host:mixed.test !method:GET
block = port:1-79
block = ua:bot !host:good.test
block = referer:evil.test
block = header:X-Room=lab host:other.test
block = type:video/, size>4KiB !host:news.good.test
warn = ext:exe
nested = on
'''
FILES = {
    'games.txt': 'games.test\nshop.mixed.test\nx1.good.test\n',
    'urls.txt': 'good.test/forum\nother.test/play/x\nmixed.test/img/\n',
    'kids.txt': 'kids.test\nnews.bad.test\n',
}
# what the site answers there: type and size
ANSWERS = {
    '/film': ('video/mp4', 300),
    '/film.html': ('text/html', 300),
    '/large': ('application/octet-stream', 5000),
    '/small': ('application/octet-stream', 4096),
}
# fields of a request, and the same as words for explain
HEADS = [
    ('', ''), ('', ''), ('', ''),
    ('User-Agent: a bot/1.0\r\n', ' ua "a bot/1.0"'),
    ('User-Agent: Mozilla/5.0\r\n', ' ua Mozilla/5.0'),
    ('Referer: http://www.evil.test/x\r\n', ' referer http://www.evil.test/x'),
    ('X-Room: the LAB, upstairs\r\n', ' header "X-Room=the LAB, upstairs"'),
]


class AllNames(dict):
    """A name server that knows every name."""

    def get(self, name, default=None):
        return ['127.0.0.1'] if name.endswith('.test') else default


def config():
    head, _, _ = CONFIG.partition('[policy default]')
    return head + POLICY.replace('%', '%%')


def pairs(rng):
    for _ in range(REQUESTS):
        host = rng.choice(SITES)
        for _ in range(rng.randrange(3)):
            host = rng.choice(LABELS) + '.' + host
        if rng.random() < 0.2:
            host = host.upper() if rng.random() < 0.5 else host.title()
        if rng.random() < 0.1:
            host += '.'
        path = '/' + '/'.join(rng.choice(SEGMENTS)
                              for _ in range(rng.randrange(4)))
        if rng.random() < 0.3:
            path += '?' + rng.choice(['q=1', 'casino3', '/../secret', 'a=b'])
        if rng.random() < 0.1:
            path = rng.choice(['/setup.exe', '/?u=http://bad.test/',
                               '/t?u=http%3A%2F%2Fgames.test%2Fx'])
        field, words = rng.choice(HEADS)
        if rng.random() < 0.2:
            path = rng.choice(list(ANSWERS))
            words += ' type %s size %d' % ANSWERS[path]
        yield rng.choice(['GET', 'GET', 'GET', 'POST', 'DELETE']), host, \
            path, field, words


with World(config=config(), files=FILES) as w:
    w.dns.names = AllNames()
    port = w.origin.port
    for at, (kind, size) in ANSWERS.items():
        w.origin.at[at] = response(b'x' * size, b'200 OK',
                                   b'Content-Type: ' + kind.encode())
    rng = random.Random(SEED)
    asked = list(pairs(rng))
    with case(f'{REQUESTS} random requests: live = explain (seed {SEED})'):
        lines = ''.join(f'{m}\t127.0.0.1\thttp://{h}:{port}{p}\t{words}\n'
                        for m, h, p, _, words in asked)
        done = w.suzgi.cli('explain', '--json', '-', stdin=lines.encode())
        said = [json.loads(x) for x in done.stdout.splitlines()]
        equal(len(said), len(asked), 'answers of explain')
        told, differ = {}, []
        c = Client(w.port)
        for (m, h, p, field, words), e in zip(asked, said):
            body = '' if m != 'POST' else 'Content-Length: 0\r\n'
            c.send(f'{m} http://{h}:{port}{p} HTTP/1.1\r\nHost: x\r\n{body}'
                   f'{field}\r\n'.encode())
            r = c.response()
            live = {200: 'allow', 403: 'block', 400: 'error'}.get(
                r.status, r.status)
            expected = 'error' if 'error' in e else \
                'block' if e['action'] in ('block', 'warn') else 'allow'
            if live != expected:
                differ.append(f'{m} {h}{p}{words}: live {live} ({r.status}), '
                              f'explain {expected} {e}')
            if r.status == 403:
                w.told(r)
                told[w.references[-1]] = e
            if b'close' in (r.get('connection') or b''):
                c.close()
                c = Client(w.port)
        check(not differ, '\n'.join([f'{len(differ)} differ', *differ[:8]]))
        check(REQUESTS // 10 < len(told) < REQUESTS * 9 // 10,
              f'{len(told)} blocked: the test says little')
    with case('and each record names the same rule, entry and place'):
        w.suzgi.logged(lambda r: r['id'] in told, len(told), 60)
        records = {r['id']: r for r in w.suzgi.log()}
        for ref, e in told.items():
            for name in ('rule', 'policy', 'group', 'reason', 'stage'):
                if name in e or name in records[ref]:
                    equal(records[ref].get(name), e.get(name),
                          f'{name} of {records[ref].get("url")}')
    with case('what is monitored is let through and recorded'):
        r = w.ask(b'GET http://chat.test{O}/ HTTP/1.1\r\nHost: x\r\n\r\n')
        equal(r.status, 200, 'status')
        w.suzgi.logged(lambda e: e['action'] == 'monitor' and
                       e['host'] == 'chat.test')
    with case('nothing_is_left_behind'):
        w.suzgi.alive(slack_fds=600)  # connections kept to all those sites
tap.done()
