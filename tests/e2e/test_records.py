#!/usr/bin/env python3
"""What records say of who asked and what for, and what they never say."""
import base64
import os
import sys

from lib import tap
from lib.tap import case, check, equal
from lib.world import CONFIG, World

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, '..', '..', 'packaging')
POLICY = CONFIG[:CONFIG.index('[policy default]')] + f'''\
[auth people]
kind = basic
helper = {sys.executable} {HERE}/lib/helper.py basic {{dir}}/people
children = 1
concurrency = 0
ask = on

[group pupils]
match = user:alice
policy = default

[support]
sites = help.test

[terms self-harm]
source = terms.txt
severity = danger

[policy default]
nested = on
block = category:adult, search:self-harm
'''
FILES = {'people': 'ALICE ok\n', 'terms.txt': 'how to vanish\n'}
CREDENTIALS = b'Proxy-Authorization: Basic ' + \
    base64.b64encode(b'ALICE:x') + b'\r\n'


class Records(World):
    """A world where one has to sign in."""

    def ask(self, row, method=b'GET', cut=None):
        return super().ask(self.fill(row).replace(
            b'\r\n', b'\r\n' + CREDENTIALS, 1), method, cut)


def get(w, url):
    return w.ask(b'GET http://' + url.replace(b'/', b'{O}/', 1) +
                 b' HTTP/1.1\r\nHost: x\r\n\r\n')


def one(w, n, **want):
    return w.suzgi.logged(lambda r: all(r.get(k) == v
                                        for k, v in want.items()), n)[-1]


def found(w, *words):
    out = w.suzgi.cli('log', 'search', '--format', 'jsonl', *words).stdout
    return len(out.splitlines())


def world(level, more=''):
    text = POLICY.replace('privacy = full', f'privacy = {level}{more}')
    w = Records(config=text, files=FILES, args=('--data', DATA))
    for name in ('www.google.com', 'help.test'):
        w.dns.names[name] = ['127.0.0.1']
    return w


def ask_all(w):
    equal(get(w, b'bad.test/a?b=c').status, 403, 'a site')
    equal(get(w, b'good.test/go?to=http://bad.test/x?y').status, 403,
          'an address inside')
    equal(get(w, b'www.google.com/search?q=How+to+VANISH').status, 403,
          'a search')


with world('full') as w:
    ask_all(w)
    with case('full: the user as signed in, folded; tier and nested'):
        r = one(w, 1, host='bad.test')
        equal((r['user'], r['client'], r['tier'], r['reason']),
              ('alice', '127.0.0.1', 'policy', 'rule'), 'record')
        r = one(w, 1, host='good.test')
        check(r['nested'].endswith('bad.test/x'), f'{r}')
        r = one(w, 1, intent='search')
        equal((r['search'], r['theme'], r['severity']),
              ('how to vanish', 'self-harm', 'danger'), 'record')
    with case('a place of help is never blocked, nor tied to anybody'):
        equal(get(w, b'help.test/').status, 200, 'status')
        w.dns.names['x.help.test'] = []
        equal(get(w, b'x.help.test/').status, 502, 'one that is down')
        r = one(w, 1, host='x.help.test')
        check('client' not in r and 'user' not in r, f'{r}')
        equal((r['action'], r['tier']), ('error', 'support'), 'record')
    with case('log search finds a user, and what touches a theme'):
        equal(found(w, '--user', 'Alice'), 3, 'user')
        equal(found(w, '--theme', 'self-harm'), 1, 'theme')
        equal(found(w, '--user', 'bob'), 0, 'another')
    w.suzgi.alive()
with world('pseudonym') as w:
    ask_all(w)
    with case('pseudonym: neither name nor address, and the words of a theme'):
        r = one(w, 1, intent='search')
        check(r['user'].startswith('u-') and r['client'].startswith('p-'),
              f'{r}')
        equal(r['search'], 'how to vanish', 'words')
        check(b'alice' not in open(w.suzgi.log_paths()[0], 'rb').read(),
              'a name')
    with case('log search finds the user by name'):
        equal(found(w, '--user', 'ALICE'), 3, 'user')
        equal(found(w, '--client', '127.0.0.1', '--action', 'block'), 3,
              'client')
with world('aggregate') as w:
    ask_all(w)
    with case('aggregate: nobody, and no words'):
        one(w, 1, intent='search')
        for r in w.suzgi.log():
            for key in ('client', 'user', 'search', 'nested', 'url', 'trace'):
                check(key not in r, f'{key}: {r}')
        check(b'vanish' not in open(w.suzgi.log_paths()[0], 'rb').read(),
              'words')
tap.done()
