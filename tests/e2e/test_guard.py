#!/usr/bin/env python3
"""Lists that would block known good sites wait for a word; what is said of
lists: what a build read, what a version changes, what an entry comes from."""
import json
import os
import pty
import re
import shlex
import shutil
import subprocess
import time

from lib import tap
from lib.suzgi import BINARY, until
from lib.tap import Skip, case, check, equal
from lib.world import CONFIG, World

HEAD, _, _ = CONFIG.partition('[list adult]')
TEXT = HEAD + '''[guard]
must-not-block = own.tsv
[list ut1]
source = ut1
format = ut1
max-change = any
[list ads]
source = ads.txt
format = adblock
category = ads
max-change = any
[list one]
source = one.txt
format = exact
category = one
max-change = any
[list forms]
source = forms.txt
format = patterns
category = forms
max-change = any
[policy default]
block = category:adult
warn = category:games
block = category:ads
block = list:one
'''
OWN = ('# our own\nhelpline.test\thelpline\ten\n'
       'http://library.test/catalogue\tlibrary\tkk\nnot a site!!\n')
FILES = {
    'own.tsv': OWN,
    'ut1/adult/domains': 'bad.test\nworse.test\n',
    'ut1/games/urls': 'fun.test/play\n',
    'ads.txt': '! ads\n||ads.test^\n@@||good.ads.test^\n'
               'page.test##.banner\nother.test##.box\nthird.test##.x\n'
               '/banner[0-9]+/\n||bad domain^\n',
    'one.txt': 'only.test\n',
    'forms.txt': '# on the URL\n/popup/[0-9]+\n',
}


def lists(w, *words, status=0):
    return w.suzgi.cli('lists', *words, check_status=status)


def said(done):
    return done.stderr.decode()


def told(done):
    return json.loads(done.stdout)


def image(w):
    with open(os.path.join(w.suzgi.state, 'lists.image'), 'rb') as f:
        return f.read()


def temporary(w):
    return [n for n in os.listdir(w.suzgi.state) if n.endswith('.tmp')]


def asked(w, host):
    return w.ask(f'GET http://{host}{{O}}/ HTTP/1.1\r\nHost: x\r\n\r\n'
                 .encode()).status


HELD = FILES['ut1/adult/domains'] + 'helpline.test\n'

with World(config=TEXT, files=FILES) as w:
    w.dns.names['helpline.test'] = ['127.0.0.1']
    with case('a line of must-not-block that is no site is said'):
        check(re.search(r'own\.tsv:4: ', w.suzgi.stderr),
              w.suzgi.stderr[:2000])
    with case('lists that newly block a good site are held, with names'):
        before = image(w)
        w.suzgi.write('ut1/adult/domains', HELD)
        held = lists(w, 'build', status=78)
        for what in [r'adult/domains:3: error: helpline\.test \(helpline, en\)'
                     r' would newly be blocked, by "helpline\.test" of list '
                     r'ut1 \(.*suzgi\.conf:\d+ block = category:adult\)',
                     r'error: lists held: 1 site that must not be blocked']:
            check(re.search(what, said(held)), said(held))
        equal(image(w), before, 'the image in place')
        equal(temporary(w), [], 'what is left of it')
    with case('a reload with them is refused: the lists of before stay'):
        at = len(w.suzgi.stderr)
        check(not w.suzgi.hangup(), 'it was taken')
        for what in ['helpline.test', 'lists held', '--accept']:
            check(what in w.suzgi.stderr[at:], w.suzgi.stderr[at:])
        equal(asked(w, 'helpline.test'), 200, 'helpline.test')
        equal(asked(w, 'bad.test'), 403, 'bad.test')
    with case('explain answers with the lists in place meanwhile'):
        done = w.suzgi.cli('explain', 'http://helpline.test/')
        equal(done.returncode, 0, 'status')
        check(b'allow' in done.stdout, done.stdout)
        check(not lists(w, 'lookup', 'helpline.test').stdout.strip()
              .startswith(b'helpline'), 'lookup')
    with case('a start with them serves the lists of before'):
        w.suzgi.stop()
        w.suzgi.start()
        equal(asked(w, 'helpline.test'), 200, 'helpline.test')
        equal(asked(w, 'bad.test'), 403, 'bad.test')
        check('lists held' in w.suzgi.stderr, w.suzgi.stderr[-3000:])
        equal(image(w), before, 'the image in place')
    with case('check says it as well, and changes nothing'):
        done = w.suzgi.cli('check', '--no-write')
        equal(done.returncode, 78, 'status')
        check('lists held' in said(done), said(done))
        equal(image(w), before, 'the image in place')
    with case('diff names the sites, and what would be blocked by'):
        done = lists(w, 'diff', status=3)
        check(re.search(rb'^helpline\.test\thelpline en\tblocked by '
                        rb'"helpline\.test"\tut1\tadult/domains:3$',
                        done.stdout, re.M), done.stdout)
        site, = told(lists(w, 'diff', '--json', status=3))['good_sites']
        equal((site['site'], site['list'], site['line'], site['action']),
              ('helpline.test', 'ut1', 3, 'block'), 'JSON')
        equal(told(lists(w, 'diff', '--json', '--list', 'one'))
              ['good_sites'], [], 'of another list')
    with case('the very command that was said accepts them'):
        command = re.search(r'If it is meant: suzgi (.*)', said(held))
        done = subprocess.run([BINARY, *shlex.split(command.group(1))],
                              capture_output=True, timeout=120,
                              cwd=w.suzgi.dir)
        equal(done.returncode, 0, said(done))
        check('accepted' in said(done), said(done))
        check(w.suzgi.hangup(), w.suzgi.stderr[-2000:])
        equal(asked(w, 'helpline.test'), 403, 'helpline.test')
        w.settled()
    with case('who accepted what and when is in the journal'):
        with open(os.path.join(w.suzgi.state, 'lists.accepted')) as f:
            line, = f.read().splitlines()
        when, who, *rest = line.split('\t')
        check(re.fullmatch(r'20\d\d-\d\d-\d\dT[\d:.]+Z', when), line)
        check(who, line)
        equal(rest, ['over-block', 'ut1', 'helpline.test', 'adult',
                     'helpline.test', 'adult/domains:3'], 'the rest')
    with case('what was accepted is not asked for again'):
        w.suzgi.write('ut1/adult/domains', FILES['ut1/adult/domains'])
        lists(w, 'build')
        w.suzgi.write('ut1/adult/domains', HELD)
        lists(w, 'build')
    with case('the same site by another list is'):
        w.suzgi.write('ut1/adult/domains', FILES['ut1/adult/domains'])
        lists(w, 'build')
        w.suzgi.write('one.txt', 'only.test\nhelpline.test\n')
        check('of list one' in said(lists(w, 'build', status=78)), 'held')
        w.suzgi.write('one.txt', FILES['one.txt'])
    with case('a warning page is as bad, and a URL alone is seen'):
        w.suzgi.write('ut1/games/urls', 'fun.test/play\n'
                      'library.test/catalogue/\nlibrary.test/catalogue\n')
        done = lists(w, 'build', status=78)
        check('would newly be warned of' in said(done), said(done))
        check('http://library.test/catalogue (library, kk)' in said(done),
              said(done))
    with case('over-block = warn takes them and says so; off says nothing'):
        with_warn = w.suzgi.text.replace(
            '[guard]', '[guard]\nover-block = warn')
        w.suzgi.write('suzgi.conf', with_warn)
        done = lists(w, 'build')
        check('library.test/catalogue (library, kk) is warned of' in
              said(done), said(done))
        w.suzgi.write('suzgi.conf', with_warn.replace('= warn', '= off'))
        done = lists(w, 'build', '--again')
        check('library.test' not in said(done), said(done))
        w.suzgi.write('suzgi.conf', w.suzgi.text)
    with case('rules that an admin writes hold no lists'):
        w.suzgi.write('suzgi.conf', w.suzgi.text.replace(
            'warn = category:games', 'warn = category:games\n'
            'block = host:helpline.test'))
        lists(w, 'build', '--again')
        w.suzgi.write('suzgi.conf', w.suzgi.text)
    with case('a file of sites that is not there is an error'):
        w.suzgi.write('suzgi.conf', w.suzgi.text.replace(
            'own.tsv', 'gone.tsv'))
        done = lists(w, 'build', '--again', status=78)
        check('[guard] must-not-block' in said(done), said(done))
        w.suzgi.write('suzgi.conf', w.suzgi.text)

ROLES = FILES | {'many.txt': ''.join(f'm{i}.test\n' for i in range(3000))}
with World(config=TEXT + '[list many]\nsource = many.txt\ncategory = many\n',
           files=ROLES) as w:
    with case('build says of each source what became of its lines, and why'):
        done = lists(w, 'build', '--again', '--json')
        built = told(done)
        check(built['built'] and not built['refused'], built)
        source = {s['list']: s for s in built['sources']}
        ads = source['ads']
        equal((ads['lines'], ads['rejected'], ads['skipped']), (8, 1, 3),
              'lines, rejected, skipped')
        equal(sum(r['lines'] for r in ads['reasons']), 4, 'reasons')
        example = [e for e in ads['examples'] if not e['skipped']]
        equal([e['line'] for e in example], [8], 'rejected')
        equal([e['line'] for e in ads['examples'] if e['skipped']],
              [4, 5, 6], 'skipped')
        equal(source['many']['entries'], 3000, 'entries of many')
        text = lists(w, 'build', '--again').stdout.decode()
        check(re.search(r'^ads +ads +8 .* 1 +3  .*ads\.txt$', text, re.M),
              text)
        check(re.search(r'^ +3 .*, line 4: page\.test##\.banner', text, re.M),
              text)
        check('ads.txt:8: warning: 1 of 8 lines are no entries' in
              said(lists(w, 'build', '--again')), 'the warning')
    with case('build says which lists know good sites, whatever rules say'):
        w.suzgi.write('many.txt', ROLES['many.txt'] + 'helpline.test\n')
        built = told(lists(w, 'build', '--json'))
        row, = [x for x in built['good_sites'] if x['list'] == 'many']
        equal((row['category'], row['sites'], row['examples']),
              ('many', 1, ['helpline.test']), 'JSON')
        check(re.search(rb'^many +many +1 known good site: helpline\.test$',
                        lists(w, 'build').stdout, re.M), 'text')
        w.suzgi.write('many.txt', ROLES['many.txt'])
        lists(w, 'build')
    with case('a build that has nothing to do says so'):
        check(b'nothing has changed' in lists(w, 'build').stdout, 'text')
        check(not told(lists(w, 'build', '--json'))['built'], 'JSON')
    with case('status has dates, patterns and what was skipped'):
        status = told(lists(w, 'status', '--json'))
        equal(status['patterns'], 2, 'patterns')
        ads = [s for s in status['sources'] if s['list'] == 'ads']
        equal(sum(s['skipped'] for s in ads), 3, 'skipped')
        check(all(abs(s['date'] - time.time()) < 86400 for s in
                  status['sources']), status)
        text = lists(w, 'status').stdout.decode()
        check(re.search(r'2 patterns.*compiled 20\d\d-', text), text)

    def rows(what):
        done = lists(w, 'lookup', '--json', what)
        return [json.loads(x) for x in done.stdout.splitlines()]

    with case('lookup has file, line, date and role of each match'):
        row, = rows('only.test')
        equal((row['entry'], row['list'], row['line'], row['role'],
               row['state']), ('only.test', 'one', 1, 'exact', 'holds'),
              'exact')
        equal(rows('x.only.test'), [], 'below an exact one')
        row, = rows('a.b.worse.test')
        equal((row['entry'], row['file'], row['line'], row['self']),
              ('worse.test', 'adult/domains', 2, False), 'below')
        check(abs(row['date'] - time.time()) < 86400, row)
        check(re.search(rb'^only\.test\tone\tone\t.*one\.txt:1\t20\d\d-\d\d-'
                        rb'\d\d\tdomain exact$',
                        lists(w, 'lookup', 'only.test').stdout, re.M), 'text')
    with case('lookup says what an exception took away'):
        found = {r['state']: r for r in rows('x.good.ads.test')}
        equal(sorted(found), ['exception', 'taken away'], 'states')
        equal(found['taken away']['entry'], 'ads.test', 'the entry')
        equal((found['taken away']['taken_by'],
               found['taken away']['taken_by_line']), ('good.ads.test', 3),
              'by')
        check(b'taken away by good.ads.test, line 3' in
              lists(w, 'lookup', 'x.good.ads.test').stdout, 'text')
        row, = rows('x.ads.test')
        equal(row['state'], 'holds', 'beside the exception')
    with case('lookup tries the patterns of lists'):
        row, = rows('http://banner12.test/')
        equal((row['kind'], row['list'], row['line']),
              ('host pattern', 'ads', 7), 'on the host')
        equal(rows('http://any.test/banner12'), [], 'it is for hosts')
        row, = rows('http://any.test/x/popup/7')
        equal((row['kind'], row['list'], row['line'], row['entry']),
              ('pattern', 'forms', 2, '/popup/[0-9]+'), 'on the URL')
        equal(rows('http://any.test/popup/x'), [], 'another URL')
    with case('lookup of what is not listed says so'):
        equal(lists(w, 'lookup', 'unlisted.test').stdout, b'not listed\n',
              'text')

    with case('diff has what a version adds, removes and means otherwise'):
        w.suzgi.write('ut1/adult/domains', 'bad.test\nnew.test\n')
        w.suzgi.write('ut1/games/urls', 'fun.test/other\n')
        w.suzgi.write('ads.txt', FILES['ads.txt'].replace(
            '||ads.test^', '|ads.test^').replace('[0-9]+', '[0-9]{2}'))
        w.suzgi.write('many.txt', ''.join(
            f'm{i}.test\n' for i in range(100, 3100)))
        before = image(w)
        diff = told(lists(w, 'diff', '--json'))
        counted = {(x['list'], x['category']): x for x in diff['lists']}
        adult, games = counted['ut1', 'adult'], counted['ut1', 'games']
        equal((adult['added'], adult['removed'], adult['changed']),
              (1, 1, 0), 'adult')
        equal([(e['change'], e['entry'], e['line'])
               for e in adult['entries']],
              [('added', 'new.test', 2), ('removed', 'worse.test', 2)],
              'entries of adult')
        equal((games['added'], games['removed']), (1, 1), 'games')
        ads = counted['ads', 'ads']
        equal((ads['patterns_added'], ads['patterns_removed']), (1, 1),
              'patterns of ads')
        changed = [e for e in ads['entries'] if e['change'] == 'changed']
        equal([(e['entry'], e['is']) for e in changed],
              [('ads.test', 'exact')], 'roles')
        many = counted['many', 'many']
        equal((many['added'], many['removed']), (100, 100), 'many')
        equal([e['entry'] for e in many['entries']
               if e['change'] == 'removed'],
              sorted(f'm{i}.test' for i in range(100))[:10],
              'the first ten by name')
        check(('one', 'one') not in counted, 'one has not changed')
        equal(image(w), before, 'the image in place')
    with case('diff --all has every entry; --show and --list so many'):
        out = lists(w, 'diff', '--all', '--list', 'many').stdout.decode()
        equal(sorted(re.findall(r'^\+ (\S+)\tmany', out, re.M)),
              sorted(f'm{i}.test' for i in range(3000, 3100)), 'added')
        equal(len(re.findall(r'^- ', out, re.M)), 100, 'removed')
        check('ut1' not in out, 'another list')
        out = lists(w, 'diff', '--show', '2').stdout.decode()
        equal(len(re.findall(r'^\+ m\d+\.test', out, re.M)), 2, '--show 2')
        check('+ ... ' in out, out)
        lists(w, 'diff', '--show', 'x', status=2)
    with case('diff against a compiled file; none against itself'):
        kept = os.path.join(w.suzgi.dir, 'kept.image')
        shutil.copy(os.path.join(w.suzgi.state, 'lists.image'), kept)
        lists(w, 'build')
        equal(lists(w, 'diff').stdout, b'no difference\n', 'in place')
        check(b'new.test' in lists(w, 'diff', kept).stdout, 'the file')
        done = lists(w, 'diff', w.suzgi.conf, status=1)
        check('suzgi.conf' in said(done), said(done))

    with case('a list that shrank is taken when an admin accepts it'):
        w.suzgi.write('many.txt', 'm1.test\n')
        held = lists(w, 'build', status=78)
        check('--accept' in said(held), said(held))
        lists(w, 'build', '--accept')
        with open(os.path.join(w.suzgi.state, 'lists.accepted')) as f:
            fields = f.read().splitlines()[-1].split('\t')
        equal(fields[2:4], ['size', 'many'], 'the journal')
        check('from 3000 to 1 entries' in fields, fields)

    with case('no progress where stderr is no terminal'):
        check(b'\r' not in lists(w, 'build', '--again').stderr, 'a bar')
    with case('progress on a terminal, taken away at the end'):
        mine, theirs = pty.openpty()
        done = subprocess.Popen(
            [BINARY, 'lists', 'build', '--again', '-c', w.suzgi.conf],
            stderr=theirs, stdout=subprocess.PIPE,
            env=os.environ | {'TERM': 'xterm'})
        os.close(theirs)
        seen = b''
        try:
            while data := os.read(mine, 4096):
                seen += data
        except OSError:
            pass  # the other end is closed
        out = done.communicate(timeout=120)[0]
        os.close(mine)
        equal(done.returncode, 0, 'status')
        check(b'compiling lists  [' in seen, seen)
        check(b'\r\x1b[K' in seen, seen)
        check(b'\x1b' not in out, out)

    with case('two builds at once leave one whole image'):
        both = [subprocess.Popen(
            [BINARY, 'lists', 'build', '--again', '-c', w.suzgi.conf],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            for _ in range(4)]
        for p in both:
            err = p.communicate(timeout=120)[1]
            equal(p.returncode, 0, err.decode())
        lists(w, 'status')
        equal(temporary(w), [], 'left behind')
    with case('what a killed build left is taken away by the next'):
        left = os.path.join(w.suzgi.state, 'lists.image.4194305.tmp')
        with open(left, 'w') as f:
            f.write('half')
        lists(w, 'build', '--again')
        check(not os.path.exists(left), 'it is still there')
    with case('a build that is killed leaves the image as it was'):
        before = image(w)
        w.suzgi.write('many.txt', ''.join(
            f'k{i}.test\n' for i in range(200000)))
        p = subprocess.Popen(
            [BINARY, 'lists', 'build', '--accept', '-c', w.suzgi.conf],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: temporary(w) or p.poll() is not None, 'it began')
        p.kill()
        p.wait()
        check(image(w) == before or not temporary(w), 'neither old nor new')
        lists(w, 'status')
        lists(w, 'build', '--accept')
        lists(w, 'diff')
    with case('little memory for the build gives the same lists'):
        done = lists(w, 'build', '--again', '--set',
                     'limits.build-memory=1MiB', '--json')
        equal(told(done)['entries'], told(lists(w, 'status', '--json'))
              ['entries'], 'entries')
        equal(lists(w, 'diff').stdout, b'no difference\n', 'diff')

    with case('a full disk leaves the lists of before, and says so'):
        script = ('mount -t tmpfs -o size=2m none "$1" && shift && '
                  '"$@" --state "$0" --set list.many.source="$0"/small && '
                  'echo FIRST && cp "$0"/lists.image /dev/shm/suzgi-$$ && '
                  '{ "$@" --state "$0"; echo "rc $?"; ls "$0"; '
                  'cmp "$0"/lists.image /dev/shm/suzgi-$$ && echo SAME; '
                  'rm -f /dev/shm/suzgi-$$; }')
        full = os.path.join(w.suzgi.dir, 'full')
        os.makedirs(full)
        w.suzgi.write('many.txt', ''.join(
            f'a-rather-long-name-{i * 7919 % 1000003}.x{i}.test\n'
            for i in range(200000)))
        script = script.replace('&& shift &&', '&& shift && '
                                'echo m1.test >"$0"/small &&')
        try:
            done = subprocess.run(
                ['unshare', '-Urm', 'sh', '-c', script, full, full, BINARY,
                 'lists', 'build', '--accept', '-c', w.suzgi.conf],
                capture_output=True, timeout=120, text=True)
        except OSError as e:
            raise Skip(str(e)) from None
        if 'FIRST' not in done.stdout:
            raise Skip('no tmpfs of our own: ' + done.stderr[-200:])
        check('rc 78' in done.stdout and 'SAME' in done.stdout,
              done.stdout + done.stderr)
        check('No space left' in done.stderr, done.stderr)
        check('.tmp' not in done.stdout, done.stdout)
    w.settled()

tap.done()
