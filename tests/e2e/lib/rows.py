"""rows.py - what a row of the catalogue expects, and how a row is run.

    Refuse(400)       refused, closed, not one byte to a site
    Denied(403)       a place that is refused; the connection may go on
    Outside(403)      the same, and not on this machine
    RefuseBody(400)   as Refuse, but the head may have gone on: no whole
                      message at the site
    Block()           403, not one byte to a site, recorded once
    Served(n, look)   n requests reach the site and are answered; look(requests,
                      responses) may say more
    Answers([...])    these statuses in this order; the site saw <site> of them
    AnyOf(...)        one of these
"""
import re

from . import alone
from .client import Client
from .tap import Skip, case, check, equal

ULID = re.compile(rb'\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b')
ONE_BYTE_MAX = 4096  # longer rows are cut in two places instead


def method_of(data):
    return re.match(rb'\s*([!-~]*)', data).group(1)


def reference(response):
    """The reference of a block page: what the log knows it by."""
    found = set(ULID.findall(response.raw))
    check(len(found) == 1, f'{len(found)} references in {response.raw[:600]!r}')
    return found.pop().decode()


def refused(client, statuses, method=b'GET'):
    response = client.response(method)
    check(response.status in statuses,
          f'answered {response.status}, not {sorted(statuses)}: '
          f'{response.raw[:200]!r}')
    check(b'close' in (response.get('connection') or b'').lower(),
          f'no Connection: close in {response.raw[:200]!r}')
    client.ended()
    return response


class Refuse:
    def __init__(self, *statuses):
        self.statuses = set(statuses or {400})

    def judge(self, world, client, data):
        refused(client, self.statuses, method_of(data))
        world.untouched()


class Denied(Refuse):
    """A place that is refused; the connection may go on."""

    def judge(self, world, client, data):
        response = client.response(method_of(data))
        check(response.status in self.statuses,
              f'answered {response.status}, not {sorted(self.statuses)}: '
              f'{response.raw[:200]!r}')
        world.untouched()


class Outside(Denied):
    """A place that is not on this machine: only asked for in a network of
    our own, lest a fault leads there."""


class RefuseBody(Refuse):
    def judge(self, world, client, data):
        refused(client, self.statuses)
        check(not world.origin.requests,
              f'the site read {world.origin.requests}')
        world.clean(cut_short=True)


class Block:
    def __init__(self, n=1, ends=False):
        self.n, self.ends = n, ends

    def judge(self, world, client, data):
        for _ in range(self.n):
            response = client.response(method_of(data))
            equal(response.status, 403, 'status')
            world.told(response)
        if self.ends or method_of(data) == b'CONNECT':
            client.ended()
        world.untouched()


class Served:
    def __init__(self, n=1, look=None):
        self.n, self.look = n, look

    def judge(self, world, client, data):
        responses = [client.response(method_of(data))
                     for _ in range(self.n)]
        for response in responses:
            check(response.status == 200,
                  f'answered {response.raw[:300]!r}')
        world.clean()
        equal(len(world.origin.requests), self.n, 'requests at the site')
        if self.look:
            self.look(world.origin.requests, responses)


class Answers:
    def __init__(self, statuses, site, ends=False):
        self.statuses, self.site, self.ends = statuses, site, ends

    def judge(self, world, client, data):
        found = []
        for _ in self.statuses:
            response = client.response(method_of(data))
            found.append(response.status)
            if response.status == 403:
                world.told(response)
        equal(found, self.statuses, 'statuses')
        if self.ends:
            client.ended()
        world.clean()
        equal(len(world.origin.requests), self.site, 'requests at the site')


class AnyOf:
    def __init__(self, *choices):
        self.choices = choices

    def judge(self, world, client, data):
        """Chosen by the status of the first answer."""
        response = client.response(method_of(data))
        client.data = response.raw + client.data
        for choice in self.choices:
            statuses = getattr(choice, 'statuses', {200})
            if isinstance(choice, Block):
                statuses = {403}
            if response.status in statuses:
                return choice.judge(world, client, data)
        raise AssertionError(f'answered {response.raw[:300]!r}')


def run_rows(world, rows, one_byte=True):
    for name, what, template, expected in rows:
        data = world.fill(template)
        cuts = [('', None)]
        if one_byte:
            if len(data) <= ONE_BYTE_MAX:
                cuts.append((' (by the byte)', 1))
            else:
                cuts.append((' (in thirds)', [len(data) // 3,
                                              2 * len(data) // 3]))
        for suffix, cut in cuts:
            with case(f'{name} {what}{suffix}'):
                if isinstance(expected, Outside) and not alone.isolated:
                    raise Skip(alone.WHY)
                world.forget()
                with Client(world.port) as client:
                    client.send(data, cut)
                    expected.judge(world, client, data)
                world.settled()


def text(data):
    """Bytes as the name of a case."""
    return repr(data)[2:-1][:60].replace('#', '\\x23')
