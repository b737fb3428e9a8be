#!/usr/bin/env python3
"""The block log: one line an event, escaped, equal to what explain says,
and nothing in it that should not be."""
import json
import os
import re
import signal

from lib import hello, tap
from lib.suzgi import until
from lib.tap import case, check, equal
from lib.world import CONFIG, World

GET = b'GET %s HTTP/1.1\r\nHost: x.test\r\n%s\r\n'
# What a terminal or a line-based reader would stumble over.
UNSAFE = re.compile(rb'[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]')
FIELDS = ('action', 'reason', 'group', 'policy', 'stage', 'visibility',
          'host', 'port')


def block(w, target, fields=b''):
    r = w.ask(GET % (target, fields))
    equal(r.status, 403, 'status')
    w.told(r)
    return w.suzgi.logged(lambda e: e['id'] == w.references[-1])[0]


def explain(w, *words, status=3):
    done = w.suzgi.cli('explain', '--json', *words, check_status=status)
    return json.loads(done.stdout)


def same(record, said):
    """The record says what explain says: field by field."""
    for name in FIELDS:
        if name in said:
            equal(record.get(name), said[name], name)
    equal({k: v for k, v in record.get('rule', {}).items()},
          {k: v for k, v in said.get('rule', {}).items()}, 'rule')


with World() as w:
    with case('a record has who, what, why and where it was listed'):
        e = block(w, b'http://www.bad.test:8080/a/b')
        equal(e['action'], 'block', 'action')
        equal(e['reason'], 'rule', 'reason')
        equal(e['client'], '127.0.0.1', 'client')
        equal(e['host'], 'www.bad.test', 'host')
        equal(e['port'], 8080, 'port')
        equal(e['url'], 'http://www.bad.test:8080/a/b', 'url')
        equal(e['method'], 'GET', 'method')
        equal(e['status'], 403, 'status')
        equal(e['policy'], 'default', 'policy')
        equal(e['listener'], 'main', 'listener')
        equal(e['rule']['category'], 'adult', 'category')
        equal(e['rule']['list'], 'adult', 'list')
        equal(e['rule']['entry'], 'bad.test', 'entry')
        equal(e['rule']['source_line'], 1, 'source line')
        check(e['rule']['file'].endswith('suzgi.conf'), e['rule']['file'])
        check(e['rule']['source'].endswith('bad.txt'), e['rule']['source'])
        line = w.suzgi.text.split('\n')[e['rule']['line'] - 1]
        equal(line, 'block = category:adult', 'the line it names')
        check(re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z',
                           e['ts']), e['ts'])
    for target in (b'http://bad.test/', b'http://a.b.c.bad.test/x/y',
                   b'http://good.test/secret', b'http://good.test/casino7',
                   b'http://BAD.test:81/', b'http://198.51.100.7/',
                   b'http://good.test/x/%2e%2e/secret/z'):
        with case(f'log = explain: {target.decode()}'):
            same(block(w, target), explain(w, target.decode()))
    with case('log = explain: CONNECT'):
        with w.client() as c:
            c.send(b'CONNECT bad.test:443 HTTP/1.1\r\nHost: x\r\n\r\n')
            w.told(c.response(b'CONNECT'))
        e = w.suzgi.logged(lambda e: e['id'] == w.references[-1])[0]
        same({k: v for k, v in e.items() if k != 'host'},
             {k: v for k, v in explain(w, 'https://bad.test/').items()
              if k != 'host'})
        equal(e['connect'], 'bad.test', 'connect')
    with case('log = explain: server name'):
        c, _ = w.tunnel(b'good.test')
        with c:
            c.send(hello.plain(b'bad.test'))
            c.rest()
        e = w.suzgi.logged(lambda e: e.get('sni') == 'bad.test')[-1]
        same({k: v for k, v in e.items() if k != 'host'},
             {k: v for k, v in explain(
                 w, '--connect', f'good.test:{w.tls.port}',
                 '--sni', 'bad.test').items() if k != 'host'})
    with case('an allowed request is not recorded'):
        before = len(w.suzgi.log())
        for _ in range(20):
            equal(w.ask(b'{G}\r\n').status, 200, 'status')
        block(w, b'http://bad.test/after')
        equal(len(w.suzgi.log()), before + 1, 'records')
    for target, fields in (
            (b'http://bad.test/%0d%0a2026-01-01ALLOWED', b''),
            (b'http://bad.test/%1b]0;pwn%07', b''),
            (b'http://bad.test/%c2%85%e2%80%a8%e2%80%ae', b''),
            (b'http://bad.test/"},{"action":"allow"}', b''),
            (b"http://bad.test/'\\\\;", b''),
            (b'http://bad.test/x', b'User-Agent: x\x9b31m\r\n'),
            (b'http://bad.test/x', b'Referer: http://x/\xff\xfe\r\n'),
            (b'http://bad.test/x', b'User-Agent: \xe2\x80\xae\r\n')):
        with case(f'LG-01 {target.decode()} {fields!r}'):
            before = len(w.suzgi.log())
            r = w.ask(GET % (target, fields))
            if r.status == 403:
                w.told(r)
            else:
                equal(r.status, 400, 'status')
            # a record comes a moment after its answer
            w.suzgi.logged(lambda e: True, before + 1)
            equal(len(w.suzgi.log()), before + 1, 'lines')
    with case('LG-02 no byte of the log stirs a terminal'):
        for path in w.suzgi.log_paths():
            with open(path, 'rb') as f:
                found = UNSAFE.search(f.read())
            check(not found, f'{found}')
        check(not UNSAFE.search(w.suzgi.stderr.encode().replace(b'\t', b'')),
              'stderr')
    with case('a query and credentials are not kept'):
        e = block(w, b'http://bad.test/p?q=SECRETQ')
        check('SECRETQ' not in json.dumps(e), f'{e}')
        r = w.ask(GET % (b'http://bad.test/p',
                         b'Proxy-Authorization: Basic U0VDUkVU\r\n'
                         b'Cookie: s=SECRETC\r\n'))
        w.told(r)
        text = json.dumps(w.suzgi.log())
        check('U0VDUkVU' not in text and 'SECRETC' not in text, 'kept')
    with case('a URL of 15 000 bytes is cut, and the record says so'):
        e = block(w, b'http://bad.test/' + b'p' * 15000)
        check(e.get('cut') is True and e.get('url_hash'), f'{e}')
        check(len(e['url']) < 2000, 'kept whole')
    with case('the log file is ours alone to write, and not for all to read'):
        mode = os.stat(w.suzgi.log_paths()[-1]).st_mode
        equal(oct(mode & 0o137), '0o0', 'mode bits')
    with case('USR1: the log goes on in a new file'):
        path = w.suzgi.log_paths()[-1]
        os.rename(path, path + '.1')
        os.kill(w.suzgi.pid, signal.SIGUSR1)
        until(lambda: os.path.exists(path), 'a new file')
        e = block(w, b'http://bad.test/rotated')
        with open(path) as f:
            check(e['id'] in f.read(), 'it is not in the new file')
    with case('suzgi log shows what was blocked'):
        done = w.suzgi.cli('log', 'tail')
        equal(done.returncode, 0, f'status; {done.stderr.decode()}')
        check(b'bad.test' in done.stdout, f'{done.stdout[:300]!r}')
        check(not UNSAFE.search(done.stdout.replace(b'\t', b'')),
              'unsafe bytes')
    with case('every reference stands in the log once'):
        ids = [e['id'] for e in w.suzgi.log()]
        equal(len(ids), len(set(ids)), 'ids')
        equal(sorted(i for i in ids if i in w.references),
              sorted(w.references), 'references')
    w.settled()


for privacy in ('pseudonym', 'aggregate'):
    with case(f'privacy = {privacy}: no address in the log'):

        with World(config=CONFIG.replace('privacy = full',
                                         f'privacy = {privacy}')) as v:
            e = block(v, b'http://bad.test/')
            check('127.0.0.1' not in json.dumps(e), f'{e}')
            equal(bool(e.get('client')), privacy == 'pseudonym', 'client')
            if privacy == 'pseudonym':
                equal(block(v, b'http://bad.test/2')['client'], e['client'],
                      'the same client')
tap.done()
