#!/usr/bin/env python3
"""Exceptions that people make: for whom, until when, and what survives."""
import json
import os
import re
import signal
import time

from lib import hello
from lib.client import Client
from lib.suzgi import until
from lib.tap import case, check, equal
from lib import tap
from lib.world import CONFIG, World

GROUPS = '''
[group pupils]
match = net:127.0.0.2/32
policy = default
[group staff]
match = net:127.0.0.3/32
policy = default
'''
ID = re.compile(r'\b[0-9A-HJKMNP-TV-Z]{26}\b')


def ask(w, host, path=b'/', source=None):
    with Client(w.suzgi.port, source=source) as c:
        c.send(w.fill(b'GET http://' + host + b'{O}' + path +
                      b' HTTP/1.1\r\nHost: x\r\n\r\n'))
        return c.response().status


def make(w, *words, status=0):
    done = w.suzgi.cli(*words, check_status=status)
    return done.stdout.decode(), done.stderr.decode()


def id_of(text):
    return ID.search(text).group(0)


def proxy_killed(w):
    """The proxy process, and it alone, ends at once and is started again."""
    before = w.suzgi.status()['proxy_pid']
    os.kill(before, signal.SIGKILL)

    def again():
        try:
            return w.suzgi.status()['proxy_pid'] != before
        except (OSError, ValueError):
            return False
    until(again, 'the next proxy')
    until(w.suzgi.serves, 'its service')
    w.suzgi.pids = until(w.suzgi.whole, 'all processes')


with World(config=CONFIG.replace('[policy default]', GROUPS +
                                 '[policy default]')) as w:
    with case('allow_opens_a_host_at_once_and_says_for_whom_until_when'):
        equal(ask(w, b'bad.test'), 403, 'before')
        out, err = make(w, 'allow', 'bad.test', '--for', '45m', '--reason',
                        'a lesson')
        check('bad.test is allowed for everybody until' in out, out)
        check('45 minutes' in out, out)
        equal(err, '', 'notes')
        until(lambda: ask(w, b'bad.test') == 200, 'the exception')
        equal(ask(w, b'www.bad.test'), 403, 'below it')
        w.suzgi.forgive()
    with case('it_is_listed_and_ends_when_somebody_ends_it'):
        out, _ = make(w, 'overrides', 'list')
        check('a lesson' in out and 'left' in out, out)
        out, _ = make(w, 'overrides', 'list', '--json')
        said = json.loads(out)
        equal((said['state'], said['action'], said['subject']),
              ('in force', 'allow', 'bad.test'))
        make(w, 'overrides', 'end', said['id'])
        until(lambda: ask(w, b'bad.test') == 403, 'the end')
        out, _ = make(w, 'overrides')
        check('no exception is in force' in out, out)
        out, _ = make(w, 'overrides', 'list', '--all')
        check('ended by' in out, out)
        _, err = make(w, 'overrides', 'end', said['id'], status=1)
        check('has ended before' in err, err)
    with case('it_holds_for_its_group_and_nobody_else'):
        out, _ = make(w, 'allow', 'bad.test', '--for', '1h', '--group',
                      'pupils')
        check('for the group pupils' in out, out)
        until(lambda: ask(w, b'bad.test', source='127.0.0.2') == 200,
              'pupils')
        equal(ask(w, b'bad.test', source='127.0.0.3'), 403, 'staff')
        equal(ask(w, b'bad.test'), 403, 'others')
        make(w, 'overrides', 'end', id_of(out))
    with case('it_holds_for_its_client_and_nobody_else'):
        out, _ = make(w, 'allow', 'bad.test', '--for', '1h', '--client',
                      '127.0.0.3')
        until(lambda: ask(w, b'bad.test', source='127.0.0.3') == 200, 'it')
        equal(ask(w, b'bad.test', source='127.0.0.2'), 403, 'another')
        make(w, 'overrides', 'end', id_of(out))
    with case('site_is_the_host_and_all_below'):
        out, _ = make(w, 'allow', 'bad.test', '--site', '--for', '1h')
        check('all below it' in out, out)
        until(lambda: ask(w, b'a.b.c.bad.test') == 200, 'below')
        equal(ask(w, b'bad.test'), 200, 'itself')
        make(w, 'overrides', 'end', id_of(out))
        until(lambda: ask(w, b'www.bad.test') == 403, 'the end')
    with case('block_of_a_path_blocks_it_and_what_is_below'):
        out, _ = make(w, 'block', 'http://GOOD.test/%61/b', '--for', '1h')
        check('http://good.test/a/b and all below it is blocked' in out, out)
        until(lambda: ask(w, b'good.test', b'/a/b') == 403, 'it')
        equal(ask(w, b'good.test', b'/a/x/../b/c?d'), 403, 'below')
        equal(ask(w, b'good.test', b'/a/bc'), 200, 'beside')
        equal(ask(w, b'good.test', b'/'), 200, 'above')
        make(w, 'overrides', 'end', id_of(out))
    with case('a_closer_exception_stands_before_a_wider_one'):
        a, _ = make(w, 'block', 'good.test', '--site', '--forever')
        b, _ = make(w, 'allow', 'www.good.test', '--for', '1h')
        until(lambda: ask(w, b'good.test') == 403 and
              ask(w, b'www.good.test') == 200, 'both')
        make(w, 'overrides', 'end', id_of(a))
        make(w, 'overrides', 'end', id_of(b))
        until(lambda: ask(w, b'good.test') == 200, 'the end')
    with case('what_changes_nothing_is_said'):
        out, err = make(w, 'allow', 'plain.test', '--for', '1h')
        check('allowed already' in err, err)
        make(w, 'overrides', 'end', id_of(out))
        out, err = make(w, 'allow', '10.1.2.3', '--for', '1h')
        check('stays closed' in err, err)
        make(w, 'overrides', 'end', id_of(out))
        out, err = make(w, 'allow', 'https://bad.test/x', '--for', '1h')
        check('http alone' in err, err)
        make(w, 'overrides', 'end', id_of(out))
    for what, words, word in (
            ('no time', ['bad.test'], 'how long'),
            ('two times', ['bad.test', '--for', '1h', '--forever'],
             'how long'),
            ('a time that is none', ['bad.test', '--for', 'soon'], '45m'),
            ('a time that has passed',
             ['bad.test', '--until', '2020-01-01T10:00'], 'passed'),
            ('a host that is none', ['bad..test', '--for', '1h'], 'bad..test'),
            ('no host', ['--for', '1h'], 'one host'),
            ('two for whom', ['bad.test', '--for', '1h', '--group', 'staff',
                              '--client', '10.0.0.1'], 'one of them'),
            ('a client that is none',
             ['bad.test', '--for', '1h', '--client', 'x'], 'address')):
        with case(f'allow with {what} is refused: status 2'):
            _, err = make(w, 'allow', *words, status=2)
            check(word in err, err)
    with case('an unknown group is refused with a hint'):
        _, err = make(w, 'allow', 'bad.test', '--for', '1h', '--group',
                      'pupil', status=1)
        check('did you mean "pupils"' in err, err)
        equal(make(w, 'overrides')[0], 'no exception is in force\n')
    with case('a_reload_keeps_it'):
        keep, _ = make(w, 'allow', 'bad.test', '--for', '1h')
        until(lambda: ask(w, b'bad.test') == 200, 'the exception')
        check(w.suzgi.hangup(), 'refused')
        equal(ask(w, b'bad.test'), 200, 'after the reload')
    with case('it_survives_the_death_of_the_proxy'):
        w.suzgi.forgive()
        proxy_killed(w)
        w.suzgi.forgive()
        equal(ask(w, b'bad.test'), 200, 'in the next')
        equal(w.suzgi.status()['overrides'],
              {'in_force': 1, 'damaged': 0, 'lost': False})
    with case('what_another_program_adds_is_seen'):
        path = f'{w.suzgi.state}/overrides.jsonl'
        with open(path, 'rb') as f:
            before = f.read()
        with open(path, 'wb') as f:
            f.write(b'')
        until(lambda: ask(w, b'bad.test') == 403, 'the end')
        with open(path, 'ab') as f:
            f.write(before)
        until(lambda: ask(w, b'bad.test') == 200, 'again')
        make(w, 'overrides', 'end', id_of(keep))
    with case('damage_is_told_and_the_others_hold'):
        make(w, 'block', 'evil.test', '--for', '1h')
        make(w, 'block', 'good.test', '--for', '1h')
        with open(path, 'rb') as f:
            text = f.read()
        with open(path, 'wb') as f:
            f.write(text.replace(b'"evil.test"', b'"evel.test"') + b'{"v"')
        until(lambda: 'a damaged line is skipped' in w.suzgi.stderr and
              'not whole' in w.suzgi.stderr, 'the log')
        until(lambda: w.suzgi.status()['overrides']['damaged'] == 2,
              'the status')
        words = w.suzgi.cli('status', check_status=0).stdout.decode()
        check('exceptions 1 in force' in words and '2 lines of the journal '
              'are DAMAGED' in words, words)
        equal(ask(w, b'good.test'), 403, 'the other')
        equal(ask(w, b'evil.test'), 200, 'what was damaged')
        with open(path, 'wb') as f:
            f.write(text)
        until(lambda: ask(w, b'evil.test') == 403, 'mended')
        out, _ = make(w, 'overrides')
        for line in ID.findall(out):
            make(w, 'overrides', 'end', line)
        until(lambda: ask(w, b'good.test') == 200, 'the end')
        w.settled()
    with case('an_open_tunnel_to_what_is_now_blocked_is_closed'):
        c, _ = w.tunnel(b'good.test')
        with c:
            c.send(hello.plain(b'good.test'))
            equal(c.want(6), b'ORIGIN', 'the tunnel')
            out, _ = make(w, 'block', 'good.test', '--for', '1h')
            c.rest()
        w.suzgi.logged(lambda r: r.get('reason') == 'policy-changed')
        make(w, 'overrides', 'end', id_of(out))
        until(lambda: ask(w, b'good.test') == 200, 'the end')
    with case('it_ends_by_itself_and_its_tunnels_with_it'):
        make(w, 'allow', 'bad.test', '--for', '6s')
        c, answer = w.tunnel(b'bad.test')
        with c:
            equal(answer.status, 200, 'CONNECT')
            c.send(hello.plain(b'bad.test'))
            equal(c.want(6), b'ORIGIN', 'the tunnel')
            equal(ask(w, b'bad.test'), 200, 'a request')
            c.rest()
        equal(ask(w, b'bad.test'), 403, 'its end')
        check('no exception' in make(w, 'overrides', 'list')[0], 'the list')
        w.suzgi.logged(lambda r: r.get('reason') == 'policy-changed' and
                       r.get('connect') == 'bad.test')
    with case('without_a_filter_it_is_written_down_and_holds_from_its_start'):
        w.suzgi.stop()
        out, err = make(w, 'allow', 'bad.test', '--for', '1h')
        check('no filter runs' in err, err)
        _, err = make(w, 'overrides', 'end', ('0' * 26), status=1)
        check('there is no override' in err, err)
        w.suzgi.forgive()
        w.suzgi.start()
        equal(ask(w, b'bad.test'), 200, 'from the start')
        w.settled()
tap.done()
