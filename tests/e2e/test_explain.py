#!/usr/bin/env python3
"""Why: what a block page's reference tells, of then and of now."""
import json

from lib import tap
from lib.suzgi import until
from lib.tap import case, check, equal
from lib.world import CONFIG, World

POLICY = '''
block = host:method.test method:POST, host:twice.test port:1
warn = host:warned.test
monitor = host:seen.test
'''


def get(w, host, path='/'):
    return w.ask(b'GET http://%s{O}%s HTTP/1.1\r\nHost: x\r\n\r\n'
                 % (host.encode(), path.encode()))


def explained(w, *words, status=None):
    done = w.suzgi.cli('explain', '--json', *words)
    if status is not None:
        equal(done.returncode, status, 'exit status')
    return json.loads(done.stdout)


def steps(story, kind):
    return [s for s in story if kind in s]


with World(extra=POLICY) as w:
    for name in ('method.test', 'twice.test', 'warned.test', 'seen.test'):
        w.dns.names[name] = ['127.0.0.1']
    with case('a block is told as it was decided, and as it would be now'):
        r = get(w, 'www.bad.test', '/a')
        equal(r.status, 403, 'status')
        w.told(r)
        ref = w.references[-1]
        w.suzgi.logged(lambda e: e['id'] == ref)
        said = explained(w, '--id', ref, status=3)
        equal(said['record']['id'], ref, 'record')
        check('note' not in said, said.get('note'))
        rule, = steps(said['story'], 'rule')
        equal((rule['value'], rule['text']),
              ('yes', 'block = category:adult'), 'the rule read')
        equal(rule['terms'][0]['value'], 'yes', 'its term')
        equal(said['now']['action'], 'block', 'now')
        equal(said['now']['rule']['entry'], 'bad.test', 'entry')
        check(any(s.get('listed') == 'bad.test'
                  for s in said['now']['trace']), 'the entry in the trace')
    with case('the story that was kept is that which is told now'):
        kept = [s for s in said['story'] if 'rule' in s or 'group' in s]
        now = [s for s in said['now']['trace'] if 'rule' in s or 'group' in s]
        equal(kept, now, 'steps')
    with case('for people, in lines'):
        text = w.suzgi.cli('explain', '--id', ref).stdout.decode()
        check('block     http://www.bad.test' in text and
              'the same now' in text and
              text.count('block = category:adult') >= 4, text)
    with case('a rule that was changed since is told by its number'):
        path = f'{w.suzgi.dir}/suzgi.conf'
        with open(path) as f:
            before = f.read()
        w.suzgi.write('suzgi.conf', before.replace(
            'block = category:adult', 'allow = category:adult'))
        check(w.suzgi.hangup(), 'the reload was refused')
        said = explained(w, '--id', ref, status=0)
        check('changed since' in said['note'], said['note'])
        rule, = steps(said['story'], 'rule')
        check('text' not in rule, rule)
        equal(said['record']['rule']['text'], 'block = category:adult', 'then')
        equal(said['now']['action'], 'allow', 'now')
        w.suzgi.write('suzgi.conf', before)
        check(w.suzgi.hangup(), 'the reload was refused')
    with case('warnings and what is monitored have their story too'):
        equal(get(w, 'seen.test').status, 200, 'seen.test')
        w.suzgi.logged(lambda e: e['action'] == 'monitor')
        e = [e for e in w.suzgi.log() if e['action'] == 'monitor'][-1]
        said = explained(w, '--id', e['id'], status=0)
        equal(steps(said['story'], 'rule')[-1]['text'],
              'monitor = host:seen.test', 'rule')
        equal([r['value'] for r in steps(said['story'], 'rule')][-1], 'yes',
              'value')
    with case('an exception is in force in explain as it is in the filter'):
        equal(get(w, 'bad.test').status, 403, 'before')
        done = w.suzgi.cli('allow', 'bad.test', '--for', '45m', '--reason',
                           'a lesson')
        equal(done.returncode, 0, done.stderr)
        until(lambda: get(w, 'bad.test').status == 200, 'it is allowed')
        said = explained(w, 'http://bad.test/', status=0)
        equal((said['tier'], said['override_reason']),
              ('override', 'a lesson'), 'explain')
    with case('what there is no record of'):
        done = w.suzgi.cli('explain', '--id', '01ARZ3NDEKTSV4RRFFQ69G5FAV')
        equal(done.returncode, 1, 'exit status')
        check(b'there is no record' in done.stderr, done.stderr)
        done = w.suzgi.cli('explain', '--id', 'x')
        equal(done.returncode, 2, 'exit status')

with World(config=CONFIG.replace('privacy = full', 'privacy = pseudonym')) as w:
    with case('a pseudonym is said to be one; the group stands for it'):
        r = get(w, 'bad.test')
        w.told(r)
        ref = w.references[-1]
        w.suzgi.logged(lambda e: e['id'] == ref)
        text = w.suzgi.cli('explain', '--id', ref).stdout.decode()
        check(', a pseudonym' in text and 'as asked' in text, text)
        equal(explained(w, '--id', ref, status=3)['now']['action'], 'block',
              'now')
tap.done()
