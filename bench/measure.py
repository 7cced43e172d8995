#!/usr/bin/python3
"""Runs a command and prints wall time, CPU time and memory of it."""
import resource
import subprocess
import sys
import time

name, began = sys.argv[1], time.monotonic()
out = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, check=True, text=True).stdout.strip().splitlines()[-1]
wall, used = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
cpu, pages = used.ru_utime + used.ru_stime, int(out.split()[0])
print(f"{name:12} {pages:5} pages  {wall:7.1f} s  {pages / wall:6.0f} pages/s  {1000 * cpu / pages:6.2f} ms CPU/page  {used.ru_maxrss // 1024:4} MB")
