#!/usr/bin/env python3
"""Lists of every format through the live filter; what is broken is said."""
import json

from lib import tap
from lib.client import ask
from lib.suzgi import Suzgi
from lib.tap import case, check, equal
from lib.world import CONFIG, World

HEAD, _, _ = CONFIG.partition('[list adult]')
UT1 = HEAD + '''[list ut1]
source = ut1
format = ut1
[list hosts]
source = hosts.txt
format = hosts
category = ads
[list urls]
source = urls.txt
format = urls
category = social
[list exact]
source = exact.txt
format = exact
category = one
[list forms]
source = forms.txt
category = forms
[policy default]
allow = category:bank
block = category:adult, category:gambling
block = category:ads
block = category:social
block = category:one
block = category:forms
'''
FILES = {
    'ut1/adult/domains': 'bad.test\nsub.adult.test\n192.0.2.7\n' +
    ''.join(f'many{i}.test\n' for i in range(2000)),
    'ut1/adult/urls': 'mixed.test/adult/\n',
    'ut1/gambling/domains': 'casino.test\nbad.test\n',
    'ut1/gambling/urls': 'mixed.test/play\n',
    'ut1/bank/domains': 'bank.casino.test\n',
    'hosts.txt': '127.0.0.1 localhost\n0.0.0.0 ads.test\n'
                 '0.0.0.0 track.test # x\n:: six-ads.test\n',
    'urls.txt': 'http://forum.test/board\nhttps://other.test/x/\n'
                'forum.test/a%20b\n',
    'exact.txt': 'only.test\n',
    'forms.txt': 'F1.TEST\n.f2.test\n*.f3.test\nf4.test.\nf5.test\r\n'
                 '  f6.test  \nbücher-f.test\nxn--bcher-kva.test\n'
                 'f8.test # c\n\n# comment\nnot a name at all!!\n',
}
ROWS = [  # host and path, blocked?, category
    ('bad.test/', True, None), ('x.bad.test/', True, None),
    ('sub.adult.test/', True, 'adult'), ('adult.test/', False, None),
    ('192.0.2.7/', True, 'adult'),
    ('mixed.test/adult/x', True, 'adult'), ('mixed.test/play', True,
                                            'gambling'),
    ('mixed.test/', False, None), ('mixed.test/playing', False, None),
    ('casino.test/', True, 'gambling'), ('bank.casino.test/', False, None),
    ('ads.test/', True, 'ads'), ('track.test/', True, 'ads'),
    ('six-ads.test/', True, 'ads'),
    ('forum.test/board', True, 'social'), ('forum.test/board/7', True,
                                           'social'),
    ('forum.test/', False, None), ('forum.test/a%20b', True, 'social'),
    ('only.test/', True, 'one'), ('x.only.test/', False, None),
    ('f1.test/', True, 'forms'), ('f2.test/', True, 'forms'),
    ('a.f3.test/', True, 'forms'), ('f4.test/', True, 'forms'),
    ('f5.test/', True, 'forms'), ('f6.test/', True, 'forms'),
    ('xn--bcher-f-n4a.test/', True, 'forms'),
    ('xn--bcher-kva.test/', True, 'forms'), ('f8.test/', True, 'forms'),
]


class AllNames(dict):
    def get(self, name, default=None):
        return ['127.0.0.1'] if name.endswith('.test') else default


with World(config=UT1, files=FILES) as w:
    w.dns.names = AllNames()
    puny = 'bücher-f.test'.encode('idna').decode()
    for target, blocked, category in ROWS:
        target = target.replace('xn--bcher-f-n4a.test', puny)
        with case(f'{target} is {"" if blocked else "not "}blocked'):
            host, _, path = target.partition('/')
            port = ':80' if host[0].isdigit() else '{O}'
            r = w.ask(f'GET http://{host}{port}/{path} HTTP/1.1\r\n'
                      f'Host: x\r\n\r\n'.encode())
            equal(r.status, 403 if blocked else 200, 'status')
            if blocked:
                w.told(r)
                e = w.suzgi.logged(
                    lambda e: e['id'] == w.references[-1])[0]
                if category:
                    equal(e['rule']['category'], category, 'category')
                source = e['rule']['source']
                line = e['rule']['source_line']
                name = next(n for n in FILES if source.endswith(n) or
                            n.endswith(source))
                text = FILES[name].split('\n')[line - 1].lower()
                entry = e['rule']['entry']
                check(entry.split('/')[0].split('.')[0][:3] in text or
                      'xn--' in entry, f'{source}:{line} is {text!r}, the '
                      f'entry {entry!r}')
    with case('lines that could not be read are counted'):
        lists = {x['list']: x for x in w.suzgi.status()['lists']}
        equal(lists['forms']['rejected'], 1, 'rejected of forms')
    with case('a list that shrank beyond its bound is refused, named'):
        before = len(w.suzgi.stderr)
        w.suzgi.write('ut1/adult/domains', 'one.test\n')
        w.suzgi.write('ut1/gambling/domains', 'two.test\n')
        w.suzgi.write('ut1/adult/urls', 'x.test/y\n')
        w.suzgi.write('ut1/gambling/urls', 'x.test/z\n')
        check(not w.suzgi.hangup(), 'it was taken')
        check('ut1' in w.suzgi.stderr[before:], 'not named')
        equal(w.ask(b'GET http://casino.test{O}/ HTTP/1.1\r\nHost: x\r\n\r\n'
                    ).status, 403, 'the former list')
        w.settled()
    with case('max-change = any lets it'):
        w.suzgi.write('suzgi.conf', w.suzgi.text.replace(
            'format = ut1', 'format = ut1\nmax-change = any'))
        check(w.suzgi.hangup(), f'refused: {w.suzgi.stderr[-900:]}')
        equal(w.ask(b'GET http://one.test{O}/ HTTP/1.1\r\nHost: x\r\n\r\n'
                    ).status, 403, 'the new list')
        w.settled()
with case('200 000 domains: each tenth is asked for, and its neighbour'):
    n = 200000
    big = ''.join(f'd{i}.big{i % 977}.test\n' for i in range(n))
    with World(files={'bad.txt': 'bad.test\n' + big}) as w:
        w.dns.names = AllNames()
        lines, expected = [], []
        for i in range(0, n, n // 2000):
            lines.append(f'http://x.d{i}.big{i % 977}.test/')
            expected.append('block')
            lines.append(f'http://xd{i}.big{i % 977}.test/')
            expected.append('allow')
        done = w.suzgi.cli('explain', '--json', '-',
                           stdin='\n'.join(lines).encode() + b'\n')
        equal([json.loads(x)['action'] for x in done.stdout.splitlines()],
              expected)
        for i in range(0, n, n // 50):
            r = w.ask(f'GET http://d{i}.big{i % 977}.test{{O}}/ HTTP/1.1\r\n'
                      f'Host: x\r\n\r\n'.encode())
            equal(r.status, 403, f'd{i}')
        w.settled()
with case('a damaged image on disk is not used'):
    s = Suzgi(UT1 % {'dns': 53, 'private': '', 'tunnel': '443',
                     'http': '80'}, FILES)
    try:
        s.start()
        s.stop()
        with open(f'{s.state}/lists.image', 'r+b') as f:
            f.seek(100)
            f.write(b'\xff' * 200)
        s.start()

        r = ask(s.port, b'GET http://casino.test/ HTTP/1.1\r\nHost: x\r\n\r\n')
        equal(r.status, 403, 'status')
    finally:
        s.__exit__()
tap.done()
