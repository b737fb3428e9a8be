"""hello.py - ClientHellos as bytes, cut into records as one likes."""
import os
import struct

GREASE = [0x0a0a + 0x1010 * i for i in range(16)]


def ext(kind, body):
    return struct.pack('>HH', kind, len(body)) + body


def sni_body(*names, kind=0):
    entries = b''.join(struct.pack('>BH', kind, len(n)) + n for n in names)
    return struct.pack('>H', len(entries)) + entries


def sni(name, kind=0):
    return ext(0, sni_body(name, kind=kind))


COMMON = [
    ext(10, bytes.fromhex('00020017')), ext(11, bytes.fromhex('0100')),
    ext(13, bytes.fromhex('000404030401')),
]
ALPN = ext(16, b'\x00\x0c\x02h2\x08http/1.1')


def hello(name=None, extensions=None, version=0x0303, before=(), after=(),
          session=b'', ciphers=(0xc02b, 0xc02f)):
    """The handshake message. <extensions> replaces all of them."""
    if extensions is None:
        extensions = [*before]
        if name is not None:
            extensions.append(sni(name))
        extensions += [*COMMON, *after]
    exts = b''.join(extensions)
    body = struct.pack('>H', version) + bytes(range(1, 33)) + \
        bytes([len(session)]) + session
    suites = b''.join(struct.pack('>H', c) for c in ciphers)
    body += struct.pack('>H', len(suites)) + suites + b'\x01\x00'
    body += struct.pack('>H', len(exts)) + exts
    return b'\x01' + struct.pack('>I', len(body))[1:] + body


def record(body, version=0x0301, kind=22):
    return struct.pack('>BHH', kind, version, len(body)) + body


def records(message, size=16384, version=0x0301):
    """The message in records of <size> bytes."""
    return b''.join(record(message[i:i + size], version)
                    for i in range(0, len(message), size))


def plain(name, **more):
    """One record, as a client sends it."""
    return records(hello(name, **more))


def padded(n):
    """An extension of <n> bytes that means nothing."""
    return ext(0x3a3a, os.urandom(n))
