#!/usr/bin/env python3
"""What another configuration would change, over a real log of ours and one of
Squid's: planted sites are found, each of them and no other."""
import json
import random

from lib import tap
from lib.tap import case, check, equal
from lib.world import World

SEED, LINES, PLANTED = 7, 40000, 37
CANDIDATE = '''\
[list adult]
source = bad.txt
category = adult
[list new]
source = new.txt
category = social
[policy default]
block = category:social
block = category:adult
block = url:good.test/secret
'''


def squid(rng, planted):
    """A log in which each planted site stands at least once."""
    for i in range(LINES):
        host = f'site{rng.randrange(5000)}.test'
        if i < PLANTED or rng.random() < 0.01:
            host = planted[i % PLANTED]
        yield (f'{1795428000 + i}.123 45 10.1.{rng.randrange(9)}.7 '
               f'TCP_MISS/200 900 GET http://{host}/a?{i} - '
               f'HIER_DIRECT/192.0.2.1 text/html\n')


with World() as w:
    rng = random.Random(SEED)
    planted = [f'planted{i}.test' for i in range(PLANTED)]
    w.suzgi.write('new.txt', '\n'.join(planted) + '\n')
    w.suzgi.write('candidate.conf', CANDIDATE)
    candidate = f'{w.suzgi.dir}/candidate.conf'

    def simulate(path, *words, stdin=None):
        done = w.suzgi.cli('simulate', '--candidate', candidate, '--from',
                           path, '--json', *words, stdin=stdin)
        equal(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    with case(f'{PLANTED} planted sites in {LINES} lines (seed {SEED})'):
        log = ''.join(squid(rng, planted))
        count = sum('planted' in line for line in log.splitlines())
        said = simulate('-', '--top', '100', stdin=log.encode())
        equal((said['lines'], said['judged']), (LINES, LINES), 'lines')
        equal((said['blocked']['lines'], said['blocked']['sites']),
              (count, PLANTED), 'newly blocked')
        equal({s['name'] for s in said['blocked']['by_site']}, set(planted),
              'sites')
        equal(said['blocked']['clients'], 9, 'clients')
        equal(said['blocked']['by_category'][0]['name'], 'social', 'category')
        equal((said['allowed']['lines'], said['warned']['lines']), (0, 0),
              'the others')
    with case('our own log: what was blocked and would not be any more'):
        for path in ('/casino1', '/casino2', '/secret'):
            r = w.ask(b'GET http://good.test{O}%s HTTP/1.1\r\nHost: x\r\n\r\n'
                      % path.encode())
            equal(r.status, 403, path)
            w.told(r)
        w.suzgi.logged(lambda r: r['action'] == 'block', 3)
        said = simulate(w.suzgi.log_paths()[-1])
        equal(said['allowed']['lines'], 2, 'newly allowed')
        equal(said['allowed']['by_site'][0]['rule'].split('  ')[-1],
              'block = regex:/casino[0-9]+/', 'which rule did it')
        equal(said['blocked']['lines'], 0, 'newly blocked')
    with case('a candidate with errors is not simulated'):
        w.suzgi.write('candidate.conf', 'blokc = x\n')
        done = w.suzgi.cli('simulate', '--candidate', candidate, '--from', '-',
                           stdin=b'')
        equal(done.returncode, 78, 'exit status')
        check(b'candidate.conf:1' in done.stderr, done.stderr)
    with case('suzgi test tells the same as the filter'):
        w.suzgi.write('t', 'block - http://bad.test/\n'
                           'allow - http://good.test/\n'
                           'block - https://www.bad.test/\n'
                           'allow - http://good.test/secret\n')
        done = w.suzgi.cli('test', f'{w.suzgi.dir}/t')
        equal(done.returncode, 3, done.stderr)
        check(b'/t:4:1: expected allow, got block by block = '
              b'url:good.test/secret' in done.stdout, done.stdout)
        check(done.stdout.endswith(b'3 passed, 1 failed\n'), done.stdout)
tap.done()
