"""load.py - clients that go on asking while something happens.

    with Load(w) as load:        # half of the requests are blocked ones
        ... kill, reload ...
    load.failures                # what went wrong, as text
    load.told                    # references of the blocked answers
"""
import threading
import time

from .client import Client
from .rows import reference


class Load:
    def __init__(self, world, clients=4, keep_going=False, keep_alive=True,
                 good=b'{G}\r\n', bad=b'GET http://bad.test{O}/load '
                 b'HTTP/1.1\r\nHost: x\r\n\r\n'):
        """<keep_going>: a connection that breaks is no failure (something is
        killed); an answer that is wrong always is."""
        self.world, self.keep_going = world, keep_going
        self.rows = [(world.fill(good), 200), (world.fill(bad), 403)]
        self.keep_alive = keep_alive
        self.lock, self.ending = threading.Lock(), False
        self.told, self.failures, self.asked, self.broken = [], [], 0, 0
        self.threads = [threading.Thread(target=self._run, args=(i,))
                        for i in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending = True
        for thread in self.threads:
            thread.join()

    def wait(self, n):
        """Until <n> more answers have come."""
        start, end = self.asked, time.monotonic() + 60
        while self.asked < start + n:
            if time.monotonic() > end:
                raise AssertionError(f'only {self.asked - start} answers of '
                                     f'{n} in 60 s: {self.failures[:3]}')
            time.sleep(0.005)

    def _one(self, client, row, status):
        client.send(row)
        response = client.response()
        with self.lock:
            self.asked += 1
            if response.status != status:
                self.failures.append(f'{response.status}, not {status}: '
                                     f'{response.raw[:200]!r}')
            elif status == 403:
                self.told.append(reference(response))
        return b'close' not in (response.get('connection') or b'')

    def _run(self, i):
        client = None
        while not self.ending:
            try:
                client = client or Client(self.world.port)
                i += 1
                kept = self._one(client, *self.rows[i % 2])
                if not kept or not self.keep_alive:
                    client.close()
                    client = None
            except Exception as e:  # refused, broken off
                with self.lock:
                    self.broken += 1
                    if not self.keep_going:
                        self.failures.append(f'broken: {e}')
                if client:
                    client.close()
                client = None
                time.sleep(0.01)
        if client:
            client.close()
