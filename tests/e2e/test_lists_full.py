#!/usr/bin/env python3
"""Hundreds of thousands of listed hosts: each is blocked, by the entry of the
true file and line; hosts that are not listed pass. squidGuard, if it is there,
is asked for the same ones: it is known to let some through whose parent is
listed as well.

With SUZGI_CORPUS=DIR the names are those of the files called "domains" below
DIR; else they are made, a quarter of them below others.
"""
import glob
import json
import os
import random
import re
import shutil
import subprocess
import tempfile

from lib import suzgi, tap
from lib.client import Client
from lib.tap import case, check, equal
from lib.world import CONFIG, World

ASKED = 20000 if suzgi.SANITIZED else 200000
NAMES = ASKED * 3 // 2
LIVE = 300 if suzgi.SANITIZED else 2000
FILES = 3
SHOWN = 5
FRONT = ['www', 'cdn', 'm', 'img', 'a.b', 'x1', 'login-2']
PLAIN = re.compile(r'(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+'
                   r'[a-z0-9-]*[a-z][a-z0-9-]*\Z')


def made(rng):
    part = ['shop', 'news', 'line', 'super', 'casino', 'blog', 'play', 'tech']
    top = ['com.test', 'net.test', 'ga.test', 'xn--p1ai.test', 'test']
    names = ['oslonow.ga.test', 'www.oslonow.ga.test']
    while len(names) < NAMES:
        if rng.random() < .25:
            names.append(f'{rng.choice(FRONT)}.{rng.choice(names)}')
        else:
            names.append(f'{rng.choice(part)}{rng.choice(part)}'
                         f'{rng.randrange(1 << 24):x}.{rng.choice(top)}')
    return names


def real(folder):
    found = set()
    for path in glob.glob(f'{folder}/**/domains', recursive=True):
        with open(path, encoding='latin-1') as f:
            found.update(n for n in map(str.lower, map(str.strip, f))
                         if len(n) < 200 and PLAIN.match(n))
    return sorted(found)


def names_for(rng):
    folder = os.environ.get('SUZGI_CORPUS')
    names = sorted(set(real(folder) if folder else made(rng)))
    check(names, f'there are no names in {folder}')
    rng.shuffle(names)
    return names


def parents(host):
    """<host> and what it lies below, the most specific first."""
    while host:
        yield host
        host = host.partition('.')[2]


class Lists:
    """The names over some files, each name at a known place. Between them
    stand comments, blank lines, CRLF and upper case, as in real files."""

    def __init__(self, rng, names):
        self.place = {}
        lines = [[] for _ in range(FILES)]
        for i, name in enumerate(names):
            k = rng.randrange(FILES)
            if rng.random() < .05:
                lines[k].append(rng.choice(['', '# a comment', '\t ']))
            shown = name.upper() if i % 13 == 0 else name
            lines[k].append(shown + ('\r' if i % 7 == 0 else ''))
            self.place[name] = (k, len(lines[k]))
        self.text = ['\n'.join(part) + '\n' for part in lines]

    def files(self):
        return {f'full{k}.txt': text for k, text in enumerate(self.text)}

    def config(self):
        head, _, _ = CONFIG.partition('[list adult]')
        return head + ''.join(
            f'[list full{k}]\nsource = full{k}.txt\nformat = domains\n'
            f'category = full\n' for k in range(FILES)) + \
            '[policy default]\nblock = category:full\n'


def asked_for(rng, names, listed):
    """Hosts to ask for: listed ones, half of them with something in front,
    and as many that are in no list."""
    hits, misses = ['cdn.oslonow.ga.test'] if 'oslonow.ga.test' in listed \
        else [], []
    while len(hits) < ASKED:
        name = rng.choice(names)
        hits.append(f'{rng.choice(FRONT)}.{name}' if rng.random() < .5
                    else name)
    while len(misses) < ASKED:
        name = rng.choice(names)
        near = rng.choice([f'x{name}', name.replace('.', '-', 1) + '.test',
                           f'{name}.example.test', name[1:],
                           name.partition('.')[2], name + 'x'])
        if PLAIN.match(near) and not any(p in listed for p in parents(near)):
            misses.append(near)
    return hits, misses


def explained(w, hosts):
    done = w.suzgi.cli('explain', '--json', '-', stdin=''.join(
        f'http://{h}/\n' for h in hosts).encode())
    rows = done.stdout.decode().splitlines()
    equal(len(rows), len(hosts), f'answers; {done.stderr.decode()[:900]}')
    return map(json.loads, rows)


def wrong_answers(w, lists, hosts, blocked):
    for host, row in zip(hosts, explained(w, hosts)):
        if (row['action'] == 'block') != blocked:
            yield f'{host}: {row["action"]}'
        elif blocked:
            yield from wrong_place(lists, host, row['rule'])


def wrong_place(lists, host, rule):
    nearest = next(p for p in parents(host) if p in lists.place)
    k, line = lists.place[nearest]
    found = (rule['entry'], os.path.basename(rule['source']),
             rule['source_line'], rule['list'])
    if found != (nearest, f'full{k}.txt', line, f'full{k}'):
        yield f'{host}: {found}, is {nearest} of full{k}.txt:{line}'


def live_wrong(w, hosts):
    with Client(w.suzgi.port) as c:
        for host in hosts:
            c.send(w.fill(f'GET http://{host}{{O}}/ HTTP/1.1\r\n'
                          f'Host: x\r\n\r\n'.encode()))
            r = c.response()
            if r.status != 403:
                yield f'{host}: {r.status}'


def squidguard(names, hosts):
    """How many of <hosts> it blocks."""
    folder = tempfile.mkdtemp(prefix='suzgi-squidguard-')
    try:
        os.mkdir(f'{folder}/full')
        with open(f'{folder}/full/domains', 'w') as f:
            f.writelines(n + '\n' for n in names)
        with open(f'{folder}/conf', 'w') as f:
            f.write(f'dbhome {folder}\nlogdir {folder}\n'
                    'dest full {\n\tdomainlist full/domains\n}\n'
                    'acl {\n\tdefault {\n\t\tpass !full all\n'
                    '\t\tredirect http://blocked.test/\n\t}\n}\n')
        command = ['squidGuard', '-c', f'{folder}/conf']
        subprocess.run([*command, '-C', 'all'], check=True,
                       capture_output=True)
        done = subprocess.run(command, capture_output=True, check=True,
                              text=True, input=''.join(
                                  f'http://{h}/ 127.0.0.1/- - GET\n'
                                  for h in hosts))
        rows = done.stdout.splitlines()
        equal(len(rows), len(hosts), 'answers of squidGuard')
        return sum('blocked.test' in row for row in rows)
    finally:
        shutil.rmtree(folder)


def report(wrong, what):
    wrong = list(wrong)
    check(not wrong, f'{len(wrong)} {what}:\n' + '\n'.join(wrong[:SHOWN]))


random_ = random.Random(20261122)
NAMED = names_for(random_)
MADE = Lists(random_, NAMED)
HITS, MISSES = asked_for(random_, NAMED, MADE.place)
with World(config=MADE.config(), files=MADE.files()) as w:
    with case(f'all_of_{len(HITS)}_listed_hosts_are_blocked_by_their_line'):
        report(wrong_answers(w, MADE, HITS, True), 'wrong')
    with case(f'none_of_{len(MISSES)}_hosts_that_are_not_listed_is_blocked'):
        report(wrong_answers(w, MADE, MISSES, False), 'wrong')
    with case('the_filter_itself_blocks_them'):
        report(live_wrong(w, random_.sample(HITS, LIVE)), 'let through')
    with case('lookup_names_each_list_that_has_a_parent'):
        for host in random_.sample(HITS, 10):
            done = w.suzgi.cli('lists', 'lookup', '--json', host)
            found = {(r['entry'], os.path.basename(r['file']), r['line'])
                     for r in map(json.loads, done.stdout.splitlines())}
            equal(found, {(p, f'full{MADE.place[p][0]}.txt', MADE.place[p][1])
                          for p in parents(host) if p in MADE.place}, host)
    if shutil.which('squidGuard'):
        with case('squidguard_blocks_no_more_than_that'):
            n = squidguard(NAMED, HITS)
            print(f'# squidGuard let {len(HITS) - n} of {len(HITS)} listed '
                  f'hosts through ({100 - 100 * n / len(HITS):.2f} %); '
                  'suzgi none')
            check(n > len(HITS) / 2, f'it blocked {n}: was it asked right?')
    else:
        tap.skip('squidguard_blocks_no_more_than_that',
                 'squidGuard is not installed (apt install squidguard)')
    w.settled()
tap.done()
