#!/usr/bin/env python3
"""Names to measure lists with, and hosts to ask for.

    names.py OUT COUNT [CORPUS]

CORPUS is a folder with lists (each file in it called "domains", a name a
line) and, under queries/, files of hosts or addresses that people visit.
Where it has fewer names than COUNT the rest is made in their shape: the front
of one name's first label with the back of another's. Without CORPUS all are
made. The same every time.

    OUT/names     COUNT names, none twice
    OUT/held      real names that are not in it (3 of 100)
    OUT/mix       85 % visited hosts, the first ones far more often; 10 % held
                  back; 5 % listed
    OUT/hit       listed, half of them with something in front
    OUT/miss      visited and held back, none of them listed itself
"""
import glob
import os
import random
import re
import sys

ASKED = 1000000
PLAIN = re.compile(r'(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+'
                   r'[a-z0-9-]*[a-z][a-z0-9-]*\Z')
FRONT = ('www', 'cdn', 'm', 'img', 'static', 'a', 'login', 'mail')


def plain(text):
    return len(text) < 200 and PLAIN.match(text)


def read_names(corpus):
    found = set()
    for path in sorted(glob.glob(f'{corpus}/**/domains', recursive=True)):
        with open(path, encoding='latin-1') as f:
            found.update(n for n in map(str.lower, map(str.strip, f))
                         if plain(n))
    return sorted(found)


def read_hosts(corpus):
    """In the order of the files: what is more popular comes first."""
    found = {}
    for path in sorted(glob.glob(f'{corpus}/queries/*')):
        with open(path, encoding='latin-1') as f:
            for line in f:
                host = re.sub(r'^[a-z]+://', '', line.strip().lower())
                host = re.split(r'[/:?#]', host)[0]
                if plain(host):
                    found[host] = True
    return list(found)


def invent(rng, n):
    part = ('shop', 'news', 'on', 'line', 'my', 'super', 'casino', 'blog',
            'best', 'free', 'play', 'go', 'er', 'ing', 'tech', 'bank')
    top = ('com', 'com', 'com', 'net', 'org', 'info', 'ru', 'kz', 'xyz', 'uk')
    found = set()
    while len(found) < n:
        label = ''.join(rng.choice(part) for _ in range(rng.randint(1, 3)))
        label += str(rng.randint(0, 9999)) if rng.random() < .5 else ''
        front = rng.choice(FRONT) + '.' if rng.random() < .2 else ''
        found.add(f'{front}{label}.{rng.choice(top)}')
    return sorted(found)


def more(rng, names, have, count):
    """Names that no list has, in the shape of those."""
    made = []
    while len(have) < count:
        a, b = rng.choice(names), rng.choice(names)
        head, (label, _, rest) = a.partition('.')[0], b.partition('.')
        new = (head[:len(head) // 2] + label[len(label) // 2:]) + '.' + rest
        if new not in have and plain(new):
            have.add(new)
            made.append(new)
    return made


def below(rng, name):
    if rng.random() < .5:
        return name
    front = rng.choice(FRONT) if rng.random() < .7 else \
        f'x{rng.randrange(1 << 30):x}'
    return f'{front}.{name}' if len(name) < 180 else name


def visited(rng, hosts):
    return hosts[min(int(rng.paretovariate(.3)) - 1, len(hosts) - 1)] \
        if rng.random() < .7 else rng.choice(hosts)


def write(path, lines):
    with open(path + '.part', 'w') as f:
        f.writelines(line + '\n' for line in lines)
    os.replace(path + '.part', path)


def main():
    out, count = sys.argv[1], int(sys.argv[2])
    corpus = sys.argv[3] if len(sys.argv) > 3 else None
    rng = random.Random(1)
    os.makedirs(out, exist_ok=True)
    names = read_names(corpus) if corpus else invent(rng, count * 21 // 20)
    hosts = read_hosts(corpus) if corpus else invent(rng, 20000)
    if not names or not hosts:
        sys.exit(f'names.py: no lists, or no queries/, in {corpus}')
    rng.shuffle(names)
    held = names[:len(names) * 3 // 100]
    listed = names[len(held):][:count]
    have = set(listed) | set(held)
    listed += more(rng, names, have, count + len(held))
    have = set(listed)
    strange = held + [h for h in hosts if h not in have]
    print(f'{len(listed)} names, {len(names)} of the corpus, '
          f'{len(hosts)} hosts asked for')
    rng.shuffle(listed)
    write(f'{out}/names', listed)
    write(f'{out}/held', held)
    write(f'{out}/hit', (below(rng, rng.choice(listed))
                         for _ in range(ASKED)))
    write(f'{out}/miss', (rng.choice(strange) for _ in range(ASKED)))
    write(f'{out}/mix', (
        visited(rng, hosts) if x < .85 else rng.choice(held) if x < .95
        else rng.choice(listed)
        for x in (rng.random() for _ in range(ASKED))))


main()
