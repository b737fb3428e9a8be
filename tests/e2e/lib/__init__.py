"""The end-to-end harness: standard library only, one module a part.

tap.py     cases that are counted          config.py  a configuration
suzgi.py   the real binary, watched        dns.py     a name server for .test
origin.py  a site that does as it is told  http1.py   a strict HTTP/1 reader
client.py  a client that sends any bytes   hello.py   ClientHellos
world.py   all of these together
"""
