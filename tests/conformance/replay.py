#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replays conformance vectors on a real server and compares what it does with what the vector says, so that anybody can see
whether a newer version still behaves as recorded. The server is started here, on a free port of the loopback and in a
temporary folder, and ended by its process id; one that is not installed is skipped with a line that says so.

    replay.py PRODUCT [VECTOR.json...]     without vectors: all recorded ones of the product

A product is a module of this folder with NAME, PACKAGE, PROGRAM, FOLDERS, start(folder, port), Session(port), whose `ops` are
what it knows; perhaps PATIENCE, in seconds, until the server listens."""
import importlib
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

PRODUCTS = {"redis": "redis_streams", "nats": "nats_jetstream", "rabbitmq": "rabbitmq"}
VECTORS = pathlib.Path(__file__).resolve().parent.parent / "brokers" / "vectors"
SKIPPED = 77  # the exit code of a test that was not run
MASKS = ("<ms>", "<timestamp>")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process, seconds=20):
    """Until somebody listens; an error when the server ended instead."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server does not listen")


def same(expected, actual):
    """Every field that is expected is there and equal; masks stand for any number or text."""
    if expected in MASKS if isinstance(expected, str) else False:
        return isinstance(actual, (int, float, str))
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(k == "note" or (k in actual and same(v, actual[k])) for k, v in expected.items())
    if isinstance(expected, list):
        return isinstance(actual, list) and len(expected) == len(actual) and all(map(same, expected, actual))
    return expected == actual and isinstance(expected, bool) == isinstance(actual, bool)


def lane_of(one):
    return one.get("conn", one.get("chan"))


def difference(vector, observed):
    """What differs first, in words; nothing when all agrees. Connections (or channels) have no order among each other within a step."""
    for step in vector["steps"]:
        expected = [o for o in vector["observed"] if o["step"] == step["n"]]
        actual = [o for o in observed if o["step"] == step["n"]]
        for one in expected:
            lane = [o for o in actual if lane_of(o) == lane_of(one)]
            if not lane or not same(one, lane[0]):
                return f"step {step['n']}: expected {json.dumps(one)}, got {json.dumps(lane[0]) if lane else 'nothing'}"
            actual.remove(lane[0])
        if actual:
            return f"step {step['n']}: expected nothing more, got {json.dumps(actual[0])}"
    return None


class UnknownOp(Exception):
    pass


def play(product, port, vector):
    """Plays every step; what came after each, in order."""
    session = product.Session(port)
    observed = []
    try:
        for step in vector.get("setup", []) + vector["steps"]:
            if step["op"] not in session.ops:
                raise UnknownOp(step["op"])
            for one in session.play(step):
                if "n" in step:
                    observed.append({"step": step["n"], **one})
    finally:
        session.close()
    return observed


def main(arguments):
    if not arguments or arguments[0] not in PRODUCTS:
        print(f"usage: replay.py {'|'.join(PRODUCTS)} [VECTOR.json...]", file=sys.stderr)
        return 2
    product = importlib.import_module(PRODUCTS[arguments[0]])
    if shutil.which(product.PROGRAM) is None:
        print(f"skipped: {product.PROGRAM} is not installed (package {product.PACKAGE})")
        return SKIPPED
    files = [pathlib.Path(a) for a in arguments[1:]]
    for folder in product.FOLDERS if not files else []:
        files += sorted((VECTORS / folder).glob("*.json"))
    agree = differ = skipped = 0
    with tempfile.TemporaryDirectory(prefix="conform-") as folder:
        port = free_port()
        process = subprocess.Popen(product.start(folder, port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(port, process, getattr(product, "PATIENCE", 20))
            for file in files:
                vector = json.loads(file.read_text())
                if not str(vector.get("recorded", "")).startswith("real"):
                    print(f"{vector['id']}: skipped (not recorded on a real server)")
                    skipped += 1
                    continue
                try:
                    what = difference(vector, play(product, port, vector))
                    again = what is not None and difference(vector, play(product, port, vector)) is None
                except UnknownOp as op:
                    print(f"{vector['id']}: skipped (op {op})")
                    skipped += 1
                    continue
                # A server keeps no deadline to the millisecond: what differs once and not again was late.
                print(f"{vector['id']}: {'agrees' if what is None else f'agrees at the second try; first {what}' if again else f'differs at {what}'}")
                agree, differ = agree + (what is None or again), differ + (what is not None and not again)
        finally:
            process.terminate()
            process.wait(20)
    print(f"{product.NAME}: {agree} agree, {differ} differ, {skipped} skipped")
    if differ:
        return 1
    if agree:
        return 0
    return 1 if arguments[1:] else SKIPPED  # nobody asks for certain vectors to have none of them played


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
